"""Taking a recording in: tickets, the upload, its state, and its release from quarantine.

A recording is in the store, encrypted and hashed, before anything else happens to it. `processing.py` turns
it into a draft, `drafts.py` shows and corrects the draft, `filing.py` makes it a case.
"""

import asyncio
import datetime as dt
import hashlib
import io
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.audio.sniff import HEAD_BYTES, sniff
from tala.errors import TalaError
from tala.services import idempotency, tokens
from tala.services.actors import Caller
from tala.services.context import Context
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.recordings import RecordingStore
from tala.store.tables import IntakeTicket, Recording
from tala.transcript import Value, Warning_

log = structlog.get_logger(__name__)

Consent = Literal["self", "all-parties", "unknown"]
RecordingState = Literal[
    "receiving",
    "received",
    "quarantined",
    "decoding",
    "transcribing",
    "understanding",
    "ready",
    "failed",
    "erased",
]
SETTLED = frozenset({"quarantined", "ready", "failed", "erased"})
"""States in which nothing more happens by itself."""

WAITING = ("received", "decoding", "transcribing", "understanding")
PROCESS = "process_recording"
_TICKETS_PER_HOUR = 30
_HOUR = dt.timedelta(hours=1)
_WATCH_SECONDS = 0.4

_UNLAWFUL = (
    "Recording a private conversation without everyone's consent is unlawful (RA 4200), so it was set aside "
    "and not transcribed. Say that all parties agreed to release it, or discard it."
)
QUARANTINED_UNKNOWN = f"Nobody has said that everyone heard in this recording agreed to it. {_UNLAWFUL}"
QUARANTINED_CHANNELS = (
    "This recording has two channels, as calls do, and nobody has said that all parties agreed to it. "
    + _UNLAWFUL
)


class Ticket(Value):
    """A citizen's permission to file; `ticket` is shown once."""

    ticket: str
    expires_at: dt.datetime
    expires_s: int


class Upload(Value):
    """What comes with the sound.

    `consent` is who is on the recording and whether they agreed: `self` (only the speaker), `all-parties`,
    `unknown`.
    """

    consent: Consent
    filename: str = Field("", max_length=255)
    media_type: str = Field("application/octet-stream", max_length=100)
    language: str = Field("auto", max_length=16)
    channel: str = "web"


class Received(Value):
    """The answer to an upload. `capability` alone opens the recording, its transcript and draft; keep it."""

    recording_id: str
    state: RecordingState
    capability: str
    message: str | None = None
    replayed: bool = False


class Problem(Value):
    """Why something was refused or set aside."""

    code: str
    message: str


class RecordingStatus(Value):
    """A recording as its owner sees it; `progress` runs from 0 to 1, over the transcription."""

    id: str
    state: RecordingState
    progress: float
    created_at: dt.datetime
    consent: Consent
    attested_by: str | None
    channel_count: int
    media_type: str
    bytes: int
    sha256: str
    language: str
    duration_ms: int | None = None
    source: dict[str, Any] | None = None
    quality: dict[str, Any] | None = None
    warnings: tuple[Warning_, ...] = ()
    draft_id: str | None = None
    error: Problem | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in SETTLED


