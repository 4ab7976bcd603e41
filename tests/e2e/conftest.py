"""A real browser against a real installation: `tala run` in a process group of its own, and Chromium."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from tests.e2e import chromium

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "audio_samples"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
START_SECONDS = 180
MAX_RECORDING_SECONDS = 60
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PERMISSIONS = ["microphone", "clipboard-read", "clipboard-write"]
_TOLD = re.compile(
    r"server responded with a status of 4|WebSocket connection to|net::ERR_INTERNET_DISCONNECTED"
    r"|Cross-Origin-Opener-Policy header has been ignored"  # said of every page on an insecure origin
)
expect.set_options(timeout=15_000)


@dataclass(frozen=True)
class Installation:
    """A running Tala."""

    url: str
    data_dir: Path
    output: Path


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """`tala run` on a free port and an empty data folder; a minute is the longest recording here."""
    folder = Path(tempfile.mkdtemp(prefix="tala-e2e-"))
    port = free_port()
    try:
        with running(folder, port):
            yield Installation(f"http://127.0.0.1:{port}", folder / "var", folder / "output")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@contextlib.contextmanager
def running(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`tala run` with its data in this folder, in a process group of its own, until it was stopped."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TALA_")} | {
        "TALA_DATA_DIR": str(folder / "var"),
        "TALA_PORT": str(port),
        "TALA_MAX_RECORDING_SECONDS": str(MAX_RECORDING_SECONDS),
    }
    output = folder / "output"
    with output.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tala", "run"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process, output)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            if json.load(answer)["status"] == "ok":
                return
        time.sleep(0.2)
    pytest.fail(f"Tala did not become ready:\n{output.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives every browser of a session; its synchronous form runs once in a thread."""
    with sync_playwright() as started:
        yield started


@contextlib.contextmanager
def chromium_with(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Headless Chromium; fails with what to install if there is none."""
    started = playwright.chromium.launch(
        executable_path=chromium.find(), args=[*chromium.ARGUMENTS, *arguments]
    )
    try:
        yield started
    finally:
        started.close()


@contextlib.contextmanager
def speaker(
    playwright: Playwright,
    sample: str,
    start: float = 0,
    seconds: float | None = None,
    *,
    again: bool = False,
) -> Iterator[Browser]:
    """A browser in whose microphone the sample, or `seconds` of it from `start`, is spoken once, or again and
    again.
    """
    spoken = _as_wav(SAMPLES / sample, start, seconds)
    try:
        with chromium_with(
            playwright,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={spoken}{'' if again else '%noloop'}",
            "--autoplay-policy=no-user-gesture-required",
        ) as started:
            yield started
    finally:
        spoken.unlink()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The browser of tests that do not speak."""
    with chromium_with(playwright, "--autoplay-policy=no-user-gesture-required") as started:
        yield started


def _as_wav(source: Path, start: float, seconds: float | None) -> Path:
    """The part of a sample as the 48 kHz WAV that Chromium's fake microphone reads."""
    import imageio_ffmpeg

    handle, name = tempfile.mkstemp(suffix=".wav")
    os.close(handle)
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    part = ["-ss", str(start), *(["-t", str(seconds)] if seconds else [])]
    arguments = ["-y", "-loglevel", "error", *part, "-i", str(source), "-ar", "48000", "-ac", "1", name]
    subprocess.run([ffmpeg, *arguments], check=True)
    return Path(name)


@pytest.fixture(params=[360, 1280], ids=["phone", "desktop"])
def width(request: pytest.FixtureRequest) -> int:
    """Width of the window in CSS pixels."""
    found: int = request.param
    return found


class Watched:
    """What went wrong in a page while it was used, and who it asked for anything."""

    def __init__(self, page: Page, url: str) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: self._asked(asked.url, url))

    def _asked(self, asked: str, url: str) -> None:
        if not asked.startswith((url, url.replace("http", "ws", 1), "data:", "blob:")):
            self.elsewhere.append(asked)


@contextlib.contextmanager
def visit(browser: Browser, url: str, width: int, *, locale: str = "en-PH", **options: Any) -> Iterator[Page]:
    """A fresh page of that width, which must not fail, be refused by its own policy, nor call elsewhere."""
    context = browser.new_context(
        viewport={"width": width, "height": 740 if width < 500 else 900},
        base_url=url,
        locale=locale,
        **{"reduced_motion": "reduce", "permissions": PERMISSIONS, **options},
    )
    context.set_default_timeout(30_000)
    opened = context.new_page()
    watched = Watched(opened, url)
    yield opened
    context.close()
    # Refusals are shown to people; browsers also write their status, and lines that drop, to the console.
    failed = [text for text in watched.errors if not _TOLD.search(text)]
    assert failed == []
    assert watched.elsewhere == []


@pytest.fixture
def page(browser: Browser, installation: Installation, width: int) -> Iterator[Page]:
    """A page of the running installation."""
    with visit(browser, installation.url, width) as opened:
        yield opened


def accessibility(page: Page) -> list[str]:
    """What axe finds that is serious or critical: rule, what it is about, where."""
    page.wait_for_timeout(400)
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("standards => axe.run(document, {runOnly: standards})", STANDARDS)
    return [
        f"{violation['id']}: {violation['help']} at {node['target']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Wait for a condition in the page. Asked anew each time: a script of Playwright's that waits inside the
    page would evaluate text later, which the page's own policy refuses.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(100)
