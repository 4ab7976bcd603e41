"""The list of cases: queues, filters, search as one types, things done to many cases at once."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.cases import lifecycle
from tala.errors import TalaError
from tala.services import bulk, directory, queues
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.web.api.cases import page_of_cases
from tala.web.api.schemas import CaseRow
from tala.web.auth import actor_of, context_of, has_session, reads_cases, works_on_cases
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import filters, words
from tala.web.pages.citizen import categories
from tala.web.pages.intake import csrf_of
from tala.web.pages.shell import AnyRequest, page
from tala.web.pages.staff import Form
from tala.web.problems import body_of

_ROWS = 25
_WORKERS = (Role.OFFICER, Role.HEAD)


@get("/desk", operation_id="deskPage", include_in_schema=False, guards=[reads_cases])
async def desk(request: AnyRequest) -> Response[str]:
    """The cases that a member of staff may see."""
    ctx, actor = context_of(request), await actor_of(request)
    language = language_of(request)
    t = messages(language)
    named = words.states(t)
    asked = filters.asked_of(request)
    works = actor.role in _WORKERS
    listed = await _listed(ctx, actor, asked, request.query_params.get("cursor") or None, t)
    kept = filters.query_of(asked)
    program = filters.given_of(asked)
    return page(
        request,
        "desk.html",
        **listed,
        asked=asked,
        filtered=bool(filters.given_of(asked)),
        queues=await queues.counts(ctx, actor) if works else [],
        views=[_view(one) for one in await queues.list_views(ctx, actor)] if actor.kind == "staff" else [],
        kept=kept,
        choices=filters.choices(t, named),
        categories=categories(language),
        bulk_steps=_bulk_steps(actor, t) if works else [],
        told=request.query_params.get("told", "")[:300],
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/cases", urlencode(program, doseq=True)
        ),
        page_data={
            "messages": t.under("error.", "desk."),
            "language": language,
            "csrf": csrf_of(request),
        },
    )


@get("/desk/rows", operation_id="deskRows", include_in_schema=False, guards=[reads_cases])
async def rows(request: AnyRequest) -> Response[str]:
    """The rows of the list alone, for search as one types."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    asked = filters.asked_of(request)
    works = actor.role in _WORKERS
    listed = await _listed(ctx, actor, asked, request.query_params.get("cursor") or None, t)
    return page(
        request,
        "desk_rows.html",
        **listed,
        filtered=bool(filters.given_of(asked)),
        bulk_steps=_bulk_steps(actor, t) if works else [],
    )


@post("/desk/bulk", operation_id="bulkForm", include_in_schema=False, guards=[works_on_cases])
async def do_to_many(request: AnyRequest) -> Redirect:
    """Do one thing to every case that is ticked, and say what came of each."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    # The framework's form keeps one value a name; ticked cases share theirs.
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=300)
    doing = form.get("doing", [""])[0]
    chosen = [bulk.Selected(ctn=one.partition(":")[0], version=_number(one)) for one in form.get("case", [])]
    kept = form.get("kept", [""])[0][:2000]
    action, _, reason = doing.partition(":")
    order = bulk.Order(
        action="assign" if action in ("take", "free") else action,
        user_id=actor.id if action == "take" else None,
        text=form.get("text", [""])[0].strip() or None,
        reason=reason or None,
    )
    try:
        done = await bulk.do(ctx, chosen, order, actor)
    except TalaError as error:
        return Redirect(f"/desk?{kept}&{urlencode({'told': error.message})}", status_code=303)
    refused = [one for one in done if one.status == "refused"]
    told = t("desk.bulk_done", count=len(done) - len(refused))
    for one in refused[:5]:
        told += f" {one.ctn}: {t.get(f'error.{one.code}') or one.message}"
    return Redirect(f"/desk?{kept}&{urlencode({'told': told[:600]})}", status_code=303)


@post("/desk/views", operation_id="saveViewForm", include_in_schema=False, guards=[has_session])
async def save_view(request: AnyRequest, data: Form) -> Redirect:
    """Keep the filter under a name."""
    kept = data.get("kept", "")[:2000]
    query = {name: values for name, values in parse_qs(kept).items() if name in _KNOWN}
    try:
        await queues.save_view(
            context_of(request),
            await actor_of(request),
            data.get("name", ""),
            query,
            shared=data.get("shared") == "on",
        )
    except TalaError as error:
        told = body_of(request, error)["detail"]
        return Redirect(f"/desk?{kept}&{urlencode({'told': told})}", status_code=303)
    return Redirect(f"/desk?{kept}", status_code=303)


@post(
    "/desk/views/{view_id:str}/forget",
    operation_id="forgetViewForm",
    include_in_schema=False,
    guards=[has_session],
)
async def forget_view(request: AnyRequest, view_id: FromPath[str]) -> Redirect:
    """Forget a view of one's own."""
    await queues.delete_view(context_of(request), await actor_of(request), view_id)
    return Redirect("/desk", status_code=303)


