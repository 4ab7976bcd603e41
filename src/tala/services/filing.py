"""Filing: a confirmed draft becomes a case with a Control Tracking Number, in one transaction."""

import asyncio
import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import ctn, routing
from tala.cases.people import CITIZEN, Actor
from tala.errors import TalaError
from tala.facts import Facts
from tala.services import idempotency, tokens, understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.drafts import DraftView, own_draft, read_draft
from tala.store import ledger, receipts
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.tables import Case, CaseCategory, Draft, Recording, TranscriptRow
from tala.transcript import Value

log = structlog.get_logger(__name__)

MANILA = ZoneInfo("Asia/Manila")

# Both databases know this form; on PostgreSQL it holds the year's row until the commit, so no number is skipped.
_NEXT = text(
    "INSERT INTO ctn_sequences (year, last) VALUES (:year, 1) "
    "ON CONFLICT (year) DO UPDATE SET last = ctn_sequences.last + 1 RETURNING last"
)


class Filed(Value):
    """A filed case. `receipt_secret` are 16 digits, shown once; null when the draft had been filed before."""

    case_id: str
    ctn: str
    filed_at: dt.datetime
    receipt_secret: str | None = None
    facts: Facts
    replayed: bool = False


async def file_case(
    ctx: Context, draft_id: str, *, actor: Caller, idempotency_key: str | None = None
) -> Filed:
    """File a draft. The same draft again gives the same case.

    Only who filed first learns the receipt's secret: a second call answers without it and never makes another one.
    The same Idempotency-Key, within a day, gets the first answer once more, for a line that dropped in between.

    Raises:
        TalaError: not_found, draft_not_ready, erased; idempotency_mismatch, conflict.
    """
    scope = f"cases:{tokens.digest(actor.capability or actor.reference)[:32]}"
    seen = idempotency.fingerprint({"draft_id": draft_id})
    async with idempotency.once(ctx, scope, idempotency_key) as turn:
        if turn.replay is not None:
            return Filed.model_validate({**turn.replay_for(seen), "replayed": True})
        secret = receipts.make()
        hashed = await asyncio.to_thread(receipts.hash_of, secret)
        async with ctx.database.write() as session:
            row = await own_draft(session, draft_id, actor, lock=True)
            draft_key = await ctx.keys.load(session, row.data_key_id)
            draft, as_read = read_draft(row, draft_key)
            if row.state == "filed":
                return await _filed_before(session, row, draft)
            if not draft.transcript.text.strip():
                raise TalaError(
                    "draft_not_ready", "There is nothing in this draft yet. Say or write what happened."
                )
            case, key = await _open_case(ctx, session, row, draft, hashed)
            await _tell(session, case, key, actor, row, draft, as_read)
            session.add(case)
            await session.flush()
            _add_categories(session, case, draft.facts)
            row.state, row.case_id, row.filed_at, row.updated_at = (
                "filed",
                case.id,
                case.filed_at,
                case.filed_at,
            )
            session.add(row)
            await session.execute(
                update(Recording).where(col(Recording.id).in_(row.recording_ids)).values(case_id=case.id)
            )
            filed = Filed(
                case_id=case.id,
                ctn=case.ctn,
                filed_at=case.filed_at,
                receipt_secret=secret,
                facts=draft.facts,
            )
            await turn.done(session, seen, filed.model_dump(mode="json"), key, 201)
    log.info("case.filed", case=filed.case_id)
    return filed


async def _filed_before(session: AsyncSession, row: Draft, draft: DraftView) -> Filed:
    case = await session.get(Case, row.case_id)
    assert case is not None
    return Filed(case_id=case.id, ctn=case.ctn, filed_at=case.filed_at, facts=draft.facts, replayed=True)


