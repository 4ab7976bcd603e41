"""Recordings that staff and machines send in parts, so that a dropped line costs a part and not the whole.

Each part is sealed under a key of the upload's own and stored before it is counted. When the last byte is
there, the parts are read through the ordinary intake: a recording is a recording, however it came.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import structlog
from pydantic import Field
from sqlalchemy import func, select, update
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import intake
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.services.intake import Consent
from tala.store.arriving import UploadRow
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.transcript import Value

log = structlog.get_logger(__name__)

LIFE = dt.timedelta(hours=24)
MOST_OPEN = 500
MOST_PARTS = 10_000
TAKERS = (Role.AGENT, Role.OFFICER, Role.HEAD, Role.ADMINISTRATOR)


class NewUpload(Value):
    """What is about to be sent: `length` in bytes, and what an ordinary upload says of itself."""

    length: int = Field(ge=1)
    consent: Consent
    filename: str = Field("", max_length=255)
    media_type: str = Field("application/octet-stream", max_length=100)
    language: str = Field("auto", max_length=16)


class UploadView(Value):
    """How far an upload is. `recording_id` once all of it is there; `error_code` where it was refused."""

    id: str
    length: int
    offset: int
    state: str
    expires_at: dt.datetime
    recording_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None


async def create(ctx: Context, new: NewUpload, *, actor: Caller) -> UploadView:
    """Make room for a recording that will come in parts.

    Raises:
        TalaError: forbidden, payload_too_large, rate_limited where too many uploads are open.
    """
    actor.require(*TAKERS)
    if new.length > ctx.settings.max_upload_bytes:
        most = ctx.settings.max_upload_bytes // 1_000_000
        raise TalaError("payload_too_large", f"The upload is larger than {most} MB. Send a shorter one.")
    moment = ctx.clock()
    async with ctx.database.write() as session:
        waiting = select(func.count()).select_from(UploadRow)
        waiting = waiting.where(col(UploadRow.owner_id) == actor.id, col(UploadRow.state) == "open")
        if int((await session.execute(waiting)).scalar_one()) >= MOST_OPEN:
            raise TalaError("rate_limited", f"{MOST_OPEN} uploads are open. Finish or cancel some first.")
        key = await ctx.keys.create(session, "upload")
        row_id = new_id()
        row = UploadRow(
            id=row_id,
            owner_kind=actor.kind,
            owner_id=actor.id or "",
            created_at=moment,
            expires_at=moment + LIFE,
            length=new.length,
            data_key_id=key.id,
            sealed_filename=key.seal(new.filename, "uploads", row_id, "filename"),
            media_type=new.media_type,
            consent=new.consent,
            language=new.language,
        )
        session.add(row)
        await session.flush()
        return _view(row)


async def status(ctx: Context, upload_id: str, *, actor: Caller) -> UploadView:
    """How far an upload is. Raises TalaError(not_found), also where it is somebody else's or has expired."""
    row, _ = await _own(ctx, upload_id, actor)
    return _view(row)


async def append(
    ctx: Context, upload_id: str, offset: int, chunks: AsyncIterator[bytes], *, actor: Caller
) -> UploadView:
    """Store the next part, however much of it comes before the line drops, and finish where it was the last.

    Args:
        offset: where the part begins; it has to be where the upload ends so far.

    Raises:
        TalaError: not_found; conflict (another offset, or somebody else is sending); payload_too_large;
            what the intake refuses, such as recording_not_audio: the upload is over then.
    """
    row, key = await _own(ctx, upload_id, actor)
    if row.state == "done":
        return _view(row)
    if row.state == "refused":
        raise TalaError(row.error_code or "recording_not_audio", row.error_message or "")
    if offset != row.offset:
        raise TalaError("conflict", f"The upload ends at byte {row.offset}. Go on from there.")
    if len(row.parts) >= MOST_PARTS:
        raise TalaError("conflict", f"An upload has {MOST_PARTS} parts at most. Begin again, in larger ones.")
    name = f"uploads/{row.id}/{offset}-{new_id()}"
    size, _ = await ctx.recordings.put_stream(name, _at_most(chunks, row.length - offset), key)
    async with ctx.database.write() as session:
        changed = await session.execute(
            update(UploadRow)
            .where(
                col(UploadRow.id) == row.id, col(UploadRow.offset) == offset, col(UploadRow.state) == "open"
            )
            .values(offset=offset + size, parts=[*row.parts, name], expires_at=ctx.clock() + LIFE)
        )
    if not changed.rowcount or not size:  # type: ignore[attr-defined]
        await ctx.recordings.delete(name)
        if size:
            raise TalaError("conflict", "This part was sent by another request. Ask how far the upload is.")
    row, key = await _own(ctx, upload_id, actor)
    if row.offset == row.length:
        return await _finish(ctx, row, key, actor)
    return _view(row)


