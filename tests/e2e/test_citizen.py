"""A citizen at the page: sends a recording, checks, files, follows; and what goes wrong."""

import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import MAX_RECORDING_SECONDS, SAMPLES, accessibility, overflows, until

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(180)]
CTN = re.compile(r"^TALA-\d{4}-\d{7}-\d$")


def send_file(page: Page, path: Path, who: str = "self") -> None:
    page.goto("/")
    page.locator('[name="way"][value="file"]').check(force=True)
    page.locator("#file").set_input_files(path)
    page.locator(f'[name="who"][value="{who}"]').check()
    page.locator("#consent").check()
    page.locator("#send-file").click()


def view(page: Page, name: str, seconds: float = 60) -> None:
    expect(page.locator(f'[data-view="{name}"]')).to_be_visible(timeout=seconds * 1000)


def fits(page: Page) -> None:
    assert accessibility(page) == []
    assert not overflows(page)


def test_a_spoken_complaint_is_filed_and_followed(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Tell us what happened.")).to_be_visible()
    fits(page)
    send_file(page, SAMPLES / "en-lto-fixer.mp3")
    view(page, "working")
    expect(page.locator('[data-stage="received"]')).to_have_class(re.compile("is-done"))
    view(page, "review")
    expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")
    expect(page.locator('[data-field="agency"] q')).to_have_text(re.compile("Land Transportation", re.I))
    marked = page.locator('#transcript mark[data-fields~="agency"]').first
    expect(marked).to_be_visible()
    fits(page)

    # hear the second in which it was said
    expect(page.locator("#audio")).to_be_visible()
    until(page, "document.getElementById('audio').readyState >= 1")
    page.locator('[data-field="agency"] .icon-button').click()
    until(page, "document.getElementById('audio').currentTime > 0.5")
    expect(marked).to_have_class(re.compile("is-lit"))

    # correct a fact
    page.locator('[data-field="location"] .text-button').click()
    page.get_by_role("combobox", name="City or municipality").fill("Pasig")
    page.locator('[data-field="location"]').get_by_role("button", name="Save").click()
    expect(page.locator('[data-field="location"] .fact__value')).to_have_text("City of Pasig")
    expect(page.locator('[data-field="location"] .badge--brand')).to_have_text("entered by you")
    expect(page.locator('[data-field="location"] .text-button')).to_be_focused()

    page.locator("#file-case").click()
    view(page, "receipt")
    ctn, secret = page.locator("#ctn").inner_text(), page.locator("#secret").inner_text()
    assert CTN.match(ctn)
    assert re.match(r"^\d{4} \d{4} \d{4} \d{4}$", secret)
    until(page, "document.getElementById('qr').naturalWidth > 0")
    fits(page)
    page.locator('[data-copy="secret"]').click()
    assert page.evaluate("navigator.clipboard.readText()") == secret.replace(" ", "")
    assert page.evaluate("sessionStorage.length") == 0
    page.locator("#remember").click()

    page.locator("#follow").click()
    expect(page.locator("#case-ctn")).to_have_text(ctn)
    expect(page.locator("#case-state")).not_to_be_empty()
    expect(page.locator("#timeline li")).to_have_count(1)
    fits(page)
    page.locator("#leave-case").click()
    page.get_by_role("button", name=f"Forget {ctn} on this device").click()
    assert page.evaluate("localStorage.getItem('tala.cases')") == "[]"


def test_what_is_under_way_survives_a_reload(page: Page) -> None:
    send_file(page, SAMPLES / "en-sss-delay.ogg")
    view(page, "review")
    page.reload()
    view(page, "review")
    expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("SSS")


def test_typing_is_an_equal_way(page: Page) -> None:
    page.goto("/")
    page.locator('[name="way"][value="type"]').check(force=True)
    page.locator("#send-text").click()
    expect(page.locator("#text-error")).to_be_visible()
    page.locator("#text").fill("Ayaw tanggapin ng LTO sa Quezon City ang kumpletong papeles ko noong Lunes.")
    page.locator("#send-text").click()
    expect(page.locator("#consent-error")).to_be_visible()
    expect(page.locator("#consent")).to_be_focused()
    fits(page)
    page.locator("#consent").check()
    page.locator("#send-text").click()
    view(page, "review")
    expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")
    expect(page.locator("#player")).to_be_hidden()
    page.get_by_role("button", name="Erase everything").click()
    page.locator("#sure").get_by_role("button", name="Erase everything").click()
    view(page, "tell")


def test_a_recording_with_others_on_it_is_set_aside_until_all_agreed(page: Page) -> None:
    send_file(page, SAMPLES / "en-sss-delay.ogg", who="unknown")
    view(page, "quarantine")
    fits(page)
    page.locator("#release").click()
    expect(page.locator("#attest-error")).to_be_visible()
    page.locator("#attest").check()
    page.locator("#release").click()
    view(page, "review")


@pytest.fixture
def useless(tmp_path: Path) -> dict[str, Path]:
    """Files that cannot become a complaint."""
    text = tmp_path / "text.wav"
    text.write_text("This is not a recording. " * 50)
    cut = tmp_path / "cut.m4a"
    whole = (SAMPLES / "en-bir-no-receipt.m4a").read_bytes()
    cut.write_bytes(whole[: len(whole) // 3])
    long = tmp_path / "long.wav"
    with wave.open(str(long), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(2 * 8000 * (MAX_RECORDING_SECONDS + 30)))
    empty = tmp_path / "empty.wav"
    empty.touch()
    return {
        "silence": SAMPLES / "nonspeech-silence.wav", "text": text, "cut": cut, "long": long, "empty": empty,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("silence", "speech|heard"),
        ("text", "text|recording"),
        ("cut", "cut|broken|complete|read"),
        ("long", "long"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(
    page: Page, useless: dict[str, Path], kind: str, words: str
) -> None:
    send_file(page, useless[kind])
    view(page, "refused")
    told = page.locator("#refused-text").inner_text()
    assert re.search(words, told, re.I), told
    assert len(told) > 25
    fits(page)
    page.get_by_role("button", name="Try another way").first.click()
    view(page, "tell")


def test_an_empty_file_is_refused_before_it_is_sent(page: Page, useless: dict[str, Path]) -> None:
    send_file(page, useless["empty"])
    expect(page.locator("#file-error")).to_contain_text("empty")
    view(page, "tell")


def test_two_wrong_numbers_open_nothing(page: Page) -> None:
    page.goto("/track")
    fits(page)
    page.locator("#ctn").fill("TALA-2026-0000001-2")
    page.locator("#secret").fill("1234")
    page.get_by_role("button", name="Show my complaint").click()
    expect(page.locator("#find-error")).to_be_visible()
    page.locator("#secret").fill("1234 5678 9012 3456")
    page.get_by_role("button", name="Show my complaint").click()
    expect(page.locator("#find-error")).to_contain_text("No complaint matches")
    expect(page.locator("#case")).to_be_hidden()


def test_the_page_speaks_filipino(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Filipino").click()
    expect(page.get_by_role("heading", name="Ikuwento mo ang nangyari.")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fil")
    fits(page)
    page.goto("/track")
    expect(page.get_by_role("heading", name="Subaybayan ang reklamo mo")).to_be_visible()
    send_file(page, SAMPLES / "nonspeech-silence.wav")
    view(page, "refused")
    expect(page.locator("#refused-text")).to_contain_text("Walang narinig")


@pytest.mark.parametrize("path", ["/privacy", "/problems", "/sign-in", "/docs", "/not-there"])
def test_every_other_page_can_be_used_by_everybody(page: Page, path: str) -> None:
    page.goto(path)
    if path == "/docs":
        expect(page.locator(".swagger-ui .info .title")).to_contain_text("Tala")
        return  # the vendored page's own markup is not ours to mend
    fits(page)


def test_the_keyboard_alone_goes_the_whole_way(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator('[name="way"][value="speak"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#consent")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("The BIR office in Makati refused to give me an official receipt yesterday.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    view(page, "review")
    expect(page.locator('[data-view="review"] h2')).to_be_focused()
