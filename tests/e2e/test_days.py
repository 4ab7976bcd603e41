"""The days of those who work with complaints, from signing in to what they came for."""

import datetime as dt
import io
import re
from collections.abc import Iterator

import pypdf
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from tests.e2e import people
from tests.e2e.conftest import SAMPLES, Installation, accessibility, overflows, speaker, until, visit

from tala.cases.calendar import Calendar, manila_date
from tala.services import clockwork
from tala.services.actors import Role, operator
from tala.services.context import Context

pytestmark = [pytest.mark.browser, pytest.mark.model]
FIRST = "en-lto-fixer.mp3"
TWO = (FIRST, "call-philhealth-contributions.wav")
TEN = (
    *TWO, "en-bir-no-receipt.m4a", "en-sss-delay.ogg", "en-cityhall-requirements.wav", "en-psa-refused.webm",
    "en-dfa-discourtesy.flac", "fil-philhealth-sulat.mp3", "fil-nbi-lagay.webm", "taglish-lto-plaka.mp3",
)  # fmt: skip


@pytest.fixture
def desktop(browser: Browser, installation: Installation) -> Iterator[Page]:
    """A page as wide as a desk's screen."""
    with visit(browser, installation.url, 1280) as opened:
        yield opened


def fits(page: Page) -> None:
    assert accessibility(page) == []
    assert not overflows(page)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(TWO, id="two", marks=pytest.mark.timeout(300)),
        pytest.param(TEN, id="ten", marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
def test_an_agent_sends_recordings_corrects_and_files(
    desktop: Page, installation: Installation, samples: tuple[str, ...]
) -> None:
    page, name = desktop, f"agent{len(samples)}"
    people.add(installation, name, Role.AGENT)
    people.sign_in(page, name, "/desk/intake")
    fits(page)
    page.locator("#files").set_input_files([SAMPLES / sample for sample in samples])
    expect(page.locator("#chosen li")).to_have_count(len(samples))
    page.get_by_role("button", name=f"Send {len(samples)} recordings").click()
    expect(page.locator("#batch-error")).to_contain_text("who can be heard")
    page.locator('[name="consent"][value="all-parties"]').check()
    page.get_by_role("button", name=f"Send {len(samples)} recordings").click()
    expect(page.locator("#whole")).to_contain_text(f"{len(samples)} of {len(samples)}", timeout=60_000)
    # the queue fills by itself while they are written down
    expect(page.locator('.intake-row[data-state="ready"]')).to_have_count(
        len(samples), timeout=(60 + 40 * len(samples)) * 1000
    )
    fits(page)

    page.get_by_role("link", name=FIRST).click()
    expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")
    expect(page.locator("#said .word").first).to_be_visible()
    until(page, "document.getElementById('audio').readyState >= 1")
    fits(page)
    word = page.locator("#said .word").first
    heard = word.inner_text()
    word.press("Enter")
    page.locator(".word-edit").fill("Corrected")
    page.locator(".word-edit").press("Enter")
    page.get_by_role("button", name="Save words").click()
    expect(page.locator("#said .word").first).to_have_text("Corrected")
    assert heard != "Corrected"
    page.locator('[data-field="location"] .text-button').click()
    page.get_by_role("combobox", name="City or municipality").fill("Pasig")
    page.locator('[data-field="location"]').get_by_role("button", name="Save").click()
    expect(page.locator('[data-field="location"] .fact__value')).to_have_text("City of Pasig")
    page.get_by_role("button", name="File as a case").click()
    expect(page.get_by_role("heading", name="Filed", exact=True)).to_be_visible()
    ctn = page.locator("#ctn").inner_text()
    assert re.fullmatch(r"TALA-\d{4}-\d{7}-\d", ctn)
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", page.locator("#secret").inner_text())
    page.goto("/desk/intake")
    filed = page.locator(".intake-row", has_text=FIRST)
    expect(filed.get_by_role("link", name=ctn)).to_be_visible()
    filed.get_by_role("link", name=ctn).click()
    expect(page.get_by_role("heading", name=ctn)).to_be_visible()


@pytest.mark.timeout(180)
def test_an_officer_works_a_case_from_submitted_to_closed(desktop: Page, installation: Installation) -> None:
    page, ctn = desktop, people.file_case(installation)
    people.add(installation, "officer-day", Role.OFFICER)
    people.sign_in(page, "officer-day", "/desk?queue=unassigned")
    page.locator("#f-text").fill("fixer LTO")
    page.locator(".case-row__link", has_text=ctn).click()

    def step(choice: str, **fields: str) -> None:
        page.locator("#step").select_option(choice)
        for field, text in fields.items():
            page.locator(f"#{field}").fill(text)
        page.get_by_role("button", name="Take this step").click()

    head = page.locator(".case-head")
    expect(head).to_contain_text("Submitted")
    page.locator("#assignee").select_option("me")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(head).to_contain_text("officer-day")
    step("begin_evaluation", note="It is about our region.")
    expect(head).to_contain_text("Being evaluated")
    page.locator("#class").select_option("simple")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".clocks")).to_contain_text("Simple")
    fits(page)

    page.get_by_role("link", name="Endorsement to the agency").click()
    expect(page.get_by_role("heading", name="Endorsement to the agency")).to_be_visible()
    expect(page.locator("#part-0")).to_have_value(re.compile(ctn))
    everything = page.evaluate("[...document.querySelectorAll('textarea')].map(t => t.value).join(' ')")
    assert "3,000" in everything
    assert "Santos" not in everything
    assert "0917" not in everything
    fits(page)
    page.locator("#part-1").fill("Please act on this and answer us in writing by Friday.")
    with page.context.expect_event("response", lambda one: one.url.endswith("/pdf")) as answered:
        page.get_by_role("button", name="See it as PDF").click()
    assert answered.value.headers["content-type"] == "application/pdf"
    for other in page.context.pages[1:]:
        other.close()
    page.get_by_role("button", name="Add it to the files").click()
    expect(page.get_by_role("link", name=f"{ctn}-endorsement-en.pdf")).to_be_visible()
    address = page.get_by_role("link", name=f"{ctn}-endorsement-en.pdf").get_attribute("href")
    paper = page.request.get(installation.url + str(address)).body()
    told = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(paper)).pages)
    assert "answer us in writing by Friday" in told

    step("endorse:facilitation", note="Sent by courier.")
    expect(head).to_contain_text("LTO")
    page.locator("#note-text").fill("They promised to answer by Friday.")
    page.get_by_role("button", name="Write the note").click()
    expect(page.locator(".talk")).to_contain_text("They promised to answer by Friday.")
    step("record_reply", reply="The fixer was barred from the premises.")
    expect(page.get_by_text("The fixer was barred from the premises.").first).to_be_visible()
    step("verify", note="Called the citizen.")
    step("resolve:corrected", message="The office has dealt with it.")
    expect(head).to_contain_text("Resolved")
    step("close", note="Nothing is left to do.")
    expect(head).to_contain_text("Closed")
    kinds = page.locator(".timeline__what").all_inner_texts()
    assert len(kinds) >= 11, kinds  # the clocks may have moved meanwhile
    fits(page)


