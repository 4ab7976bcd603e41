"""Counting cases: over all of them from rollups that the sweeper keeps, over a filter by asking the cases.

Small cells are suppressed: a count under five could point at a person.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import case as when
from sqlalchemy import delete, func, insert, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import access
from tala.cases.calendar import end_of
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.context import Context
from tala.store import queries
from tala.store.figures import CaseRollup, RollupState
from tala.store.office import HiddenCost
from tala.store.tables import Case, CaseClock
from tala.transcript import Value

SMALLEST_CELL = 5
MAY_COUNT = ("officer", "head", "auditor", "administrator")
DIMENSIONS = (
    "agency",
    "category",
    "region",
    "language",
    "channel",
    "urgency",
    "state",
    "outcome",
    "reopened",
)
_KIND = "cases"
REOPENABLE = (
    "referred_out",
    "resolved",
    "resolution_for_filing",
    "dismissed",
    "feedback",
    "closed",
    "reopened",
)
"""States of a case that was decided once."""


class Count(Value):
    """How many cases have a value; `count` is None where it is too small to be told."""

    value: str
    count: int | None


class Counts(Value):
    """Counts in one dimension, largest first, and up to which moment they hold."""

    dimension: str
    total: int
    counts: tuple[Count, ...]
    as_of: dt.datetime


class ClockStatistics(Value):
    """How a kind of clock went, up to a moment: days are calendar days from start to stop."""

    code: str
    stopped: int
    missed: int
    breached: int
    breach_rate: float | None
    median_days: float | None
    percentile_90_days: float | None
    as_of: dt.datetime


def dimension_columns() -> dict[str, Any]:
    """What each dimension is, as an expression over cases; unknown is the empty text."""
    return {
        "agency": func.coalesce(col(Case.agency_code), ""),
        "category": func.coalesce(col(Case.main_category), ""),
        "region": func.coalesce(func.substr(col(Case.psgc), 1, 2), ""),
        "language": col(Case.language),
        "channel": col(Case.channel),
        "urgency": col(Case.urgency),
        "state": col(Case.state),
        "outcome": func.coalesce(col(Case.outcome), ""),
        "reopened": when((col(Case.reopen_count) > 0, "yes"), else_="no"),
    }


async def refresh(ctx: Context, *, most_days: int = 5000, all_days: bool = False) -> int:
    """Make the rollups of days anew whose cases changed since the last time, or of all; how many days."""
    at = ctx.clock()
    async with ctx.database.write() as session:
        state = await session.get(RollupState, _KIND)
        changed = select(col(Case.filed_at))
        if state is not None and not all_days:
            changed = changed.where(col(Case.updated_at) > state.as_of - dt.timedelta(seconds=30))
        days = await _days(session, changed, most_days)
        for first, last in _stretches(days):
            await _make(session, first, last)
        if state is None:
            state = RollupState(kind=_KIND, as_of=at)
        state.as_of = at
        session.add(state)
    return len(days)


async def _days(session: AsyncSession, filed: Any, most: int) -> list[dt.date]:
    day = _day_of(session, filed.selected_columns[0])
    found = await session.scalars(filed.with_only_columns(day).distinct().limit(most))
    return sorted(dt.date.fromisoformat(str(one)) for one in found)


def _day_of(session: AsyncSession, moment: Any) -> Any:
    """The day in Manila of a stored moment, as text."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(moment, "+8 hours")
    return func.to_char(func.timezone("Asia/Manila", moment), "YYYY-MM-DD")