async def cancel(ctx: Context, upload_id: str, *, actor: Caller) -> None:
    """Erase an upload with all its parts. Raises TalaError(not_found)."""
    row, _ = await _own(ctx, upload_id, actor)
    await _erase(ctx, row)


async def expire(ctx: Context) -> int:
    """Erase uploads whose time is over; how many."""
    async with ctx.database.read() as session:
        rows = await session.scalars(
            select(UploadRow).where(col(UploadRow.expires_at) <= ctx.clock()).limit(500)
        )
        found = list(rows)
    for row in found:
        await _erase(ctx, row)
    return len(found)


async def _finish(ctx: Context, row: UploadRow, key: DataKey, actor: Caller) -> UploadView:
    """Read the parts through the intake. A process that dies on the way is followed by the next status or
    part: the upload's id is the idempotency key.
    """
    about = intake.Upload.model_validate(
        {
            "consent": row.consent,
            "filename": key.open_text(row.sealed_filename or b"", "uploads", row.id, "filename"),
            "media_type": row.media_type,
            "language": row.language,
            "channel": row.channel,
        }
    )
    values: dict[str, Any]
    try:
        received = await intake.receive_recording(
            ctx, _joined(ctx, row, key), lambda: about, actor=actor, idempotency_key=f"upload:{row.id}"
        )
    except TalaError as error:
        if error.retryable or error.status >= 500 or error.code == "conflict":
            raise
        values = {"state": "refused", "error_code": error.code, "error_message": error.message}
        await _settle(ctx, row, values)
        raise
    await _settle(ctx, row, {"state": "done", "recording_id": received.recording_id})
    done, _ = await _own(ctx, row.id, actor)
    return _view(done)


async def _settle(ctx: Context, row: UploadRow, values: dict[str, Any]) -> None:
    async with ctx.database.write() as session:
        await session.execute(update(UploadRow).where(col(UploadRow.id) == row.id).values(parts=[], **values))
    for name in row.parts:
        await ctx.recordings.delete(str(name))


async def _joined(ctx: Context, row: UploadRow, key: DataKey) -> AsyncIterator[bytes]:
    for name in row.parts:
        async for piece in ctx.recordings.read(str(name), key):
            yield piece


async def _at_most(chunks: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    """The part as far as it comes: a line that drops ends it, more than was announced is refused."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TalaError("payload_too_large", "More bytes came than the upload said it has.")
        yield chunk


async def _own(ctx: Context, upload_id: str, actor: Actor) -> tuple[UploadRow, DataKey]:
    async with ctx.database.read() as session:
        row = await session.get(UploadRow, upload_id)
        if row is None or row.owner_id != actor.id or row.expires_at <= ctx.clock():
            raise TalaError("not_found", "There is no such upload, or its time is over. Begin again.")
        return row, await ctx.keys.load(session, row.data_key_id)


async def _erase(ctx: Context, row: UploadRow) -> None:
    async with ctx.database.write() as session:
        await ctx.keys.destroy(session, row.data_key_id)
        found = await session.get(UploadRow, row.id)
        if found is not None:
            await session.delete(found)
    for name in row.parts:
        await asyncio.shield(ctx.recordings.delete(str(name)))


def _view(row: UploadRow) -> UploadView:
    return UploadView.model_validate(row, from_attributes=True)
