"""The clocks of a case as rows, kept in step with the rules of `cases.clocks` in the case's own
transaction.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import clocks
from tala.cases.calendar import Calendar, Suspension
from tala.cases.lifecycle import ALL_CLOCKS, Step
from tala.errors import TalaError
from tala.store.canonical import timestamp
from tala.store.office import SuspensionRow
from tala.store.tables import Case, CaseClock

GOING = ("running", "due_soon", "breached", "paused")


async def calendar(session: AsyncSession, *, without: str | None = None) -> Calendar:
    """The calendar in force: the shipped one with what an administrator entered over it; or as it would be
    `without` one entry.
    """
    rows = list(await session.scalars(select(SuspensionRow).order_by(col(SuspensionRow.id))))
    if not rows:
        return Calendar.shipped()
    entered = [
        Suspension.model_validate(
            {
                "from": row.first,
                "to": row.last,
                "scope": row.scope,
                "name": row.name,
                "source": row.source,
                "half_day": row.half_day,
            }
        )
        for row in rows
        if row.withdrawn_at is None and row.id != without
    ]
    withdrawn = sum(row.withdrawn_at is not None or row.id == without for row in rows)
    return Calendar.shipped().with_suspensions(f"{len(rows)}.{withdrawn}", entered)


def value_of(row: CaseClock) -> clocks.Clock:
    """The row as a value."""
    pauses = tuple(
        clocks.Pause(dt.datetime.fromisoformat(start or ""), dt.datetime.fromisoformat(end) if end else None)
        for start, end in row.pauses
    )
    return clocks.Clock(row.code, row.started_at, pauses, row.extended, row.stopped_at, row.psgc)


def started(case: Case, codes: Iterable[str], at: dt.datetime, used: Calendar) -> list[CaseClock]:
    """New clocks of a case, with their due moments."""
    rows = [CaseClock(case_id=case.id, code=code, started_at=at, psgc=case.psgc) for code in codes]
    for row in rows:
        refresh(row, used, at)
    return rows


def refresh(row: CaseClock, used: Calendar, at: dt.datetime) -> None:
    """Compute a clock's due moment and state again."""
    rule, clock = clocks.load()[row.code], value_of(row)
    row.due_at = clocks.due(rule, clock, used)
    row.state = clocks.state(rule, clock, used, at)
    row.calendar_version = used.version
    row.check_at = None
    if row.due_at is not None and row.state in ("running", "due_soon"):
        row.check_at = row.due_at
        if row.state == "running":
            row.check_at = clocks.warn_at(rule, clock, used, row.due_at)


def carry(case: Case, rows: Sequence[CaseClock]) -> None:
    """Put the most urgent clock's state and due moment on the case, for queues and filters."""
    going = [row for row in rows if row.state in GOING]
    running = [row for row in going if row.due_at is not None]
    case.next_due_at = min((row.due_at for row in running if row.due_at is not None), default=None)
    states = {row.state for row in going}
    order = ("breached", "due_soon", "running", "paused")
    case.clock_state = next((state for state in order if state in states), "none")


def described(rows: Iterable[CaseClock]) -> list[dict[str, Any]]:
    """Clocks as an event states them."""
    return [
        {
            "code": row.code,
            "round": row.round,
            "state": row.state,
            "due": timestamp(row.due_at) if row.due_at else None,
            "calendar": row.calendar_version,
        }
        for row in rows
    ]


async def of_case(session: AsyncSession, case_id: str) -> list[CaseClock]:
    """All clocks of a case, oldest first."""
    statement = select(CaseClock).where(col(CaseClock.case_id) == case_id)
    return list(await session.scalars(statement.order_by(col(CaseClock.started_at), col(CaseClock.code))))


def apply(
    case: Case, rows: list[CaseClock], step: Step, reason: str | None, used: Calendar, at: dt.datetime
) -> list[CaseClock]:
    """What a step does to the clocks: stop, pause, resume, start. Changes `rows` in place; answers those
    touched.

    New clocks are appended to `rows`: add them to the session after the event.
    """
    touched: list[CaseClock] = []
    for row in rows:
        if row.stopped_at is not None:
            continue
        open_pause = bool(row.pauses) and row.pauses[-1][1] is None
        if _named(row, step.stop):
            stop(row, at)
        elif _named(row, step.pause) and not open_pause:
            row.pauses = [*row.pauses, [timestamp(at), None]]
        elif _named(row, step.resume) and open_pause:
            row.pauses = [*row.pauses[:-1], [row.pauses[-1][0], timestamp(at)]]
        else:
            continue
        touched.append(row)
    codes = [*step.start, *(rule.code for rule in clocks.load().for_reason(reason))]
    for code in codes:
        rounds = [row.round for row in rows if row.code == code]
        fresh = CaseClock(
            case_id=case.id, code=code, round=max(rounds, default=0) + 1, started_at=at, psgc=case.psgc
        )
        rows.append(fresh)
        touched.append(fresh)
    for row in touched:
        refresh(row, used, at)
    carry(case, rows)
    return touched


def stop(row: CaseClock, at: dt.datetime) -> None:
    """Stop a clock; an open pause ends with it."""
    if row.pauses and row.pauses[-1][1] is None:
        row.pauses = [*row.pauses[:-1], [row.pauses[-1][0], timestamp(at)]]
    row.stopped_at = at


def extend(row: CaseClock, used: Calendar, at: dt.datetime) -> None:
    """Extend a clock, once, by its length again.

    Raises:
        TalaError: conflict, where it was extended before, is over, or is of a kind that cannot be extended.
    """
    rule = clocks.load()[row.code]
    if not rule.extendable:
        raise TalaError("conflict", f"{rule.law} knows no extension.")
    if row.extended:
        raise TalaError("conflict", "This clock was extended before; the law allows it once.")
    refresh(row, used, at)
    if row.stopped_at is not None or row.state == "breached":
        raise TalaError("conflict", "The time is over; an extension has to be noted before.")
    row.extended = True
    refresh(row, used, at)


def _named(row: CaseClock, codes: Sequence[str]) -> bool:
    return ALL_CLOCKS in codes or row.code in codes
