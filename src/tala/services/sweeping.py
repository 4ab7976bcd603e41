"""The sweeper: rings again for recordings left waiting, and clears away what nobody filed."""

import datetime as dt

import structlog
from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from tala.cases.people import SYSTEM
from tala.services import idempotency
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.disposallog import DisposalLog
from tala.services.drafts import own_draft
from tala.services.intake import PROCESS, WAITING, own_recording
from tala.services.leases import is_dead
from tala.store import livesound
from tala.store.tables import (
    Attachment,
    Draft,
    IntakeTicket,
    LiveSessionRow,
    Recording,
    StaffSession,
)

log = structlog.get_logger(__name__)

_AT_ONCE = 500
_ON_ITS_WAY = dt.timedelta(seconds=3)
_SESSIONS_KEPT = dt.timedelta(days=30)
_ORPHANED_AFTER = dt.timedelta(days=1)
_OWNERS = {"recordings": col(Recording.object_key), "attachments": col(Attachment.object_key)}
_LIVE_KEPT = dt.timedelta(days=1)
UNFILED = ("open", "no_complaint")
"""States of a draft that no case holds, so that its time runs out."""


async def sweep(ctx: Context) -> int:
    """Ring for recordings that wait: never begun, given back, or held by a worker that died.

    Returns:
        how many were rung for.
    """
    moment = ctx.clock()
    await _free_from_the_dead(ctx, moment)
    async with ctx.database.read() as session:
        found = await session.execute(
            select(col(Recording.id), col(Recording.updated_at))
            .where(
                col(Recording.state).in_(WAITING),
                or_(col(Recording.lease_until).is_(None), col(Recording.lease_until) <= moment),
            )
            .order_by(col(Recording.id))
            .limit(_AT_ONCE)
        )
        waiting = found.all()
    for count, (recording_id, updated_at) in enumerate(waiting):
        # What was touched just now may be on its way from the queue into a worker's hands.
        abandoned = moment - updated_at > _ON_ITS_WAY
        if not await ctx.queue.enqueue(PROCESS, recording_id, abandoned=abandoned):
            return count
    return len(waiting)


async def _free_from_the_dead(ctx: Context, moment: dt.datetime) -> None:
    """End leases whose worker died on this machine, instead of waiting until they run out."""
    async with ctx.database.read() as session:
        held = await session.execute(
            select(col(Recording.id), col(Recording.lease_owner)).where(
                col(Recording.state).in_(WAITING), col(Recording.lease_until) > moment
            )
        )
        dead = [(row_id, owner) for row_id, owner in held.all() if owner and is_dead(owner)]
    for row_id, owner in dead:
        async with ctx.database.write() as session:
            await session.execute(
                update(Recording)
                .where(col(Recording.id) == row_id, col(Recording.lease_owner) == owner)
                .values(lease_until=moment)
            )
        log.info("recording.freed", recording=row_id)


async def clear_away(ctx: Context) -> int:
    """Erase what was not filed in time, and forget tickets, keys and sessions whose time is over.

    Returns:
        how many drafts and recordings were erased.
    """
    moment = ctx.clock()
    await idempotency.forget_expired(ctx)
    async with ctx.database.write() as session:
        await session.execute(delete(IntakeTicket).where(col(IntakeTicket.expires_at) <= moment))
        old = moment - _SESSIONS_KEPT
        await session.execute(delete(StaffSession).where(col(StaffSession.expires_at) <= old))
        ended = col(LiveSessionRow.state) == "closed", col(LiveSessionRow.seen_at) <= moment - _LIVE_KEPT
        await session.execute(delete(LiveSessionRow).where(*ended))
    limit = moment - dt.timedelta(days=ctx.settings.draft_days)
    erased = 0
    async with ctx.database.read() as session:
        drafts = list(
            await session.scalars(
                select(col(Draft.id))
                .where(col(Draft.state).in_(UNFILED), col(Draft.updated_at) <= limit)
                .limit(_AT_ONCE)
            )
        )
        recordings = list(
            await session.scalars(
                select(col(Recording.id))
                .where(
                    col(Recording.draft_id).is_(None),
                    col(Recording.state) != "erased",
                    col(Recording.updated_at) <= limit,
                )
                .limit(_AT_ONCE)
            )
        )
    reason = f"not filed within {ctx.settings.draft_days} days"
    for draft_id in drafts:
        erased += await _erase(ctx, draft_id=draft_id, reason=reason)
    for recording_id in recordings:
        erased += await _erase(ctx, recording_id=recording_id, reason=reason)
    if erased:
        log.info("unfiled.erased", count=erased)
    return erased


