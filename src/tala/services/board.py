"""The board of a head of office: what comes in, is open, is late, what citizens say, where, and what rises
unusually. Counted over the cases its reader may open one by one, so nothing small is left out of it;
what leaves the house is (see `services.statistics.shown`).
"""

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from tala.cases import unusual
from tala.cases.calendar import manila_date
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import boardcounts, reading, statistics, surveys, trends
from tala.services.boardcounts import AGES, Scope
from tala.services.context import Context
from tala.services.statistics import ClockStatistics
from tala.services.surveys import Summary
from tala.services.trends import Rates
from tala.store import queries
from tala.transcript import Value

MAY_SEE = ("head", "administrator")
WEEKS = (4, 13, 52)
HISTORY_WEEKS = 2 * unusual.YEAR_WEEKS + unusual.LEVEL_WEEKS + 2
MOST_LINES = 5
OTHER = "other"
_DAY_SECONDS = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a board is about.

    Args:
        weeks: one of WEEKS, up to now.
        place: prefix of a PSGC code, of 2, 5 or 7 digits; empty: everywhere.
        agency: code of an agency; empty: all.
    """

    weeks: int = 13
    place: str = ""
    agency: str = ""

    def filter(self) -> queries.CaseFilter:
        """The filter of lists that shows the same cases."""
        return queries.CaseFilter(psgc=self.place or None, agency_code=self.agency or None)


class Line(Value):
    """How many cases with a value were filed in each week."""

    value: str
    counts: tuple[int, ...]
    total: int


class Age(Value):
    """Open cases of an age in days, `last` None for the oldest class, by the state of the clocks."""

    first: int
    last: int | None
    on_time: int
    due_soon: int
    breached: int


class Spot(Value):
    """Cases of a place: the prefix of its PSGC code, empty where it is not known."""

    psgc: str
    count: int


class Rising(Value):
    """A value of a dimension that rises unusually: this week's number against what is usual then.

    `low` to `high` is what 19 of 20 such weeks bring; `once_in_weeks`: chance alone brings such a week once
    in so many.
    """

    dimension: str
    value: str
    count: int
    mean: float
    low: int
    high: int
    once_in_weeks: int


class Watch(Value):
    """What rises in the seven days that end with `last`. `compared` series were looked at; `weeks` of history
    is what they were judged by, fewer than `needed` being too few.
    """

    first: dt.date
    last: dt.date
    compared: int
    weeks: int
    needed: int
    rises: tuple[Rising, ...]


class Board(Value):
    """Every figure, and the moment up to which they hold. `weeks` are the first days of the weeks shown; the
    last one is not over yet.
    """

    as_of: dt.datetime
    weeks: tuple[dt.date, ...]
    filed: int
    filed_before: int
    filed_today: int
    by_channel: tuple[Line, ...]
    by_category: tuple[Line, ...]
    by_agency: tuple[Line, ...]
    ages: tuple[Age, ...]
    clocks: tuple[ClockStatistics, ...]
    breach_rate: float | None
    rates: Rates
    satisfaction: Summary
    places: tuple[Spot, ...]
    watch: Watch

    @property
    def open(self) -> int:
        """Open cases in all."""
        return sum(age.on_time + age.due_soon + age.breached for age in self.ages)

    @property
    def due_soon(self) -> int:
        """Open cases whose most urgent clock runs out soon."""
        return sum(age.due_soon for age in self.ages)

    @property
    def breached(self) -> int:
        """Open cases that are overdue."""
        return sum(age.breached for age in self.ages)


async def board(ctx: Context, actor: Actor, asked: Asked) -> Board:
    """The board of somebody, at most a minute old.

    Raises:
        TalaError: forbidden, invalid_input (weeks, place).
    """
    if actor.kind != "system" and actor.role not in MAY_SEE:
        raise TalaError("forbidden", "The board is for heads of office and administrators.")
    if asked.weeks not in WEEKS:
        said = ", ".join(str(number) for number in WEEKS)
        detail = f"The board shows the last {said} weeks."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/weeks", "detail": detail}])
    if asked.place and (not asked.place.isdecimal() or len(asked.place) not in (2, 5, 7)):
        detail = "A place is 2 digits of a PSGC code for a region, 5 for a province, 7 for a municipality."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/place", "detail": detail}])
    # Heads of one office see the same, but for cases they stepped back from.
    who = (actor.role, actor.agency_code, actor.office, actor.id)
    return await ctx.fresh.get(("board", who, asked), lambda: _made(ctx, actor, asked))


async def _made(ctx: Context, actor: Actor, asked: Asked) -> Board:
    at = ctx.clock()
    today = manila_date(at)
    monday = today - dt.timedelta(days=today.weekday())
    first = monday - dt.timedelta(days=7 * (asked.weeks - 1))
    sunday = monday + dt.timedelta(days=6)
    scope = Scope(actor, asked.filter())
    async with ctx.database.read() as session:
        rolled = await boardcounts.as_rolled(session, scope, at)
        lines: dict[str, dict[str, list[int]]] = {}
        for name in ("channel", "category", "agency", "place" if asked.place else "region"):
            lines[name] = await boardcounts.by_week(
                session, scope, name, sunday, asked.weeks, rolled=rolled is not None
            )
        ages = await boardcounts.open_by_age(session, scope, at)
        clocks = await boardcounts.clocks(session, scope, first, at)
        before = await boardcounts.filed(
            session, scope, first - dt.timedelta(days=7 * asked.weeks), today - dt.timedelta(7 * asked.weeks)
        )
        filed_today = await boardcounts.filed(session, scope, today, today)
    summed = statistics.summed(clocks, at)
    judged = sum(one.stopped + one.breached for one in summed)
    return Board(
        as_of=rolled or at,
        weeks=tuple(first + dt.timedelta(days=7 * place) for place in range(asked.weeks)),
        filed=sum(sum(counts) for counts in lines["channel"].values()),
        filed_before=before,
        filed_today=filed_today,
        by_channel=_lines(lines["channel"]),
        by_category=_lines(lines["category"]),
        by_agency=_lines(lines["agency"]),
        ages=_ages(ages),
        clocks=tuple(summed),
        breach_rate=sum(one.missed + one.breached for one in summed) / judged if judged else None,
        rates=await trends.rates(ctx, actor, scope.wanted, since=first),
        satisfaction=await surveys.summary(ctx, actor, scope.wanted, since=first),
        places=_spots(lines["place" if asked.place else "region"]),
        watch=await ctx.fresh.get(
            ("watch", scope.actor, replace(asked, weeks=0), today),
            lambda: _watch(ctx, scope, today - dt.timedelta(days=1)),
            seconds=_DAY_SECONDS,  # days that are over do not change
        ),
    )


async def _watch(ctx: Context, scope: Scope, last: dt.date) -> Watch:
    series: dict[str, list[int]] = {}
    async with ctx.database.read() as session:
        rolled = await boardcounts.as_rolled(session, scope, ctx.clock()) is not None
        for name in ("category", "agency", "region"):
            found = await boardcounts.by_week(session, scope, name, last, HISTORY_WEEKS, rolled=rolled)
            series |= {f"{name}:{value}": counts for value, counts in found.items() if value}
    whole = [sum(week) for week in zip(*series.values(), strict=True)] if series else []
    series = _since_begin(series, whole)
    weeks = len(next(iter(series.values()))) - 1 if series else 0
    # Some thousand forecasts: in a thread, so that others are served meanwhile.
    risen = await asyncio.to_thread(unusual.rises, series)
    return Watch(
        first=last - dt.timedelta(days=6),
        last=last,
        compared=len(series),
        weeks=max(0, weeks),
        needed=unusual.FEWEST_WEEKS,
        rises=tuple(_rising(rise) for rise in risen),
    )


def _since_begin(series: dict[str, list[int]], whole: list[int]) -> dict[str, list[int]]:
    """Without the weeks before the office's first case: those say nothing of what is usual."""
    begin = next((place for place, number in enumerate(whole) if number), len(whole))
    return {name: counts[begin:] for name, counts in series.items()}


