"""Pictures of the pages, taken by hand: `python -m tests.e2e.screenshots FOLDER URL DATA_DIR`.

Goes a citizen's and an officer's way at a running `tala run` with a recording of the samples, at the width of
a phone and of a desktop.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.e2e import chromium
from tests.e2e.conftest import SAMPLES, Installation, until
from tests.e2e.test_staff import add_head

WIDTHS = {"phone": 360, "desktop": 1280}
PASSWORD = "a passphrase of her own 7"


def citizen(page: Page, take: "Camera") -> str:
    """Send, check, file and follow; answers the CTN."""
    page.goto("/")
    take("home")
    page.locator('[name="way"][value="file"]').check(force=True)
    page.locator("#file").set_input_files(SAMPLES / "en-lto-fixer.mp3")
    page.locator('[name="who"][value="self"]').check()
    page.locator("#consent").check()
    page.locator("#send-file").click()
    page.locator('[data-view="review"]').wait_for(timeout=90_000)
    until(page, "document.getElementById('audio').readyState >= 1")
    take("review")
    page.locator("#file-case").click()
    page.locator('[data-view="receipt"]').wait_for()
    until(page, "document.getElementById('qr').naturalWidth > 0")
    take("receipt")
    ctn = page.locator("#ctn").inner_text()
    page.locator("#remember").click()
    page.locator("#follow").click()
    page.locator("#timeline li").first.wait_for()
    take("track")
    return ctn


def officer(page: Page, take: "Camera", installation: Installation, ctn: str) -> None:
    """Sign in and read the case."""
    name = f"cora{page.viewport_size['width']}" if page.viewport_size else "cora"
    password = add_head(installation, name)
    page.goto("/desk")
    page.locator("#username").fill(name)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#old").fill(password)
    page.locator("#new").fill(PASSWORD)
    page.get_by_role("button", name="Save and go on").click()
    page.locator(".case-row__link", has_text=ctn).wait_for()
    take("desk-list")
    page.locator(".case-row__link", has_text=ctn).click()
    page.get_by_role("heading", name=ctn).wait_for()
    take("desk-case")


class Camera:
    """Takes the whole page, under a name and its width."""

    def __init__(self, page: Page, folder: Path, size: str) -> None:
        self.page, self.folder, self.size = page, folder, size

    def __call__(self, name: str) -> None:
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=self.folder / f"{name}-{self.size}.png", full_page=True)


def main(folder: Path, url: str, data_dir: Path) -> None:
    """Take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    installation = Installation(url, data_dir, folder / "output")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        for size, width in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": 740 if width < 500 else 900},
                base_url=url,
                locale="en-PH",
                reduced_motion="reduce",
            )
            page = context.new_page()
            take = Camera(page, folder, size)
            officer(page, take, installation, citizen(page, take))
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
