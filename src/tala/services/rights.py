"""What a citizen asks for of their own data (RA 10173): a copy at once; to rectify, erase or stop using it by
request, which a head of office or an administrator answers within fifteen working days.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select, true
from sqlmodel import col

from tala.cases import access, clocks
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import alerts, erasure, reading, rectifying
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.desk import Once, at_desk, checked_text, once, opened
from tala.store import queries
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.office import RightsRequest
from tala.store.tables import Case
from tala.transcript import Value

Kind = Literal["rectify", "erase", "object"]
MOST_OPEN = 5
DECIDERS = ("head", "administrator")


class RequestView(Value):
    """A request; `text` and `answer` are shown to the citizen and to those who decide."""

    id: str
    ctn: str
    kind: str
    state: str
    at: dt.datetime
    due_at: dt.datetime
    decided_at: dt.datetime | None = None
    text: str = ""
    answer: str = ""


async def copy(ctx: Context, ctn: str, actor: Actor, *, receipt: str | None) -> dict[str, Any]:
    """Everything a citizen's own case holds about them, as JSON types; an event of the case.

    Raises:
        TalaError: not_found, erased.
    """
    async with at_desk(ctx, ctn, actor, receipt) as desk:
        if desk.role != "citizen":
            raise TalaError("forbidden", "A copy is given to the citizen, by receipt.")
        await desk.record("case.copy_given", None)
    case = await reading.read_case(ctx, ctn, actor, receipt=receipt)
    return {"made_at": ctx.clock().isoformat(), "case": case.model_dump(mode="json")}


async def ask(
    ctx: Context,
    ctn: str,
    kind: Kind,
    text: str,
    actor: Actor,
    *,
    receipt: str | None,
    idempotency_key: str | None = None,
) -> RequestView:
    """Ask for something; the heads of the authority are told.

    Raises:
        TalaError: not_found, invalid_input, conflict (many open ones), erased; idempotency_mismatch.
    """
    text = checked_text(text, "/text")
    async with once(ctx, ctn, actor, idempotency_key, {"kind": kind, "text": text}) as before:
        if before.done is not None:
            async with ctx.database.read() as session:
                case, _ = await opened(session, ctn, actor, receipt)
                row = await session.get(RightsRequest, before.done)
            assert row is not None
            return _view(row, case.ctn, text, "")
        return await _ask(ctx, ctn, kind, text, actor, receipt, before)


async def _ask(
    ctx: Context, ctn: str, kind: Kind, text: str, actor: Actor, receipt: str | None, before: Once
) -> RequestView:
    async with at_desk(ctx, ctn, actor, receipt, before) as desk:
        if desk.role not in ("citizen", "agent"):
            raise TalaError("forbidden", "This is the citizen's to ask.")
        mine = select(RightsRequest).where(
            col(RightsRequest.case_id) == desk.case.id, col(RightsRequest.state) == "open"
        )
        if len((await desk.session.scalars(mine)).all()) >= MOST_OPEN:
            raise TalaError("conflict", "Your earlier requests are still open; they are answered first.")
        rule = clocks.load()["ra6713_reply"]
        due = clocks.due(rule, clocks.Clock(rule.code, desk.at), desk.calendar)
        row = RightsRequest(id=new_id(), case_id=desk.case.id, kind=kind, at=desk.at, due_at=due or desk.at)
        row.sealed_text = desk.key.seal(text, "rights_requests", row.id, "text")
        desk.body |= {"request": row.id, "kind": kind}
        desk.personal["text"] = text
        await desk.record("case.rights_request", None, row.id)
        desk.session.add(row)
        heads = await alerts.responsible(desk.session, desk.case, ("head",))
        alerts.tell(desk.session, heads, desk.case.id, "rights_request", desk.at)
        return _view(row, desk.case.ctn, text, "")


async def of_case(ctx: Context, ctn: str, actor: Actor, *, receipt: str | None) -> list[RequestView]:
    """The requests about a case, oldest first, for the citizen and for those who handle it."""
    async with ctx.database.read() as session:
        case, role = await opened(session, ctn, actor, receipt)
        if role not in ("citizen", "head", "officer"):
            raise TalaError("forbidden", "Requests are shown to the citizen and those who handle the case.")
        rows = list(
            await session.scalars(
                select(RightsRequest)
                .where(col(RightsRequest.case_id) == case.id)
                .order_by(col(RightsRequest.at))
            )
        )
        key = None if case.erased_at is not None else await ctx.keys.load(session, case.data_key_id)
        return [_opened(row, case.ctn, key) for row in rows]


async def open_ones(ctx: Context, actor: Actor) -> list[RequestView]:
    """Requests nobody has answered yet about cases that one's authority handles, the most urgent first;
    without their words.

    Raises:
        TalaError: forbidden.
    """
    if actor.role not in DECIDERS:
        raise TalaError("forbidden", f"This is for: {', '.join(DECIDERS)}.")
    handled = true() if actor.role == "administrator" else col(Case.authority) == access.employer(actor)
    statement = (
        select(RightsRequest, col(Case.ctn))
        .join(Case, col(Case.id) == col(RightsRequest.case_id))
        .where(col(RightsRequest.state) == "open", queries.visible_to(actor), handled)
        .order_by(col(RightsRequest.due_at), col(RightsRequest.id))
        .limit(queries.MOST_ROWS)
    )
    async with ctx.database.read() as session:
        return [_view(row, number, "", "") for row, number in (await session.execute(statement)).all()]


async def decide(
    ctx: Context,
    ctn: str,
    request_id: str,
    actor: Caller,
    *,
    granted: bool,
    answer: str,
    facts: Mapping[str, Any] | None = None,
) -> RequestView:
    """Answer a request. Erasing that is granted is done at once, unless the case is under legal hold; so is
    rectifying, where the answer brings the facts as a JSON merge patch.

    Raises:
        TalaError: not_found, forbidden, conflict (answered before, legal hold), invalid_input.
    """
    answer = checked_text(answer, "/answer")
    rectified = None
    if facts is not None:
        if not granted:
            detail = "Facts are put right with a request that is granted."
            raise TalaError("invalid_input", detail, errors=[{"pointer": "/facts", "detail": detail}])
        rectified = await rectifying.prepare(ctx, ctn, facts, actor)
    async with at_desk(ctx, ctn, actor, None) as desk:
        if desk.actor.role not in DECIDERS or desk.role == "agency":
            raise TalaError("forbidden", f"This is for: {', '.join(DECIDERS)}.")
        row = await desk.session.get(RightsRequest, request_id)
        if row is None or row.case_id != desk.case.id:
            raise TalaError("not_found", "The case has no such request.")
        if row.state != "open":
            raise TalaError("conflict", "This request was answered before.")
        erases = granted and row.kind == "erase"
        if erases and desk.case.legal_hold:
            raise TalaError("conflict", "The case is under legal hold. Lift the hold first.")
        if rectified is not None:
            if row.kind != "rectify":
                detail = "The request is not about putting facts right."
                raise TalaError("invalid_input", detail, errors=[{"pointer": "/facts", "detail": detail}])
            await rectifying.put(desk, rectified, f"Request {row.id} of the data subject")
        row.state = "granted" if granted else "refused"
        row.decided_at, row.decided_by = desk.at, desk.actor.id
        row.sealed_answer = desk.key.seal(answer, "rights_requests", row.id, "answer")
        desk.body |= {"request": row.id, "kind": row.kind, "granted": granted}
        desk.personal["answer"] = answer
        await desk.record("case.rights_decision", None)
        desk.session.add(row)
        shown = _view(row, desk.case.ctn, "", answer)
    if erases:
        await erasure.erase_case(ctx, ctn, actor, reason=f"request {request_id} of the data subject")
    return shown


def _opened(row: RightsRequest, ctn: str, key: DataKey | None) -> RequestView:
    def text(sealed: bytes | None, column: str) -> str:
        if key is None or sealed is None:
            return ""
        return key.open_text(sealed, "rights_requests", row.id, column)

    return _view(row, ctn, text(row.sealed_text, "text"), text(row.sealed_answer, "answer"))


def _view(row: RightsRequest, ctn: str, text: str, answer: str) -> RequestView:
    return RequestView(
        id=row.id,
        ctn=ctn,
        kind=row.kind,
        state=row.state,
        at=row.at,
        due_at=row.due_at,
        decided_at=row.decided_at,
        text=text,
        answer=answer,
    )