def _rising(rise: unusual.Rise) -> Rising:
    dimension, _, value = rise.name.partition(":")
    return Rising(
        dimension=dimension,
        value=value,
        count=rise.count,
        mean=round(rise.usual.mean, 1),
        low=rise.usual.low,
        high=rise.usual.high,
        once_in_weeks=rise.once_in_weeks,
    )


def _lines(found: dict[str, list[int]]) -> tuple[Line, ...]:
    """Values by how many there are, the largest first; beyond `MOST_LINES` they are told together."""
    ordered = sorted(found.items(), key=lambda item: (-sum(item[1]), item[0]))
    few = [item for item in ordered if item[0]] if len(ordered) > MOST_LINES else ordered
    head = few[:MOST_LINES]
    rest = [item for item in ordered if item not in head]
    if len(rest) == 1:
        head, rest = [*head, *rest], []
    lines = [Line(value=value, counts=tuple(counts), total=sum(counts)) for value, counts in head]
    if rest:
        together = tuple(sum(week) for week in zip(*(counts for _, counts in rest), strict=True))
        lines.append(Line(value=OTHER, counts=together, total=sum(together)))
    return tuple(lines)


def _ages(found: list[dict[str, int]]) -> tuple[Age, ...]:
    ages, first = [], 0
    for last, states in zip((*AGES, None), found, strict=True):
        rest = sum(number for state, number in states.items() if state not in ("due_soon", "breached"))
        due_soon, breached = states.get("due_soon", 0), states.get("breached", 0)
        ages.append(Age(first=first, last=last, on_time=rest, due_soon=due_soon, breached=breached))
        first = (last or 0) + 1
    return tuple(ages)


