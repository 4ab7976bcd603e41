"""What the board counts, as questions to the database: always only cases that the reader may see."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, cast, func, literal, select, type_coerce
from sqlalchemy import case as when
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement
from sqlmodel import col

from tala.cases import lifecycle
from tala.cases.calendar import end_of, manila_date
from tala.cases.people import Actor
from tala.services import statistics
from tala.store import queries
from tala.store.columns import Moment
from tala.store.figures import CaseRollup
from tala.store.tables import Case, CaseClock

AGES = (3, 7, 15, 30, 60, 90)
"""Bounds of the classes of age in days, included; the last class is what is older."""
MOST_SECONDS_OLD = 60


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases a board is about: what its reader may see, narrowed by a filter."""

    actor: Actor
    wanted: queries.CaseFilter

    def conditions(self) -> list[ColumnElement[bool]]:
        """The scope as conditions on cases."""
        return [queries.visible_to(self.actor), *queries.conditions(self.wanted)]


def letters_below(place: str) -> int:
    """How many digits of a PSGC code tell places within a place apart: regions, provinces, towns."""
    return {0: 2, 2: 5, 5: 7}.get(len(place), 7)


def _column(name: str, scope: Scope) -> Any:
    """What inflow is counted by; unknown is the empty text."""
    if name == "place":
        letters = letters_below(scope.wanted.psgc or "")
        return func.coalesce(func.substr(col(Case.psgc), 1, letters), "")
    return statistics.dimension_columns()[name]


async def by_week(
    session: AsyncSession, scope: Scope, name: str, last: dt.date, weeks: int, *, rolled: bool = False
) -> dict[str, list[int]]:
    """Cases filed in each of `weeks` weeks that end with the day `last`, oldest first, by a value.

    Args:
        name: channel, category, agency, region, or `place` with the letters that tell places below the
        scope's own apart.
        rolled: count from the rollups, see `as_rolled`.
    """
    start = last - dt.timedelta(days=7 * weeks)
    if rolled:
        ago = _weeks_ago(session, last, col(CaseRollup.day), stored_day=True)
        value: Any = col(CaseRollup.value)
        statement = (
            select(ago, value, func.sum(col(CaseRollup.count)))
            .where(col(CaseRollup.dimension) == name)
            .where(col(CaseRollup.day) > start, col(CaseRollup.day) <= last)
        )
    else:
        ago = _weeks_ago(session, last, col(Case.filed_at))
        value = _column(name, scope)
        statement = (
            select(ago, value, func.count())
            .where(*scope.conditions())
            .where(col(Case.filed_at) >= end_of(start), col(Case.filed_at) < end_of(last))
        )
    statement = statement.group_by(ago, value)
    found: dict[str, list[int]] = {}
    for back, one, number in (await session.execute(statement)).all():
        found.setdefault(str(one), [0] * weeks)[weeks - 1 - int(back)] += int(number)
    return found


async def as_rolled(session: AsyncSession, scope: Scope, at: dt.datetime) -> dt.datetime | None:
    """Up to which moment the rollups answer for a scope: for a minute, where it is every case.

    None where the cases themselves must be counted: under a filter, for somebody who does not see every case,
    or where nobody keeps the rollups.
    """
    if scope.wanted != queries.CaseFilter() or not statistics.sees_all(scope.actor) or scope.actor.office:
        return None
    as_of = await statistics.rolled_up_to(session)
    return as_of if as_of is not None and at - as_of <= dt.timedelta(seconds=MOST_SECONDS_OLD) else None


def _weeks_ago(session: AsyncSession, last: dt.date, moment: Any, *, stored_day: bool = False) -> Any:
    """How many whole weeks before the week that ends with `last` a case was filed."""
    if session.get_bind().dialect.name == "sqlite":
        day = func.julianday(moment if stored_day else func.date(moment, "+8 hours"))
        return cast((func.julianday(last.isoformat()) - day) / 7, Integer)
    day = moment if stored_day else func.date(func.timezone("Asia/Manila", moment))
    return type_coerce(literal(last) - day, Integer) // 7


async def filed(session: AsyncSession, scope: Scope, first: dt.date, last: dt.date) -> int:
    """Cases filed from `first` to `last`, both included."""
    statement = (
        select(func.count())
        .select_from(Case)
        .where(*scope.conditions())
        .where(col(Case.filed_at) >= end_of(first - dt.timedelta(days=1)), col(Case.filed_at) < end_of(last))
    )
    return int((await session.execute(statement)).scalar_one())


async def open_by_age(session: AsyncSession, scope: Scope, at: dt.datetime) -> list[dict[str, int]]:
    """Open cases by class of age (see `AGES`), each by the state of its most urgent clock."""
    today = manila_date(at)
    bounds: Iterable[tuple[Any, int]] = [
        (col(Case.filed_at) >= end_of(today - dt.timedelta(days=days + 1)), place)
        for place, days in enumerate(AGES)
    ]
    age = when(*bounds, else_=len(AGES))
    statement = (
        select(age, col(Case.clock_state), func.count())
        .where(*scope.conditions(), col(Case.state).in_(lifecycle.load().groups["open"]))
        .group_by(age, col(Case.clock_state))
    )
    found: list[dict[str, int]] = [{} for _ in range(len(AGES) + 1)]
    for place, state, number in (await session.execute(statement)).all():
        found[int(place)][str(state)] = int(number)
    return found


async def clocks(
    session: AsyncSession, scope: Scope, first: dt.date, at: dt.datetime
) -> list[tuple[str, str, int, int]]:
    """Clocks of the cases filed since `first`: code, state, days from start to stop, how many."""
    days = statistics.days_between(
        session,
        col(CaseClock.started_at),
        func.coalesce(col(CaseClock.stopped_at), literal(at, Moment())),
    )
    statement = (
        select(col(CaseClock.code), col(CaseClock.state), days, func.count())
        # An outer join, so that the few cases lead to their clocks and not all clocks to the few cases.
        .join_from(Case, CaseClock, col(CaseClock.case_id) == col(Case.id), isouter=True)
        .where(*scope.conditions())
        .where(col(Case.filed_at) >= end_of(first - dt.timedelta(days=1)))
        .group_by(col(CaseClock.code), col(CaseClock.state), days)
    )
    rows = (await session.execute(statement)).all()
    return [(str(code), str(state), int(day), int(number)) for code, state, day, number in rows if code]
