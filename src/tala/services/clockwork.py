"""The time a case has: extensions, accounts of every day, and moving clocks on as time goes by."""

import datetime as dt
import time

from sqlalchemy import func, or_, select
from sqlalchemy.sql import ColumnElement
from sqlmodel import col

from tala.cases import clocks
from tala.cases.calendar import Calendar
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import alerts, caseclocks, notices, reading
from tala.services.context import Context
from tala.services.desk import at_desk, checked_text, expect, for_staff, must_handle
from tala.store import ledger
from tala.store.tables import Case, CaseClock

_AT_ONCE = 200
_PATIENCE_SECONDS = 50.0


async def extend_clock(
    ctx: Context, ctn: str, code: str, actor: Actor, *, reason: str, expected_version: int | None = None
) -> Case:
    """Extend a running clock, once, by the same length, before it lapses.

    Raises:
        TalaError: not_found, forbidden, conflict, version_mismatch.
    """
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "head")
        expect(desk.case, expected_version)
        running = [row for row in desk.clocks if row.code == code and row.stopped_at is None]
        if not running:
            raise TalaError("not_found", "No clock of that kind is running on this case.")
        caseclocks.extend(running[-1], desk.calendar, desk.at)
        caseclocks.carry(desk.case, desk.clocks)
        desk.body |= {"code": code, "clocks": caseclocks.described(running[-1:])}
        desk.personal["note"] = checked_text(reason, "/reason")
        await desk.record("case.extend_clock", expected_version)
        desk.session.add_all(desk.clocks)
        return desk.case


async def explain_clock(
    ctx: Context, ctn: str, code: str, actor: Actor, receipt: str | None = None
) -> list[clocks.CountedDay]:
    """Every day a case's newest clock of a kind counted or skipped, and by what law."""
    async with ctx.database.read() as session:
        if actor.kind == "citizen":
            case = await reading.own_case(session, ctn, receipt)
        else:
            case, _ = await for_staff(session, ctn, actor)
        rows = [row for row in await caseclocks.of_case(session, case.id) if row.code == code]
        if not rows:
            raise TalaError("not_found", "This case has no clock of that kind.")
        return clocks.explain(
            clocks.load()[code],
            caseclocks.value_of(rows[-1]),
            await caseclocks.calendar(session),
            until=ctx.clock(),
        )


async def tick(ctx: Context, limit: int = 500) -> int:
    """Move clocks on: due soon, breached, and due dates under a calendar that changed.

    The number of cases whose clocks moved. Where there are more than `limit` there is more to do.
    """
    moved, _ = await _tick(ctx, limit)
    return moved


async def catch_up(ctx: Context, seconds: float = _PATIENCE_SECONDS, *, at_once: int = _AT_ONCE) -> int:
    """Move clocks on until none is behind, or until so many seconds are over: after a proclamation all that
    run may be. Run by the worker; the number of cases whose clocks moved.
    """
    end, moved, before = time.monotonic() + seconds, 0, None
    while True:
        some, seen = await _tick(ctx, at_once)
        moved += some
        # The same ones again: somebody works on them this moment. They have their turn the next time.
        if len(seen) < at_once or seen == before or time.monotonic() >= end:
            return moved
        before = seen


async def behind(ctx: Context) -> int:
    """How many running clocks are still as an older calendar had them."""
    async with ctx.database.read() as session:
        used = await caseclocks.calendar(session)
        if ctx.settled_calendar == used.version:
            return 0
        statement = select(func.count()).select_from(CaseClock).where(*_outdated(used))
        count = int((await session.execute(statement)).scalar_one())
    # Clocks begin under the calendar in force, so that none comes to be behind until it changes.
    ctx.settled_calendar = "" if count else used.version
    return count


def _outdated(used: Calendar) -> tuple[ColumnElement[bool], ...]:
    return (
        col(CaseClock.state).in_(("running", "due_soon", "breached")),
        col(CaseClock.stopped_at).is_(None),
        # Two stretches of an index, not all but one of its rows.
        or_(
            col(CaseClock.calendar_version) < used.version,
            col(CaseClock.calendar_version) > used.version,
        ),
    )


async def _tick(ctx: Context, limit: int) -> tuple[int, list[str]]:
    """How many cases moved, and which were looked at."""
    async with ctx.database.read() as session:
        used = await caseclocks.calendar(session)
        due = select(col(CaseClock.case_id)).where(col(CaseClock.check_at) <= ctx.clock())
        outdated = select(col(CaseClock.case_id)).where(*_outdated(used))
        stale = [*await session.scalars(due.limit(limit)), *await session.scalars(outdated.limit(limit))]
    moved, seen = 0, list(dict.fromkeys(stale))
    for case_id in seen:
        try:
            moved += await _tick_case(ctx, case_id, used)
        except TalaError as error:
            if error.code != "version_mismatch":
                raise
            # Somebody works on the case this moment; its clocks were brought up to date by that, or will be
            # next time.
    return moved, seen


async def _tick_case(ctx: Context, case_id: str, used: Calendar) -> bool:
    async with ctx.database.write() as session:
        with session.no_autoflush:
            case = await session.get(Case, case_id)
            if case is None:
                return False
            rows, at = await caseclocks.of_case(session, case_id), ctx.clock()
            before = {(row.code, row.round): (row.state, row.due_at) for row in rows}
            for row in rows:
                if row.stopped_at is None:
                    caseclocks.refresh(row, used, at)
            moved = [row for row in rows if before[row.code, row.round] != (row.state, row.due_at)]
            if moved:
                caseclocks.carry(case, rows)
                told = _to_tell(moved, before)
                body = {
                    "clocks": caseclocks.described(moved),
                    "tell": sorted({who for _, people in told for who in people}),
                }
                await ledger.append_to_case(
                    session, case, "clock.moved", Actor("system", id="clocks"), body, at=at
                )
                for state, people in told:
                    who = await alerts.responsible(session, case, people)
                    alerts.tell(session, who, case.id, state, at)
                    await notices.tell_staff(ctx, session, case, who, state, at)
            session.add_all(rows)
            return bool(moved)


def _to_tell(
    moved: list[CaseClock], before: dict[tuple[str, int], tuple[str, dt.datetime | None]]
) -> list[tuple[str, tuple[str, ...]]]:
    """Which states clocks have newly come to, and who is told of each by the escalation matrix."""
    new = {row.state for row in moved if before[row.code, row.round][0] != row.state}
    return [(one.when, one.tell) for one in clocks.load().escalation if one.when in new]
