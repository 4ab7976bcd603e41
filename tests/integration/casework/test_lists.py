"""Lists, cursors, search: the right cases, each once, and none that is not the reader's to see."""

import datetime as dt

import pytest
from sqlalchemy import select
from sqlmodel import col

from tala.cases import access
from tala.cases.people import SYSTEM, Actor
from tala.errors import TalaError
from tala.services import casework, listing
from tala.services.casework import Details
from tala.services.context import Context
from tala.store import queries, search
from tala.store.queries import CaseFilter
from tala.store.tables import AccessLog, User

from .conftest import AGENT, AT_BIR, AT_LTO, AUDITOR, CITIZEN, HEAD, MASKED, OFFICER, FixedClock, Opener


async def listed(ctx: Context, wanted: CaseFilter, actor: Actor = OFFICER, limit: int = 50) -> list[str]:
    """All pages of a list, one after another."""
    numbers: list[str] = []
    cursor = None
    async with ctx.database.read() as session:
        while True:
            page = await queries.list_cases(session, wanted, actor, limit=limit, cursor=cursor)
            numbers += [case.ctn for case in page.rows]
            assert len(page.rows) <= limit
            cursor = page.next
            if cursor is None:
                return numbers


async def found(ctx: Context, words: str, actor: Actor = OFFICER, **options: int) -> list[str]:
    async with ctx.database.read() as session:
        cases, _ = await search.search(session, words, actor, **options)
    return [case.ctn for case in cases]


async def test_pages_hold_every_case_once_newest_first(ctx: Context, file: Opener, clock: FixedClock) -> None:
    numbers = [(await file()).case.ctn for _ in range(7)]
    for limit in (1, 2, 3, 7, 50):
        assert await listed(ctx, CaseFilter(), limit=limit) == numbers[::-1]


async def test_cases_filed_at_one_moment_are_not_lost_between_pages(
    ctx: Context, file: Opener, clock: FixedClock
) -> None:
    at = clock.at
    for _ in range(5):
        clock.at = at
        await file()
    assert len(set(await listed(ctx, CaseFilter(), limit=2))) == 5


async def test_filters(ctx: Context, file: Opener, clock: FixedClock) -> None:
    lto = (await file()).case
    clock.forward(days=3)
    bir = (
        await file(
            agency="BIR",
            psgc="0730600000",
            facts={
                "urgency": "low",
                "language": "en",
                "categories": [{"code": "processing_delay", "score": 0.8}],
            },
        )
    ).case
    await casework.transition(ctx, bir.ctn, "begin_evaluation", OFFICER)
    expectations = {
        CaseFilter(agency_code="BIR"): [bir],
        CaseFilter(agency_code="SSS"): [],
        CaseFilter(states=("submitted",)): [lto],
        CaseFilter(states=("evaluation", "submitted")): [bir, lto],
        CaseFilter(category="fixing"): [lto],
        CaseFilter(main_category="fixing"): [],
        CaseFilter(main_category="processing_delay"): [bir],
        CaseFilter(psgc="07"): [bir],
        CaseFilter(psgc="0730600000"): [bir],
        CaseFilter(psgc="13813"): [lto],
        CaseFilter(psgc="0"): [bir],
        CaseFilter(language="fil"): [lto],
        CaseFilter(urgency="high"): [lto],
        CaseFilter(channel="web"): [bir, lto],
        CaseFilter(channel="agent"): [],
        CaseFilter(unassigned=True): [bir, lto],
        CaseFilter(filed_from=clock.at - dt.timedelta(days=1)): [bir],
        CaseFilter(filed_to=clock.at - dt.timedelta(days=1)): [lto],
        CaseFilter(clock_states=("running",)): [bir, lto],
        CaseFilter(clock_states=("breached", "paused")): [],
        CaseFilter(due_before=clock.at + dt.timedelta(days=20)): [lto],
        CaseFilter(agency_code="BIR", states=("submitted",)): [],
    }
    for wanted, cases in expectations.items():
        assert await listed(ctx, wanted) == [case.ctn for case in cases], wanted


async def test_what_cannot_be_listed(ctx: Context) -> None:
    async with ctx.database.read() as session:
        for options in (
            {"limit": 0},
            {"limit": 1001},
            {"cursor": "?"},
            {"cursor": "e30"},
            {"cursor": "WzEsMl0"},
        ):
            with pytest.raises(TalaError):
                await queries.list_cases(session, CaseFilter(), OFFICER, **options)  # type: ignore[arg-type]
        with pytest.raises(TalaError, match="invalid_input"):
            await queries.list_cases(session, CaseFilter(psgc="13%"), OFFICER)


