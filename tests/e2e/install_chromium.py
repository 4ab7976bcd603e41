"""Finds a Chromium for the browser tests, or installs one: Playwright's download, else Debian's package.

Always exits with 0: where neither is possible, the browser tests themselves fail with a sentence that
says what to install.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import chromium

DOWNLOAD_SECONDS = 300
ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def _ran(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command, timeout=DOWNLOAD_SECONDS, capture_output=True, stdin=subprocess.DEVNULL, env=ENVIRONMENT
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _found() -> Path | None:
    try:
        return chromium.find()
    except RuntimeError:
        return None


def _install() -> Path | None:
    print("Installing a Chromium for the browser tests…", flush=True)
    if _ran([sys.executable, "-m", "playwright", "install", "chromium"]) and (path := _found()):
        return path
    if shutil.which("apt-get") and os.geteuid() == 0:
        _ran(["apt-get", "update"])
        _ran(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"])
    return _found()


if __name__ == "__main__":
    if os.environ.get("TALA_CHROMIUM") is None and (_found() or _install()) is None:
        print(chromium.MISSING, file=sys.stderr)
