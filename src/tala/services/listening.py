"""Hearing and reading what was recorded: the citizen by capability, staff as far as they may see its case,
and before it is filed whoever of them took it in.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases import access
from tala.errors import TalaError
from tala.services import drafts, intake, reading
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.intake import Sound
from tala.store import queries
from tala.store.keys import DataKey
from tala.store.tables import Case, Recording, TranscriptRow
from tala.transcript import Transcript

_NOT_THERE = "There is no such recording, or it is not yours to open."


async def open_sound(ctx: Context, recording_id: str, *, actor: Caller) -> Sound:
    """The recording as it was sent. A member of staff must see its case in full; each hearing is logged.

    Raises:
        TalaError: not_found; forbidden where the case is seen masked, since a voice cannot be; erased;
            recording_quarantined.
    """
    if not actor.is_staff or actor.local or await _took_in(ctx, recording_id, actor):
        return await intake.open_sound(ctx, recording_id, actor=actor)
    row, key = await _for_staff(ctx, recording_id, actor, "hear")
    return Sound(ctx.recordings, row.object_key, key, size=row.byte_count, media_type=row.media_type)


async def transcript_of(ctx: Context, recording_id: str, *, actor: Caller) -> Transcript:
    """What was heard in a recording, under the same rules.

    Raises:
        TalaError: as open_sound, and as drafts.transcript_of.
    """
    if not actor.is_staff or actor.local or await _took_in(ctx, recording_id, actor):
        return await drafts.transcript_of(ctx, recording_id, actor=actor)
    _, key = await _for_staff(ctx, recording_id, actor, "read_transcript")
    async with ctx.database.read() as session:
        row = await session.get(TranscriptRow, recording_id)
    if row is None:
        raise TalaError("not_found", _NOT_THERE)
    return Transcript.model_validate_json(key.open(row.sealed, "transcripts", recording_id, "sealed"))


async def _took_in(ctx: Context, recording_id: str, actor: Caller) -> bool:
    """Whether somebody took a recording in and it is not part of a case yet: then it is theirs to check. From
    its filing on the case decides who may hear it.
    """
    async with ctx.database.read() as session:
        row = await session.get(Recording, recording_id)
    return row is not None and row.case_id is None and row.taken_by is not None and row.taken_by == actor.id


async def _for_staff(
    ctx: Context, recording_id: str, actor: Caller, action: str
) -> tuple[Recording, DataKey]:
    async with ctx.database.write() as session:
        row = await session.get(Recording, recording_id)
        case = await session.get(Case, row.case_id) if row is not None and row.case_id else None
        level = await _level(session, case, actor)
        if case is not None:
            reading.log_access(
                session, ctx.clock(), actor, "recording", recording_id, action, level or "none",
                allowed=level == "full",
            )  # fmt: skip
    if row is None or level is None:
        raise TalaError("not_found", _NOT_THERE)
    if level != "full":
        raise TalaError("forbidden", "You see this case masked, and a voice cannot be masked.")
    if row.state == "erased":
        raise TalaError("erased", "This recording was erased.")
    async with ctx.database.read() as session:
        return row, await ctx.keys.load(session, row.data_key_id)


async def _level(session: AsyncSession, case: Case | None, actor: Caller) -> access.Level | None:
    return access.level(actor, await queries.standing(session, case)) if case is not None else None
