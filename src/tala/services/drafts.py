"""Drafts: what was heard or typed, what was understood, and what a person corrected; both are kept."""

import asyncio
import datetime as dt
import json
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases.calendar import manila_date
from tala.errors import TalaError
from tala.facts import Facts
from tala.services import corrections, idempotency, tokens, understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.intake import may_open, own_recording
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.tables import Draft, TranscriptRow
from tala.transcript import Transcript, Value

DraftState = Literal["open", "filed", "attached", "no_complaint", "discarded", "erased"]


class Correction(Value):
    """One field a person changed; `by` is a reference (`citizen`, `user:<id>`), `at` UTC."""

    field: str
    old: Any
    new: Any
    by: str
    at: dt.datetime


class DraftView(Value):
    """A draft as its owner sees it. `version` goes into If-Match."""

    id: str
    version: int
    state: DraftState
    recording_ids: tuple[str, ...]
    transcript: Transcript
    facts: Facts
    corrections: tuple[Correction, ...] = ()
    missing: tuple[str, ...] = ()
    channel: str = "web"
    created_at: dt.datetime
    updated_at: dt.datetime
    case_id: str | None = None


class OpenedDraft(Value):
    """A draft made of typed text. `capability` alone opens it; keep it."""

    draft: DraftView
    capability: str
    replayed: bool = False


async def transcript_of(ctx: Context, recording_id: str, *, actor: Caller) -> Transcript:
    """What was heard in a recording.

    Raises:
        TalaError: not_found; draft_not_ready while it is being transcribed; recording_quarantined; the
            refusal that made it fail.
    """
    async with ctx.database.read() as session:
        recording = await own_recording(session, recording_id, actor)
        row = await session.get(TranscriptRow, recording_id)
        if row is None:
            if recording.error_code:
                raise TalaError(recording.error_code, recording.error_message or "")
            raise TalaError("draft_not_ready", "The recording is still being transcribed.", retryable=True)
        key = await ctx.keys.load(session, recording.data_key_id)
    return Transcript.model_validate_json(key.open(row.sealed, "transcripts", recording_id, "sealed"))


async def draft_of(ctx: Context, draft_id: str, *, actor: Caller) -> DraftView:
    """A draft. Raises TalaError(not_found) also where the capability is another draft's; erased."""
    async with ctx.database.read() as session:
        row = await own_draft(session, draft_id, actor)
        key = await ctx.keys.load(session, row.data_key_id)
    return read_draft(row, key)[0]


async def draft_from_text(
    ctx: Context, text: str, *, actor: Caller, channel: str = "web", idempotency_key: str | None = None
) -> OpenedDraft:
    """A draft of a complaint that was typed.

    Raises:
        TalaError: invalid_input where it is blank or too long; idempotency_mismatch, conflict.
    """
    text = text.strip()
    limit = ctx.settings.max_text_characters
    if not text or len(text) > limit:
        detail = "Write what happened." if not text else f"Write at most {limit} characters."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/text", "detail": detail}])
    if "\x00" in text:
        raise TalaError("invalid_input", "The text holds a character that is not text.")
    seen = idempotency.fingerprint({"text": text, "channel": channel})
    scope = f"drafts:{actor.reference if actor.id else f'citizen:{actor.address_hash}'}"
    async with idempotency.once(ctx, scope, idempotency_key) as turn:
        if turn.replay is not None:
            return OpenedDraft.model_validate({**turn.replay_for(seen), "replayed": True})
        moment = ctx.clock()
        read = await asyncio.to_thread(understanding.read_text, ctx, text, moment)
        typed = Transcript.typed(text, read.facts.language)
        capability = tokens.make(tokens.CAPABILITY)
        async with ctx.database.write() as session:
            key = await ctx.keys.create(session, "draft")
            row = new_draft(
                key,
                typed.model_copy(update={"warnings": read.warnings}),
                read.facts,
                moment=moment,
                channel=channel,
                recording_ids=[],
                capability_hash=tokens.digest(capability),
                machine=read.machine,
                taken_by=actor.id if actor.is_staff and not actor.local else None,
            )
            session.add(row)
            await session.flush()
            opened = OpenedDraft(draft=read_draft(row, key)[0], capability=capability)
            await turn.done(session, seen, opened.model_dump(mode="json"), key, 201)
    return opened


