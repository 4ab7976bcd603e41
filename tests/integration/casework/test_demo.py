"""Made-up cases are made as real ones are: they verify, can be found, and hardly repeat each other."""

import datetime as dt
import json

import pytest

from tala.cases import lifecycle
from tala.services import demo, demo_bulk, demo_rows, masking, reading, statistics
from tala.services.context import Context
from tala.services.demo_texts import made_up
from tala.store import queries, search, verify
from tala.store.queries import CaseFilter

from .conftest import AUDITOR, CITIZEN, OFFICER

UNTIL = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


async def test_cases_through_the_services(ctx: Context) -> None:
    told: list[int] = []
    made = await demo.make_cases(ctx, 25, progress=told.append)
    assert told == list(range(1, 26))
    assert len({one.ctn for one in made}) == 25
    assert len({one.state for one in made}) >= 3
    shown = await reading.read_case(ctx, made[0].ctn, CITIZEN, receipt=made[0].receipt_secret)
    assert shown.narrative
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).problems == []
        page = await queries.list_cases(session, CaseFilter(), OFFICER, limit=100)
    assert [case.ctn for case in page.rows] == [one.ctn for one in reversed(made)]
    assert (await statistics.count(ctx, AUDITOR, "state")).total == 25


@pytest.mark.timeout(600)
@pytest.mark.parametrize("many", [pytest.param(100, marks=pytest.mark.slow, id="by processes"), 20_000])
async def test_bulk_rows_are_as_good_as_those_of_the_services(ctx: Context, many: int) -> None:
    told: list[int] = []
    await statistics.refresh(ctx)  # as a server does that runs beside
    secret = await demo_bulk.make_bulk(ctx, 400, batch=150, many=many, progress=told.append)
    assert told == [150, 300, 400]
    assert (await statistics.count(ctx, AUDITOR, "state")).total == 400
    async with ctx.database.read() as session:
        report = await verify.verify(session)
        assert report.problems == []
        assert report.ledgers == 400
        page = await queries.list_cases(session, CaseFilter(), OFFICER, limit=400)
        found, _ = await search.search(session, "LTO", OFFICER)
    assert len(page.rows) == 400
    assert [case.filed_at for case in page.rows] == sorted(
        (case.filed_at for case in page.rows), reverse=True
    )
    assert found
    assert {case.agency_code for case in found} == {"LTO"}
    newest = page.rows[0]
    shown = await reading.read_case(ctx, newest.ctn, CITIZEN, receipt=secret)
    staff = await reading.read_case(ctx, newest.ctn, OFFICER)
    assert shown.narrative == staff.narrative
    assert staff.facts["agency"]["code"] == newest.agency_code
    masked = await reading.read_case(ctx, newest.ctn, AUDITOR)
    names = [person["name"] for person in staff.facts["people"]]
    assert not any(name in masked.narrative for name in names)
    again = await demo_bulk.make_bulk(ctx, 10, seed=2)
    assert again != secret
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).ok


def test_a_number_gives_the_same_complaint_every_time() -> None:
    assert made_up(7, UNTIL, seed=3, count=10) == made_up(7, UNTIL, seed=3, count=10)
    assert made_up(7, UNTIL, seed=3, count=10) != made_up(7, UNTIL, seed=4, count=10)


@pytest.mark.parametrize("number", range(60))
def test_bulk_masks_as_the_services_do(number: int) -> None:
    complaint = made_up(number, UNTIL)
    quickly, quick_facts = demo_rows.quickly_masked(complaint)
    properly, facts = masking.masked(complaint.narrative, complaint.facts)
    # A town that is called as people are may be masked too.
    as_text = (properly + json.dumps(facts), quickly + json.dumps(quick_facts))
    assert all(
        a in (b, "▇") for a, b in zip(*(text.replace("\\u2587", "▇") for text in as_text), strict=True)
    )
    assert not any(person.name in quickly for person in complaint.facts.people)


def test_they_hardly_repeat_each_other() -> None:
    complaints = [made_up(number, UNTIL, count=4000) for number in range(4000)]
    assert len({one.narrative for one in complaints}) > 3500
    assert {one.facts.language for one in complaints} == {"en", "fil", "taglish"}
    agencies = [one.facts.agency.code for one in complaints if one.facts.agency]
    assert agencies.count("LTO") > 500, "agencies are skewed as they are in life"
    days = [one.filed_at for one in complaints]
    assert days == sorted(days)
    assert (days[-1] - days[0]).days > 1800
    assert "{" not in "".join(one.narrative for one in complaints)


@pytest.mark.parametrize("number", range(200))
def test_their_paths_are_steps_a_case_can_take(number: int) -> None:
    state = "submitted"
    for action, reason, _ in made_up(number, UNTIL).path:
        state = lifecycle.check(state, action, "head", reason).target
