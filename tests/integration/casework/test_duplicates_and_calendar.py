"""Suggested duplicates with their reasons; days without work that move due dates."""

import asyncio
import datetime as dt

import pytest

from tala.errors import TalaError
from tala.services import casework, clockwork, duplicates, foreseeing, reading, suspensions
from tala.services.context import Context
from tala.store import verify

from .conftest import ADMINISTRATOR, AT_BIR, AT_LTO, HEAD, OFFICER, FixedClock, Opener

ONE = "Humingi ng limang daan ang lalaki sa bintana tres para sa lisensya ko noong Biyernes."
SAME = "Noong Biyernes, sa bintana tres, humingi ng limang daan ang lalaki para sa lisensya."
OTHER = "Six weeks without an answer about the plates of our tricycle."


async def test_suggestions(ctx: Context, file: Opener, clock: FixedClock) -> None:
    first = (await file(masked=ONE)).case
    clock.forward(days=1)
    second = (await file(masked=SAME)).case
    await file(masked=OTHER, facts={"categories": [{"code": "processing_delay", "score": 0.9}]})
    await file(masked=SAME, agency="BIR")
    await file(masked=SAME, psgc="0730600000")
    (found,) = await duplicates.similar_cases(ctx, second.ctn, OFFICER)
    assert found.ctn == first.ctn
    assert found.score > 0.8
    assert found.reasons == ("agency", "wording", "place", "ground", "filed within days")
    clock.forward(days=90)
    late = (await file(masked=SAME)).case
    assert await duplicates.similar_cases(ctx, late.ctn, OFFICER) == []


async def test_suggestions_show_nothing_that_is_not_the_readers_to_see(ctx: Context, file: Opener) -> None:
    first, second = (await file(masked=ONE)).case, (await file(masked=ONE)).case
    for outsider in (AT_LTO, AT_BIR):
        with pytest.raises(TalaError, match="not_found"):
            await duplicates.similar_cases(ctx, first.ctn, outsider)
    await casework.transition(ctx, first.ctn, "begin_evaluation", OFFICER)
    await casework.transition(ctx, first.ctn, "endorse", OFFICER, reason="facilitation")
    with pytest.raises(TalaError, match="forbidden"):
        await duplicates.similar_cases(ctx, first.ctn, AT_LTO)
    await casework.merge(ctx, second.ctn, first.ctn, HEAD)
    assert await duplicates.similar_cases(ctx, first.ctn, OFFICER) == []


async def test_a_late_proclamation_moves_due_dates(ctx: Context, file: Opener, clock: FixedClock) -> None:
    in_cebu, in_manila = await file(psgc="0730600000"), await file()
    due = in_cebu.case.next_due_at
    assert due == in_manila.case.next_due_at
    assert due is not None
    day = dt.date(2026, 3, 10)
    row = await suspensions.enter(
        ctx, ADMINISTRATOR, first=day, last=day, scope="07", name="Foundation day", source="Ordinance 7"
    )
    assert await clockwork.tick(ctx) == 1
    seen = await reading.read_case(ctx, in_cebu.case.ctn, OFFICER)
    assert seen.next_due_at == due + dt.timedelta(days=1)
    assert (await reading.read_case(ctx, in_manila.case.ctn, OFFICER)).next_due_at == due
    account = await clockwork.explain_clock(ctx, in_cebu.case.ctn, "ra6713_reply", OFFICER)
    assert [(one.reason, one.law) for one in account if one.date == day] == [
        ("Foundation day", "Ordinance 7")
    ]
    await suspensions.withdraw(ctx, ADMINISTRATOR, row.id)
    assert await clockwork.tick(ctx) == 1
    assert await clockwork.tick(ctx) == 0
    assert (await reading.read_case(ctx, in_cebu.case.ctn, OFFICER)).next_due_at == due
    assert [one.withdrawn_at is not None for one in await suspensions.listed(ctx)] == [True]
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).problems == []


async def test_what_a_holiday_would_do_is_what_it_does(ctx: Context, file: Opener) -> None:
    for psgc in ("0730600000",) * 3 + ("1381200000",):
        await file(psgc=psgc)
    day = dt.date(2026, 3, 10)
    days = {"first": day, "last": day, "scope": "07", "name": "Foundation day", "source": "Ordinance 7"}
    value = suspensions.checked(**days)  # type: ignore[arg-type]
    foreseen = await foreseeing.entering(ctx, ADMINISTRATOR, value)
    assert (foreseen.cases, foreseen.overdue) == (3, 0)
    assert foreseen.clocks == sum(kind.clocks for kind in foreseen.kinds) >= 3
    assert all(kind.days >= 1 for kind in foreseen.kinds)
    assert await clockwork.behind(ctx) == 0
    row = await suspensions.enter(ctx, ADMINISTRATOR, **days)  # type: ignore[arg-type]
    assert await clockwork.behind(ctx) > 0
    assert await clockwork.catch_up(ctx, at_once=1) == foreseen.cases
    assert await clockwork.behind(ctx) == 0
    back = await foreseeing.withdrawing(ctx, ADMINISTRATOR, row.id)
    assert (back.cases, back.clocks) == (3, foreseen.clocks)
    assert [kind.days for kind in back.kinds] == [-kind.days for kind in foreseen.kinds]
    with pytest.raises(TalaError, match="forbidden"):
        await foreseeing.entering(ctx, HEAD, value)


async def test_what_cannot_be_entered(ctx: Context) -> None:
    day = dt.date(2026, 3, 10)
    with pytest.raises(TalaError, match="forbidden"):
        await suspensions.enter(ctx, HEAD, first=day, last=day, name="x", source="x")
    for wrong in ({"last": day - dt.timedelta(days=1)}, {"name": ""}, {"scope": "Cebu"}, {"source": ""}):
        values = {"first": day, "last": day, "name": "x", "source": "x"} | wrong
        with pytest.raises(TalaError, match="invalid_input"):
            await suspensions.enter(ctx, ADMINISTRATOR, **values)  # type: ignore[arg-type]
    with pytest.raises(TalaError, match="not_found"):
        await suspensions.withdraw(ctx, ADMINISTRATOR, "none")


async def test_ticks_and_officers_at_once_lose_nothing(ctx: Context, file: Opener, clock: FixedClock) -> None:
    cases = [(await file()).case for _ in range(6)]
    clock.forward(days=60)
    results = await asyncio.gather(
        clockwork.tick(ctx),
        *(casework.transition(ctx, case.ctn, "begin_evaluation", OFFICER) for case in cases),
        clockwork.tick(ctx),
        return_exceptions=True,
    )
    assert not [
        one for one in results if isinstance(one, BaseException) and "version_mismatch" not in str(one)
    ]
    await clockwork.tick(ctx)
    for case in cases:
        assert (await reading.read_case(ctx, case.ctn, OFFICER)).clock_state == "breached"
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).problems == []
