"""The board counts what its reader may see, nothing else, and its files leave small counts out."""

import datetime as dt

import pytest

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import board, casework, clockwork
from tala.services.board import Asked
from tala.services.context import Context
from tala.services.fresh import Fresh
from tala.store.tables import User

from .conftest import ADMINISTRATOR, AGENT, AT_LTO, AUDITOR, HEAD, OFFICER, FixedClock, Opener

HEAD_AT_LTO = Actor("staff", "head", "h-lto", agency_code="LTO")


async def seen(ctx: Context, actor: Actor = HEAD, **asked: object) -> board.Board:
    ctx.fresh = Fresh()
    return await board.board(ctx, actor, Asked(**asked))  # type: ignore[arg-type]


async def test_what_comes_in_and_what_is_open(ctx: Context, file: Opener, clock: FixedClock) -> None:
    for agency in ["LTO"] * 6 + ["BIR"] * 2:
        opened = await file(agency=agency)
        clock.forward(days=3)
    await casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER)
    await casework.transition(ctx, opened.case.ctn, "dismiss", HEAD, reason="other")
    await clockwork.tick(ctx)
    found = await seen(ctx)
    assert (found.filed, found.open) == (8, 7)
    assert {line.value: line.total for line in found.by_agency} == {"LTO": 6, "BIR": 2}
    assert len(found.weeks) == 13
    assert found.weeks[-1] <= (clock.at + dt.timedelta(hours=8)).date() < found.weeks[-1] + dt.timedelta(7)
    # LTO, filed on days 0 to 15, BIR on days 18 and 21; it is day 24, and the last one is decided.
    assert [age.on_time + age.due_soon + age.breached for age in found.ages] == [0, 1, 3, 3, 0, 0, 0]
    assert found.breached + found.due_soon > 0
    assert found.watch.rises == ()
    assert (await seen(ctx, agency="BIR")).filed == 2
    assert (await seen(ctx, weeks=4)).filed == 8


async def test_an_agencys_head_counts_what_was_endorsed_to_it(
    ctx: Context, file: Opener, staff: list[User]
) -> None:
    sent, kept = await file(), await file()
    await casework.transition(ctx, sent.case.ctn, "begin_evaluation", OFFICER)
    assert (await seen(ctx, HEAD_AT_LTO)).filed == 0
    order = casework.Details(agency_code="LTO")
    await casework.transition(ctx, sent.case.ctn, "endorse", OFFICER, reason="facilitation", details=order)
    assert (await seen(ctx, HEAD_AT_LTO)).filed == 1
    assert (await seen(ctx)).filed == 2
    await casework.exclude(ctx, kept.case.ctn, HEAD.id or "", HEAD, reason="named in it")
    assert (await seen(ctx)).filed == 1


async def test_a_burst_is_told_and_a_steady_office_is_not(
    ctx: Context, file: Opener, clock: FixedClock
) -> None:
    for _ in range(26):
        await file()
        clock.forward(days=7)
    assert (await seen(ctx)).watch.rises == ()
    for _ in range(12):
        await file()
    clock.forward(days=1)
    watch = (await seen(ctx)).watch
    assert {rise.dimension for rise in watch.rises} == {"category", "agency", "region"}
    assert all(rise.count == 12 and rise.high < 12 for rise in watch.rises)
    assert watch.last == (clock.at + dt.timedelta(hours=8)).date() - dt.timedelta(days=1)


async def test_files_leave_small_counts_out(ctx: Context, file: Opener) -> None:
    for agency in ["LTO"] * 6 + ["BIR"] * 2 + ["SSS"]:
        await file(agency=agency)
    rows = await board.export(ctx, HEAD, Asked(weeks=4), "agencies")
    assert rows[0] == ["week", "value", "cases"]
    assert [row[1:] for row in rows[-3:]] == [["LTO", 6], ["BIR", None], ["SSS", None]]
    for figure in board.TABLES:
        assert len(await board.export(ctx, HEAD, Asked(), figure)) >= 1
    with pytest.raises(TalaError, match="not_found"):
        await board.export(ctx, HEAD, Asked(), "names")


async def test_figures_are_kept_for_a_while_and_say_as_of_when(
    ctx: Context, file: Opener, clock: FixedClock
) -> None:
    await file()
    first = await board.board(ctx, HEAD, Asked())
    await file()
    clock.forward(minutes=1)
    assert await board.board(ctx, HEAD, Asked()) is first
    assert first.as_of < clock.at
    assert (await seen(ctx)).filed == 2


async def test_who_has_no_board(ctx: Context) -> None:
    for actor in (AGENT, OFFICER, AUDITOR, AT_LTO):
        with pytest.raises(TalaError, match="forbidden"):
            await board.board(ctx, actor, Asked())
    for wrong in (Asked(weeks=5), Asked(place="1"), Asked(place="1x")):
        with pytest.raises(TalaError, match="invalid_input"):
            await board.board(ctx, HEAD, wrong)
    assert (await board.board(ctx, ADMINISTRATOR, Asked())).filed == 0
