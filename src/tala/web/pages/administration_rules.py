"""Pages for administrators: days without work and how far clocks move by them; how long things are kept."""

import datetime as dt
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.cases.calendar import Calendar, Suspension, manila_date
from tala.errors import TalaError
from tala.services import clockwork, directory, foreseeing, naming, retention, suspensions
from tala.store.office import SuspensionRow
from tala.web.auth import actor_of, administers, context_of
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import words
from tala.web.pages.administration import admin_page
from tala.web.pages.administration_people import told
from tala.web.pages.shell import AnyRequest
from tala.web.pages.staff import Form

_AT_ONCE_SECONDS = 2.0  # as long as a person waits gladly; the worker does the rest
_YEAR_DAYS = 365


# --- days without work --------------------------------------------------------------------------------------


@get("/desk/admin/calendar", operation_id="adminCalendar", include_in_schema=False, guards=[administers])
async def calendar(request: AnyRequest) -> Response[str]:
    """Days without work: entered here, shipped, and national."""
    return await _calendar(request)


async def _calendar(
    request: AnyRequest,
    *,
    status: int = 200,
    problem: str = "",
    given: dict[str, str] | None = None,
    foreseen: foreseeing.Foreseen | None = None,
    seen: str = "",
    withdrawing: str = "",
) -> Response[str]:
    ctx = context_of(request)
    t = messages(language_of(request))
    rows = await suspensions.listed(ctx)
    moved = request.query_params.get("moved", "")
    return admin_page(
        request,
        "admin_calendar.html",
        status=status,
        problem=problem,
        given=given,
        foreseen=foreseen,
        seen=seen,
        effects=[(words.clock(one.code, t.language), one) for one in foreseen.kinds] if foreseen else [],
        withdrawing=next((_row(one, t) for one in rows if one.id == withdrawing), None),
        rows=[_row(one, t) for one in rows],
        national=_national(manila_date(ctx.clock())),
        shipped=[_value(one, t) for one in Calendar.shipped().suspensions],
        behind=await clockwork.behind(ctx),
        moved=int(moved) if moved.isascii() and moved.isdigit() and len(moved) < 8 else None,
    )


def _where(scope: str, t: Messages) -> str:
    if not scope:
        return t("admin.whole_country")
    return naming.places().get(scope.ljust(10, "0"), scope)


def _row(one: SuspensionRow, t: Messages) -> dict[str, Any]:
    return {
        "id": one.id,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "name": one.name,
        "source": one.source,
        "where": _where(one.scope, t),
        "half_day": one.half_day,
        "entered": words.moment(one.entered_at),
        "withdrawn": words.moment(one.withdrawn_at) if one.withdrawn_at else "",
    }


def _value(one: Suspension, t: Messages) -> dict[str, Any]:
    return {
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "name": one.name,
        "source": one.source,
        "where": _where(one.scope, t),
        "half_day": one.half_day,
    }


def _national(today: dt.date) -> list[tuple[str, str]]:
    """National holidays of the coming year, which every clock knows without being told."""
    days = (Calendar.shipped().day(today + dt.timedelta(days=number)) for number in range(_YEAR_DAYS))
    return [(day.date.isoformat(), day.name) for day in days if day.kind == "holiday"]


def _asked(data: dict[str, str]) -> dict[str, Any]:
    """The days of the form, as the service takes them. Raises TalaError(invalid_input)."""
    first = words.day(data.get("first", ""))
    if first is None:
        raise TalaError("invalid_input", "Say on which day work stops.")
    return {
        "first": first,
        "last": words.day(data.get("last", "")) or first,
        "name": data.get("name", "")[:200],
        "source": data.get("source", "")[:200],
        "scope": naming.place_named(data.get("place", "")[:100]),
        "half_day": data.get("half_day") == "on",
    }


def _days_of(asked: dict[str, Any]) -> str:
    """What decides how far clocks move: an effect seen for other days was not seen for these."""
    return " ".join(str(asked[name]) for name in ("first", "last", "scope", "half_day"))


