"""Finds the Chromium that browser tests drive: by setting, on the PATH, or Playwright's own."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "No Chromium was found for the browser tests. Install Debian's package (`apt-get install chromium`), or "
    "Playwright's own (`playwright install chromium`), or set TALA_CHROMIUM to the path of one."
)


def find() -> Path:
    """Path of a Chromium. Raises RuntimeError with what to install where there is none."""
    if chosen := os.environ.get("TALA_CHROMIUM"):
        if not Path(chosen).is_file():
            raise RuntimeError(f"TALA_CHROMIUM is {chosen}, but there is no such file.")
        return Path(chosen)
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.is_file():
        return own
    raise RuntimeError(MISSING)
