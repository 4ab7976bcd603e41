"""The first case desk: a list with filters, and a case with its evidence, its history and its next steps."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.cases import clocks, lifecycle, taxonomy
from tala.errors import TalaError
from tala.services import casework, reading
from tala.store.queries import CaseFilter
from tala.web import evidence
from tala.web.api.cases import page_of_cases
from tala.web.api.parameters import MANILA, start_of_day
from tala.web.api.schemas import CaseRow
from tala.web.auth import actor_of, context_of, reads_cases, works_on_cases
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages.citizen import categories, states
from tala.web.pages.shell import page
from tala.web.pages.staff import AnyRequest, Form

_ROWS = 25
_FILTERS = ("state", "agency", "category", "urgency", "from", "to")
_NO_FORM = frozenset({"submit", "merge"})


@get("/desk", operation_id="deskPage", include_in_schema=False, guards=[reads_cases])
async def desk(request: AnyRequest) -> Response[str]:
    """The cases that a member of staff may see."""
    asked = {name: request.query_params.get(name, "") for name in _FILTERS}
    wanted = CaseFilter(
        states=(asked["state"],) if asked["state"] else (),
        agency_code=asked["agency"] or None,
        category=asked["category"] or None,
        urgency=asked["urgency"] or None,
        filed_from=start_of_day(_day(asked["from"])),
        filed_to=start_of_day(_day(asked["to"]), days=1),
    )
    ctx, actor = context_of(request), await actor_of(request)
    cursor = request.query_params.get("cursor") or None
    found = await page_of_cases(ctx, wanted, actor, limit=_ROWS, cursor=cursor)
    language = language_of(request)
    kept = {name: value for name, value in asked.items() if value}
    more = "/desk?" + urlencode({**kept, "cursor": found.next}) if found.next else None
    return page(
        request,
        "desk.html",
        rows=[_row(row, language) for row in found.items],
        asked=asked,
        more=more,
        filtered=bool(kept),
        first="/desk?" + urlencode(kept) if cursor else None,
        states=states(language),
        categories=categories(language),
    )


@get("/desk/cases/{number:str}", operation_id="casePage", include_in_schema=False, guards=[reads_cases])
async def case(request: AnyRequest, number: FromPath[str]) -> Response[str]:
    """One case: recording, words, facts with evidence, history, next steps."""
    return await _case_page(request, number)


@post(
    "/desk/cases/{number:str}/steps",
    operation_id="stepForm",
    include_in_schema=False,
    guards=[works_on_cases],
)
async def step(request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
    """Take the step chosen in the form, and show the case again."""
    action, _, reason = data.get("step", "").partition(":")
    version = data.get("version", "")
    details = casework.Details(
        note=data.get("note", "").strip() or None,
        message=data.get("message", "").strip() or None,
        reply=data.get("reply", "").strip() or None,
        agency_code=data.get("agency_code", "").strip() or None,
    )
    try:
        await casework.transition(
            context_of(request),
            number,
            action,
            await actor_of(request),
            reason=reason or None,
            details=details,
            expected_version=int(version) if version.isdigit() else None,
        )
    except TalaError as error:
        if error.code == "not_found":
            raise
        return await _case_page(request, number, problem=error.message, status=error.status)
    return Redirect(f"/desk/cases/{number}#history", status_code=303)


async def _case_page(
    request: AnyRequest, number: str, *, problem: str = "", status: int = 200
) -> Response[str]:
    found = await reading.read_case(context_of(request), number, await actor_of(request))
    language = language_of(request)
    t = messages(language)
    named = states(language)
    return page(
        request,
        "case.html",
        status=status,
        case=found,
        problem=problem,
        state=named.get(found.state, found.state),
        facts=[_shown(fact, language) for fact in evidence.facts_in_order(found.facts)],
        pieces=evidence.pieces(found.narrative, found.facts),
        history=[_event(event, t, named) for event in reversed(found.events)],
        clocks=[_clock(clock, language) for clock in found.clocks],
        steps=_steps(found.actions, t),
        filed=_moment(found.filed_at),
    )


def _row(row: CaseRow, language: str) -> dict[str, Any]:
    return {
        "ctn": row.ctn,
        "state": row.state,
        "filed": _moment(row.filed_at) if row.filed_at else "",
        "due": _due(row.next_due_at) if row.next_due_at else "",
        "late": row.clock_state == "breached",
        "agency": row.agency_code or "",
        "ground": _ground(row.main_category, language) if row.main_category else "",
        "urgency": row.urgency,
        "excerpt": row.excerpt,
    }


def _ground(code: str, language: str) -> str:
    known = taxonomy.load()
    return known[code].name.in_language(language) if code in known else code


def _shown(fact: evidence.ShownFact, language: str) -> evidence.ShownFact:
    return fact._replace(value=_ground(fact.value, language)) if fact.field == "categories" else fact


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(MANILA).strftime("%Y-%m-%d %H:%M")


def _due(moment: dt.datetime) -> str:
    """The last day of a period; one that ends within a day, with its time."""
    local = moment.astimezone(MANILA)
    if local.time() == dt.time():
        return (local.date() - dt.timedelta(days=1)).isoformat()
    return _moment(moment)


def _day(text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise TalaError("invalid_input", "A day is written as 2026-01-31.") from None


def _event(event: reading.EventView, t: Messages, named: dict[str, str]) -> dict[str, Any]:
    action = event.kind.removeprefix("case.")
    title = t.get(f"action.{action}") or t.get(f"event.{action}")
    target = event.body.get("to")
    reason = event.body.get("reason")
    said = [
        event.body[name] for name in ("note", "message", "reply") if isinstance(event.body.get(name), str)
    ]
    return {
        "seq": event.seq,
        "at": _moment(event.at),
        "title": title or t("event.other", kind=action),
        "state": named.get(str(target), "") if target else "",
        "reason": (t.get(f"reason.{reason}") or str(reason)) if reason else "",
        "said": said,
        "actor": f"{event.actor_kind} {event.actor_id or ''}".strip(),
    }


def _clock(clock: reading.ClockView, language: str) -> dict[str, Any]:
    rule = clocks.load()[clock.code]
    return {
        "name": rule.en if language == "en" else rule.fil,
        "law": rule.law,
        "state": clock.state,
        "due": _due(clock.due_at) if clock.due_at else "",
    }


def _steps(actions: tuple[str, ...], t: Messages) -> list[tuple[str, str]]:
    """The choices of the form: each open step, once for each of its reasons."""
    found = []
    for action in actions:
        entry = lifecycle.load().find(action)
        if entry is None or action in _NO_FORM:
            continue
        name = t.get(f"action.{action}") or action
        found += [
            (f"{action}:{reason}", f"{name}: {t.get(f'reason.{reason}') or reason}")
            for reason in entry.reasons
        ]
        if not entry.reasons:
            found.append((action, name))
    return found
