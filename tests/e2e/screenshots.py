"""Pictures of every page at three widths (those of staff at two) in both languages: `make pictures`, or
`python -m tests.e2e.screenshots [FOLDER [URL]]`.

Speaks a sample into the browser's microphone, answers, files and follows, at a Tala of its own or at URL. At
one of its own, members of staff are added, and their pages are taken too.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.e2e import people
from tests.e2e.conftest import ROOT, Installation, chromium_with, free_port, running, speaker, until

from tala.services import demo_bulk
from tala.services.actors import Role

WIDTHS = (360, 768, 1280)
STAFF_WIDTHS = (360, 1280)
LOCALES = {"en": "en-PH", "fil": "fil-PH"}
SPOKEN = {"en": ("en-lto-fixer.mp3", 0.0, 5.6), "fil": ("fil-nbi-lagay.webm", 11.3, 8.0)}
FOLDER = ROOT / "docs" / "images"
STAFF: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.AGENT: (("intake", "/desk/intake"), ("call", "/desk/intake/call")),
    Role.OFFICER: (
        ("desk", "/desk"),
        ("case", "/desk/cases/{ctn}"),
        ("letter", "/desk/cases/{ctn}/letters/endorsement"),
    ),
    Role.HEAD: (("board", "/desk/board"),),
    Role.AUDITOR: (
        ("audit", "/desk/audit"),
        ("audit-ledgers", "/desk/audit/ledger"),
        ("audit-ledger", "/desk/audit/ledger/{ctn}"),
        ("audit-samples", "/desk/audit/samples"),
        ("audit-access", "/desk/audit/access"),
        ("audit-exports", "/desk/audit/exports"),
        ("audit-accuracy", "/desk/audit/accuracy"),
    ),
    Role.ADMINISTRATOR: (
        ("admin", "/desk/admin"),
        ("admin-people", "/desk/admin/users"),
        ("admin-offices", "/desk/admin/offices"),
        ("admin-keys", "/desk/admin/keys"),
        ("admin-calendar", "/desk/admin/calendar"),
        ("admin-keeping", "/desk/admin/retention"),
        ("admin-lists", "/desk/admin/lists"),
        ("admin-models", "/desk/admin/models"),
        ("admin-changes", "/desk/admin/changes"),
        ("account", "/desk/account"),
    ),
}
"""Pages of staff by who is shown them: name of the picture and address."""
CASES = 3000
"""Made-up cases of five years, so that boards and lists have something to show."""
_WAIT_MS = 120_000


class Camera:
    """Takes a page under its name, width and language; small enough to be kept beside the text."""

    def __init__(self, page: Page, folder: Path, name: str) -> None:
        self.page, self.folder, self.name = page, folder, name

    def __call__(self, page_name: str, *, whole: bool = True) -> None:
        self.page.wait_for_timeout(400)
        path = self.folder / f"{page_name}-{self.name}.jpg"
        self.page.screenshot(path=path, full_page=whole, type="jpeg", quality=62)


def speak(page: Page, take: Camera) -> None:
    """The first page, then the conversation until a question was asked."""
    page.goto("/")
    until(page, "document.documentElement.dataset.ready === 'yes'")
    take("home")
    page.locator("#consent").check()
    page.locator("#record").click()
    page.locator(".said__line").first.wait_for(timeout=_WAIT_MS)
    take("talk-words", whole=False)
    page.locator("#ask-answers .chip").first.wait_for(timeout=_WAIT_MS)
    take("talk-question", whole=False)
    page.locator("#ask-answers .chip").last.click()
    page.locator("#talk-mic").click()
    page.wait_for_timeout(1500)
    page.locator("#talk-done").click()


def check_and_file(page: Page, take: Camera) -> None:
    """The form with its evidence, and the receipt."""
    page.locator('[data-view="review"]').wait_for(timeout=_WAIT_MS)
    until(page, "document.getElementById('audio').readyState >= 1")
    take("review")
    page.locator("#file-case").click()
    page.locator('[data-view="receipt"]').wait_for()
    until(page, "document.getElementById('qr').naturalWidth > 0")
    take("receipt")


def follow(page: Page, take: Camera) -> None:
    """The tracking page before and after it was opened, and the pages of text."""
    page.locator("#remember").click()
    page.locator("#follow").click()
    page.locator("#timeline li").first.wait_for()
    page.locator("#write-text").fill("…")
    page.locator("#write-send").click()
    page.locator(".letter").first.wait_for()
    page.locator(".clock summary").first.click()
    page.locator(".days").first.wait_for()
    take("track")
    page.locator("#leave-case").click()
    take("track-find")
    for name, address in (("privacy", "/privacy"), ("not-found", "/not-there")):
        page.goto(address)
        take(name)


def take_all(folder: Path, url: str) -> None:
    """Every page at every width in every language."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        for width in WIDTHS:
            for language, locale in LOCALES.items():
                with speaker(playwright, *SPOKEN[language]) as browser:
                    page = browser.new_page(
                        viewport={"width": width, "height": 740 if width < 500 else 900},
                        base_url=url,
                        locale=locale,
                        reduced_motion="reduce",
                    )
                    page.set_default_timeout(_WAIT_MS)
                    take = Camera(page, folder, f"{width}-{language}")
                    speak(page, take)
                    check_and_file(page, take)
                    follow(page, take)


def take_staff(folder: Path, installation: Installation) -> None:
    """The pages of staff, with a case to look at among made-up ones."""
    people.beside(installation, lambda ctx: demo_bulk.make_bulk(ctx, CASES))
    ctn = people.file_case(installation)
    for role in STAFF:
        people.add(installation, role.value, role)
    with sync_playwright() as playwright, chromium_with(playwright) as browser:
        for width in STAFF_WIDTHS:
            for language, locale in LOCALES.items():
                for role, pages in STAFF.items():
                    context = browser.new_context(
                        viewport={"width": width, "height": 740 if width < 500 else 900},
                        base_url=installation.url,
                        locale=locale,
                        reduced_motion="reduce",
                    )
                    page = context.new_page()
                    page.goto("/sign-in")
                    page.locator("#username").fill(role.value)
                    page.locator("#password").fill(people.PASSWORD)
                    page.locator("#password").press("Enter")
                    page.locator('form[action="/sign-out"]').wait_for()
                    take = Camera(page, folder, f"{width}-{language}")
                    for name, address in pages:
                        page.goto(address.replace("{ctn}", ctn))
                        if name == "board":
                            page.locator("canvas").first.wait_for()
                        take(name)
                    context.close()


def main(folder: Path) -> None:
    """Take every picture at a Tala that lives as long as that takes."""
    data, port = Path(tempfile.mkdtemp(prefix="tala-pictures-")), free_port()
    try:
        with running(data, port):
            url = f"http://127.0.0.1:{port}"
            take_all(folder, url)
            take_staff(folder, Installation(url, data / "var", data / "output"))
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if len(sys.argv) > 2:
        take_all(chosen, sys.argv[2])
    else:
        main(chosen)
