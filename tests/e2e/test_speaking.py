"""A citizen speaks: words and form fill themselves, what is missing is asked for, and nothing is lost."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from tests.e2e.conftest import (
    MAX_RECORDING_SECONDS,
    Installation,
    accessibility,
    chromium_with,
    free_port,
    overflows,
    running,
    speaker,
    until,
    visit,
)
from tests.e2e.slowline import slow_line

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(240)]

# What is spoken: the sample, where it begins and how long it is, in seconds.
FIXER = ("en-lto-fixer.mp3", 0.0, 5.6)  # names the office, its place and the ground
BRIBE = ("fil-nbi-lagay.webm", 11.3, 8.0)  # names a sum and the ground
ENGLISH = {"locale": "en-PH"}
FILIPINO = {"locale": "fil-PH"}
SLOW_MS = 90_000
# How strong tones come out of the page's own resampler.
STRENGTHS = """async ([rate, tones]) => {
  const base = document.querySelector('script[type=module]').src.replace('home.js', '');
  const strengths = [];
  for (const tone of tones) {
    const context = new OfflineAudioContext(1, rate, rate);
    await context.audioWorklet.addModule(base + 'live/capture.js');
    const source = new OscillatorNode(context, { frequency: tone });
    const node = new AudioWorkletNode(context, 'capture');
    const pieces = [];
    const enough = new Promise((resolve) => {
      node.port.onmessage = ({ data }) => pieces.push(data) === 16 && resolve();
    });
    source.connect(node).connect(context.destination);
    source.start();
    await context.startRendering();
    await enough;
    const sound = pieces.slice(4).flatMap((piece) => [...piece]);
    strengths.push(Math.sqrt(sound.reduce((sum, s) => sum + s * s, 0) / sound.length) / 32768);
  }
  return strengths;
}"""


def begin(page: Page) -> None:
    page.goto("/")
    until(page, "document.documentElement.dataset.ready === 'yes'")
    page.locator("#consent").check()
    page.locator("#record").click()
    expect(page.locator('[data-view="talk"]')).to_be_visible()
    expect(page.locator("#talk-dot")).to_be_visible()


def done(page: Page) -> None:
    page.locator("#talk-done").click()
    expect(page.locator('[data-view="review"]')).to_be_visible(timeout=SLOW_MS)


def spoken_seconds(page: Page) -> float:
    minutes, seconds = page.locator("#talk-time").inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


def until_spoken(page: Page, seconds: float) -> None:
    deadline = time.monotonic() + 60
    while spoken_seconds(page) < seconds:
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)


def kept_here(page: Page) -> int:
    """Pieces of sound and conversations that this browser still holds."""
    found: int = page.evaluate(
        """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open("tala");
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const stores = opening.result.transaction(["frames", "sessions"]);
            const counts = ["frames", "sessions"].map((name) => stores.objectStore(name).count());
            stores.oncomplete = () => {
              opening.result.close();
              resolve(counts.reduce((sum, { result }) => sum + result, 0));
            };
          };
        })"""
    )
    return found


def heard_seconds(page: Page) -> float:
    """Length of the recording as the review plays it."""
    until(page, "document.getElementById('audio').readyState >= 1")
    length: float = page.evaluate("document.getElementById('audio').duration")
    return length


@pytest.mark.parametrize(
    ("spoken", "width", "language"),
    [
        pytest.param(FIXER, 360, ENGLISH, id="phone-english"),
        pytest.param(BRIBE, 1280, FILIPINO, id="desktop-filipino"),
        pytest.param(FIXER, 1280, ENGLISH, id="desktop-english", marks=pytest.mark.slow),
        pytest.param(BRIBE, 360, FILIPINO, id="phone-filipino", marks=pytest.mark.slow),
    ],
)
def test_a_complaint_is_spoken_asked_about_corrected_filed_and_followed(
    playwright: Playwright,
    installation: Installation,
    spoken: tuple[str, float, float],
    width: int,
    language: dict[str, str],
) -> None:
    with speaker(playwright, *spoken) as browser, visit(browser, installation.url, width, **language) as page:
        begin(page)
        expect(page.locator(".said__line").first).to_be_visible(timeout=SLOW_MS)
        question = page.locator(".ask__question")
        expect(page.locator("#ask-answers .chip").first).to_be_visible(timeout=SLOW_MS)
        assert accessibility(page) == []
        assert not overflows(page)

        # one question is answered in a word, the next by tap; no field is asked twice
        first = question.inner_text()
        page.locator("#ask-answers input").fill("2026-11-20" if is_date(page) else "Pasig")
        page.locator("#ask-answers form button").click()
        expect(question).not_to_have_text(first, timeout=SLOW_MS)
        second = question.inner_text()
        page.locator("#ask-answers .chip").last.click()
        expect(page.locator("#ask-say")).not_to_contain_text(second, timeout=SLOW_MS)
        expect(page.locator("#ask-say")).not_to_contain_text(first)
        expect(page.locator("[data-understood=categories] .icon")).to_be_visible()

        done(page)
        assert kept_here(page) == 0
        assert accessibility(page) == []
        assert not overflows(page)
        page.locator('[data-field="agency"] .text-button').click()
        page.locator('[data-field="agency"] input').fill("BIR")
        page.locator('[data-field="agency"] form .button--primary').click()
        expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("BIR")
        page.locator("#file-case").click()
        expect(page.locator('[data-view="receipt"]')).to_be_visible()
        ctn = page.locator("#ctn").inner_text()
        page.locator("#remember").click()
        page.locator("#follow").click()
        expect(page.locator("#case-ctn")).to_have_text(ctn)
        expect(page.locator("#timeline li")).to_have_count(1)
        assert accessibility(page) == []
        assert not overflows(page)


def is_date(page: Page) -> bool:
    return page.locator("#ask-answers input").get_attribute("type") == "date"


def test_a_reload_in_mid_sentence_loses_nothing(playwright: Playwright, installation: Installation) -> None:
    with speaker(playwright, *FIXER) as browser, visit(browser, installation.url, 360) as page:
        begin(page)
        until_spoken(page, 4)
        page.reload()
        expect(page.locator('[data-view="talk"]')).to_be_visible()
        expect(page.locator("#ask-say")).to_contain_text("We kept what you were saying")
        before = spoken_seconds(page)
        assert before >= 3  # a reload may take the piece that was just being written, and seconds are cut
        page.locator("#talk-mic").click()
        until_spoken(page, before + 3)
        page.locator("#talk-mic").click()
        expect(page.locator("#talk-state")).to_have_text("Paused")
        total = spoken_seconds(page)
        done(page)
        assert heard_seconds(page) >= total
        assert kept_here(page) == 0


def test_a_line_that_drops_in_mid_word_loses_nothing(
    playwright: Playwright, installation: Installation
) -> None:
    with speaker(playwright, *FIXER) as browser, visit(browser, installation.url, 360) as page:
        begin(page)
        until_spoken(page, 2)
        page.context.set_offline(True)
        expect(page.locator("#talk-note")).to_contain_text("The line dropped")
        until_spoken(page, 6)
        assert kept_here(page) > 30  # pieces of 60 ms, and the conversation
        page.context.set_offline(False)
        expect(page.locator("#talk-note")).not_to_contain_text("The line dropped")
        page.locator("#talk-mic").click()
        total = spoken_seconds(page)
        done(page)
        assert heard_seconds(page) >= total
        expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")


def test_everything_can_be_thrown_away_and_left_at_once(
    playwright: Playwright, installation: Installation
) -> None:
    with speaker(playwright, *FIXER) as browser, visit(browser, installation.url, 1280) as page:
        begin(page)
        until_spoken(page, 2)
        page.get_by_role("button", name="Throw away and start over").click()
        page.locator("#sure").get_by_role("button", name="Erase everything").click()
        expect(page.locator('[data-view="tell"]')).to_be_visible()
        assert kept_here(page) == 0

        page.locator("#consent").check()
        page.locator("#record").click()
        until_spoken(page, 1)
        page.get_by_role("button", name="Leave quickly").click()
        page.wait_for_url("about:blank")
        page.goto("/")
        until(page, "document.documentElement.dataset.ready === 'yes'")
        assert kept_here(page) == 0
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_the_keyboard_alone_speaks_answers_and_ends(
    playwright: Playwright, installation: Installation
) -> None:
    with speaker(playwright, *FIXER) as browser, visit(browser, installation.url, 360) as page:
        page.goto("/")
        until(page, "document.documentElement.dataset.ready === 'yes'")
        page.locator("#consent").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        expect(page.locator("#record")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#talk-heading")).to_be_focused()
        until_spoken(page, 1)
        page.locator("#compose-text").focus()
        page.keyboard.type("The fixer wanted 3,000 pesos.")
        page.keyboard.press("Enter")
        expect(page.locator(".said__line--written")).to_have_text("The fixer wanted 3,000 pesos.")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator("#talk-mic")).to_be_focused()
        page.keyboard.press("Space")
        expect(page.locator("#talk-state")).to_have_text("Paused")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator('[data-view="review"]')).to_be_visible(timeout=SLOW_MS)


@pytest.mark.parametrize(
    ("arguments", "permissions", "address", "told"),
    [
        pytest.param([], ["microphone"], None, "No microphone was found", id="none"),
        pytest.param(
            ["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
            [],
            None,
            "The browser may not use the microphone",
            id="denied",
        ),
        pytest.param([], ["microphone"], "tala.test", "only on secure", id="insecure"),
    ],
)
def test_without_a_microphone_other_ways_are_offered(
    playwright: Playwright,
    installation: Installation,
    arguments: list[str],
    permissions: list[str],
    address: str | None,
    told: str,
) -> None:
    url = installation.url.replace("127.0.0.1", address) if address else installation.url
    mapped = f"--host-resolver-rules=MAP {address} 127.0.0.1" if address else "--mute-audio"
    with (
        chromium_with(playwright, *arguments, mapped) as browser,
        visit(browser, url, 360, permissions=permissions) as page,
    ):
        page.goto("/")
        page.locator("#consent").check()
        page.locator("#record").click()
        expect(page.locator("#record-state")).to_contain_text(told)
        assert accessibility(page) == []
        page.locator("#instead").get_by_role("button", name="Type").click()
        expect(page.locator("#text")).to_be_visible()


def test_the_page_opens_and_keeps_a_draft_without_a_line(
    playwright: Playwright, installation: Installation
) -> None:
    with speaker(playwright, *FIXER) as browser, visit(browser, installation.url, 360) as page:
        page.goto("/")
        until(page, "Boolean(navigator.serviceWorker.controller)", 60)
        page.context.set_offline(True)
        page.reload()
        expect(page.get_by_role("heading", name="Tell us what happened.")).to_be_visible()
        begin_here(page)
        until_spoken(page, 6)
        page.locator("#talk-mic").click()
        assert kept_here(page) > 90
        page.reload()
        expect(page.locator("#ask-say")).to_contain_text("We kept what you were saying")
        page.context.set_offline(False)
        done(page)
        expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")
        # no case, no sound, nothing of the interface is ever in the cache of the service worker
        cached = page.evaluate(
            """async () => (await Promise.all((await caches.keys()).map(async (name) =>
              (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"""
        )
        assert cached
        assert [path for path in cached if not re.match(r"^/(static/.*|track)?$", path)] == []


def begin_here(page: Page) -> None:
    until(page, "document.documentElement.dataset.ready === 'yes'")
    page.locator("#consent").check()
    page.locator("#record").click()
    expect(page.locator("#talk-dot")).to_be_visible()


@pytest.mark.parametrize("rate", [48000, 44100, 8000])
def test_sound_of_any_rate_becomes_16_kHz_without_folding(
    browser: Browser, installation: Installation, rate: int
) -> None:
    """A tone in the band keeps its strength; one that would fold back into it is gone."""
    with visit(browser, installation.url, 1280) as page:
        page.goto("/")
        kept, folded = page.evaluate(STRENGTHS, [rate, [1000, min(9000, rate / 2 - 1)]])
    assert abs(kept - 0.707) < 0.01
    assert folded < 0.001 or rate < 16000


@pytest.mark.slow
def test_a_minute_on_a_weak_line_is_on_disk_soon_after_its_end(
    playwright: Playwright, installation: Installation
) -> None:
    """64 kbit/s up and 600 ms there and back: less than raw sound needs, so the page makes it smaller."""
    port = int(installation.url.rsplit(":", 1)[1])
    shaped = slow_line(port, free_port(), up_kbit=64, round_trip_seconds=0.6)
    with (
        shaped as url,
        speaker(playwright, "en-lto-fixer.mp3", again=True) as browser,
        visit(browser, url, 360) as page,
    ):
        begin(page)
        page.wait_for_timeout((MAX_RECORDING_SECONDS - 3) * 1000)
        page.locator("#talk-mic").click()
        ended = time.monotonic()
        total = spoken_seconds(page)
        assert total > MAX_RECORDING_SECONDS - 6
        while kept_here(page) > 1:  # the conversation itself
            assert time.monotonic() - ended < 20
            page.wait_for_timeout(100)
        done(page)
        assert heard_seconds(page) >= total


@pytest.mark.slow
def test_a_server_killed_in_mid_sentence_loses_nothing(playwright: Playwright, tmp_path: Path) -> None:
    port = free_port()
    with (
        speaker(playwright, *FIXER) as browser,
        visit(browser, f"http://127.0.0.1:{port}", 360) as page,
    ):
        with running(tmp_path, port) as server:
            begin(page)
            until_spoken(page, 3)
            os.killpg(server.pid, signal.SIGKILL)
            expect(page.locator("#talk-note")).to_contain_text("The line dropped")
        with running(tmp_path, port):
            expect(page.locator("#talk-note")).not_to_contain_text("The line dropped", timeout=SLOW_MS)
            page.locator("#talk-mic").click()
            total = spoken_seconds(page)
            done(page)
            assert heard_seconds(page) >= total
            assert kept_here(page) == 0
            expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")
