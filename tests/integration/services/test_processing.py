"""From recording to draft with the real engine: once, whatever dies; refusals stay refusals."""

import asyncio
import datetime as dt
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, update
from sqlmodel import col
from tests.integration.services.helpers import citizen, left_in, pieces, says

from tala.errors import TalaError
from tala.services import drafts, filing, intake, processing, sweeping
from tala.services.context import Context
from tala.store.tables import Draft, Recording, TranscriptRow

pytestmark = pytest.mark.model


async def send(ctx: Context, data: bytes, consent: str = "self", **more: str) -> intake.Received:
    return await intake.receive_recording(
        ctx, pieces(data), says(consent, **more), actor=await citizen(ctx), ring=False
    )


async def state_of(ctx: Context, received: intake.Received) -> intake.RecordingStatus:
    return await intake.recording_status(
        ctx, received.recording_id, actor=intake.bearer_of(received.capability)
    )


def wav(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]", rate: int = 16_000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


async def count(ctx: Context, table: type) -> int:
    async with ctx.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_speech_becomes_a_draft_with_evidence_in_the_sound(ctx: Context, spoken: Path) -> None:
    received = await send(ctx, spoken.read_bytes())
    await processing.process_recording(ctx, received.recording_id)
    status = await state_of(ctx, received)
    assert (status.state, status.progress, status.channel_count, status.error) == ("ready", 1.0, 1, None)
    assert status.quality is not None
    assert status.source is not None
    actor = intake.bearer_of(received.capability)
    heard = await drafts.transcript_of(ctx, received.recording_id, actor=actor)
    assert "land transportation office" in heard.text.lower()
    assert status.draft_id is not None
    draft = await drafts.draft_of(ctx, status.draft_id, actor=actor)
    agency = draft.facts.agency
    assert agency is not None
    assert agency.code == "LTO"
    assert agency.start_ms is not None
    assert agency.end_ms is not None
    assert 0 < agency.start_ms < agency.end_ms <= status.duration_ms  # type: ignore[operator]
    filed = await filing.file_case(ctx, draft.id, actor=actor)
    assert filed.receipt_secret
    assert left_in(ctx.settings.data_dir / "scratch") == []


async def test_work_done_twice_and_at_once_makes_one_draft(ctx: Context, spoken: Path) -> None:
    received = await send(ctx, spoken.read_bytes())
    await asyncio.gather(*(processing.process_recording(ctx, received.recording_id) for _ in range(3)))
    await processing.process_recording(ctx, received.recording_id)
    assert (await state_of(ctx, received)).state == "ready"
    assert await count(ctx, Draft) == await count(ctx, TranscriptRow) == 1


async def test_a_lease_that_ran_out_is_taken_over_and_the_sleeper_writes_nothing(
    ctx: Context, spoken: Path
) -> None:
    received = await send(ctx, spoken.read_bytes())
    sleeper = await processing._claim(ctx, received.recording_id)
    assert sleeper is not None
    await processing.process_recording(ctx, received.recording_id)
    assert (await state_of(ctx, received)).state == "received"  # held by somebody
    async with ctx.database.write() as session:
        past = ctx.clock() - dt.timedelta(seconds=1)
        await session.execute(update(Recording).values(lease_until=past))
    await processing.process_recording(ctx, received.recording_id)
    assert (await state_of(ctx, received)).state == "ready"
    with pytest.raises(processing._LeaseLostError):
        await sleeper.write(state="decoding", progress=0.1)
    with pytest.raises(processing._LeaseLostError):
        async with sleeper.finishing():
            pass
    assert (await state_of(ctx, received)).state == "ready"


