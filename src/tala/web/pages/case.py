"""One case: what was said, its facts with evidence, its clocks, what happened, what can be done."""

import datetime as dt
from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response, Stream

from tala.cases import clocks, lifecycle
from tala.errors import TalaError
from tala.services import attachments, clockwork, directory, duplicates, reading, rights, watching
from tala.services.actors import Caller
from tala.services.context import Context
from tala.web import evidence
from tala.web.auth import actor_of, context_of, reads_cases, works_on_cases
from tala.web.i18n import Messages, language_of, messages
from tala.web.multipart import Upload
from tala.web.pages import doings, filters, letters, words
from tala.web.pages.intake import csrf_of
from tala.web.pages.shell import AnyRequest, page
from tala.web.pages.staff import Form
from tala.web.pages.streams import stream
from tala.web.problems import body_of

_NO_FORM = frozenset({"submit", "merge"})
HANDLERS = ("officer", "head")


@get("/desk/cases/{number:str}", operation_id="casePage", include_in_schema=False, guards=[reads_cases])
async def case(request: AnyRequest, number: FromPath[str]) -> Response[str]:
    """One case, as far as its reader may see it."""
    return await case_page(request, number)


@get(
    "/desk/cases/{number:str}/events",
    operation_id="caseChanges",
    include_in_schema=False,
    guards=[reads_cases],
    media_type="text/event-stream",
)
async def changes(request: AnyRequest, number: FromPath[str]) -> Stream:
    """The version of the case, whenever somebody moves it on."""
    ctx, actor = context_of(request), await actor_of(request)
    await watching.version_of(ctx, number, actor)  # refuse before the stream begins

    def told(version: int) -> list[tuple[str, object]]:
        return [("version", {"version": version})]

    return stream(watching.watch_case(ctx, number, actor), told)