def _spots(found: dict[str, list[int]]) -> tuple[Spot, ...]:
    spots = [Spot(psgc=value, count=sum(counts)) for value, counts in found.items()]
    return tuple(sorted(spots, key=lambda spot: (-spot.count, spot.psgc)))


async def export(ctx: Context, actor: Actor, asked: Asked, figure: str) -> list[list[Any]]:
    """A figure as rows for a file that leaves the house: the heading first, small counts left out. A line of
    the access log.

    Raises:
        TalaError: as `board`; not_found.
    """
    if figure not in TABLES:
        raise TalaError("not_found", f"The figures are: {', '.join(TABLES)}.")
    found = await board(ctx, actor, asked)
    async with ctx.database.write() as session:
        reading.log_access(session, ctx.clock(), actor, "figure", figure, "export", "counts")
    rows: list[list[Any]] = TABLES[figure](found)
    return rows


def _inflow(lines: tuple[Line, ...], board: Board) -> list[list[Any]]:
    rows: list[list[Any]] = [["week", "value", "cases"]]
    for place, week in enumerate(board.weeks):
        ordered = sorted(lines, key=lambda line: -line.counts[place])
        told = statistics.shown([line.counts[place] for line in ordered])
        rows += [[week, line.value, number] for line, number in zip(ordered, told, strict=True)]
    return rows


def _counted(heading: list[str], found: list[tuple[Any, int]]) -> list[list[Any]]:
    ordered = sorted(found, key=lambda item: -item[1])
    told = statistics.shown([number for _, number in ordered])
    return [heading, *([value, number] for (value, _), number in zip(ordered, told, strict=True))]


def _age_rows(board: Board) -> list[list[Any]]:
    rows: list[list[Any]] = [["from_days", "to_days", "on_time", "due_soon", "breached"]]
    for age in board.ages:
        told = [
            n if n >= statistics.SMALLEST_CELL else None for n in (age.on_time, age.due_soon, age.breached)
        ]
        rows.append([age.first, age.last, *told])
    return rows


def _clock_rows(board: Board) -> list[list[Any]]:
    names = ("code", "stopped", "missed", "breached", "breach_rate", "median_days", "percentile_90_days")
    found = [one for one in board.clocks if one.stopped + one.breached >= statistics.SMALLEST_CELL]
    return [list(names), *([getattr(one, name) for name in names] for one in found)]


def _rate_rows(board: Board) -> list[list[Any]]:
    return [["measure", "value"], *([name, value] for name, value in board.rates.model_dump().items())]


def _survey_rows(board: Board) -> list[list[Any]]:
    rows: list[list[Any]] = [["question", "answers", "mean", "agree"]]
    return rows + [[one.code, one.answers, one.mean, one.agree] for one in board.satisfaction.questions]


def _rise_rows(board: Board) -> list[list[Any]]:
    names = ("dimension", "value", "count", "mean", "low", "high", "once_in_weeks")
    return [list(names), *([getattr(one, name) for name in names] for one in board.watch.rises)]


TABLES: dict[str, Any] = {
    "channels": lambda board: _inflow(board.by_channel, board),
    "categories": lambda board: _inflow(board.by_category, board),
    "agencies": lambda board: _inflow(board.by_agency, board),
    "ages": _age_rows,
    "clocks": _clock_rows,
    "outcomes": _rate_rows,
    "satisfaction": _survey_rows,
    "places": lambda board: _counted(["psgc", "cases"], [(s.psgc, s.count) for s in board.places]),
    "rises": _rise_rows,
}
"""Figures by the name of their file."""