def _stretches(days: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Days that follow each other, as first and last."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in days:
        if found and day - found[-1][1] == dt.timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


async def _make(session: AsyncSession, first: dt.date, last: dt.date) -> None:
    start, end = end_of(first - dt.timedelta(days=1)), end_of(last)
    await session.execute(delete(CaseRollup).where(col(CaseRollup.day).between(first, last)))
    filed = (col(Case.filed_at) >= start, col(Case.filed_at) < end)
    day = _day_of(session, col(Case.filed_at))
    for dimension, value in {**dimension_columns(), "decided": _decided()}.items():
        counted = select(day, value, func.count()).where(*filed).group_by(day, value)
        await _keep(session, dimension, (await session.execute(counted)).all())
    agency = func.coalesce(col(Case.agency_code), "")
    costs = (
        select(day, agency, col(HiddenCost.php), func.count())
        .join(Case, col(Case.id) == col(HiddenCost.case_id))
        .where(*filed)
        .group_by(day, agency, col(HiddenCost.php))
    )
    await _keep(session, "cost", _spelled((await session.execute(costs)).all()))
    taken = days_between(session, col(CaseClock.started_at), col(CaseClock.stopped_at))
    taken = when((col(CaseClock.state) == "breached", 0), else_=taken)
    clocks = (
        select(day, col(CaseClock.code), col(CaseClock.state), taken, func.count())
        .join(Case, col(Case.id) == col(CaseClock.case_id))
        .where(*filed, col(CaseClock.state).in_(_JUDGED))
        .group_by(day, col(CaseClock.code), col(CaseClock.state), taken)
    )
    await _keep(session, "clock", _spelled((await session.execute(clocks)).all()))


_JUDGED = ("met", "missed", "breached")


def _decided() -> Any:
    decided = col(Case.state).in_(REOPENABLE) | (col(Case.reopen_count) > 0)
    return when((decided, "yes"), else_="no")


def _spelled(rows: Iterable[Any]) -> list[tuple[str, str, int]]:
    """Rows of day, several values and a count with their values as one text."""
    found = []
    for day, *values, number in rows:
        found.append((day, " ".join(v if isinstance(v, str) else str(int(v)) for v in values), number))
    return found


async def _keep(session: AsyncSession, dimension: str, rows: Iterable[Any]) -> None:
    made = [
        {"dimension": dimension, "day": dt.date.fromisoformat(day), "value": value, "count": number}
        for day, value, number in rows
    ]
    for begin in range(0, len(made), 5000):
        await session.execute(insert(CaseRollup), made[begin : begin + 5000])


async def count(
    ctx: Context,
    actor: Actor,
    dimension: str,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    wanted: queries.CaseFilter | None = None,
) -> Counts:
    """Cases filed from `since` to `until`, both included, by one dimension.

    Without a filter the rollups answer (see `as_of`); with one, or for somebody who does not see every case,
    the cases are counted as they stand.

    Raises:
        TalaError: forbidden, invalid_input.
    """
    may_count(actor)
    known_dimension(dimension)
    async with ctx.database.read() as session:
        as_of = await rolled_up(session, actor)
        if wanted is None and as_of is not None:
            found = await from_rollups(session, dimension, since, until)
        else:
            found = await _from_cases(session, actor, dimension, since, until, wanted or queries.CaseFilter())
            as_of = ctx.clock()
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    told = shown([number for _, number in ordered])
    counts = tuple(Count(value=value, count=number) for (value, _), number in zip(ordered, told, strict=True))
    return Counts(dimension=dimension, total=sum(found.values()), counts=counts, as_of=as_of)


def known_dimension(dimension: str) -> None:
    """Raise TalaError("invalid_input") for what cases are not counted by."""
    if dimension not in DIMENSIONS:
        raise TalaError(
            "invalid_input",
            f"Count by one of: {', '.join(DIMENSIONS)}.",
            errors=[{"pointer": "/dimension", "detail": "unknown"}],
        )


def shown(numbers: list[int]) -> list[int | None]:
    """Counts, largest first, with small ones left out; one alone would follow from the total, so the next
    larger one goes with it.
    """
    told = [number if number >= SMALLEST_CELL else None for number in numbers]
    if told.count(None) == 1 and len(told) > 1:
        told[-2] = None
    return told


def sees_all(actor: Actor) -> bool:
    """Whether totals over every case may be told to somebody."""
    # Somebody of the handling authority does not see the few cases about their own house; a total may hold
    # them.
    return actor.kind == "system" or access.employer(actor) == access.home()


def may_count(actor: Actor) -> None:
    """Raise TalaError("forbidden") for roles that see no statistics."""
    if actor.kind != "system" and actor.role not in MAY_COUNT:
        raise TalaError("forbidden", f"Statistics are for: {', '.join(MAY_COUNT)}.")


async def rolled_up(session: AsyncSession, actor: Actor) -> dt.datetime | None:
    """Up to which moment the rollups hold, for who may be told of every case; else None."""
    return await rolled_up_to(session) if sees_all(actor) else None


async def rolled_up_to(session: AsyncSession) -> dt.datetime | None:
    """Up to which moment the rollups hold; None before they were ever made."""
    state = await session.get(RollupState, _KIND)
    return None if state is None else state.as_of


async def from_rollups(
    session: AsyncSession, dimension: str, since: dt.date | None, until: dt.date | None
) -> dict[str, int]:
    """Counts by value over the days of filing."""
    statement = (
        select(col(CaseRollup.value), func.sum(col(CaseRollup.count)))
        .where(col(CaseRollup.dimension) == dimension)
        .where(col(CaseRollup.day) >= since if since else true())
        .where(col(CaseRollup.day) <= until if until else true())
        .group_by(col(CaseRollup.value))
    )
    return {value: int(number) for value, number in (await session.execute(statement)).all()}


async def _from_cases(
    session: AsyncSession,
    actor: Actor,
    dimension: str,
    since: dt.date | None,
    until: dt.date | None,
    wanted: queries.CaseFilter,
) -> dict[str, int]:
    value = dimension_columns()[dimension]
    statement = select(value, func.count()).where(
        queries.visible_to(actor), *queries.conditions(wanted), *filed_between(since, until)
    )
    return {one: int(number) for one, number in (await session.execute(statement.group_by(value))).all()}


async def clocks(
    ctx: Context, actor: Actor, *, since: dt.date | None = None, until: dt.date | None = None
) -> list[ClockStatistics]:
    """How the clocks of cases filed in a time went: median and 90th percentile of days, and how many were
    missed.

    From the rollups for who sees every case, else from the clocks of the cases they see.
    """
    may_count(actor)
    counted: list[tuple[str, str, int, int]] = []
    async with ctx.database.read() as session:
        as_of = await rolled_up(session, actor)
        if as_of is not None:
            for value, number in (await from_rollups(session, "clock", since, until)).items():
                code, state, days = value.split(" ")
                counted.append((code, state, int(days), number))
        else:
            for code, state, taken, number in await _clocks_seen(session, actor, since, until):
                counted.append((code, state, int(taken or 0), int(number)))
    return summed(counted, as_of or ctx.clock())


def summed(rows: Iterable[tuple[str, str, int, int]], as_of: dt.datetime) -> list[ClockStatistics]:
    """Statistics of clocks counted by code, state and days."""
    by_code: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for code, state, days, number in rows:
        by_code[code].append((state, days, number))
    return [_summary(code, found, as_of) for code, found in sorted(by_code.items())]


async def _clocks_seen(
    session: AsyncSession, actor: Actor, since: dt.date | None, until: dt.date | None
) -> Sequence[Any]:
    taken = days_between(session, col(CaseClock.started_at), col(CaseClock.stopped_at))
    statement = (
        select(col(CaseClock.code), col(CaseClock.state), taken, func.count())
        .join(Case, col(Case.id) == col(CaseClock.case_id))
        .where(queries.visible_to(actor), col(CaseClock.state).in_(_JUDGED), *filed_between(since, until))
        .group_by(col(CaseClock.code), col(CaseClock.state), taken)
    )
    return (await session.execute(statement)).all()


def filed_between(since: dt.date | None, until: dt.date | None) -> list[Any]:
    """Conditions on cases filed from `since` to `until`, both included."""
    found: list[Any] = []
    if since is not None:
        found.append(col(Case.filed_at) >= end_of(since - dt.timedelta(days=1)))
    if until is not None:
        found.append(col(Case.filed_at) < end_of(until))
    return found


def days_between(session: AsyncSession, start: Any, end: Any) -> Any:
    """Calendar days from one moment to another, as an expression."""
    if session.get_bind().dialect.name == "sqlite":
        return func.julianday(func.date(end)) - func.julianday(func.date(start))
    return func.date(end) - func.date(start)


def _summary(code: str, found: list[tuple[str, int, int]], as_of: dt.datetime) -> ClockStatistics:
    stopped = sorted((day, number) for state, day, number in found if state in ("met", "missed"))
    total = sum(number for _, number in stopped)
    missed = sum(number for state, _, number in found if state == "missed")
    breached = sum(number for state, _, number in found if state == "breached")
    judged = total + breached
    return ClockStatistics(
        code=code,
        stopped=total,
        missed=missed,
        breached=breached,
        breach_rate=(missed + breached) / judged if judged >= SMALLEST_CELL else None,
        median_days=percentile(stopped, 0.5) if total >= SMALLEST_CELL else None,
        percentile_90_days=percentile(stopped, 0.9) if total >= SMALLEST_CELL else None,
        as_of=as_of,
    )


def percentile(counted: list[tuple[int, int]], share: float) -> float | None:
    """The smallest value that at least this share of all does not exceed; `counted` is (value, how many),
    sorted.
    """
    total = sum(number for _, number in counted)
    reached = 0
    for value, number in counted:
        reached += number
        if reached >= share * total:
            return float(value)
    return None