@dataclass(frozen=True, slots=True)
class Sound:
    """A stored recording to read from: `size` in bytes, and what the sender said it is."""

    _store: RecordingStore
    _object_key: str
    _key: DataKey = field(repr=False)
    size: int = field(kw_only=True)
    media_type: str = field(kw_only=True)

    def read(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes [start, end), decrypted, in pieces of up to a megabyte."""
        return self._store.read(self._object_key, self._key, start, end)


async def open_ticket(ctx: Context, *, address: str) -> Ticket:
    """Let a citizen file without an account, for a short while.

    Raises:
        TalaError: rate_limited when this address asked too often.
    """
    moment = ctx.clock()
    token = tokens.make(tokens.TICKET)
    address_hash = ctx.hash_address(address)
    life = dt.timedelta(minutes=ctx.settings.intake_ticket_minutes)
    async with ctx.database.write() as session:
        opened = await session.scalar(
            select(func.count())
            .select_from(IntakeTicket)
            .where(col(IntakeTicket.ip_hash) == address_hash, col(IntakeTicket.created_at) > moment - _HOUR)
        )
        if (opened or 0) >= max(_TICKETS_PER_HOUR, ctx.settings.uploads_per_hour):
            raise TalaError(
                "rate_limited", "Too many tickets were asked for from this address. Try again in an hour."
            )
        session.add(
            IntakeTicket(
                hash=tokens.digest(token),
                created_at=moment,
                expires_at=moment + life,
                ip_hash=address_hash,
                uses=0,
            )
        )
    return Ticket(ticket=token, expires_at=moment + life, expires_s=int(life.total_seconds()))


async def check_ticket(ctx: Context, token: str, *, address: str) -> Caller:
    """The citizen behind an intake ticket.

    Raises:
        TalaError: unauthenticated where the ticket is unknown or has expired.
    """
    async with ctx.database.read() as session:
        row = await session.get(IntakeTicket, tokens.digest(token))
    if row is None or row.expires_at <= ctx.clock():
        raise TalaError("unauthenticated", "This intake ticket is not valid any more. Ask for a new one.")
    return Caller("citizen", address_hash=ctx.hash_address(address), ticket_hash=row.hash)


def bearer_of(capability: str) -> Caller:
    """The citizen who holds a capability token; what it opens is checked where it is used."""
    return Caller("citizen", capability=capability)


async def receive_recording(
    ctx: Context,
    chunks: AsyncIterable[bytes],
    describe: Callable[[], Upload],
    *,
    actor: Caller,
    idempotency_key: str | None = None,
    ring: bool = True,
) -> Received:
    """Store a recording while it arrives and ask a worker to make a draft of it.

    Args:
        chunks: the sound, in any container; never whole in memory.
        describe: called when the stream has ended (in a form, fields may follow the file).
        idempotency_key: the same key with the same sound and fields gives the same recording and answer.
        ring: False leaves the work to the caller, who calls process_recording() next.

    Raises:
        TalaError: payload_too_large, recording_empty, rate_limited, storage_unavailable; idempotency_mismatch
            when the key was used for something else, conflict while the first upload under it still runs.
    """
    await use_ticket(ctx, actor)
    scope = f"recordings:{_scope(actor)}"
    async with idempotency.once(ctx, scope, idempotency_key) as turn:
        if turn.replay is not None:
            digest = hashlib.sha256()
            async for chunk in _bounded(ctx, chunks):
                digest.update(chunk)
            answer = turn.replay_for(_fingerprint(digest.hexdigest(), describe()))
            return Received.model_validate({**answer, "replayed": True})
        recording_id, object_key = new_id(), f"recordings/{new_id()}"
        async with ctx.database.write() as session:
            key = await ctx.keys.create(session, "recording")
        try:
            arriving = _sniffed(_bounded(ctx, chunks))
            size, sha256 = await ctx.recordings.put_stream(object_key, turn.alive(arriving), key)
            upload = describe()
            row, received = _row(ctx, actor, upload, key, recording_id, object_key, size, sha256)
            async with ctx.database.write() as session:
                session.add(row)
                await session.flush()
                await turn.done(
                    session, _fingerprint(sha256, upload), received.model_dump(mode="json"), key, 202
                )
        except BaseException:
            # Also when the caller is gone in the middle: a sound without a row would never be found again.
            await asyncio.shield(_undo(ctx, object_key, key))
            raise
    log.info("recording.received", recording=recording_id, bytes=size, state=row.state)
    if ring and row.state == "received":
        await ctx.queue.enqueue(PROCESS, recording_id)
    return received


async def recording_status(ctx: Context, recording_id: str, *, actor: Caller) -> RecordingStatus:
    """How far a recording is.

    Raises TalaError(not_found) also where the capability is another recording's.
    """
    async with ctx.database.read() as session:
        return status_of(await own_recording(session, recording_id, actor))


async def watch_recording(
    ctx: Context, recording_id: str, *, actor: Caller
) -> AsyncIterator[RecordingStatus]:
    """The state of a recording, now and each time it changes, until nothing more happens by itself."""
    last: RecordingStatus | None = None
    while last is None or not last.settled:
        # A reader may hang up at any moment; a read of the database that is cut short would leave its
        # connection behind.
        status = await asyncio.shield(recording_status(ctx, recording_id, actor=actor))
        if status != last:
            yield status
        last = status
        if not status.settled:
            await asyncio.sleep(_WATCH_SECONDS)


async def open_sound(ctx: Context, recording_id: str, *, actor: Caller) -> Sound:
    """The recording as it was sent, to be played or saved.

    Raises:
        TalaError: not_found; recording_quarantined, since replaying an unlawful recording is unlawful too.
    """
    async with ctx.database.read() as session:
        row = await own_recording(session, recording_id, actor)
        if row.state == "quarantined":
            raise TalaError("recording_quarantined", row.error_message or "")
        key = await ctx.keys.load(session, row.data_key_id)
    return Sound(ctx.recordings, row.object_key, key, size=row.byte_count, media_type=row.media_type)


async def release_recording(
    ctx: Context, recording_id: str, *, actor: Caller, ring: bool = True
) -> RecordingStatus:
    """Release a quarantined recording: the actor attests that all parties on it agreed. Doing it twice is
    harmless.

    Raises:
        TalaError: not_found; transition_not_allowed where the recording failed or was erased.
    """
    async with ctx.database.write() as session:
        row = await own_recording(session, recording_id, actor, lock=True)
        if row.state == "quarantined":
            row.state, row.consent, row.attested_by = "received", "all-parties", actor.reference
            row.error_code = row.error_message = None
            row.updated_at = ctx.clock()
            session.add(row)
            await session.flush()
        elif row.state in ("failed", "erased"):
            raise TalaError("transition_not_allowed", "This recording was refused or erased; send it again.")
        status = status_of(row)
    if ring and status.state == "received":
        await ctx.queue.enqueue(PROCESS, recording_id)
    return status


async def own_recording(
    session: AsyncSession, recording_id: str, actor: Caller, *, lock: bool = False
) -> Recording:
    """The row of a recording that the actor holds the capability of.

    Raises:
        TalaError: not_found, also where it is there and not the actor's; erased.
    """
    row = await session.get(Recording, recording_id, with_for_update=lock)
    if row is None or not may_open(actor, row.capability_hash, row.taken_by):
        raise TalaError("not_found", "There is no such recording, or this token does not open it.")
    if row.state == "erased":
        raise TalaError("erased", "This recording was erased.")
    return row


def may_open(actor: Caller, capability_hash: str | None, taken_by: str | None = None) -> bool:
    """Whether the actor may open what a capability opens: who holds it, whoever on the staff took it in, and
    Tala itself.
    """
    if actor.is_staff and taken_by is not None and actor.id == taken_by:
        return True
    return actor.local or tokens.matches(actor.capability, capability_hash)


def status_of(row: Recording) -> RecordingStatus:
    """What the owner sees of a recording's row."""
    error = Problem(code=row.error_code, message=row.error_message or "") if row.error_code else None
    return RecordingStatus.model_validate(
        {
            "id": row.id,
            "state": row.state,
            "progress": row.progress,
            "created_at": row.created_at,
            "consent": row.consent,
            "attested_by": row.attested_by,
            "channel_count": row.channel_count,
            "media_type": row.media_type,
            "bytes": row.byte_count,
            "sha256": row.sha256,
            "language": row.language,
            "duration_ms": row.duration_ms,
            "source": row.source,
            "quality": row.quality,
            "warnings": row.warnings or (),
            "draft_id": row.draft_id,
            "error": error,
        }
    )


def _row(
    ctx: Context,
    actor: Caller,
    upload: Upload,
    key: DataKey,
    recording_id: str,
    object_key: str,
    size: int,
    sha256: str,
) -> tuple[Recording, Received]:
    capability = tokens.make(tokens.CAPABILITY)
    moment = ctx.clock()
    row = Recording(
        id=recording_id,
        created_at=moment,
        updated_at=moment,
        consent=upload.consent,
        channel=upload.channel,
        attested_by=None if upload.consent == "unknown" else actor.reference,
        sealed_filename=key.seal(upload.filename, "recordings", recording_id, "filename"),
        media_type=upload.media_type,
        byte_count=size,
        sha256=sha256,
        object_key=object_key,
        data_key_id=key.id,
        language=upload.language,
        capability_hash=tokens.digest(capability),
        taken_by=actor.id if actor.is_staff and not actor.local else None,
    )
    if upload.consent == "unknown":
        row.state, row.error_code, row.error_message = (
            "quarantined",
            "recording_quarantined",
            QUARANTINED_UNKNOWN,
        )
    received = Received.model_validate(
        {"recording_id": row.id, "state": row.state, "capability": capability, "message": row.error_message}
    )
    return row, received


async def _undo(ctx: Context, object_key: str, key: DataKey) -> None:
    await ctx.recordings.delete(object_key)
    async with ctx.database.write() as session:
        await ctx.keys.destroy(session, key.id)


async def use_ticket(ctx: Context, actor: Caller) -> None:
    """Count an upload or live session against the ticket and its address.

    Keys and signed-in people have limits of their own.
    """
    if not actor.ticket_hash:
        return
    async with ctx.database.write() as session:
        used = await session.scalar(
            select(func.coalesce(func.sum(col(IntakeTicket.uses)), 0)).where(
                col(IntakeTicket.ip_hash) == actor.address_hash,
                col(IntakeTicket.created_at) > ctx.clock() - _HOUR,
            )
        )
        ticket = await session.get(IntakeTicket, actor.ticket_hash, with_for_update=True)
        if ticket is None:
            raise TalaError("unauthenticated", "This intake ticket is not valid any more. Ask for a new one.")
        if max(used or 0, ticket.uses) >= ctx.settings.uploads_per_hour:
            raise TalaError(
                "rate_limited", "Too much was sent from this address within an hour. Try again later."
            )
        ticket.uses += 1
        session.add(ticket)


def _scope(actor: Caller) -> str:
    # Citizens share no account: the address keeps one citizen's keys apart from another's.
    return actor.reference if actor.id else f"citizen:{actor.address_hash}"


def _fingerprint(sha256: str, upload: Upload) -> str:
    return idempotency.fingerprint({"sha256": sha256, "consent": upload.consent, "language": upload.language})


async def _bounded(ctx: Context, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    limit, size = ctx.settings.max_upload_bytes, 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TalaError(
                "payload_too_large", f"The upload is larger than {limit // 1_000_000} MB. Send a shorter one."
            )
        yield chunk


async def _sniffed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Refuse what is no sound by its first bytes, before anything of it is stored."""
    head, known = bytearray(), False
    async for chunk in chunks:
        if known:
            yield chunk
            continue
        head += chunk
        if len(head) >= HEAD_BYTES:
            sniff(io.BytesIO(head), len(head))
            known = True
            yield bytes(head)
    if not known:
        sniff(io.BytesIO(head), len(head))
        yield bytes(head)
