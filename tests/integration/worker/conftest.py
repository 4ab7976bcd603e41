"""Tala as its users start it: the commands themselves, as processes to kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

READY_SECONDS = 180


class Running:
    """`tala run` on a port of its own, and what it says."""

    def __init__(self, data_dir: Path, **more: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.out = data_dir.parent / f"{data_dir.name}.out"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("TALA_")},
            "TALA_DATA_DIR": str(data_dir),
            "TALA_PORT": str(self.port),
            "TALA_SWEEP_SECONDS": "1",
            **more,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it says that it is ready; how many seconds that took."""
        begun = time.monotonic()
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tala", "run"],
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.data_dir.parent,
            )
        while "Tala is ready" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - begun < READY_SECONDS, self.said()
            time.sleep(0.05)
        return time.monotonic() - begun

    def said(self) -> str:
        return self.out.read_text(errors="replace") if self.out.exists() else ""

    def child(self, marker: str) -> psutil.Process:
        """The process below `tala run` whose command line holds a word."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            for process in self.family():
                if any(marker in part for part in process.cmdline()[:4]):
                    return process
            time.sleep(0.05)
        raise AssertionError(f"no process {marker}: {self.said()}")

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as a terminal would; its exit code."""
        assert self.process is not None
        family = self.family()
        self.process.send_signal(number)
        code = self.process.wait(30)
        _, alive = psutil.wait_procs(family, timeout=10)
        for process in alive:
            process.kill()
        self.process = None
        assert not alive, alive
        return code

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def running(short_folder: Path) -> Iterator[Callable[..., Running]]:
    """Makes installations that are stopped at the end."""
    made: list[Running] = []

    def make(**more: str) -> Running:
        made.append(Running(short_folder / f"var{len(made)}", **more))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            family = one.family()
            one.process.kill()
            one.process.wait()
            for process in family:
                if process.is_running():
                    process.kill()