async def test_a_stopped_worker_hands_back_and_the_next_goes_on_from_there(
    lone: Context, long_spoken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tala.speech.recording._CHECKPOINT_SECONDS", 0.0)
    received = await send(lone, long_spoken.read_bytes())
    working = asyncio.create_task(processing.process_recording(lone, received.recording_id))
    while (await state_of(lone, received)).progress < 0.2:
        await asyncio.sleep(0.05)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    async with lone.database.read() as session:
        row = await session.get(Recording, received.recording_id)
    assert row is not None
    assert (row.state, row.lease_owner) == ("transcribing", None)
    assert row.sealed_checkpoint is not None
    before = row.progress
    seen: list[float] = []
    again = asyncio.create_task(processing.process_recording(lone, received.recording_id))
    while not (status := await state_of(lone, received)).settled:
        seen.append(status.progress)
        await asyncio.sleep(0.02)
    await again
    assert status.state == "ready"
    assert min(seen) >= before * 0.9
    assert await count(lone, Draft) == 1


async def test_progress_is_told_while_it_goes_on(lone: Context, long_spoken: Path) -> None:
    received = await send(lone, long_spoken.read_bytes())
    actor = intake.bearer_of(received.capability)
    working = asyncio.create_task(processing.process_recording(lone, received.recording_id))
    told = [s async for s in intake.watch_recording(lone, received.recording_id, actor=actor)]
    await working
    progress = [s.progress for s in told]
    assert progress == sorted(progress)
    assert len([p for p in progress if 0 < p < 1]) >= 1
    states = list(dict.fromkeys(s.state for s in told))
    assert states[-1] == "ready"
    assert "transcribing" in states


async def test_two_channels_wait_until_all_parties_agreed(ctx: Context, two_channels: Path) -> None:
    received = await send(ctx, two_channels.read_bytes(), "self")
    await processing.process_recording(ctx, received.recording_id)
    status = await state_of(ctx, received)
    assert (status.state, status.consent, status.channel_count) == ("quarantined", "unknown", 2)
    assert status.error is not None
    assert "RA 4200" in status.error.message
    assert await count(ctx, TranscriptRow) == 0
    actor = intake.bearer_of(received.capability)
    with pytest.raises(TalaError, match="recording_quarantined"):
        await drafts.transcript_of(ctx, received.recording_id, actor=actor)
    await intake.release_recording(ctx, received.recording_id, actor=actor, ring=False)
    await processing.process_recording(ctx, received.recording_id)
    status = await state_of(ctx, received)
    assert (status.state, status.consent) == ("ready", "all-parties")
    heard = await drafts.transcript_of(ctx, received.recording_id, actor=actor)
    assert len(heard.channels) == 2


def silence() -> bytes:
    return wav(np.zeros(16_000 * 6, np.int16))


def noise() -> bytes:
    return wav((np.random.default_rng(7).normal(0, 2500, 16_000 * 8)).clip(-32768, 32767).astype(np.int16))


@pytest.mark.parametrize("make", [silence, noise])
async def test_where_nobody_speaks_nothing_is_made_up(lone: Context, make: object) -> None:
    received = await send(lone, make())  # type: ignore[operator]
    await processing.process_recording(lone, received.recording_id)
    status = await state_of(lone, received)
    assert status.state == "failed"
    assert status.error is not None
    assert status.error.code == "no_speech"
    assert await count(lone, Draft) == 0


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_recording_seconds": 5}, "recording_too_long"),
        ({"max_channels": 1}, "recording_too_many_channels"),
    ],
)
async def test_a_limit_refuses_and_keeps_nothing(
    lone: Context, two_channels: Path, limits: dict[str, int], code: str
) -> None:
    lone.settings = lone.settings.model_copy(update=limits)
    received = await send(lone, two_channels.read_bytes(), "all-parties")
    await processing.process_recording(lone, received.recording_id)
    status = await state_of(lone, received)
    assert status.error is not None
    assert (status.state, status.error.code) == ("failed", code)
    assert left_in(lone.settings.data_dir / "recordings") == left_in(lone.settings.data_dir / "scratch") == []
    await processing.process_recording(lone, received.recording_id)
    assert (await state_of(lone, received)).state == "failed"


async def test_what_may_pass_is_tried_again_and_not_held_against_the_recording(
    lone: Context, spoken: Path, tmp_path: Path
) -> None:
    received = await send(lone, spoken.read_bytes())
    whole = lone.settings
    lone.settings = whole.model_copy(update={"whisper_model": str(tmp_path / "nowhere")})
    await processing.process_recording(lone, received.recording_id)
    async with lone.database.read() as session:
        row = await session.get(Recording, received.recording_id)
    assert row is not None
    assert (row.attempts, row.lease_owner, row.error_code) == (0, None, None)
    assert row.lease_until is not None
    assert row.lease_until > lone.clock()
    lone.settings, lone._engine = whole, None
    real = lone.clock
    lone.clock = lambda: real() + dt.timedelta(minutes=1)
    await processing.process_recording(lone, received.recording_id)
    assert (await state_of(lone, received)).state == "ready"


async def test_a_recording_that_breaks_workers_is_given_up(lone: Context, spoken: Path) -> None:
    received = await send(lone, spoken.read_bytes())
    for _ in range(processing.MOST_ATTEMPTS):
        assert await processing._claim(lone, received.recording_id) is not None
        async with lone.database.write() as session:
            await session.execute(
                update(Recording).values(lease_until=lone.clock() - dt.timedelta(seconds=1))
            )
    await processing.process_recording(lone, received.recording_id)
    status = await state_of(lone, received)
    assert (status.state, status.error and status.error.code) == ("failed", "internal")
    assert len(left_in(lone.settings.data_dir / "recordings")) == 1
    assert await sweeping.sweep(lone) == 0


async def test_the_words_are_nowhere_in_the_clear(lone: Context, spoken: Path) -> None:
    received = await send(lone, spoken.read_bytes())
    await processing.process_recording(lone, received.recording_id)
    async with lone.database.read() as session:
        stored = repr([r.model_dump() for r in await session.scalars(select(TranscriptRow))])
        stored += repr([r.model_dump() for r in await session.scalars(select(Draft))])
        stored += repr(
            [r.model_dump() for r in await session.scalars(select(Recording).order_by(col(Recording.id)))]
        )
    assert "Transportation" not in stored