async def _open_case(
    ctx: Context, session: AsyncSession, row: Draft, draft: DraftView, receipt_hash: str
) -> tuple[Case, DataKey]:
    """The case's row, not yet in the session: its first event has to come before it."""
    facts, moment = draft.facts, ctx.clock()
    year = moment.astimezone(MANILA).year
    key = await ctx.keys.create(session, "case")
    sequence = (await session.execute(_NEXT, {"year": year})).scalar_one()
    agency = facts.agency.code if facts.agency else None
    psgc = facts.location.psgc if facts.location else None
    route = routing.route(agency, psgc)
    case_id = new_id()
    complainant = _complainant(facts)
    case = Case(
        id=case_id,
        ctn=ctn.make(year, sequence),
        year=year,
        sequence=sequence,
        state="submitted",
        version=0,
        filed_at=moment,
        updated_at=moment,
        receipt_hash=receipt_hash,
        draft_id=row.id,
        recording_ids=row.recording_ids,
        data_key_id=key.id,
        sealed_narrative=key.seal(draft.transcript.text, "cases", case_id, "narrative"),
        sealed_facts=key.seal(facts.model_dump_json(), "cases", case_id, "facts"),
        sealed_complainant=key.seal(json.dumps(complainant), "cases", case_id, "complainant"),
        anonymous=facts.wants_anonymity,
        agency_code=agency,
        authority=route.authority,
        team=route.desk,
        main_category=facts.categories[0].code if facts.categories else None,
        language=facts.language,
        psgc=psgc,
        incident_date=facts.incident_date.date if facts.incident_date else None,
        urgency=facts.urgency,
        channel=row.channel,
    )
    return case, key


async def _tell(
    session: AsyncSession,
    case: Case,
    key: DataKey,
    actor: Caller,
    row: Draft,
    draft: DraftView,
    as_read: Facts,
) -> None:
    """The case's story so far into its ledger: what came in, what machines made of it, what people changed."""
    filer = _filer(actor)
    found = await session.scalars(select(Recording).where(col(Recording.id).in_(row.recording_ids)))
    for recording in sorted(found, key=lambda r: r.id):
        heard = await session.get(TranscriptRow, recording.id)
        body: dict[str, Any] = {
            "recording": recording.id,
            "received_at": recording.created_at.isoformat(),
            "sound_sha256": recording.sha256,
            "bytes": recording.byte_count,
            "seconds": round((recording.duration_ms or 0) / 1000, 3),
            "consent": recording.consent,
            "attested_by": recording.attested_by,
        }
        await _append(session, case, "recording_received", filer, body)
        if heard is not None:
            body = {
                "recording": recording.id,
                "sound_sha256": recording.sha256,
                "transcript_sha256": heard.sha256,
                "model": heard.model,
                "settings": (row.machine or {}).get("settings", {}),
                "transcribed_at": heard.created_at.isoformat(),
            }
            await _append(session, case, "transcribed", Actor("machine", id=heard.model), body)
    pipeline = str((row.machine or {}).get("pipeline", ""))
    await _append(
        session,
        case,
        "understood",
        Actor("machine", id=pipeline),
        {"pipeline": pipeline, "text_sha256": understanding.digest(draft.transcript.text)},
        personal={"facts": as_read.model_dump(mode="json")},
        key=key,
    )
    for correction in draft.corrections:
        await _append(
            session,
            case,
            "corrected",
            _named(correction.by),
            {"field": correction.field, "corrected_at": correction.at.isoformat()},
            personal={"old": correction.old, "new": correction.new},
            key=key,
        )
    submitted = {
        "ctn": case.ctn,
        "draft": row.id,
        "draft_version": row.version,
        "channel": row.channel,
        "from": "draft",
        "to": "submitted",
    }
    await _append(
        session,
        case,
        "submitted",
        filer,
        submitted,
        personal={"facts": draft.facts.model_dump(mode="json")},
        key=key,
    )


async def _append(
    session: AsyncSession,
    case: Case,
    kind: str,
    actor: Actor,
    body: dict[str, Any],
    *,
    personal: dict[str, Any] | None = None,
    key: DataKey | None = None,
) -> None:
    await ledger.append_to_case(
        session, case, kind, actor, body, personal=personal, key=key, at=case.filed_at
    )


def _filer(actor: Caller) -> Actor:
    """Whoever holds a draft's token is its citizen; an agent or key that files is named."""
    return CITIZEN if actor.kind == "citizen" else Actor(actor.kind, str(actor.role), actor.id)


def _named(reference: str) -> Actor:
    kind, _, row_id = reference.partition(":")
    return CITIZEN if kind == "citizen" else Actor(kind, id=row_id)  # type: ignore[arg-type]


def _complainant(facts: Facts) -> dict[str, Any]:
    """How to reach whoever complains."""
    return {
        "names": [person.name for person in facts.people if person.role == "complainant"],
        "phones": [phone.value for phone in facts.phones],
        "emails": [email.value for email in facts.emails],
        "wants_callback": facts.wants_callback,
    }


def _add_categories(session: AsyncSession, case: Case, facts: Facts) -> None:
    seen: set[str] = set()
    for category in facts.categories:
        if category.code not in seen:
            row = CaseCategory(case_id=case.id, code=category.code, rank=len(seen), score=category.score)
            session.add(row)
            seen.add(category.code)
