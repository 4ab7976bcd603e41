"""Progress of a recording as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from tala.services.intake import RecordingStatus

KEEP_ALIVE_SECONDS = 15.0
_ORDER = ("receiving", "received", "decoding", "transcribing", "understanding", "ready")


def event_id(status: RecordingStatus) -> str:
    """Grows while a recording moves on, so that a client that comes back is not told again what it knows."""
    rank = _ORDER.index(status.state) if status.state in _ORDER else len(_ORDER)
    return f"{rank}-{percent(status)}-{status.state}"


def percent(status: RecordingStatus) -> int:
    """Whole per cent of the transcription."""
    return round(status.progress * 100)


def encode(status: RecordingStatus) -> bytes:
    """One event."""
    body = {
        "id": status.id,
        "state": status.state,
        "percent": percent(status),
        "duration_ms": status.duration_ms,
        "draft_id": status.draft_id,
        "error": status.error.model_dump() if status.error else None,
    }
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event_id(status).encode(),
        status.state.encode(),
        msgspec.json.encode(body),
    )


async def progress_events(
    watched: AsyncIterator[RecordingStatus],
    last_event_id: str | None = None,
    *,
    keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
) -> AsyncIterator[bytes]:
    """Encode each change that a client has not seen; a comment now and then keeps proxies from hanging up."""
    yield b"retry: 2000\n\n"
    seen = last_event_id
    source = aiter(watched)
    following = asyncio.ensure_future(anext(source, None))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=keep_alive_seconds)
            if not done:
                yield b": still here\n\n"
                continue
            status = following.result()
            if status is None:
                return
            if event_id(status) != seen:
                seen = event_id(status)
                yield encode(status)
            elif status.settled:
                yield encode(
                    status
                )  # a client that missed the end of the stream must still learn that it ended
            following = asyncio.ensure_future(anext(source, None))
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration):
            await following
