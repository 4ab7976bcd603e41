"""One server and two workers that share nothing but database, queue, object store and keys."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.integration.worker.conftest import free_port

from tala.client import Tala

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]


def test_work_is_shared_and_a_dead_workers_share_is_taken_over(
    short_folder: Path,
    spoken: Path,
    long_spoken: Path,
    queue_url: str,
    new_postgres_database: Callable[[str | None], str],
) -> None:
    shared = {
        "TALA_DATABASE_URL": new_postgres_database(None),
        "TALA_QUEUE_URL": queue_url,
        "TALA_RECORDINGS_URL": (short_folder / "store").as_uri(),
        "TALA_SWEEP_SECONDS": "1",
    }
    port = free_port()
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        data_dir = short_folder / name
        if name != "web":
            shutil.copytree(short_folder / "web" / "keys", data_dir / "keys")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TALA_")}
        with (short_folder / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tala", *arguments],
                    env={**environment, **shared, "TALA_DATA_DIR": str(data_dir)},
                    stdout=log,
                    stderr=log,
                )
            )
        return started[-1]

    try:
        start("web", "serve", "--port", str(port))
        _until_ready(port)
        first = start("one", "worker")
        with Tala(f"http://127.0.0.1:{port}", timeout=120) as tala:
            long = tala.send(long_spoken, consent="self")
            while tala.recording(long).state != "transcribing":
                time.sleep(0.05)
            second = start("two", "worker")
            short = [tala.send(spoken, consent="self") for _ in range(2)]
            assert {tala.wait_for_draft(sent).facts.agency.code for sent in short} == {"LTO"}  # type: ignore[union-attr]
            first.kill()
            draft = tala.wait_for_draft(long)
            assert tala.file(draft).ctn
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def _until_ready(port: int) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server does not answer")