_KNOWN = frozenset((*filters.PLAIN, *filters.FLAGS, *filters.DAYS, *filters.MANY, *filters.EXTRA))


async def _listed(
    ctx: Context, actor: Caller, asked: dict[str, Any], cursor: str | None, t: Messages
) -> dict[str, Any]:
    """A page of rows and the way to the next; a number typed in full leads to its case alone."""
    text = prefixed(asked["text"]) or None
    wanted = filters.filter_of(asked, actor)
    sort = asked["sort"] or "-filed_at"
    if text is not None:
        sort = "-filed_at"
    found = await page_of_cases(ctx, wanted, actor, limit=_ROWS, cursor=cursor, text=text, sort=sort)
    ids = [row.assignee_id for row in found.items if row.assignee_id]
    people = await directory.names(ctx, actor, ids) if ids else {}
    named = words.states(t)
    return {
        "rows": [row_view(row, t, named, people) for row in found.items],
        "more": f"/desk?{filters.query_of(asked, cursor=found.next)}" if found.next else None,
        "first": f"/desk?{filters.query_of(asked)}" if cursor else None,
        "states": named,
    }


def prefixed(text: str) -> str:
    """What is typed, its last word by its beginning: it may not be finished."""
    return f"{text}*" if text and text[-1].isalnum() else text


def _number(chosen: str) -> int | None:
    version = chosen.partition(":")[2]
    return int(version) if version.isascii() and version.isdigit() else None


def _view(view: queues.View) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "own": view.own,
        "href": f"/desk?{urlencode(view.query, doseq=True)}",
    }


def _bulk_steps(actor: Caller, t: Messages) -> list[tuple[str, str]]:
    """What can be done to many cases: taking them, letting them go, and steps that need no more than a
    reason.
    """
    found = [("take", t("desk.bulk_take")), ("free", t("desk.bulk_free"))]
    for action in ("begin_evaluation", "verify", "ask_feedback", "close"):
        step = lifecycle.load().find(action)
        if step is not None and actor.role in step.roles and not step.reasons:
            found.append((action, t(f"action.{action}")))
    return found


def row_view(row: CaseRow, t: Messages, named: dict[str, str], people: dict[str, str]) -> dict[str, Any]:
    """A row of the list with its values written out."""
    return {
        "ctn": row.ctn,
        "version": row.version,
        "state": named.get(row.state, row.state),
        "filed": words.moment(row.filed_at) if row.filed_at else "",
        "due": words.due(row.next_due_at) if row.next_due_at else "",
        "clock": row.clock_state,
        "late": row.clock_state == "breached",
        "soon": row.clock_state == "due_soon",
        "agency": row.agency_code or "",
        "ground": words.ground(row.main_category, t.language) if row.main_category else t("desk.no_ground"),
        "urgency": row.urgency,
        "excerpt": row.excerpt,
        "assignee": people.get(row.assignee_id or "", ""),
    }
