"""From a stored recording to a draft: decode, look at its quality, transcribe, understand.

Whoever works on a recording holds a lease on its row and renews it. A worker that dies lets it run out; the
next one claims the row and goes on from the last checkpoint. Every write checks that the lease is still one's
own, so that a worker that was only asleep cannot write over its successor: a recording becomes one draft,
however often it is begun.
"""

import asyncio
import contextlib
import datetime as dt
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.audio.decode import Decoded, DecodeLimits, decode
from tala.errors import TalaError
from tala.services import scratch, understanding
from tala.services.context import Context
from tala.services.drafts import new_draft, read_draft, renew_draft
from tala.services.intake import QUARANTINED_CHANNELS, WAITING
from tala.services.leases import new_owner
from tala.store.canonical import canonical
from tala.store.keys import DataKey
from tala.store.tables import Draft, Recording, TranscriptRow
from tala.transcript import Transcript, Warning_

log = structlog.get_logger(__name__)

LEASE = dt.timedelta(seconds=30)
MOST_ATTEMPTS = 5
"""Times a recording is begun without getting on before it is given up."""

_RENEW_SECONDS = 8.0
_BEAT_SECONDS = 0.5
_BACK_OFF = (2, 10, 30, 60)
_WAIT = dt.timedelta(seconds=15)

WORTHLESS = frozenset(
    {
        "recording_empty",
        "recording_too_long",
        "recording_not_audio",
        "recording_truncated",
        "recording_encrypted",
        "recording_too_many_channels",
    }
)
"""Refusals after which nothing is worth keeping: no sound came out of the file."""

_GIVEN_UP = (
    "This recording could not be processed, however often it was tried. It is kept; please tell whoever runs "
    "this installation."
)


class _LeaseLostError(Exception):
    """Somebody else works on this recording now."""


async def process_recording(
    ctx: Context, recording_id: str, *, alive: Callable[[], Any] | None = None, patient: bool = True
) -> None:
    """Make a draft of a recording; nothing happens where that is done, being done, or not allowed.

    A refusal (no sound, too long, no speech) ends in the state `failed` with its code and sentence and is not
    tried again; what may pass (storage away, weights missing) is tried again later; an unexpected error a few
    times.

    Args:
        alive: awaited now and then while the work goes on.
        patient: False lets whoever waits for it hear at once what went wrong, refusals apart.
    """
    work = await _claim(ctx, recording_id)
    if work is None:
        return
    beat = asyncio.create_task(work.beat(alive))
    try:
        await _work(ctx, work)
    except _LeaseLostError:
        log.warning("recording.lease_lost", recording=recording_id)
    except asyncio.CancelledError:
        await asyncio.shield(work.release(dt.timedelta(0), counts=False))
        raise
    except TalaError as error:
        if not await _refused(work, error) and not patient:
            raise
    except Exception as error:
        await _tried(work)
        if not patient:
            raise
        log.exception("recording.error", recording=recording_id, error=type(error).__name__)
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat


