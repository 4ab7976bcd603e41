"""Statistics: counts, times, what became of cases, what they cost, what citizens say."""

import datetime as dt
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from tala.services import board as boards
from tala.services import statistics, surveys, trends
from tala.store.queries import CaseFilter
from tala.web.api.parameters import for_reader, provide_filter
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import STAFF, Items, problems
from tala.web.auth import actor_of, context_of, counts_cases, sees_the_board

By = Annotated[
    str, QueryParameter(name="by", max_length=20, description=f"One of: {', '.join(statistics.DIMENSIONS)}.")
]
Since = Annotated[dt.date | None, QueryParameter(name="since", description="Filed from this day.")]
Until = Annotated[dt.date | None, QueryParameter(name="until", description="Filed up to this day, included.")]
_FILTER = {"wanted": Provide(provide_filter, sync_to_thread=False)}


class Statistics(Controller):
    """Counts under five are left out (null), and with a single one the next larger one too."""

    path = "/api/v1/statistics"
    tags = ("Statistics",)
    guards = (counts_cases,)
    security = STAFF

    @get(
        "/cases",
        operation_id="countCases",
        summary="Cases by one dimension",
        dependencies=_FILTER,
        responses=problems(401, 403, 422),
    )
    async def count(
        self,
        request: AnyRequest,
        wanted: NamedDependency[CaseFilter],
        by: By = "agency",
        since: Since = None,
        until: Until = None,
    ) -> statistics.Counts:
        """Over all cases from counters at most a minute old (`as_of`); with any filter as they stand."""
        ctx, actor = context_of(request), await actor_of(request)
        chosen = None if wanted == CaseFilter() else for_reader(wanted, actor)
        return await statistics.count(ctx, actor, by, since=since, until=until, wanted=chosen)

    @get(
        "/cases/over-time",
        operation_id="countCasesOverTime",
        summary="Cases over time",
        responses=problems(401, 403, 422),
    )
    async def over_time(
        self,
        request: AnyRequest,
        by: By = "state",
        period: Annotated[trends.Period, QueryParameter(name="period")] = "month",
        since: Since = None,
        until: Until = None,
    ) -> Items[trends.Point]:
        """By day, month or year of filing, oldest first."""
        ctx, actor = context_of(request), await actor_of(request)
        return Items(items=await trends.over_time(ctx, actor, by, period, since=since, until=until))

    @get(
        "/clocks",
        operation_id="measureClocks",
        summary="How clocks went",
        responses=problems(401, 403, 422),
    )
    async def clocks(
        self, request: AnyRequest, since: Since = None, until: Until = None
    ) -> Items[statistics.ClockStatistics]:
        """Median and 90th percentile of days, and how many were missed, for clocks started in that time."""
        ctx, actor = context_of(request), await actor_of(request)
        return Items(items=await statistics.clocks(ctx, actor, since=since, until=until))

    @get(
        "/outcomes",
        operation_id="rateOutcomes",
        summary="What became of cases",
        dependencies=_FILTER,
        responses=problems(401, 403, 422),
    )
    async def outcomes(
        self,
        request: AnyRequest,
        wanted: NamedDependency[CaseFilter],
        since: Since = None,
        until: Until = None,
    ) -> trends.Rates:
        """Referred, answered, fixed (as the citizen says) and reopened, counted apart."""
        ctx, actor = context_of(request), await actor_of(request)
        return await trends.rates(ctx, actor, for_reader(wanted, actor), since=since, until=until)

    @get(
        "/hidden-costs",
        operation_id="sumHiddenCosts",
        summary="What services cost beside their fees",
        dependencies=_FILTER,
        responses=problems(401, 403, 422),
    )
    async def costs(
        self,
        request: AnyRequest,
        wanted: NamedDependency[CaseFilter],
        since: Since = None,
        until: Until = None,
    ) -> Items[trends.Cost]:
        """By agency, as complaints tell it, in pesos."""
        ctx, actor = context_of(request), await actor_of(request)
        found = await trends.costs(ctx, actor, for_reader(wanted, actor), since=since, until=until)
        return Items(items=found)

    @get(
        "/surveys",
        operation_id="sumSurveys",
        summary="What citizens answered",
        dependencies=_FILTER,
        responses=problems(401, 403, 422),
    )
    async def answers(
        self,
        request: AnyRequest,
        wanted: NamedDependency[CaseFilter],
        since: Since = None,
        until: Until = None,
    ) -> surveys.Summary:
        """The satisfaction survey in sum."""
        ctx, actor = context_of(request), await actor_of(request)
        return await surveys.summary(ctx, actor, for_reader(wanted, actor), since=since, until=until)

    @get(
        "/board",
        operation_id="readBoard",
        summary="The board of an office",
        guards=[sees_the_board],
        responses=problems(401, 403, 422),
    )
    async def board(
        self,
        request: AnyRequest,
        weeks: Annotated[
            int, QueryParameter(name="weeks", description=f"One of: {', '.join(map(str, boards.WEEKS))}.")
        ] = 13,
        place: Annotated[
            str, QueryParameter(name="place", max_length=7, description="2, 5 or 7 digits of a PSGC code.")
        ] = "",
        agency: Annotated[str, QueryParameter(name="agency", max_length=40)] = "",
    ) -> boards.Board:
        """Every figure that a head of office sees, at most a minute old (`as_of`), nothing small left out:
        it counts cases that the reader may open one by one."""
        ctx, actor = context_of(request), await actor_of(request)
        return await boards.board(ctx, actor, boards.Asked(weeks=weeks, place=place, agency=agency))
