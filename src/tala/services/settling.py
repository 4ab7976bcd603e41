"""What else a draft can come to than a case of its own: part of a case that is there, several complaints, or
no complaint at all.
"""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy import select
from sqlmodel import col

from tala.errors import TalaError
from tala.services import understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.desk import at_desk
from tala.services.drafts import DraftView, new_draft, own_draft, read_draft, seal_facts
from tala.store.tables import Case, Draft, Recording
from tala.transcript import Transcript

log = structlog.get_logger(__name__)
TAKERS = ("agent", "officer", "head")


async def attach_to_case(ctx: Context, draft_id: str, ctn: str, *, actor: Caller) -> Case:
    """Add a draft's recordings to a case that was filed before: the same complaint, told once more.

    Raises:
        TalaError: not_found (draft or case), forbidden, draft_not_ready (a draft without sound),
            transition_not_allowed.
    """
    async with ctx.database.read() as session:
        draft = await own_draft(session, draft_id, actor)
        _must_be_open(draft)
        if not draft.recording_ids:
            raise TalaError("draft_not_ready", "Only recordings can be added. File what was typed instead.")
    async with at_desk(ctx, ctn, actor, None) as desk:
        if desk.role not in TAKERS:
            raise TalaError("forbidden", f"Recordings are added by: {', '.join(TAKERS)}.")
        row = await own_draft(desk.session, draft_id, actor, lock=True)
        _must_be_open(row)
        found = await desk.session.scalars(select(Recording).where(col(Recording.id).in_(row.recording_ids)))
        recordings = list(found)
        desk.body["recordings"] = [
            {"id": one.id, "sound_sha256": one.sha256, "consent": one.consent, "attested_by": one.attested_by}
            for one in recordings
        ]
        fresh = [one for one in row.recording_ids if one not in desk.case.recording_ids]
        desk.case.recording_ids = [*desk.case.recording_ids, *fresh]
        await desk.record("case.add_recording", None)
        for one in recordings:
            one.case_id = one.case_id or desk.case.id
            desk.session.add(one)
        row.state, row.case_id, row.updated_at = "attached", desk.case.id, desk.at
        desk.session.add(row)
        case = desk.case
    log.info("draft.attached", draft=draft_id, case=case.id)
    return case


async def mark_no_complaint(ctx: Context, draft_id: str, *, actor: Caller, version: int) -> DraftView:
    """Set a draft aside as no complaint; marking it again takes the mark off. It is erased when its time is
    over, like every draft that was not filed.

    Raises:
        TalaError: not_found, version_mismatch, transition_not_allowed.
    """
    async with ctx.database.write() as session:
        row = await own_draft(session, draft_id, actor, lock=True)
        if row.version != version:
            raise TalaError("version_mismatch", "Somebody changed this draft meanwhile. Read it again.")
        if row.state not in ("open", "no_complaint"):
            raise TalaError("transition_not_allowed", "This draft was settled before.")
        row.state = "no_complaint" if row.state == "open" else "open"
        row.version += 1
        row.updated_at = ctx.clock()
        session.add(row)
        await session.flush()
        return read_draft(row, await ctx.keys.load(session, row.data_key_id))[0]


async def split_draft(
    ctx: Context, draft_id: str, segments: Sequence[int], *, actor: Caller, version: int
) -> tuple[DraftView, DraftView]:
    """Make two drafts of one recording in which two complaints are told: the utterances named go to a new
    draft, the rest stay. Both are read again, so both begin with what the machine reads in them.

    Raises:
        TalaError: not_found, version_mismatch, transition_not_allowed, invalid_input (none, all, or an
            utterance that is not there).
    """
    async with ctx.database.read() as session:
        row = await own_draft(session, draft_id, actor)
        _must_be_open(row)
        key = await ctx.keys.load(session, row.data_key_id)
        draft, _ = read_draft(row, key)
    whole, moved = draft.transcript, set(segments)
    if not moved or not moved < set(range(len(whole.segments))):
        raise TalaError(
            "invalid_input",
            "Choose some of the utterances, but not all, for the second complaint.",
            errors=[{"pointer": "/segments", "detail": "some, not all"}],
        )
    parts = [_part(whole, moved, keep=keep) for keep in (False, True)]
    stays, goes = await asyncio.to_thread(
        lambda: [understanding.read_transcript(ctx, part, row.created_at) for part in parts]
    )
    moment = ctx.clock()
    async with ctx.database.write() as session:
        row = await own_draft(session, draft_id, actor, lock=True)
        if row.version != version:
            raise TalaError("version_mismatch", "Somebody changed this draft meanwhile. Read it again.")
        _must_be_open(row)
        row.sealed_transcript = key.seal(parts[0].model_dump_json(), "drafts", row.id, "transcript")
        row.sealed_facts = seal_facts(key, row.id, stays.facts, stays.facts)
        row.sealed_corrections = None
        row.version += 1
        row.updated_at = moment
        session.add(row)
        fresh_key = await ctx.keys.create(session, "draft")
        other = new_draft(
            fresh_key,
            parts[1],
            goes.facts,
            moment=moment,
            channel=row.channel,
            recording_ids=list(row.recording_ids),
            capability_hash=None,
            taken_by=row.taken_by,
            machine=row.machine or {},
        )
        session.add(other)
        await session.flush()
        return read_draft(row, key)[0], read_draft(other, fresh_key)[0]


def _part(whole: Transcript, moved: set[int], *, keep: bool) -> Transcript:
    chosen = [one for number, one in enumerate(whole.segments) if (number in moved) is keep]
    return Transcript.of(
        chosen,
        seconds=whole.seconds,
        language=whole.language,
        language_probability=whole.language_probability,
        channels=whole.channels,
        model=whole.model,
        warnings=whole.warnings,
    )


def _must_be_open(row: Draft) -> None:
    if row.state == "no_complaint":
        raise TalaError(
            "transition_not_allowed", "This was set aside as no complaint. Take the mark off first."
        )
    if row.state != "open":
        raise TalaError("transition_not_allowed", "This draft was settled before.")