@post("/desk/admin/calendar", operation_id="suspensionForm", include_in_schema=False, guards=[administers])
async def enter(request: AnyRequest, data: Form) -> Response[Any]:
    """Say what the days would do to running clocks; when that was seen, enter them and move the clocks."""
    ctx, actor = context_of(request), await actor_of(request)
    try:
        asked = _asked(data)
        if data.get("seen") != _days_of(asked):
            foreseen = await foreseeing.entering(ctx, actor, suspensions.checked(**asked))
            return await _calendar(request, given=data, foreseen=foreseen, seen=_days_of(asked))
        await suspensions.enter(ctx, actor, **asked)
    except TalaError as error:
        return await _calendar(request, status=error.status, problem=told(request, error), given=data)
    return await _caught_up(request, "entered")


@post(
    "/desk/admin/calendar/{entry_id:str}/withdraw",
    operation_id="withdrawSuspensionForm",
    include_in_schema=False,
    guards=[administers],
)
async def withdraw(request: AnyRequest, entry_id: FromPath[str], data: Form) -> Response[Any]:
    """Likewise for taking an entry back."""
    ctx, actor = context_of(request), await actor_of(request)
    if data.get("seen") != "on":
        foreseen = await foreseeing.withdrawing(ctx, actor, entry_id)
        return await _calendar(request, foreseen=foreseen, withdrawing=entry_id)
    await suspensions.withdraw(ctx, actor, entry_id)
    return await _caught_up(request, "withdrawn")


async def _caught_up(request: AnyRequest, done: str) -> Redirect:
    moved = await clockwork.catch_up(context_of(request), seconds=_AT_ONCE_SECONDS)
    return Redirect(f"/desk/admin/calendar?done={done}&moved={moved}", status_code=303)


# --- how long things are kept -------------------------------------------------------------------------------


@get("/desk/admin/retention", operation_id="adminRetention", include_in_schema=False, guards=[administers])
async def keeping(request: AnyRequest) -> Response[str]:
    """How long each kind is kept, what is held back, what was erased."""
    return await _keeping(request)


async def _keeping(request: AnyRequest, *, status: int = 200, problem: str = "") -> Response[str]:
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    erased = await retention.disposals(
        ctx, actor, limit=50, cursor=request.query_params.get("cursor") or None
    )
    names = await directory.names(ctx, actor, [one.actor_id for one in erased.rows if one.actor_id])
    named = words.states(t)
    return admin_page(
        request,
        "admin_retention.html",
        status=status,
        problem=problem,
        rules=await retention.in_force(ctx),
        held=[
            {"ctn": one.ctn, "state": named.get(one.state, one.state), "filed": words.moment(one.filed_at)}
            for one in await retention.held(ctx, actor)
        ],
        disposals=[
            {
                "at": words.moment(one.at),
                "kind": t.get(f"admin.disposed_{one.kind}") or one.kind,
                "subject": one.subject_id,
                "who": names.get(one.actor_id or "") or t.get(f"who.{one.actor_kind}") or one.actor_kind,
                "reason": one.reason,
            }
            for one in erased.rows
        ],
        next_cursor=erased.next,
        longest=retention.LONGEST_DAYS,
    )


@post(
    "/desk/admin/retention/{kind:str}",
    operation_id="retentionForm",
    include_in_schema=False,
    guards=[administers],
)
async def change_keeping(request: AnyRequest, kind: FromPath[str], data: Form) -> Response[Any]:
    """Keep a kind for so many days; for good, or as shipped."""
    try:
        days = _days(data)
        await retention.change(context_of(request), await actor_of(request), kind, days)
    except TalaError as error:
        return await _keeping(request, status=error.status, problem=told(request, error))
    return Redirect("/desk/admin/retention?done=retention", status_code=303)


def _days(data: dict[str, str]) -> int | None:
    how = data.get("how", "")
    if how in ("shipped", "good"):
        return None if how == "shipped" else 0
    text = data.get("days", "").strip()
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= retention.LONGEST_DAYS):
        detail = f"Give 1 to {retention.LONGEST_DAYS} days, or choose to keep it for good."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/days", "detail": detail}])
    return int(text)


PAGES = (calendar, enter, withdraw, keeping, change_keeping)