class _Work:
    """One claim of one recording."""

    def __init__(self, ctx: Context, row: Recording, key: DataKey) -> None:
        self.ctx = ctx
        self.row = row
        self.key = key
        self.stop = threading.Event()
        self._progress = row.progress
        self._checkpoint: bytes | None = None
        self._renewed = time.monotonic()

    def progressed(self, done: float, total: float) -> None:
        """Note how many seconds of sound are done. Called from the engine's thread."""
        self._progress = min(1.0, done / total) if total > 0 else 1.0

    def checkpointed(self, state: bytes) -> None:
        """Note a state the transcription can go on from. Called from the engine's thread."""
        self._checkpoint = state

    async def beat(self, alive: Callable[[], Any] | None) -> None:
        """Write progress and checkpoints down as they come, and renew the lease."""
        written = self._progress
        while not self.stop.is_set():
            await asyncio.sleep(_BEAT_SECONDS)
            checkpoint, progress = self._checkpoint, self._progress
            due = time.monotonic() - self._renewed > _RENEW_SECONDS
            if not due and checkpoint is None and progress == written:
                continue
            values: dict[str, Any] = {"progress": progress}
            if checkpoint is not None:
                # It got on, so what ended earlier attempts was not this recording's doing.
                values |= {"sealed_checkpoint": self._seal_checkpoint(checkpoint), "attempts": 1}
            try:
                await self.write(**values)
            except _LeaseLostError:
                return
            except Exception as error:  # the database may be away for a moment; the lease is longer than that
                log.warning("recording.beat_failed", recording=self.row.id, error=type(error).__name__)
                continue
            written = progress
            if self._checkpoint is checkpoint:
                self._checkpoint = None
            if alive is not None:
                await alive()

    async def write(self, **values: Any) -> None:
        """Change the recording's row and renew the lease, if it is still one's own."""
        moment = self.ctx.clock()
        async with self.ctx.database.write() as session:
            done = await session.execute(
                update(Recording)
                .where(col(Recording.id) == self.row.id, col(Recording.lease_owner) == self.row.lease_owner)
                .values(updated_at=moment, lease_until=moment + LEASE, **values)
            )
        if done.rowcount == 0:  # type: ignore[attr-defined]
            self.stop.set()
            raise _LeaseLostError
        self._renewed = time.monotonic()

    async def release(self, after: dt.timedelta, *, counts: bool = True) -> None:
        """Give the recording back, to be claimed again after a while."""
        self.stop.set()
        values: dict[str, Any] = {"lease_owner": None, "lease_until": self.ctx.clock() + after}
        if self._checkpoint is not None:
            values["sealed_checkpoint"] = self._seal_checkpoint(self._checkpoint)
        if not counts:
            values["attempts"] = max(0, self.row.attempts - 1)
        async with self.ctx.database.write() as session:
            await session.execute(
                update(Recording)
                .where(col(Recording.id) == self.row.id, col(Recording.lease_owner) == self.row.lease_owner)
                .values(**values)
            )

    @contextlib.asynccontextmanager
    async def finishing(self) -> AsyncIterator[tuple[AsyncSession, Recording]]:
        """A transaction that ends the work.

        The row, locked, if it is still one's own; the lease ends with it.
        """
        async with self.ctx.database.write() as session:
            row = await session.get(Recording, self.row.id, with_for_update=True)
            if row is None or row.lease_owner != self.row.lease_owner:
                raise _LeaseLostError
            yield session, row
            row.lease_owner = row.lease_until = row.sealed_checkpoint = None
            row.updated_at = self.ctx.clock()
            session.add(row)
        self.stop.set()

    async def in_thread[**P, R](self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that blocks. When cancelled, tell it to stop and wait until it has."""
        running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or not task.cancelling():  # nobody cancelled us: the work saw that it should stop
                raise _LeaseLostError from None
            self.stop.set()
            await asyncio.wait([running])
            raise
        except BaseException:
            if self.stop.is_set():
                raise _LeaseLostError from None
            raise

    def checkpoint(self) -> bytes | None:
        """Where an earlier attempt got to."""
        sealed = self.row.sealed_checkpoint
        return self.key.open(sealed, "recordings", self.row.id, "checkpoint") if sealed else None

    def _seal_checkpoint(self, state: bytes) -> bytes:
        return self.key.seal(state, "recordings", self.row.id, "checkpoint")


async def _claim(ctx: Context, recording_id: str) -> _Work | None:
    moment = ctx.clock()
    async with ctx.database.write() as session:
        row = await session.get(Recording, recording_id, with_for_update=True)
        if (
            row is None
            or row.state not in WAITING
            or (row.lease_until is not None and row.lease_until > moment)
        ):
            return None
        if row.attempts >= MOST_ATTEMPTS:
            row.state, row.error_code, row.error_message = "failed", "internal", _GIVEN_UP
            row.lease_owner = row.lease_until = None
            session.add(row)
            log.error("recording.given_up", recording=recording_id)
            return None
        row.attempts += 1
        row.lease_owner, row.lease_until = new_owner(), moment + LEASE
        row.updated_at = moment
        session.add(row)
        key = await ctx.keys.load(session, row.data_key_id)
    return _Work(ctx, row, key)


async def _work(ctx: Context, work: _Work) -> None:
    started = time.monotonic()
    await work.write(state="decoding")
    decoded = await _decode(ctx, work)
    with decoded:
        seconds, channels = decoded.seconds, decoded.channels
        about = {
            "duration_ms": round(seconds * 1000),
            "channel_count": channels,
            "source": {
                "container": decoded.source.container,
                "codec": decoded.source.codec,
                "rate": decoded.source.rate,
            },
        }
        if channels > 1 and work.row.consent != "all-parties":
            await _quarantine(work, about)
            return
        quality, peaks, warnings = await work.in_thread(_measure, decoded)
        await work.write(
            state="transcribing", quality=quality, peaks=peaks, warnings=_dump(warnings), **about
        )
        heard = await work.in_thread(_transcribe, ctx, work, decoded)
    told = await _with_typed(ctx, work.row.draft_id, heard)
    if not told.text.strip():
        raise TalaError("no_speech", "No speech was heard. Speak closer to the microphone and record again.")
    warnings = _unique((*warnings, *heard.warnings))
    await work.write(state="understanding", progress=1.0, warnings=_dump(warnings))
    read = await work.in_thread(understanding.read_transcript, ctx, told, work.row.created_at)
    if read.warnings:
        await work.write(warnings=_dump(_unique((*warnings, *read.warnings))))
    await _finish(ctx, work, heard, told, read)
    log.info(
        "recording.ready",
        recording=work.row.id,
        sound_seconds=round(seconds, 1),
        work_seconds=round(time.monotonic() - started, 2),
    )


async def _decode(ctx: Context, work: _Work) -> Decoded:
    limits = DecodeLimits.from_settings(ctx.settings)
    with scratch.file(ctx) as path:
        await ctx.recordings.fetch_to_file(work.row.object_key, path, work.key)
        return await work.in_thread(decode, path, limits, ctx.scratch)


def _measure(decoded: Decoded) -> tuple[dict[str, Any], list[list[int]], tuple[Warning_, ...]]:
    from tala.audio import peaks, quality, vad

    measured, drawn = [], []
    for channel in range(decoded.channels):
        pcm = decoded.pcm(channel)
        drawn.append(peaks.of(pcm))
        measured.append(quality.measure(pcm, vad.speech_spans(pcm)))
    warnings = _unique((*decoded.warnings, *(w for one in measured for w in quality.warnings(one))))
    return {"channels": [one.model_dump(mode="json") for one in measured]}, drawn, warnings


def _transcribe(ctx: Context, work: _Work, decoded: Decoded) -> Transcript:
    from tala.speech.recording import transcribe

    return transcribe(
        ctx.engine(),
        decoded,
        language=work.row.language,
        progress=work.progressed,
        checkpoint=work.checkpointed,
        resume=work.checkpoint(),
        cancelled=work.stop.is_set,
        session=work.row.id,
    )


async def _quarantine(work: _Work, about: dict[str, Any]) -> None:
    async with work.finishing() as (_, row):
        row.state, row.error_code, row.error_message = (
            "quarantined",
            "recording_quarantined",
            QUARANTINED_CHANNELS,
        )
        # Whoever said "only me" cannot have meant a call: nobody has answered for the other voice.
        row.consent, row.attested_by = "unknown", None
        row.attempts = 0
        for name, value in about.items():
            setattr(row, name, value)
    log.info("recording.quarantined", recording=work.row.id)


async def _with_typed(ctx: Context, draft_id: str | None, heard: Transcript) -> Transcript:
    """What was heard, with what a live conversation typed in between and without what it took back."""
    if draft_id is None:
        return heard
    async with ctx.database.read() as session:
        row = await session.get(Draft, draft_id)
        if row is None or row.sealed_transcript is None:
            return heard
        draft, _ = read_draft(row, await ctx.keys.load(session, row.data_key_id))
    from_ms = (row.machine or {}).get("from_ms", 0)
    segments = [segment for segment in heard.segments if segment.end_ms > from_ms]
    segments += [segment for segment in draft.transcript.segments if not segment.words]
    return Transcript.of(
        segments,
        seconds=heard.seconds,
        language=heard.language,
        language_probability=heard.language_probability,
        channels=heard.channels,
        model=heard.model,
        warnings=heard.warnings,
    )


async def _finish(
    ctx: Context, work: _Work, heard: Transcript, told: Transcript, read: understanding.Reading
) -> None:
    moment = ctx.clock()
    told = told.model_copy(update={"warnings": (*told.warnings, *read.warnings)})
    async with work.finishing() as (session, row):
        session.add(transcript_row(row, work.key, heard, moment))
        machine = read.machine | {"settings": _settings(ctx, row)}
        draft = await session.get(Draft, row.draft_id, with_for_update=True) if row.draft_id else None
        if draft is not None and draft.state == "open":
            key = await ctx.keys.load(session, draft.data_key_id)
            renew_draft(draft, key, told, read.facts, moment=moment, machine=machine)
        elif draft is None:
            draft = new_draft(
                await ctx.keys.create(session, "draft"),
                told,
                read.facts,
                moment=moment,
                channel=row.channel,
                recording_ids=[row.id],
                capability_hash=row.capability_hash,
                taken_by=row.taken_by,
                machine=machine,
            )
        session.add(draft)
        await session.flush()
        row.state, row.progress, row.draft_id = "ready", 1.0, draft.id
        row.error_code = row.error_message = None


def transcript_row(row: Recording, key: DataKey, heard: Transcript, moment: dt.datetime) -> TranscriptRow:
    """What was heard in a recording, sealed with its key."""
    text = canonical(heard.model_dump(mode="json"))
    return TranscriptRow(
        recording_id=row.id,
        sealed=key.seal(text, "transcripts", row.id, "sealed"),
        sha256=understanding.digest(text),
        model=heard.model,
        created_at=moment,
    )


async def _refused(work: _Work, error: TalaError) -> bool:
    """Write a refusal down for good; False where it may pass, and the recording waits for that."""
    if error.retryable or error.status == 503:
        # The installation's trouble, not the recording's: wait for it, however long.
        log.warning("recording.waits", recording=work.row.id, code=error.code)
        await work.release(_WAIT, counts=False)
        return False
    log.info("recording.refused", recording=work.row.id, code=error.code)
    gone = error.code in WORTHLESS
    try:
        async with work.finishing() as (session, row):
            row.state, row.error_code, row.error_message = "failed", error.code, error.message
            if gone:
                await work.ctx.keys.destroy(session, row.data_key_id)
    except _LeaseLostError:
        return True
    if gone:
        await work.ctx.recordings.delete(work.row.object_key)
    return True


async def _tried(work: _Work) -> None:
    """After an unexpected error: again, later, a few times."""
    delay = _BACK_OFF[min(work.row.attempts, len(_BACK_OFF)) - 1]
    await work.release(dt.timedelta(seconds=delay))


def _settings(ctx: Context, row: Recording) -> dict[str, Any]:
    return {
        "language": row.language,
        "device": ctx.settings.device,
        "compute_type": ctx.settings.compute_type,
    }


def _unique(warnings: tuple[Warning_, ...]) -> tuple[Warning_, ...]:
    return tuple({warning.code: warning for warning in reversed(warnings)}.values())[::-1]


def _dump(warnings: tuple[Warning_, ...]) -> list[dict[str, Any]]:
    return [warning.model_dump(mode="json") for warning in warnings]
