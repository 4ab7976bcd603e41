"""Opening a case to somebody: as much as they need to know, and a line in the access log."""

import asyncio
import datetime as dt
import json
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import access, lifecycle
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import caseclocks, relations
from tala.services.context import Context
from tala.store import ledger, queries, receipts
from tala.store.keys import DataKey
from tala.store.tables import AccessLog, Case, CaseEvent, CaseMessage, CaseText, Endorsement
from tala.transcript import Value

NOT_THERE = "There is no such case, or it is not yours to see."


class ClockView(Value):
    """A clock of a case."""

    code: str
    round: int
    state: str
    started_at: dt.datetime
    due_at: dt.datetime | None
    stopped_at: dt.datetime | None
    extended: bool


class EventView(Value):
    """A step in a case's history."""

    seq: int
    at: dt.datetime
    kind: str
    actor_kind: str
    actor_id: str | None = None
    body: dict[str, Any]


class MessageView(Value):
    """A note or message."""

    id: str
    at: dt.datetime
    direction: str
    author_kind: str
    author_id: str | None = None
    body: str


class CaseView(Value):
    """A case as one reader sees it. `level`: own (the citizen's), full, masked or endorsed."""

    id: str
    ctn: str
    version: int
    level: str
    state: str
    filed_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None = None
    erased_at: dt.datetime | None = None
    agency_code: str | None = None
    office: str | None = None
    authority: str | None = None
    team: str | None = None
    assignee_id: str | None = None
    main_category: str | None = None
    categories: tuple[str, ...] = ()
    language: str = "en"
    psgc: str | None = None
    incident_date: dt.date | None = None
    urgency: str = "low"
    channel: str = "web"
    anonymous: bool = False
    transaction_class: str | None = None
    outcome: str | None = None
    clock_state: str = "none"
    next_due_at: dt.datetime | None = None
    narrative: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    complainant: dict[str, Any] | None = None
    filer_relation: str | None = None
    recording_ids: tuple[str, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    events: tuple[EventView, ...] = ()
    messages: tuple[MessageView, ...] = ()
    links: tuple[relations.LinkView, ...] = ()
    endorsements: tuple[relations.EndorsementView, ...] = ()
    actions: tuple[str, ...] = ()
    merged_into: str | None = None


async def read_case(
    ctx: Context, ctn: str, actor: Actor, *, receipt: str | None = None, reason: str | None = None
) -> CaseView:
    """A case for whoever asks, written to the access log unless it is the citizen's own.

    Args:
        receipt: the secret of the receipt, which alone opens a case to a citizen.
        reason: why a reader who sees it masked asks for the full case; only an auditor may, and the log keeps
        it.

    Raises:
        TalaError: not_found, also where somebody may not know of the case; forbidden (reason given by another
        role).
    """
    if actor.role == "citizen" or actor.kind == "citizen":
        async with ctx.database.read() as session:
            case = await own_case(session, ctn, receipt)
            return await view(session, ctx, case, "own", "citizen", None)
    allowed = True
    async with ctx.database.write() as session:
        found = await queries.case_by_ctn(session, ctn)
        standing = None if found is None else await queries.standing(session, found)
        level = None if standing is None else access.level(actor, standing)
        if level is not None and reason is not None:
            level = _unmasked(actor, level)
        if found is not None and actor.kind != "system":
            allowed = level is not None
            log_access(
                session,
                ctx.clock(),
                actor,
                "case",
                found.id,
                "read",
                level or "none",
                reason,
                allowed=allowed,
            )
        if found is not None and standing is not None and level is not None:
            return await view(session, ctx, found, level, access.role_in(actor, standing), actor)
    raise TalaError("not_found", NOT_THERE)


def _unmasked(actor: Actor, level: access.Level) -> access.Level:
    if level == "full":
        return level
    if actor.role != "auditor":
        raise TalaError("forbidden", "Only an auditor may ask for what is masked, with a reason.")
    return "full"


async def own_case(session: AsyncSession, ctn: str, receipt: str | None) -> Case:
    """The case a receipt opens; TalaError("not_found") alike for a wrong number and a wrong secret."""
    case = await queries.case_by_ctn(session, ctn)
    stored = case.receipt_hash if case else None
    if not await asyncio.to_thread(receipts.matches, receipt or "", stored) or case is None:
        raise TalaError("not_found", "No case has this number and receipt. Check both and try again.")
    return case


def log_access(
    session: AsyncSession,
    at: dt.datetime,
    actor: Actor,
    subject_kind: str,
    subject_id: str,
    action: str,
    level: str,
    reason: str | None = None,
    *,
    allowed: bool = True,
) -> None:
    """Write a line of the access log in the running transaction."""
    session.add(
        AccessLog(
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            role=actor.role,
            subject_kind=subject_kind,
            subject_id=subject_id,
            action=action,
            level=level,
            reason=reason,
            allowed=allowed,
        )
    )


async def view(
    session: AsyncSession, ctx: Context, case: Case, level: str, role: str, actor: Actor | None
) -> CaseView:
    """What a reader of a level sees of a case; `actor` None is the citizen."""
    key = None
    if level in ("own", "full") and case.erased_at is None:
        key = await ctx.keys.load(session, case.data_key_id)
    text = await session.get(CaseText, case.id)
    grounds = await queries.categories_of(session, [case.id])
    clocks = await caseclocks.of_case(session, case.id)
    merged = await session.get(Case, case.merged_into_id) if case.merged_into_id else None
    plain = {name: getattr(case, name) for name in _PLAIN if level != "endorsed" or name not in _INTERNAL}
    return CaseView(
        **plain,
        level=level,
        categories=tuple(row.code for row in grounds.get(case.id, [])),
        narrative=_narrative(case, key, text),
        facts=_facts(case, key, text),
        complainant=_complainant(case, key),
        recording_ids=tuple(case.recording_ids) if key else (),
        clocks=tuple(
            ClockView.model_validate(row.model_dump(include=set(ClockView.model_fields))) for row in clocks
        ),
        events=tuple(await _events(session, case, level, key)),
        messages=tuple(await messages_of(session, case, level, key)),
        links=() if level == "endorsed" else tuple(await relations.links_of(session, case, actor)),
        endorsements=tuple(
            await relations.endorsements_of(
                session, case, key, access.employer(actor) if actor and level == "endorsed" else None
            )
        ),
        actions=tuple(step.action for step in lifecycle.actions(case.state, role)),
        merged_into=merged.ctn if merged else None,
    )


_PLAIN = (
    "id",
    "ctn",
    "version",
    "state",
    "filed_at",
    "updated_at",
    "closed_at",
    "erased_at",
    "agency_code",
    "office",
    "authority",
    "team",
    "assignee_id",
    "main_category",
    "language",
    "psgc",
    "incident_date",
    "urgency",
    "channel",
    "anonymous",
    "transaction_class",
    "outcome",
    "clock_state",
    "next_due_at",
    "filer_relation",
)
_INTERNAL = ("team", "assignee_id", "filer_relation")


def _narrative(case: Case, key: DataKey | None, text: CaseText | None) -> str:
    if key is not None and case.sealed_narrative is not None:
        return key.open_text(case.sealed_narrative, "cases", case.id, "narrative")
    return text.text if text else ""


def _facts(case: Case, key: DataKey | None, text: CaseText | None) -> dict[str, Any]:
    if key is not None and case.sealed_facts is not None:
        return dict(json.loads(key.open_text(case.sealed_facts, "cases", case.id, "facts")))
    return dict(json.loads(text.facts)) if text else {}


def _complainant(case: Case, key: DataKey | None) -> dict[str, Any] | None:
    if key is None or case.sealed_complainant is None:
        return None
    return dict(json.loads(key.open_text(case.sealed_complainant, "cases", case.id, "complainant")))


async def _events(session: AsyncSession, case: Case, level: str, key: DataKey | None) -> list[EventView]:
    statement = select(CaseEvent).where(col(CaseEvent.ledger_id) == case.id).order_by(col(CaseEvent.seq))
    rows = list(await session.scalars(statement))
    if level == "full":
        return [_event(row, key, who=True) for row in rows]
    if level == "masked":
        return [_event(row, None, who=True) for row in rows]
    # The citizen and the agency learn what happened and when, not who did it nor what is noted inside.
    return [_public(row) for row in rows if row.kind in PUBLIC_EVENTS]


PUBLIC_EVENTS = frozenset(
    {f"case.{step.action}" for step in lifecycle.load().step}
    | {"case.extend_clock", "case.message_to_citizen", "case.message_from_citizen"}
    | {"case.correct", "case.erase"}
)
_PUBLIC_MEMBERS = ("from", "to", "reason", "outcome", "agency", "code")


def _event(row: CaseEvent, key: DataKey | None, *, who: bool) -> EventView:
    body = json.loads(row.record)["body"]
    if key is not None:
        body = ledger.open_personal(body, row.id, key)
    return EventView(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id if who else None,
        body=_without_ciphertext(body),
    )


def _without_ciphertext(body: dict[str, Any]) -> dict[str, Any]:
    return {
        name: "•••" if isinstance(value, dict) and "sealed" in value else value
        for name, value in body.items()
    }


def _public(row: CaseEvent) -> EventView:
    shown = _event(row, None, who=False)
    return shown.model_copy(update={"body": {k: v for k, v in shown.body.items() if k in _PUBLIC_MEMBERS}})


async def messages_of(
    session: AsyncSession, case: Case, level: str, key: DataKey | None
) -> list[MessageView]:
    """The messages a reader of a level sees: internal notes only inside, nothing without the key."""
    if key is None:
        return []
    statement = select(CaseMessage).where(col(CaseMessage.case_id) == case.id)
    if level == "own":
        statement = statement.where(col(CaseMessage.direction) != "internal")
    rows = await session.scalars(statement.order_by(col(CaseMessage.at), col(CaseMessage.id)))
    return [
        MessageView(
            id=row.id,
            at=row.at,
            direction=row.direction,
            author_kind=row.author_kind,
            author_id=row.author_id if level == "full" else None,
            body=key.open_text(row.sealed_body, "case_messages", row.id, "body"),
        )
        for row in rows
        if row.sealed_body is not None
    ]


async def endorsements_of(session: AsyncSession, case_id: str) -> list[Endorsement]:
    """To whom a case was sent, oldest first."""
    statement = select(Endorsement).where(col(Endorsement.case_id) == case_id)
    return list(await session.scalars(statement.order_by(col(Endorsement.sent_at), col(Endorsement.id))))
