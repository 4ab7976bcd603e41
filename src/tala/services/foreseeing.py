"""What a change of the calendar would do, before it is made: how many clocks would move, which, how far."""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import col

from tala.cases import clocks
from tala.cases.calendar import MANILA, Calendar, Suspension, end_of, manila_date
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import caseclocks
from tala.services.context import Context
from tala.store.office import SuspensionRow
from tala.store.tables import CaseClock
from tala.transcript import Value

_AT_ONCE = 2000
_COLUMNS: tuple[Any, ...] = (
    col(CaseClock.case_id),
    col(CaseClock.code),
    col(CaseClock.started_at),
    col(CaseClock.due_at),
    col(CaseClock.pauses),
    col(CaseClock.extended),
    col(CaseClock.psgc),
)


class Kind(Value):
    """Clocks of a kind that would move: how many, and by how many days the farthest."""

    code: str
    clocks: int
    days: int


class Foreseen(Value):
    """How many clocks of how many cases would move, by kind; `overdue` of them would be in time again."""

    clocks: int
    cases: int
    overdue: int
    kinds: tuple[Kind, ...]


@dataclass(slots=True)
class _Tally:
    cases: set[str] = field(default_factory=set)
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    days: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    overdue: int = 0


async def entering(ctx: Context, actor: Actor, value: Suspension) -> Foreseen:
    """What entering these days would do. Raises TalaError(forbidden)."""
    _must_administer(actor)
    async with ctx.database.read() as session:
        used = await caseclocks.calendar(session)
    return await _compared(ctx, used.with_suspensions("foreseen", [value]), value.first, value.last)


async def withdrawing(ctx: Context, actor: Actor, row_id: str) -> Foreseen:
    """What taking an entry back would do. Raises TalaError(forbidden, not_found)."""
    _must_administer(actor)
    async with ctx.database.read() as session:
        row = await session.get(SuspensionRow, row_id)
        if row is None or row.withdrawn_at is not None:
            raise TalaError("not_found", "There is no such entry in force.")
        used = await caseclocks.calendar(session, without=row_id)
    return await _compared(ctx, used, row.first, row.last)


async def _compared(ctx: Context, used: Calendar, first: dt.date, last: dt.date) -> Foreseen:
    """Running clocks whose time touches the days, counted anew. Many began on the same day, and those of a
    kind that did are due on the same: each is counted once.
    """
    begins = dt.datetime.combine(first, dt.time(), MANILA).astimezone(dt.UTC)
    statement = select(*_COLUMNS).where(
        col(CaseClock.stopped_at).is_(None),
        col(CaseClock.state).in_(("running", "due_soon", "breached")),
        col(CaseClock.due_at) > begins,
        col(CaseClock.started_at) < end_of(last),
        col(CaseClock.code).in_([rule.code for rule in clocks.load().clock if rule.unit != "hours"]),
    )
    local = any(one.scope for one in used.suspensions)
    known: dict[Hashable, dt.datetime | None] = {}
    tally, now = _Tally(), ctx.clock()
    async with ctx.database.read() as session:
        streamed = await session.stream(statement.execution_options(yield_per=_AT_ONCE))
        async for rows in streamed.partitions():
            for row in rows:
                key = (
                    row.code,
                    manila_date(row.started_at),
                    row.extended,
                    row.psgc if local else None,
                    tuple(map(tuple, row.pauses)),
                )
                if key not in known:
                    clock = caseclocks.value_of(CaseClock(**row._mapping))
                    known[key] = clocks.due(clocks.load()[row.code], clock, used)
                _count(tally, row, known[key], now)
    kinds = [
        Kind(code=rule.code, clocks=tally.counts[rule.code], days=tally.days[rule.code])
        for rule in clocks.load().clock
        if tally.counts[rule.code]
    ]
    return Foreseen(
        clocks=sum(one.clocks for one in kinds),
        cases=len(tally.cases),
        overdue=tally.overdue,
        kinds=tuple(kinds),
    )


def _count(tally: _Tally, row: Row[Any], due: dt.datetime | None, now: dt.datetime) -> None:
    if due is None or row.due_at is None or due == row.due_at:
        return
    tally.cases.add(row.case_id)
    tally.counts[row.code] += 1
    days = (due - row.due_at) // dt.timedelta(days=1)
    tally.days[row.code] = max(tally.days[row.code], days, key=abs)
    tally.overdue += row.due_at <= now < due


def _must_administer(actor: Actor) -> None:
    if actor.role != "administrator":
        raise TalaError("forbidden", "Only an administrator keeps the calendar.")