@pytest.mark.timeout(120)
def test_an_administrator_proclaims_a_holiday_and_the_clocks_move(
    desktop: Page, installation: Installation
) -> None:
    page, ctn = desktop, people.file_case(installation)
    people.add(installation, "administrator-day", Role.ADMINISTRATOR)

    async def due(ctx: Context) -> dt.date:
        days = await clockwork.explain_clock(ctx, ctn, "ra6713_reply", operator("tests"))
        return days[-1].date

    before = people.beside(installation, due)
    people.sign_in(page, "administrator-day")
    page.get_by_role("link", name="Administration").click()
    expect(page.locator(".checks")).to_contain_text("At least one was heard from")
    fits(page)
    page.get_by_role("link", name="Calendar").click()
    page.locator("#first").fill(_next_working_day().isoformat())
    page.locator("#name").fill("Typhoon")
    page.locator("#source").fill("Memorandum Circular 12")
    page.get_by_role("button", name="See what it does").click()
    effect = page.locator("#foreseen")
    expect(effect).to_contain_text(re.compile(r"[1-9]\d* running clocks of [1-9]\d* cases move"))
    expect(effect).to_contain_text(re.compile(r"\+\d days"))
    fits(page)
    assert people.beside(installation, due) == before
    page.get_by_role("button", name="Proclaim it").click()
    expect(page.get_by_text(re.compile(r"Cases whose clocks moved: [1-9]"))).to_be_visible()
    assert people.beside(installation, due) > before

    page.goto(f"/desk/cases/{ctn}")
    expect(page.locator(".timeline")).to_contain_text("A clock moved on")
    page.locator(".clocks summary").first.click()
    expect(page.locator(".days").first).to_contain_text("Memorandum Circular 12")
    page.goto("/desk/admin/changes")
    expect(page.locator("tbody tr").first).to_contain_text("Days without work entered")
    fits(page)


