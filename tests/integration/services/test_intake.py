"""Taking recordings in: tickets, limits, idempotency, quarantine, what stays behind."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col
from tests.integration.services.helpers import citizen, left_in, pieces, says

from tala.errors import TalaError
from tala.services import intake, sweeping
from tala.services.context import Context
from tala.services.processing import process_recording
from tala.store.columns import now
from tala.store.keys import DataKey
from tala.store.tables import DataKeyRow, Recording

WAV = b"RIFF" + (1 << 20).to_bytes(4, "little") + b"WAVEfmt " + bytes(range(256)) * 400


async def send(
    ctx: Context, data: bytes = WAV, key: str | None = None, consent: str = "self"
) -> intake.Received:
    return await intake.receive_recording(
        ctx, pieces(data), says(consent), actor=await citizen(ctx), idempotency_key=key
    )


async def test_a_recording_is_stored_encrypted_and_only_its_token_opens_it(ctx: Context) -> None:
    received = await send(ctx)
    status = await intake.recording_status(
        ctx, received.recording_id, actor=intake.bearer_of(received.capability)
    )
    assert (status.state, status.bytes, status.consent, status.attested_by) == (
        "received",
        len(WAV),
        "self",
        "citizen",
    )
    stored = [p for p in (ctx.settings.data_dir / "recordings").rglob("*") if p.is_file()]
    assert len(stored) == 1
    assert WAV[:64] not in stored[0].read_bytes()
    sound = await intake.open_sound(ctx, received.recording_id, actor=intake.bearer_of(received.capability))
    assert b"".join([piece async for piece in sound.read(10, 5000)]) == WAV[10:5000]
    for wrong in ("cap_" + "x" * 43, ""):
        with pytest.raises(TalaError, match="not_found"):
            await intake.recording_status(ctx, received.recording_id, actor=intake.bearer_of(wrong))


async def test_the_database_holds_no_token_and_no_file_name(ctx: Context) -> None:
    received = await send(ctx)
    async with ctx.database.read() as session:
        row = await session.get(Recording, received.recording_id)
    assert row is not None
    stored = repr(row.model_dump())
    assert received.capability not in stored
    assert "c.wav" not in stored


async def test_the_same_key_gives_the_same_recording(ctx: Context) -> None:
    actor = await citizen(ctx)
    first, again = [
        await intake.receive_recording(ctx, pieces(WAV, size), says(), actor=actor, idempotency_key="k")
        for size in (1000, 7777)
    ]
    assert again.replayed
    assert (again.recording_id, again.capability) == (first.recording_id, first.capability)
    assert len(left_in(ctx.settings.data_dir / "recordings")) == 1


async def test_the_same_key_for_something_else_is_refused(ctx: Context) -> None:
    actor = await citizen(ctx)
    await intake.receive_recording(ctx, pieces(WAV), says(), actor=actor, idempotency_key="k")
    for data, consent in ((WAV + b"x", "self"), (WAV, "all-parties")):
        with pytest.raises(TalaError, match="idempotency_mismatch"):
            await intake.receive_recording(ctx, pieces(data), says(consent), actor=actor, idempotency_key="k")
    assert len(left_in(ctx.settings.data_dir / "recordings")) == 1


async def test_another_citizen_with_the_same_key_is_somebody_else(ctx: Context) -> None:
    one = await intake.receive_recording(
        ctx, pieces(WAV), says(), actor=await citizen(ctx, "192.0.2.1"), idempotency_key="k"
    )
    other = await intake.receive_recording(
        ctx, pieces(WAV), says(), actor=await citizen(ctx, "192.0.2.2"), idempotency_key="k"
    )
    assert one.recording_id != other.recording_id


async def test_while_the_first_upload_runs_the_second_waits_outside(ctx: Context) -> None:
    actor = await citizen(ctx)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield WAV[:5000]
        begun.set()
        await go_on.wait()
        yield WAV[5000:]

    first = asyncio.create_task(
        intake.receive_recording(ctx, slow(), says(), actor=actor, idempotency_key="k")
    )
    await begun.wait()
    with pytest.raises(TalaError) as refused:
        await intake.receive_recording(ctx, pieces(WAV), says(), actor=actor, idempotency_key="k")
    assert refused.value.code == "conflict"
    assert refused.value.retryable
    go_on.set()
    done = await first
    again = await intake.receive_recording(ctx, pieces(WAV), says(), actor=actor, idempotency_key="k")
    assert again.recording_id == done.recording_id


async def test_an_upload_that_breaks_off_leaves_nothing_and_may_be_repeated(ctx: Context) -> None:
    actor = await citizen(ctx)

    async def broken() -> AsyncIterator[bytes]:
        yield WAV[:50_000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await intake.receive_recording(ctx, broken(), says(), actor=actor, idempotency_key="k")
    assert left_in(ctx.settings.data_dir / "recordings") == []
    async with ctx.database.read() as session:
        assert (await session.scalars(select(Recording))).all() == []
        assert all(k.wrapped is None for k in await session.scalars(select(DataKeyRow)))
    received = await intake.receive_recording(ctx, pieces(WAV), says(), actor=actor, idempotency_key="k")
    assert not received.replayed


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "recording_empty"),
        (b"This is no sound, only words. " * 50, "recording_not_audio"),
        (b"%PDF-1.7 " + bytes(5000), "recording_not_audio"),
        (b"Salted__" + bytes(range(256)) * 20, "recording_encrypted"),
    ],
)
async def test_what_is_no_sound_is_refused_at_the_door(lone: Context, data: bytes, code: str) -> None:
    with pytest.raises(TalaError, match=code):
        await send(lone, data)
    assert left_in(lone.settings.data_dir / "recordings") == []


async def test_a_file_that_is_too_large_is_refused_while_it_arrives(lone: Context) -> None:
    lone.settings = lone.settings.model_copy(update={"max_upload_bytes": 60_000})
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 10_000
            yield WAV[:10_000]

    with pytest.raises(TalaError, match="payload_too_large"):
        await intake.receive_recording(lone, endless(), says(), actor=await citizen(lone))
    assert taken <= 80_000
    assert left_in(lone.settings.data_dir / "recordings") == []


async def test_unknown_consent_is_set_aside_until_somebody_answers_for_it(ctx: Context) -> None:
    received = await send(ctx, consent="unknown")
    actor = intake.bearer_of(received.capability)
    assert received.state == "quarantined"
    assert received.message is not None
    assert "RA 4200" in received.message
    await process_recording(ctx, received.recording_id)
    assert await sweeping.sweep(ctx) == 0
    status = await intake.recording_status(ctx, received.recording_id, actor=actor)
    assert (status.state, status.attested_by) == ("quarantined", None)
    with pytest.raises(TalaError, match="recording_quarantined"):
        await intake.open_sound(ctx, received.recording_id, actor=actor)
    released = await intake.release_recording(ctx, received.recording_id, actor=actor)
    assert (released.state, released.consent, released.attested_by, released.error) == (
        "received",
        "all-parties",
        "citizen",
        None,
    )


async def test_tickets_expire_and_are_rate_limited(lone: Context) -> None:
    ticket = await intake.open_ticket(lone, address="192.0.2.9")
    real = lone.clock
    lone.clock = lambda: real() + dt.timedelta(minutes=lone.settings.intake_ticket_minutes + 1)
    with pytest.raises(TalaError, match="unauthenticated"):
        await intake.check_ticket(lone, ticket.ticket, address="192.0.2.9")
    lone.clock = real
    with pytest.raises(TalaError, match="unauthenticated"):
        await intake.check_ticket(lone, "it_made-up", address="192.0.2.9")
    lone.settings = lone.settings.model_copy(update={"uploads_per_hour": 2})
    actor = await citizen(lone, "192.0.2.10")
    for _ in range(2):
        await intake.receive_recording(lone, pieces(WAV), says(), actor=actor)
    with pytest.raises(TalaError, match="rate_limited"):
        await intake.receive_recording(lone, pieces(WAV), says(), actor=actor)
    with pytest.raises(TalaError, match="rate_limited"):  # a new ticket is no way around
        await intake.receive_recording(lone, pieces(WAV), says(), actor=await citizen(lone, "192.0.2.10"))
    for _ in range(29):
        await intake.open_ticket(lone, address="192.0.2.11")
    await intake.open_ticket(lone, address="192.0.2.11")
    with pytest.raises(TalaError, match="rate_limited"):
        await intake.open_ticket(lone, address="192.0.2.11")


async def test_discarding_erases_sound_and_key(ctx: Context) -> None:
    received = await send(ctx)
    actor = intake.bearer_of(received.capability)
    await sweeping.discard_recording(ctx, received.recording_id, actor=actor)
    assert left_in(ctx.settings.data_dir / "recordings") == []
    with pytest.raises(TalaError, match="erased"):
        await intake.recording_status(ctx, received.recording_id, actor=actor)
    async with ctx.database.read() as session:
        assert all(k.wrapped is None for k in await session.scalars(select(DataKeyRow)))


async def test_what_nobody_files_is_erased_in_time(ctx: Context) -> None:
    received = await send(ctx, consent="unknown")
    assert await sweeping.clear_away(ctx) == 0
    past = ctx.clock() - dt.timedelta(days=ctx.settings.draft_days + 1)
    async with ctx.database.write() as session:
        await session.execute(
            update(Recording).where(col(Recording.id) == received.recording_id).values(updated_at=past)
        )
    assert await sweeping.clear_away(ctx) == 1
    assert left_in(ctx.settings.data_dir / "recordings") == []


async def test_sound_that_no_row_names_is_deleted_after_a_day(ctx: Context) -> None:
    """A server killed between storing a sound and writing its row leaves one like this."""
    received = await send(ctx)
    key = DataKey("k", b"\7" * 32)
    for name in ("recordings/orphan", "attachments/or/orphan"):
        await ctx.recordings.put_stream(name, pieces(WAV), key)
    assert await sweeping.clear_orphans(ctx) == 0
    ctx.clock = lambda: now() + dt.timedelta(days=1, seconds=1)
    assert await sweeping.clear_orphans(ctx) == 2
    assert not await ctx.recordings.exists("recordings/orphan")
    assert len(left_in(ctx.settings.data_dir / "recordings")) == 1
    assert await sweeping.clear_orphans(ctx) == 0
    assert (
        await intake.recording_status(ctx, received.recording_id, actor=intake.bearer_of(received.capability))
    ).state == "received"


async def test_nothing_of_the_citizens_address_is_kept(ctx: Context, tmp_path: Path) -> None:
    await intake.open_ticket(ctx, address="203.0.113.77")
    kept = b"".join(p.read_bytes() for p in ctx.settings.data_dir.rglob("*") if p.is_file())
    assert b"203.0.113.77" not in kept