async def clear_orphans(ctx: Context) -> int:
    """Delete stored objects that no row names: what a server left that was killed between storing a sound and
    writing its row. Nobody was told that these are on record. An object a day old has its row by now.

    Returns:
        how many objects were deleted.
    """
    deleted = 0
    moment = ctx.clock() - _ORPHANED_AFTER
    async for object_keys in ctx.recordings.stored_before(moment, *_OWNERS):
        async with ctx.database.read() as session:
            known: set[str | None] = set()
            for owner in _OWNERS.values():
                known |= set(await session.scalars(select(owner).where(owner.in_(object_keys))))
        for object_key in object_keys:
            if object_key not in known:
                await ctx.recordings.delete(object_key)
                deleted += 1
    if deleted:
        log.info("orphans.deleted", count=deleted)
    return deleted


async def discard_draft(ctx: Context, draft_id: str, *, actor: Caller) -> None:
    """Erase an unfiled draft and its recordings, because the person says so. A filed one stays.

    Raises:
        TalaError: not_found, erased, transition_not_allowed.
    """
    async with ctx.database.read() as session:
        row = await own_draft(session, draft_id, actor)
        _refuse_filed(row.state)
    await _erase(ctx, draft_id=draft_id, reason="discarded by the person who made it", actor=actor)


async def discard_recording(ctx: Context, recording_id: str, *, actor: Caller) -> None:
    """Erase a recording that was not filed, with its draft, because the person says so.

    Raises:
        TalaError: not_found, erased, transition_not_allowed.
    """
    async with ctx.database.read() as session:
        row = await own_recording(session, recording_id, actor)
        _refuse_filed("filed" if row.case_id else "")
    reason = "discarded by the person who made it"
    if row.draft_id:
        await _erase(ctx, draft_id=row.draft_id, reason=reason, actor=actor)
    else:
        await _erase(ctx, recording_id=recording_id, reason=reason, actor=actor)


def _refuse_filed(state: str) -> None:
    from tala.errors import TalaError

    if state == "filed":
        raise TalaError(
            "transition_not_allowed", "This was filed as a case. Withdraw the case with its receipt instead."
        )


async def _erase(
    ctx: Context,
    *,
    draft_id: str | None = None,
    recording_id: str | None = None,
    reason: str,
    actor: Caller | None = None,
) -> int:
    """Destroy keys first, then the objects they open.

    Both the draft and its recordings, or a lone recording.
    """
    live: list[str] = []
    count = 0
    async with ctx.database.write() as session:
        disposals = DisposalLog(ctx, session, actor or SYSTEM, reason, ctx.clock())
        recording_ids = [recording_id] if recording_id else []
        if draft_id is not None:
            draft = await session.get(Draft, draft_id, with_for_update=True)
            if draft is None or draft.state not in UNFILED:
                return 0
            draft.state, draft.updated_at = "erased", ctx.clock()
            draft.sealed_transcript = draft.sealed_facts = draft.sealed_corrections = None
            session.add(draft)
            await disposals.destroy("draft", draft.id, draft.data_key_id)
            recording_ids = list(draft.recording_ids)
        for one in recording_ids:
            row = await session.get(Recording, one, with_for_update=True)
            if row is None or row.case_id is not None or row.state == "erased":
                continue
            await disposals.recording(row)
            count += 1
            await session.execute(delete(LiveSessionRow).where(col(LiveSessionRow.id) == one))
            live += [name async for name in ctx.recordings.names(livesound.folder(one))]
    await disposals.finish()
    for name in live:
        await ctx.recordings.delete(name)
    return max(1, count) if draft_id else count
