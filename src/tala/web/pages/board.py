"""The board of a head of office: every figure with its table, kept up to date while it stands open."""

import asyncio
import csv
import io
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tala.cases import taxonomy
from tala.cases.calendar import manila_date
from tala.errors import TalaError
from tala.services import board as boards
from tala.services import listing, naming
from tala.services.actors import Caller
from tala.services.board import Asked, Board
from tala.services.context import Context
from tala.store.queries import CaseFilter
from tala.web.auth import actor_of, context_of, sees_the_board
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import filters, words
from tala.web.pages.intake import csrf_of
from tala.web.pages.maps import tiles_of
from tala.web.pages.shell import AnyRequest, page

_LATE_SHOWN = 8
_PATIENCE_SECONDS = 0.2
_OF_CHANNELS = "filter.channel_"


@get("/desk/board", operation_id="boardPage", include_in_schema=False, guards=[sees_the_board])
async def board_page(request: AnyRequest) -> Response[str]:
    """The figures of one's office, with the way to the cases behind each."""
    return await _shown(request, "board.html")


@get("/desk/board/figures", operation_id="boardFigures", include_in_schema=False, guards=[sees_the_board])
async def board_figures(request: AnyRequest) -> Response[str]:
    """The figures alone, for a board that stands open."""
    return await _shown(request, "board_figures.html")


@get(
    "/desk/board/files/{figure:str}",
    operation_id="boardFile",
    include_in_schema=False,
    guards=[sees_the_board],
)
async def board_file(request: AnyRequest, figure: FromPath[str]) -> Response[bytes]:
    """A figure as CSV; small counts are left out, since a file travels."""
    ctx, actor = context_of(request), await actor_of(request)
    name = figure.removesuffix(".csv")
    found = await boards.export(ctx, actor, asked_of(request), name)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(
        [["" if value is None else value for value in row] for row in found]
    )
    headers = {"Content-Disposition": f'attachment; filename="tala-{name}.csv"', "Cache-Control": "no-store"}
    return Response(buffer.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


def asked_of(request: AnyRequest) -> Asked:
    """What the address asks for. Raises TalaError(invalid_input)."""
    given = request.query_params
    weeks = given.get("weeks") or "13"
    if not (weeks.isascii() and weeks.isdecimal() and len(weeks) < 4):
        raise TalaError("invalid_input", "Give a number of weeks.")
    return Asked(
        weeks=int(weeks), place=given.get("place", "")[:10], agency=given.get("agency", "").strip()[:40]
    )


async def _shown(request: AnyRequest, template: str) -> Response[str]:
    ctx, actor = context_of(request), await actor_of(request)
    asked = asked_of(request)
    counting = asyncio.ensure_future(_filled(ctx, actor, asked, messages(language_of(request))))
    # Where nobody asked lately the frame comes at once and the figures follow.
    ready, _ = await asyncio.wait({counting}, timeout=_PATIENCE_SECONDS)
    filled: dict[str, Any] = counting.result() if ready else {"board": None}
    if not ready:
        counting.add_done_callback(_heard)
    language = language_of(request)
    t = messages(language)
    query = _query(asked)
    return page(
        request,
        template,
        asked=asked,
        query=query,
        weeks=boards.WEEKS,
        period=lambda weeks: _address(asked, weeks=weeks),
        above=[(naming.place(one), _address(asked, place=one)) for one in _above(asked.place)],
        place=naming.place(asked.place) if asked.place else "",
        everywhere=_address(asked, place=""),
        agencies=sorted(naming.agencies().items()),
        lists=lambda **more: "/desk?" + urlencode(_for_lists(asked) | more),
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/statistics/board", query, whole=True
        ),
        **filled,
        page_data={"messages": t.under("board.", "error."), "language": language, "csrf": csrf_of(request)},
    )


def _heard(counting: asyncio.Future[Any]) -> None:
    """Take note of what went wrong where nobody waited; whoever asks again is told."""
    if not counting.cancelled():
        counting.exception()