async def test_lists_agree_with_the_rules_of_need_to_know(
    ctx: Context, staff: list[User], file: Opener
) -> None:
    """Every kind of case for every kind of reader: listed exactly where `access.level` lets them see it."""
    cases = [
        (await file()).case,
        (await file(agency="BIR")).case,
        (await file(agency="ARTA")).case,
        (await file(facts={"agency": None})).case,
        (await file(facts={"people": [{"name": "Ana Cruz", "role": "respondent"}]})).case,
    ]
    for agency, office in (("LTO", None), ("LTO", "Central Office"), ("BIR", "RDO 40")):
        sent = (await file()).case
        cases.append(sent)
        await casework.transition(ctx, sent.ctn, "begin_evaluation", OFFICER)
        await casework.transition(
            ctx,
            sent.ctn,
            "endorse",
            OFFICER,
            reason="other",
            details=Details(agency_code=agency, office=office),
        )
    readers = [OFFICER, HEAD, AUDITOR, AGENT, AT_LTO, AT_BIR, CITIZEN, SYSTEM] + [
        Actor("staff", role, "x", agency, office)
        for role in ("agent", "officer", "head", "auditor", "administrator", "citizen")
        for agency in (None, "ARTA", "CSC", "LTO", "BIR")
        for office in (None, "Central Office", "RDO 40")
    ]
    async with ctx.database.read() as session:
        standings = {case.ctn: await queries.standing(session, case) for case in cases}
    for reader in readers:
        expected = {ctn for ctn, standing in standings.items() if access.level(reader, standing) is not None}
        assert set(await listed(ctx, CaseFilter(), reader)) == expected, reader


async def test_search(ctx: Context, file: Opener) -> None:
    one = (await file(masked="Humingi ng limang daan ang fixer sa Señorita Street")).case.ctn
    two = (await file(masked="Hindi ibinigay ang resibo; ang fixer daw.", agency="BIR")).case.ctn
    assert await found(ctx, "fixer") == [two, one]
    assert await found(ctx, "FIXER resibo") == [two]
    assert await found(ctx, "resi*") == [two]
    assert await found(ctx, "resi") == []
    assert await found(ctx, "BIR") == [two]
    assert await found(ctx, one) == [one]
    assert await found(ctx, "señorita") == [one]
    assert await found(ctx, "fixer", AT_BIR) == []
    for odd in ('fixer" OR "x', "fixer' & x", "fixer) (", "NOT fixer", "fixer:*", "-fixer", "text:fixer"):
        assert isinstance(await found(ctx, odd), list)
    for nothing in ("", "   ", "*", "!!", "_"):
        with pytest.raises(TalaError, match="invalid_input"):
            await found(ctx, nothing)


async def test_search_goes_on_where_it_stopped(ctx: Context, file: Opener) -> None:
    numbers = [(await file()).case.ctn for _ in range(5)]
    seen: list[str] = []
    before = None
    async with ctx.database.read() as session:
        while True:
            cases, before = await search.search(session, "limang daan", OFFICER, limit=2, before=before)
            seen += [case.ctn for case in cases]
            if before is None:
                break
    assert seen == numbers[::-1]


async def test_nobody_is_found_by_name(ctx: Context, file: Opener) -> None:
    await file()
    for name in ("Maria", "Santos", "Pedro", "Reyes", "639171234567"):
        assert await found(ctx, name) == []


async def test_every_page_is_a_line_of_the_access_log(ctx: Context, file: Opener) -> None:
    numbers = [(await file()).case.ctn for _ in range(3)]
    page = await listing.list_cases(ctx, CaseFilter(agency_code="LTO"), OFFICER, limit=2)
    assert [case.ctn for case in page.cases] == numbers[:0:-1]
    assert set(page.texts.values()) == {MASKED}
    found = await listing.search_cases(ctx, "Pedro", OFFICER)
    assert found.cases == []
    some = await listing.search_cases(ctx, "limang", OFFICER, limit=2)
    rest = await listing.search_cases(ctx, "limang", OFFICER, limit=2, cursor=some.next)
    assert [case.ctn for case in [*some.cases, *rest.cases]] == numbers[::-1]
    assert rest.next is None
    with pytest.raises(TalaError, match="bad_request"):
        await listing.search_cases(ctx, "limang", OFFICER, cursor="x")
    async with ctx.database.read() as session:
        lines = list(await session.scalars(select(AccessLog).order_by(col(AccessLog.at))))
    assert [(line.action, line.subject_id) for line in lines] == [
        ("list", f"{numbers[1]}..{numbers[2]} (2)"),
        ("search", "nothing"),
        ("search", f"{numbers[1]}..{numbers[2]} (2)"),
        ("search", f"{numbers[0]}..{numbers[0]} (1)"),
    ]
    assert lines[0].reason == '{"agency_code": "LTO"}'
    assert not any("Pedro" in line.model_dump_json() for line in lines)