async def correct_draft(
    ctx: Context, draft_id: str, patch: dict[str, Any], *, version: int, actor: Caller
) -> DraftView:
    """Change facts by JSON merge patch (RFC 7396). What a person entered loses the span of what it replaces.

    Args:
        patch: members of Facts; null removes, lists are replaced whole.
        version: the version the person read.

    Raises:
        TalaError: not_found; version_mismatch; transition_not_allowed once filed; invalid_input with JSON
            pointers.
    """
    async with ctx.database.write() as session:
        row = await own_draft(session, draft_id, actor, lock=True)
        if row.version != version:
            raise TalaError(
                "version_mismatch", "Somebody changed this draft meanwhile. Read it again, then correct it."
            )
        if row.state != "open":
            raise TalaError(
                "transition_not_allowed", "This draft was filed; write to the office about its case instead."
            )
        key = await ctx.keys.load(session, row.data_key_id)
        draft, as_read = read_draft(row, key)
        moment = ctx.clock()
        facts, changes = corrections.apply(
            draft.facts,
            patch,
            draft.transcript,
            by=actor.reference,
            complete=understanding.complete,
            today=manila_date(moment),
            agencies=understanding.agency_codes(),
        )
        if not changes:
            return draft
        done = [Correction(**change, by=actor.reference, at=moment) for change in changes]
        facts = understanding.settled(facts)
        row.version += 1
        row.updated_at = moment
        row.sealed_facts = seal_facts(key, row.id, as_read, facts)
        row.sealed_corrections = key.seal(
            json.dumps([c.model_dump(mode="json") for c in (*draft.corrections, *done)]),
            "drafts",
            row.id,
            "corrections",
        )
        session.add(row)
        await session.flush()
        return read_draft(row, key)[0]


async def own_draft(session: AsyncSession, draft_id: str, actor: Caller, *, lock: bool = False) -> Draft:
    """The row of a draft that the actor holds the capability of.

    Raises:
        TalaError: not_found, also where it is there and not the actor's; erased.
    """
    row = await session.get(Draft, draft_id, with_for_update=lock)
    if row is None or not may_open(actor, row.capability_hash, row.taken_by):
        raise TalaError("not_found", "There is no such draft, or this token does not open it.")
    if row.state in ("discarded", "erased"):
        raise TalaError("erased", "This draft was erased.")
    return row


def new_draft(
    key: DataKey,
    transcript: Transcript,
    facts: Facts,
    *,
    moment: dt.datetime,
    channel: str,
    recording_ids: list[str],
    capability_hash: str | None,
    machine: dict[str, Any],
    taken_by: str | None = None,
) -> Draft:
    """A draft's row, its contents sealed. `machine` says which models and settings made it, `taken_by` who on
    the staff took it in.
    """
    draft_id = new_id()
    return Draft(
        id=draft_id,
        created_at=moment,
        updated_at=moment,
        recording_ids=recording_ids,
        data_key_id=key.id,
        sealed_transcript=key.seal(transcript.model_dump_json(), "drafts", draft_id, "transcript"),
        sealed_facts=seal_facts(key, draft_id, facts, facts),
        capability_hash=capability_hash,
        channel=channel,
        machine=machine,
        taken_by=taken_by,
    )


def renew_draft(
    row: Draft,
    key: DataKey,
    transcript: Transcript,
    read: Facts,
    *,
    moment: dt.datetime,
    machine: dict[str, Any],
) -> DraftView:
    """Put a newer reading into an open draft's row. What a person corrected stays as they left it."""
    view, _ = read_draft(row, key)
    changed = {correction.field for correction in view.corrections}
    facts = corrections.kept(read, view.facts, changed, transcript)
    if changed:
        facts = understanding.settled(facts)
    row.version += 1
    row.updated_at = moment
    row.sealed_transcript = key.seal(transcript.model_dump_json(), "drafts", row.id, "transcript")
    row.sealed_facts = seal_facts(key, row.id, read, facts)
    row.machine = machine
    return read_draft(row, key)[0]


def read_draft(row: Draft, key: DataKey) -> tuple[DraftView, Facts]:
    """A draft, and its facts as the machine read them, before corrections."""
    transcript = Transcript.model_validate_json(
        key.open(row.sealed_transcript or b"", "drafts", row.id, "transcript")
    )
    stored = json.loads(key.open(row.sealed_facts or b"", "drafts", row.id, "facts"))
    facts = Facts.model_validate(stored["now"])
    done = (
        json.loads(key.open(row.sealed_corrections, "drafts", row.id, "corrections"))
        if row.sealed_corrections
        else ()
    )
    view = DraftView.model_validate(
        {
            "id": row.id,
            "version": row.version,
            "state": row.state,
            "recording_ids": row.recording_ids,
            "transcript": transcript,
            "facts": facts,
            "corrections": done,
            "missing": facts.missing,
            "channel": row.channel,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "case_id": row.case_id,
        }
    )
    return view, Facts.model_validate(stored["read"])


def seal_facts(key: DataKey, draft_id: str, read: Facts, now: Facts) -> bytes:
    """Facts as the machine read them and as they are now, sealed together."""
    both = {"read": read.model_dump(mode="json"), "now": now.model_dump(mode="json")}
    return key.seal(json.dumps(both, ensure_ascii=False), "drafts", draft_id, "facts")