@post(
    "/desk/cases/{number:str}/steps",
    operation_id="stepForm",
    include_in_schema=False,
    guards=[works_on_cases],
)
async def step(request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
    """Take the step chosen in the form, and show the case again."""
    return await _done(request, number, doings.take_step, data)


@post(
    "/desk/cases/{number:str}/do/{doing:str}",
    operation_id="doingForm",
    include_in_schema=False,
    guards=[works_on_cases],
)
async def do(request: AnyRequest, number: FromPath[str], doing: FromPath[str], data: Form) -> Response[Any]:
    """What else is done with a case: notes, messages, assignment, class, links, holds."""
    act = doings.DOINGS.get(doing)
    if act is None:
        raise TalaError("not_found", "There is no such form.")
    return await _done(request, number, act, data)


@post(
    "/desk/cases/{number:str}/files",
    operation_id="fileForm",
    include_in_schema=False,
    guards=[works_on_cases],
    request_max_body_size=None,  # bounded while it is read
)
async def add_file(request: AnyRequest, number: FromPath[str]) -> Response[Any]:
    """Add a file to the case."""
    ctx, actor = context_of(request), await actor_of(request)
    try:
        upload = Upload(request, max_bytes=attachments.MOST_BYTES)
        chunks = upload.chunks()
        first = await anext(chunks, b"")

        async def whole() -> Any:
            yield first
            async for chunk in chunks:
                yield chunk

        incoming = attachments.Incoming(
            filename=upload.filename,
            media_type=upload.media_type.partition(";")[0].strip().lower(),
            chunks=whole(),
            kind=upload.fields.get("kind") or "evidence",
        )
        await attachments.attach(ctx, number, incoming, actor)
    except TalaError as error:
        return await _refused(request, number, error)
    return Redirect(f"/desk/cases/{number}#files", status_code=303)


async def _done(request: AnyRequest, number: str, act: doings.Doing, data: dict[str, str]) -> Response[Any]:
    try:
        where = await act(context_of(request), number, await actor_of(request), data)
    except TalaError as error:
        return await _refused(request, number, error)
    return Redirect(where or f"/desk/cases/{number}#history", status_code=303)


async def _refused(request: AnyRequest, number: str, error: TalaError) -> Response[Any]:
    if error.code in ("not_found", "unauthenticated"):
        raise error
    return await case_page(
        request, number, problem=str(body_of(request, error)["detail"]), status=error.status
    )


async def case_page(
    request: AnyRequest, number: str, *, problem: str = "", status: int = 200
) -> Response[str]:
    """The page of a case, also after something was refused."""
    ctx, actor = context_of(request), await actor_of(request)
    asked = request.query_params.get("reason", "").strip()[:300] or None
    found = await reading.read_case(ctx, number, actor, reason=asked)
    language = language_of(request)
    t = messages(language)
    named = words.states(t)
    handles = found.level == "full" and actor.role in HANDLERS
    people = await directory.names(ctx, actor, _ids(found))
    values: dict[str, Any] = {
        "case": found,
        "problem": problem,
        "handles": handles,
        "state": named.get(found.state, found.state),
        "facts": [_shown(fact, language) for fact in evidence.facts_in_order(found.facts)],
        "pieces": evidence.pieces(found.narrative, found.facts),
        "history": [_event(event, t, named, people) for event in reversed(found.events)],
        "clocks": [await _clock(ctx, number, actor, one, t) for one in found.clocks],
        "steps": _steps(found.actions, t),
        "filed": words.moment(found.filed_at),
        "assignee": people.get(found.assignee_id or "", ""),
        "talk": [_message(one, t, people) for one in found.messages],
        "links": found.links,
        "endorsements": found.endorsements,
        "states": named,
        "moment": words.moment,
        "similar": [],
        "assignees": [],
        "files": [],
        "letters": letters.choices(t) if handles else [],
        "requests": [],
    }
    if handles:
        values["similar"] = await duplicates.similar_cases(ctx, number, actor)
        values["assignees"] = await directory.assignees(ctx, number, actor)
        values["files"] = await attachments.listed(ctx, number, actor)
        asked_of_us = await rights.of_case(ctx, number, actor, receipt=None)
        values["requests"] = [words.request(one, t) for one in asked_of_us]
    return page(
        request,
        "case.html",
        status=status,
        lines=filters.lines_for_programs(ctx.settings.base_url, f"/api/v1/cases/{found.ctn}", ""),
        page_data={
            "messages": t.under("error.", "case."),
            "language": language,
            "csrf": csrf_of(request),
            "ctn": found.ctn,
            "version": found.version,
        },
        **values,
    )


def _ids(found: reading.CaseView) -> list[str]:
    ids = [event.actor_id for event in found.events] + [one.author_id for one in found.messages]
    return [one for one in (*ids, found.assignee_id) if one]


def _shown(fact: evidence.ShownFact, language: str) -> evidence.ShownFact:
    return fact._replace(value=words.ground(fact.value, language)) if fact.field == "categories" else fact


def _who(kind: str, actor_id: str | None, t: Messages, people: dict[str, str]) -> str:
    if kind == "staff" and actor_id in people:
        return people[actor_id]
    return t.get(f"who.{kind}") or kind


def _event(
    event: reading.EventView, t: Messages, named: dict[str, str], people: dict[str, str]
) -> dict[str, Any]:
    action = event.kind.removeprefix("case.").replace(".", "_")
    title = t.get(f"action.{action}") or t.get(f"happened.{action}") or t.get(f"event.{action}")
    target, reason = event.body.get("to"), event.body.get("reason")
    said = [
        event.body[name]
        for name in ("note", "message", "reply", "text")
        if isinstance(event.body.get(name), str)
    ]
    return {
        "seq": event.seq,
        "at": words.moment(event.at),
        "title": title or t("event.other", kind=action),
        "state": named.get(str(target), "") if target else "",
        "reason": (t.get(f"reason.{reason}") or str(reason)) if reason else "",
        "agency": event.body.get("agency") or "",
        "said": said,
        "actor": _who(event.actor_kind, event.actor_id, t, people),
    }


def _message(one: reading.MessageView, t: Messages, people: dict[str, str]) -> dict[str, Any]:
    return {
        "at": words.moment(one.at),
        "direction": one.direction,
        "who": _who(one.author_kind, one.author_id, t, people),
        "body": one.body,
    }


async def _clock(
    ctx: Context, number: str, actor: Caller, clock: reading.ClockView, t: Messages
) -> dict[str, Any]:
    rule = clocks.load()[clock.code]
    days: list[dict[str, Any]] = []
    if clock.stopped_at is None:
        days = [
            {"date": day.date.isoformat(), "number": day.number, "reason": day.reason, "law": day.law}
            for day in await clockwork.explain_clock(ctx, number, clock.code, actor)
        ]
    left = None
    if clock.due_at is not None and clock.stopped_at is None:
        left = (clock.due_at - ctx.clock()) // dt.timedelta(days=1)
    return {
        "code": clock.code,
        "name": words.clock(clock.code, t.language),
        "law": rule.law,
        "state": clock.state,
        "due": words.due(clock.due_at) if clock.due_at else "",
        "left": left,
        "days": days,
        "counted": max((day["number"] or 0 for day in days), default=0),
        "length": rule.length * (2 if clock.extended else 1),
        "working": rule.unit == "working_days",
        "extendable": rule.extendable and not clock.extended and clock.stopped_at is None,
    }


def _steps(actions: tuple[str, ...], t: Messages) -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices of the form: each open step, with one choice for each of its reasons."""
    found = []
    for action in actions:
        entry = lifecycle.load().find(action)
        if entry is None or action in _NO_FORM:
            continue
        name = t.get(f"action.{action}") or action
        reasons = [
            (f"{action}:{reason}", f"{name}: {t.get(f'reason.{reason}') or reason}")
            for reason in entry.reasons
        ]
        found.append((name, reasons or [(action, name)]))
    return found
