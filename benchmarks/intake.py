"""How long a citizen waits for the draft, and how much memory the whole system takes.

    python -m benchmarks.intake [--recording FILE] [--seconds 30] [--runs 5]

Starts `tala run` on an empty folder, sends a recording over HTTP and measures the time from the answer to its
last byte until the draft is ready. Memory is that of all processes together: PSS shares out what they share
(Linux; elsewhere RSS counts it in each). JSON goes to stdout, a table to stderr.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
DEFAULT = ROOT / "audio_samples" / "en-lto-fixer.mp3"
SETTLE_SECONDS = 6.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--recording", type=Path, default=DEFAULT, help="speech; repeated or cut to --seconds"
    )
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tala-bench-") as folder:
        sound = cut_to(arguments.recording, arguments.seconds, Path(folder) / "recording.wav")
        found = measure(sound, Path(folder), arguments.runs, arguments.seconds)
    print(json.dumps(found, indent=2))
    table(found)


def cut_to(source: Path, seconds: float, target: Path) -> Path:
    """The recording as WAV of exactly this length, repeated where it is shorter."""
    from tala.audio.decode import DecodeLimits, decode
    from tala.settings import Settings

    limits = DecodeLimits.from_settings(Settings())
    with decode(source, limits, target.parent) as decoded:
        once = decoded.pcm(0).tobytes()
    wanted = round(seconds * 16_000) * 2
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((once * (wanted // len(once) + 1))[:wanted])
    return target


def measure(sound: Path, folder: Path, runs: int, seconds: float) -> dict[str, Any]:
    """Numbers of one installation: start, waiting times, memory at rest and at work."""
    with running(folder) as (process, base, first_start):
        time.sleep(SETTLE_SECONDS)
        rest = memory(process)
        with Sampler(process) as sampler, httpx.Client(base_url=base, timeout=60) as client:
            first = wait_for_draft(client, sound)
            before = processor_seconds(process)
            waits = [wait_for_draft(client, sound) for _ in range(runs)]
            spent = (processor_seconds(process) - before) / runs
        time.sleep(SETTLE_SECONDS)
        after = memory(process)
    with running(folder) as (_, _, second_start):
        pass
    return {
        "recording_seconds": seconds,
        "runs": runs,
        "upload_to_draft_seconds": {
            "median": round(statistics.median(waits), 2),
            "best": round(min(waits), 2),
            "worst": round(max(waits), 2),
            "first_after_start": round(first, 2),
        },
        "processor_seconds_per_draft": round(spent, 2),
        "start_seconds": {"first": round(first_start, 2), "second": round(second_start, 2)},
        "memory_mb": {
            "at_rest": rest,
            "at_work_peak": sampler.peak,
            "after_work": after,
        },
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 2),
            "python": platform.python_version(),
        },
    }


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[psutil.Process, str, float]]:
    """`tala run` on this folder: its process, the address of its API, and the seconds until it was ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TALA_")}
    environment |= {
        "TALA_DATA_DIR": str(folder / "var"),
        "TALA_PORT": str(port),
        "TALA_UPLOADS_PER_HOUR": "1000",
    }
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tala", "run"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Tala is ready" in line:
                break
        else:
            raise SystemExit("tala run did not become ready")
        yield psutil.Process(process.pid), f"http://127.0.0.1:{port}/api/v1", time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for_draft(client: httpx.Client, sound: Path) -> float:
    """Seconds from the answer to an upload until the draft is ready, as the event stream tells it."""
    ticket = client.post("/intake/tickets").json()["ticket"]
    with sound.open("rb") as file:
        answer = client.post(
            "/recordings",
            headers={"Authorization": f"Bearer {ticket}"},
            data={"consent": "self"},
            files={"file": ("recording.wav", file, "audio/wav")},
        )
    answer.raise_for_status()
    begun = time.monotonic()
    received = answer.json()
    owner = {"Authorization": f"Bearer {received['capability']}"}
    with client.stream("GET", f"/recordings/{received['recording_id']}/events", headers=owner) as events:
        for line in events.iter_lines():
            if line.startswith("event: ready"):
                return time.monotonic() - begun
            if line.startswith(("event: failed", "event: quarantined")):
                raise SystemExit(f"the recording was refused: {line}")
    raise SystemExit("the event stream ended early")


def memory(process: psutil.Process) -> dict[str, float]:
    """Megabytes of each kind of process and of all together."""
    found: dict[str, float] = {}
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            info = one.memory_full_info()
            size = getattr(info, "pss", info.rss) / 1e6
            found[kind(one)] = round(found.get(kind(one), 0.0) + size, 1)
    found["total"] = round(sum(found.values()), 1)
    return found


def processor_seconds(process: psutil.Process) -> float:
    """Processor time all processes have taken so far, which other work on the machine does not change."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def kind(process: psutil.Process) -> str:
    """What a process is, for people."""
    words = process.cmdline()
    for word, name in (("valkey", "queue"), ("serve", "web"), ("worker", "worker"), ("ffmpeg", "decoder")):
        if any(word in part for part in words[:5]):
            return name
    return "supervisor" if "run" in words[:5] else "other"


class Sampler:
    """Watches memory while work goes on and keeps the moment of most."""

    def __init__(self, process: psutil.Process) -> None:
        self.peak: dict[str, float] = {"total": 0.0}
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            now = memory(self._process)
            if now["total"] > self.peak["total"]:
                self.peak = now


def processor() -> str:
    """Name of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def table(found: dict[str, Any]) -> None:
    """The same for people."""
    waits, sizes = found["upload_to_draft_seconds"], found["memory_mb"]
    lines = [
        f"{found['recording_seconds']:g} s of speech, end of upload to draft: median {waits['median']} s "
        f"(best {waits['best']}, worst {waits['worst']}, first after start {waits['first_after_start']})",
        f"Processor time of each draft, all processes: {found['processor_seconds_per_draft']} s",
        f"Start: {found['start_seconds']['first']} s on an empty folder, "
        f"{found['start_seconds']['second']} s again",
        f"{'memory, MB':<14}{'at rest':>10}{'at work':>10}{'after':>10}",
    ]
    names = [n for n in sizes["at_work_peak"] if n != "total"] + ["total"]
    moments = ("at_rest", "at_work_peak", "after_work")
    for name in names:
        lines.append(f"{name:<14}" + "".join(f"{sizes[when].get(name, 0):>10.0f}" for when in moments))
    print("\n".join(lines), file=sys.stderr)


if __name__ == "__main__":
    main()
