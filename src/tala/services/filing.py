"""Filing: a confirmed draft becomes a case with a Control Tracking Number, in one transaction."""

import asyncio
import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import CITIZEN, Actor
from tala.errors import TalaError
from tala.facts import Facts
from tala.services import idempotency, masking, opening, tokens, understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.drafts import DraftView, own_draft, read_draft
from tala.services.intake import WAITING
from tala.store import receipts
from tala.store.canonical import canonical
from tala.store.tables import Case, Draft, Recording, TranscriptRow
from tala.transcript import Value

log = structlog.get_logger(__name__)


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

    Only who filed first learns the receipt's secret: a second call answers without it and never makes another
    one. The same Idempotency-Key, within a day, gets the first answer once more, for a line that dropped in
    between.

    Raises:
        TalaError: not_found, draft_not_ready, erased; idempotency_mismatch, conflict.
    """
    scope = f"cases:{tokens.digest(actor.capability or actor.reference)[:32]}"
    seen = idempotency.fingerprint({"draft_id": draft_id})
    async with idempotency.once(ctx, scope, idempotency_key) as turn:
        if turn.replay is not None:
            return Filed.model_validate({**turn.replay_for(seen), "replayed": True})
        prepared = await _prepare(ctx, draft_id, actor)
        secret, hashed = await asyncio.to_thread(_receipt)
        async with ctx.database.write() as session:
            row = await own_draft(session, draft_id, actor, lock=True)
            draft, as_read = read_draft(row, await ctx.keys.load(session, row.data_key_id))
            if row.state == "filed":
                return await _filed_before(session, row, draft)
            if row.state != "open":
                raise TalaError(
                    "draft_not_ready",
                    "This draft was set aside or added to another case. Open it again before you file it.",
                )
            if not draft.transcript.text.strip():
                raise TalaError(
                    "draft_not_ready", "There is nothing in this draft yet. Say or write what happened."
                )
            _refuse_unheard(await _recordings(session, row))
            moment = ctx.clock()
            if prepared.version != row.version:  # corrected in between
                prepared = _mask(draft)
            new = await _new_case(session, row, draft, as_read, prepared)
            new = replace(new, receipt_secret=secret, receipt_hash=hashed)
            opened = await opening.open_case(session, ctx.database, ctx.keys, new, _filer(actor), moment)
            case = opened.case
            row.state, row.case_id, row.filed_at, row.updated_at = "filed", case.id, moment, moment
            session.add(row)
            for recording in await _recordings(session, row):
                # A recording of several complaints is heard with the first case it was filed as.
                recording.case_id = recording.case_id or case.id
                session.add(recording)
            filed = Filed(
                case_id=case.id,
                ctn=case.ctn,
                filed_at=moment,
                receipt_secret=opened.receipt_secret,
                facts=draft.facts,
            )
            key = await ctx.keys.load(session, case.data_key_id)
            await turn.done(session, seen, filed.model_dump(mode="json"), key, 201)
    log.info("case.filed", case=filed.case_id)
    return filed


def _refuse_unheard(recordings: list[Recording]) -> None:
    """A live conversation has its draft before its sound is whole."""
    states = {recording.state for recording in recordings}
    if "receiving" in states:
        raise TalaError("draft_not_ready", "This is still being recorded. Finish speaking, then file it.")
    if states & set(WAITING):
        raise TalaError(
            "draft_not_ready",
            "The rest of the recording is still being written down. Wait a moment, check it, then file.",
            retryable=True,
        )


async def _filed_before(session: AsyncSession, row: Draft, draft: DraftView) -> Filed:
    case = await session.get(Case, row.case_id)
    assert case is not None
    return Filed(case_id=case.id, ctn=case.ctn, filed_at=case.filed_at, facts=draft.facts, replayed=True)


@dataclass(frozen=True, slots=True)
class _Masked:
    """What may be read of a draft without its key; of which version of the draft."""

    version: int
    text: str
    facts: dict[str, Any]


async def _prepare(ctx: Context, draft_id: str, actor: Caller) -> _Masked:
    """Mask before the transaction, in a thread: it reads the whole text again, and others wait to file."""
    async with ctx.database.read() as session:
        row = await own_draft(session, draft_id, actor)
        draft, _ = read_draft(row, await ctx.keys.load(session, row.data_key_id))
    return await asyncio.to_thread(_mask, draft)


def _receipt() -> tuple[str, str]:
    """A new receipt's secret and its hash."""
    secret = receipts.make()
    return secret, receipts.hash_of(secret)


def _mask(draft: DraftView) -> _Masked:
    return _Masked(draft.version, *masking.masked(draft.transcript.text, draft.facts))


async def _new_case(
    session: AsyncSession, row: Draft, draft: DraftView, as_read: Facts, prepared: _Masked
) -> opening.NewCase:
    return opening.NewCase(
        facts=draft.facts,
        narrative=draft.transcript.text,
        masked_text=prepared.text,
        masked_facts=prepared.facts,
        channel=row.channel,
        draft_id=row.id,
        recording_ids=row.recording_ids,
        sources=await _sources(session, row, draft, as_read),
        corrections=[correction.model_dump(mode="json") for correction in draft.corrections],
        complainant=complainant_of(draft.facts),
    )


async def _sources(session: AsyncSession, row: Draft, draft: DraftView, as_read: Facts) -> dict[str, Any]:
    """What the case was made from, for the ledger: hashes, models, settings, consent; nobody's words."""
    machine = row.machine or {}
    recordings = []
    for recording in await _recordings(session, row):
        heard = await session.get(TranscriptRow, recording.id)
        recordings.append(
            {
                "id": recording.id,
                "received_at": recording.created_at.isoformat(),
                "sound_sha256": recording.sha256,
                "bytes": recording.byte_count,
                "milliseconds": recording.duration_ms,
                "consent": recording.consent,
                "attested_by": recording.attested_by,
                "transcript_sha256": heard.sha256 if heard else None,
                "transcribed_at": heard.created_at.isoformat() if heard else None,
            }
        )
    return {
        "recordings": recordings,
        "models": {name: machine.get(name) for name in ("speech", "pipeline") if name in machine},
        "settings": machine.get("settings", {}),
        "text_sha256": understanding.digest(draft.transcript.text),
        "facts_as_read_sha256": understanding.digest(canonical(as_read.model_dump(mode="json"))),
        "draft_version": row.version,
    }


async def _recordings(session: AsyncSession, row: Draft) -> list[Recording]:
    if not row.recording_ids:
        return []
    found = await session.scalars(
        select(Recording).where(col(Recording.id).in_(row.recording_ids)).order_by(col(Recording.id))
    )
    return list(found)


def _filer(actor: Caller) -> Actor:
    """Whoever holds a draft's token is its citizen; staff and keys that file are named."""
    return CITIZEN if actor.kind == "citizen" else Actor(actor.kind, str(actor.role), actor.id)


def complainant_of(facts: Facts) -> dict[str, Any] | None:
    """Who complains and how to reach them, as far as they said."""
    names = [person.name for person in facts.people if person.role == "complainant"]
    phones = [phone.value for phone in facts.phones]
    emails = [email.value for email in facts.emails]
    if not (names or phones or emails):
        return None
    return {"names": names, "phones": phones, "emails": emails, "wants_callback": facts.wants_callback}
