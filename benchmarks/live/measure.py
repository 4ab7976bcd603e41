"""Citizens who speak real recordings in real time, all at once, and what they are told when.

The server is a whole installation in processes of its own. Times are of a client on the same machine: from
the moment a sound was spoken to the moment an event about it arrived. Afterwards the same recordings are read
as whole files by the same engine, to see what reading live costs in errors.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import statistics
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from benchmarks.intake import memory, processor, processor_seconds, running
from benchmarks.live.citizen import Citizen
from benchmarks.speech.compare import Clip, clips
from benchmarks.speech.scoring import distance, normalised

from tala.audio.decode import DecodeLimits, decode
from tala.audio.pcm import FRAME_MS
from tala.audio.vad import speech_frames
from tala.settings import Settings
from tala.speech.engine import Engine
from tala.speech.recording import transcribe

PROJECT_ROOT = Path(__file__).resolve().parents[2]
LEAD_SECONDS = 0.8
TAIL_SECONDS = 1.6
SOUNDS = {".wav", ".mp3", ".m4a", ".flac", ".ogg", ".webm"}


@dataclass
class Spoken:
    """What one citizen says, and what came of it."""

    name: str
    pcm: np.ndarray
    reference: str | None
    citizen: Citizen | None = None
    figures: dict[str, list[float]] = field(default_factory=dict)
    text: str = ""
    whole: str = ""
    lost_frames: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with manifest.jsonl, or with recordings")
    parser.add_argument("--citizens", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=40.0, help="how long each one speaks, about")
    parser.add_argument("--sets", nargs="*", default=())
    parser.add_argument("--language", default="auto")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tala-bench-live-") as scratch:
        said = sayings(chosen.folder, Path(scratch), chosen.sets, chosen.citizens, chosen.seconds)
        found = asyncio.run(measure(said, Path(scratch), chosen.language))
    print(table(found))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


# -- what is said --


def sayings(folder: Path, scratch: Path, sets: Sequence[str], citizens: int, seconds: float) -> list[Spoken]:
    """One string of recordings with pauses between them for each citizen."""
    pool = list(_clips(folder, scratch, sets))
    if not pool:
        raise SystemExit("There is no recording to speak in this folder.")
    pause = _room(1.2)
    said, at = [], 0
    for number in range(citizens):
        parts: list[np.ndarray] = [_room(LEAD_SECONDS)]
        references: list[str | None] = []
        length = 0.0
        while length < seconds:
            clip = pool[at % len(pool)]
            at += 1
            sound = np.load(clip.sound)
            parts += [sound, pause]
            references.append(clip.reference)
            length += len(sound) / 16_000
        known = [text for text in references if text]
        reference = " ".join(known) if len(known) == len(references) else None
        pcm = np.concatenate([*parts[:-1], _room(TAIL_SECONDS)]).astype(np.int16)
        said.append(Spoken(f"citizen {number + 1}", pcm, reference))
    return said


def _clips(folder: Path, scratch: Path, sets: Sequence[str]) -> list[Clip]:
    if (folder / "manifest.jsonl").is_file():
        found = clips(folder, scratch, sets, None)
        return [clip for clip in found if clip.reference and clip.seconds < 60]
    made = []
    for number, path in enumerate(sorted(p for p in folder.iterdir() if p.suffix in SOUNDS)):
        with decode(path, DecodeLimits.from_settings(Settings()), scratch) as sound:
            if sound.channels == 1:
                np.save(scratch / f"{number}.npy", sound.pcm(0))
                made.append(Clip(path.name, "", "", None, scratch / f"{number}.npy", sound.seconds, []))
    return made


def _room(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 8, round(seconds * 16_000)).astype(np.int16)


# -- the measuring --


async def measure(said: list[Spoken], scratch: Path, language: str) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    longest = max(len(one.pcm) for one in said) / 16_000
    with running(scratch) as (process, api, _):
        base = api.removesuffix("/api/v1")
        warm = Citizen(base, language=language)
        await warm.hold(np.concatenate([_room(0.5), said[0].pcm[: 5 * 16_000]]))
        before = processor_seconds(process)
        began = time.monotonic()
        await asyncio.gather(*(hold(one, base, language, i) for i, one in enumerate(said)))
        spent, took = processor_seconds(process) - before, time.monotonic() - began
        peak = memory(process)
        for one in said:
            one.lost_frames = await lost(one, base)
    engine = Engine(Settings())
    try:
        for one in said:
            one.whole = transcribe(engine, _Sound(one.pcm), language=language).text
    finally:
        engine.close()
    for one in said:
        one.figures = figures(one)
    return {
        "citizens": len(said),
        "seconds_each": round(longest, 1),
        "spoken_seconds": round(sum(len(one.pcm) for one in said) / 16_000, 1),
        "wall_seconds": round(took, 1),
        "processor_seconds": round(spent, 1),
        "memory_mb": peak["total"],
        **_summary(said),
        "machine": {
            "processor": processor(),
            "cores": len(os.sched_getaffinity(0)),
            "load_before": round(load_before, 1),
            "load_after": round(os.getloadavg()[0], 1),
        },
    }


async def hold(one: Spoken, base: str, language: str, number: int) -> None:
    """Speak, the citizens a little apart, as people are."""
    await asyncio.sleep(0.37 * number)
    one.citizen = Citizen(base, language=language)
    await one.citizen.hold(one.pcm, tail_seconds=0.0)
    segments = [event["segment"] for _, event in one.citizen.session.of("transcript.final")]
    one.text = " ".join(segment["text"] for segment in segments if segment)


async def lost(one: Spoken, base: str) -> int:
    """Frames of what was spoken that are not in the stored recording as they were."""
    assert one.citizen is not None
    session = one.citizen.session
    async with httpx.AsyncClient(base_url=base, timeout=120) as client:
        answer = await client.get(
            f"/api/v1/recordings/{session.id}/audio",
            headers={"Authorization": f"Bearer {session.capability}"},
        )
    answer.raise_for_status()
    with wave.open(io.BytesIO(answer.content)) as file:
        stored = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    step = one.citizen.frame_bytes // 2
    starts = range(0, len(one.pcm), step)
    return sum(not np.array_equal(stored[s : s + step], one.pcm[s : s + step]) for s in starts)


def figures(one: Spoken) -> dict[str, list[float]]:
    """Seconds from sound to event, utterance by utterance."""
    assert one.citizen is not None
    session = one.citizen.session
    speech = speech_frames(one.pcm)
    found: dict[str, list[float]] = {
        name: [] for name in ("first_partial", "final", "facts", "word_lag", "corrected", "committed")
    }
    drafts = [at for at, _ in session.of("draft.updated")]
    ends = {event["utterance"]: event["end_ms"] for _, event in session.of("speech.stopped")}
    starts = {event["utterance"]: event["start_ms"] for _, event in session.of("speech.started")}
    for at, event in session.of("transcript.final"):
        number, segment = event["utterance"], event["segment"]
        start, end = starts[number], ends[number]
        spoken = np.flatnonzero(speech[start // FRAME_MS : end // FRAME_MS]) + start // FRAME_MS
        if segment is None or not len(spoken):
            continue
        onset, last = spoken[0] * FRAME_MS / 1000, (spoken[-1] + 1) * FRAME_MS / 1000
        found["final"].append(at - last)
        # One who is interrupted by the longest length of an utterance goes on speaking.
        later = [moment for moment in drafts if moment >= at]
        if later:
            found["facts"].append(later[0] - last)
        partials = [(t, e) for t, e in session.of("transcript.partial") if e["utterance"] == number]
        told = [t for t, e in partials if e["committed"] or e["tentative"]]
        if told:
            found["first_partial"].append(told[0] - onset)
        found["word_lag"] += _lags(partials, at, segment)
        if partials:
            committed = normalised(partials[-1][1]["committed"])
            final = normalised(segment["text"])[: len(committed)]
            found["committed"].append(len(committed))
            found["corrected"].append(distance(committed, final) if committed else 0)
    return found


def _lags(partials: list[tuple[float, dict[str, Any]]], at: float, segment: dict[str, Any]) -> list[float]:
    """Seconds from the end of each word to its first appearing where it stands in the final text."""
    lags = []
    shown = [(t, f"{e['committed']} {e['tentative']}".casefold().split()) for t, e in partials]
    for index, word in enumerate(segment["words"]):
        text = word["text"].casefold()
        seen = next((t for t, words in shown if len(words) > index and words[index] == text), at)
        lags.append(seen - word["end_ms"] / 1000)
    return lags


@dataclass(frozen=True)
class _Sound:
    """Samples in memory as a decoded recording."""

    samples: np.ndarray
    channels: int = 1

    @property
    def seconds(self) -> float:
        return len(self.samples) / 16_000

    def pcm(self, channel: int) -> np.ndarray:
        return self.samples


# -- the telling --


def _summary(said: list[Spoken]) -> dict[str, Any]:
    together = {name: [v for one in said for v in one.figures[name]] for name in said[0].figures}
    committed = sum(together.pop("committed"))
    corrected = sum(together.pop("corrected"))
    answer: dict[str, Any] = {name: _spread(values) for name, values in together.items()}
    answer["corrected_per_committed_word"] = round(corrected / committed, 4) if committed else None
    answer["lost_frames"] = sum(one.lost_frames for one in said)
    answer["degraded"] = sum(len(one.citizen.session.of("load.degraded")) for one in said if one.citizen)
    answer["errors"] = sum(len(one.citizen.session.of("error")) for one in said if one.citizen)
    live_whole = [(normalised(one.whole), normalised(one.text)) for one in said]
    words = sum(len(whole) for whole, _ in live_whole)
    answer["live_differs_from_whole_file_percent"] = _rate(live_whole, words)
    known = [one for one in said if one.reference]
    if known:
        references = [normalised(one.reference or "") for one in known]
        count = sum(map(len, references))
        for name, texts in (("live", [o.text for o in known]), ("whole_file", [o.whole for o in known])):
            pairs = list(zip(references, map(normalised, texts), strict=True))
            answer[f"word_error_percent_{name}"] = _rate(pairs, count)
        answer["words"] = count
    return answer


def _rate(pairs: Sequence[tuple[list[str], list[str]]], words: int) -> float | None:
    return round(100 * sum(distance(a, b) for a, b in pairs) / words, 2) if words else None


def _spread(values: list[float]) -> dict[str, float | int]:
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 3),
        "best": round(ordered[0], 3),
        "count": len(ordered),
    }


def table(found: dict[str, Any]) -> str:
    lines = [
        f"{found['citizens']} speaking at once, {found['seconds_each']} s each, "
        f"load {found['machine']['load_before']} before, {found['machine']['load_after']} after",
        f"{'seconds':<34}{'median':>9}{'p95':>9}{'count':>7}",
    ]
    for name, words in (
        ("first_partial", "speech begins → first partial"),
        ("word_lag", "word ends → shown"),
        ("final", "speech ends → final"),
        ("facts", "speech ends → facts"),
    ):
        with contextlib.suppress(KeyError):
            one = found[name]
            lines.append(f"{words:<34}{one['median']:>9}{one['p95']:>9}{one['count']:>7}")
    for name in (
        "corrected_per_committed_word",
        "lost_frames",
        "degraded",
        "errors",
        "live_differs_from_whole_file_percent",
        "word_error_percent_live",
        "word_error_percent_whole_file",
        "processor_seconds",
        "memory_mb",
    ):
        if name in found:
            lines.append(f"{name.replace('_', ' '):<44}{found[name]}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
