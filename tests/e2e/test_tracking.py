"""A citizen follows a case: what was sent with it, letters, clocks with their days, and steps back."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import accessibility, overflows

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]
COMPLAINT = "A fixer at the LTO in Quezon City asked me for 3,000 pesos last Friday."


def fits(page: Page) -> None:
    assert accessibility(page) == []
    assert not overflows(page)


@pytest.fixture
def papers(tmp_path: Path) -> dict[str, Path]:
    """Files a citizen may and may not send."""
    letter, film = tmp_path / "letter.txt", tmp_path / "film.mov"
    letter.write_text("The office wrote that my papers are complete.")
    film.write_bytes(b"moving pictures")
    return {"letter": letter, "film": film}


def file_typed(page: Page, papers: dict[str, Path]) -> str:
    """Type a complaint, add a letter, file it and open its tracking page; answers the CTN."""
    page.goto("/")
    page.locator('[name="way"][value="type"]').check(force=True)
    page.locator("#text").fill(COMPLAINT)
    page.locator("#consent").check()
    page.locator("#send-text").click()
    expect(page.locator('[data-view="review"]')).to_be_visible(timeout=60_000)
    page.locator("#attach").set_input_files(papers["film"])
    expect(page.locator("#attach-error")).to_contain_text("film.mov cannot be taken")
    page.locator("#attach").set_input_files(papers["letter"])
    expect(page.locator("#attach-list")).to_contain_text("letter.txt")
    fits(page)
    page.locator("#file-case").click()
    expect(page.locator('[data-view="receipt"]')).to_be_visible()
    expect(page.locator("#attached")).to_contain_text("Files sent with your complaint: 1")
    ctn = page.locator("#ctn").inner_text()
    page.locator("#remember").click()
    page.locator("#follow").click()
    expect(page.locator("#case-ctn")).to_have_text(ctn)
    return ctn


def test_a_case_is_followed_added_to_taken_back_and_opened_again(page: Page, papers: dict[str, Path]) -> None:
    file_typed(page, papers)
    expect(page.locator("#timeline li")).to_contain_text(["You filed the complaint"])
    expect(page.locator("#file-list")).to_contain_text("letter.txt")
    with page.expect_download() as download:
        page.locator("#file-list button").click()
    assert download.value.path().read_bytes() == papers["letter"].read_bytes()

    # a clock says by when, and which days count
    clock = page.locator(".clock").first
    clock.locator("summary").click()
    expect(clock.locator(".days li").first).to_contain_text("the first day is not counted")
    expect(clock.locator(".days li").last).to_contain_text("working day")
    fits(page)

    page.locator("#write-send").click()
    expect(page.locator("#write-error")).to_contain_text("Write your message first.")
    page.locator("#write-text").fill("I forgot to say: it was at window three.")
    page.locator("#write-send").click()
    expect(page.locator(".letter--own .letter__text")).to_have_text(
        "I forgot to say: it was at window three."
    )

    page.locator("#do-withdraw").click()
    expect(page.locator("#step")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="No, leave it as it is").click()
    expect(page.locator("#case-state")).not_to_have_text("Withdrawn")
    page.locator("#do-withdraw").click()
    page.locator("#step-reason").select_option("settled")
    page.get_by_role("button", name="Yes, withdraw it").click()
    expect(page.locator("#case-state")).to_have_text("Withdrawn")
    expect(page.locator("#timeline li").first).to_contain_text("The complaint was withdrawn: Settled")
    expect(page.locator("#do-withdraw")).to_have_count(0)
    fits(page)

    page.locator("#do-reopen").click()
    page.locator("#step-reason").select_option("not_fixed")
    page.get_by_role("button", name="Yes, open it again").click()
    expect(page.locator("#timeline li").first).to_contain_text("The case was opened again")
    page.locator("#leave-case").click()
    expect(page.locator("#case")).to_be_hidden()
    expect(page.locator("#secret")).to_have_value("")
