"""Counts over time, what became of cases, and what services cost people beside their fees.

Small cells are left out, as in `statistics`.
"""

import datetime as dt
from collections import defaultdict
from typing import Any, Literal

from sqlalchemy import Integer, cast, func, select, true
from sqlalchemy import case as when
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import statistics
from tala.services.context import Context
from tala.services.statistics import SMALLEST_CELL
from tala.store import queries
from tala.store.figures import CaseRollup
from tala.store.office import HiddenCost
from tala.store.tables import Case
from tala.transcript import Value

Period = Literal["day", "month", "year"]
_LETTERS = {"day": 10, "month": 7, "year": 4}


class Point(Value):
    """Cases filed in a period (2026-03-02, 2026-03, 2026) that have a value."""

    period: str
    value: str
    count: int | None


class Rates(Value):
    """What became of cases: counted apart, because referred is not answered and answered is not fixed.

    `reopen_rate` is of all that were decided; None where too few were.
    """

    filed: int
    decided: int
    referred: int | None
    answered: int | None
    fixed_says_the_citizen: int | None
    dismissed: int | None
    withdrawn: int | None
    reopened: int | None
    reopen_rate: float | None
    as_of: dt.datetime


class Cost(Value):
    """What was asked for or taken at an agency beside its fees, in pesos, as complaints tell it."""

    agency: str
    cases: int | None
    total_php: int | None
    median_php: int | None
    as_of: dt.datetime


async def over_time(
    ctx: Context,
    actor: Actor,
    dimension: str,
    period: Period,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> list[Point]:
    """Cases by period and value, oldest first, from the rollups (see `statistics.count`).

    Raises:
        TalaError: forbidden, invalid_input.
    """
    statistics.may_count(actor)
    if not statistics.sees_all(actor):
        raise TalaError("forbidden", "Counts over time are for the authority that handles the cases.")
    statistics.known_dimension(dimension)
    async with ctx.database.read() as session:
        name = _period(session, period)
        statement = (
            select(name, col(CaseRollup.value), func.sum(col(CaseRollup.count)))
            .where(col(CaseRollup.dimension) == dimension)
            .where(col(CaseRollup.day) >= since if since else true())
            .where(col(CaseRollup.day) <= until if until else true())
            .group_by(name, col(CaseRollup.value))
        )
        rows = (await session.execute(statement)).all()
    by_period: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for one, value, number in rows:
        by_period[str(one)].append((value, int(number)))
    points = []
    for one in sorted(by_period):
        ordered = sorted(by_period[one], key=lambda item: (-item[1], item[0]))
        told = statistics.shown([number for _, number in ordered])
        points += [
            Point(period=one, value=value, count=number)
            for (value, _), number in zip(ordered, told, strict=True)
        ]
    return points


def _period(session: AsyncSession, period: Period) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(col(CaseRollup.day), 1, _LETTERS[period])
    return func.substr(func.to_char(col(CaseRollup.day), "YYYY-MM-DD"), 1, _LETTERS[period])


async def rates(
    ctx: Context,
    actor: Actor,
    wanted: queries.CaseFilter,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Rates:
    """What became of the cases somebody may see that were filed in a time. Raises TalaError(forbidden)."""
    statistics.may_count(actor)

    async with ctx.database.read() as session:
        as_of = await statistics.rolled_up(session, actor) if wanted == queries.CaseFilter() else None
        if as_of is None:
            counted = await _rates_of_cases(session, actor, wanted, since, until)
        else:
            counted = await _rates_from_rollups(session, since, until)
    filed, over, *parts = counted
    told = [number if number == 0 or number >= SMALLEST_CELL else None for number in parts]
    reopened = parts[-1]
    return Rates(
        filed=filed,
        decided=over,
        referred=told[0],
        answered=told[1],
        fixed_says_the_citizen=told[2],
        dismissed=told[3],
        withdrawn=told[4],
        reopened=told[5],
        reopen_rate=round(reopened / over, 4) if over >= SMALLEST_CELL and told[5] is not None else None,
        as_of=as_of or ctx.clock(),
    )


_OUTCOMES = ("referred", "answered", "fixed_says_the_citizen", "dismissed", "withdrawn")


async def _rates_of_cases(
    session: AsyncSession,
    actor: Actor,
    wanted: queries.CaseFilter,
    since: dt.date | None,
    until: dt.date | None,
) -> list[int]:
    """Filed, decided, each of `_OUTCOMES`, reopened."""

    def counted(condition: Any) -> Any:
        return func.coalesce(func.sum(cast(when((condition, 1), else_=0), Integer)), 0)

    decided = col(Case.state).in_(statistics.REOPENABLE) | (col(Case.reopen_count) > 0)
    statement = select(
        func.count(),
        counted(decided),
        *(counted(col(Case.outcome) == one) for one in _OUTCOMES),
        counted(col(Case.reopen_count) > 0),
    ).where(queries.visible_to(actor), *queries.conditions(wanted), *statistics.filed_between(since, until))
    return [int(number) for number in (await session.execute(statement)).one()]


async def _rates_from_rollups(
    session: AsyncSession, since: dt.date | None, until: dt.date | None
) -> list[int]:
    decided = await statistics.from_rollups(session, "decided", since, until)
    outcomes = await statistics.from_rollups(session, "outcome", since, until)
    reopened = await statistics.from_rollups(session, "reopened", since, until)
    parts = [outcomes.get(one, 0) for one in _OUTCOMES]
    return [sum(decided.values()), decided.get("yes", 0), *parts, reopened.get("yes", 0)]


async def costs(
    ctx: Context,
    actor: Actor,
    wanted: queries.CaseFilter,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> list[Cost]:
    """Hidden costs by agency, dearest first. Raises TalaError(forbidden)."""
    statistics.may_count(actor)
    by_agency: dict[str, list[tuple[int, int]]] = defaultdict(list)
    async with ctx.database.read() as session:
        as_of = await statistics.rolled_up(session, actor) if wanted == queries.CaseFilter() else None
        if as_of is None:
            told = await _costs_of_cases(session, actor, wanted, since, until)
        else:
            rolled = await statistics.from_rollups(session, "cost", since, until)
            told = [(*value.rsplit(" ", 1), number) for value, number in rolled.items()]
    for code, php, number in told:
        by_agency[code].append((int(php), int(number)))
    found = []
    for code, rows in by_agency.items():
        rows.sort()
        number = sum(count for _, count in rows)
        enough = number >= SMALLEST_CELL
        median = statistics.percentile(rows, 0.5)
        found.append(
            Cost(
                agency=code,
                cases=number if enough else None,
                total_php=sum(php * count for php, count in rows) if enough else None,
                median_php=int(median) if enough and median is not None else None,
                as_of=as_of or ctx.clock(),
            )
        )
    return sorted(found, key=lambda cost: (-(cost.total_php or 0), cost.agency))


async def _costs_of_cases(
    session: AsyncSession,
    actor: Actor,
    wanted: queries.CaseFilter,
    since: dt.date | None,
    until: dt.date | None,
) -> list[Any]:
    """Agency, pesos and how many cases."""
    agency = func.coalesce(col(Case.agency_code), "")
    statement = (
        select(agency, col(HiddenCost.php), func.count())
        .join(Case, col(Case.id) == col(HiddenCost.case_id))
        .where(
            queries.visible_to(actor), *queries.conditions(wanted), *statistics.filed_between(since, until)
        )
        .group_by(agency, col(HiddenCost.php))
    )
    return list((await session.execute(statement)).all())