def _next_working_day() -> dt.date:
    day = manila_date(dt.datetime.now(dt.UTC)) + dt.timedelta(days=1)
    while Calendar.shipped().day(day).kind != "working":
        day += dt.timedelta(days=1)
    return day


ADMINISTRATION = (
    "/desk/admin", "/desk/admin/users", "/desk/admin/users/admin", "/desk/admin/offices", "/desk/admin/keys",
    "/desk/admin/calendar", "/desk/admin/retention", "/desk/admin/lists?list=questions",
    "/desk/admin/models", "/desk/admin/changes", "/desk/account",
)  # fmt: skip


@pytest.mark.timeout(120)
def test_pages_of_administration_fit_and_are_accessible(
    page: Page, installation: Installation, width: int
) -> None:
    people.add(installation, f"admin{width}", Role.ADMINISTRATOR)
    people.sign_in(page, f"admin{width}")
    wrong = {}
    for path in ADMINISTRATION:
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        found = accessibility(page) + (["wider than the window"] if overflows(page) else [])
        if found:
            wrong[path] = found
    assert wrong == {}


@pytest.mark.timeout(240)
def test_a_call_is_taken_down_while_the_caller_speaks(
    playwright: Playwright, installation: Installation
) -> None:
    people.add(installation, "agent-call", Role.AGENT)
    with (
        speaker(playwright, FIRST, 0, 8) as browser,
        visit(browser, installation.url, 1280) as page,
    ):
        people.sign_in(page, "agent-call", "/desk/intake/call")
        until(page, "document.documentElement.dataset.ready === 'yes'")
        fits(page)
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#begin-error")).to_contain_text("agreed")
        page.locator("#agreed").check()
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#call-state")).to_have_text("Listening")
        expect(page.locator(".said__line").first).to_be_visible(timeout=60_000)
        expect(page.locator('[data-understood="agency"]')).to_contain_text("LTO", timeout=60_000)
        expect(page.locator("#next-question")).not_to_have_text("What happened, where, and when?")
        fits(page)
        page.locator("#compose-text").fill("My name is Ana Santos.")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator('[data-understood="complainant"]')).to_contain_text("Ana Santos", timeout=30_000)
        page.get_by_role("button", name="The call is over").click()
        page.wait_for_url(re.compile(r"/desk/intake(/[0-9a-f-]{36})?$"), timeout=90_000)
        page.goto("/desk/intake")
        row = page.locator(".intake-row").first
        expect(row).to_have_attribute("data-state", "ready", timeout=60_000)
        row.locator(".intake-row__name").click()
        expect(page.locator('[data-field="agency"] .fact__value')).to_contain_text("LTO")
        page.get_by_role("button", name="File as a case").click()
        expect(page.get_by_role("heading", name="Filed", exact=True)).to_be_visible()