async def _filled(ctx: Context, actor: Caller, asked: Asked, t: Messages) -> dict[str, Any]:
    found = await boards.board(ctx, actor, asked)
    return {
        "board": found,
        "late": await _late(ctx, actor, asked, t),
        "figures": _figures(found, t),
        "rises": [_rise(one, t) for one in found.watch.rises],
        "tiles": tiles_of(found.places, asked.place, lambda code: _address(asked, place=code)),
        "as_of": words.moment(found.as_of),
    }


async def _late(ctx: Context, actor: Caller, asked: Asked, t: Messages) -> list[dict[str, Any]]:
    """The cases longest overdue; kept with the figures, so that an open board is one line of the access log a
    minute.
    """

    async def read() -> list[dict[str, Any]]:
        base = asked.filter()
        wanted = CaseFilter(
            states=filters.open_states(),
            clock_states=("breached",),
            psgc=base.psgc,
            agency_code=base.agency_code,
        )
        found = await listing.list_cases(ctx, wanted, actor, limit=_LATE_SHOWN, order="next_due_at")
        today = manila_date(ctx.clock())
        return [
            {
                "ctn": case.ctn,
                "agency": case.agency_code or "",
                "ground": case.main_category or "",
                "due": words.due(case.next_due_at) if case.next_due_at else "",
                "days": (today - manila_date(case.next_due_at)).days if case.next_due_at else 0,
            }
            for case in found.cases
        ]

    rows = await ctx.fresh.get(("board late", actor.id, actor.kind, asked), read)
    return [
        row | {"ground": words.ground(row["ground"], t.language) if row["ground"] else ""} for row in rows
    ]


def _for_lists(asked: Asked) -> dict[str, str]:
    return {key: value for key, value in (("psgc", asked.place), ("agency", asked.agency)) if value}


def _query(asked: Asked, **more: Any) -> str:
    values = {"weeks": asked.weeks, "place": asked.place, "agency": asked.agency} | more
    return urlencode(
        {name: value for name, value in values.items() if value and (name, value) != ("weeks", 13)}
    )


def _address(asked: Asked, **more: Any) -> str:
    query = _query(asked, **more)
    return f"/desk/board?{query}" if query else "/desk/board"


def _above(place: str) -> list[str]:
    """The places around a place, the largest first."""
    return [place[:digits] for digits in (2, 5) if digits < len(place)]


def _figures(board: Board, t: Messages) -> dict[str, Any]:
    """Names beside the figures' values."""

    def channel(value: str) -> str:
        return t.get(f"{_OF_CHANNELS}{value}") or t("board.rest")

    def ground(value: str) -> str:
        known = any(one.code == value for one in taxonomy.load().category)
        return words.ground(value, t.language) if known else _rest(value, t)

    return {
        "channels": [(channel(line.value), line) for line in board.by_channel],
        "categories": [(ground(line.value), line) for line in board.by_category],
        "agencies": [(line.value if line.value in naming.agencies() else _rest(line.value, t), line)
                     for line in board.by_agency],
        "places": [(naming.place(spot.psgc) if spot.psgc else t("board.place_unknown"), spot)
                   for spot in board.places],
        "clocks": [(words.clock(one.code, t.language), one) for one in board.clocks],
    }  # fmt: skip


def _rest(value: str, t: Messages) -> str:
    return t("board.rest") if value == boards.OTHER else t("board.unknown")


def _rise(one: boards.Rising, t: Messages) -> dict[str, Any]:
    """A rise in words, with the way to its cases."""
    names = {
        "category": lambda: words.ground(one.value, t.language),
        "agency": lambda: naming.agencies().get(one.value, one.value),
        "region": lambda: naming.place(one.value),
    }
    field = {"category": "category", "agency": "agency", "region": "psgc"}[one.dimension]
    seldom = "board.rise_never" if one.once_in_weeks >= 1000 else "board.rise_seldom"
    return {
        "name": names[one.dimension](),
        "field": field,
        "value": one.value,
        "count": one.count,
        "usual": t("board.rise_usual", mean=f"{one.mean:g}", low=one.low, high=one.high),
        "seldom": t(seldom, weeks=one.once_in_weeks),
    }
