"""Server-sent events of pages: items as they come, and a comment now and then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import msgspec
from litestar.response import Stream

from tala.errors import TalaError

KEEP_ALIVE_SECONDS = 15.0


def stream[T](source: AsyncIterator[T], encode: Callable[[T], list[tuple[str, object]]]) -> Stream:
    """An answer that tells of each item as the events that `encode` makes of it: name and JSON."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(_events(source, encode), media_type="text/event-stream", headers=headers)


async def _events[T](
    source: AsyncIterator[T], encode: Callable[[T], list[tuple[str, object]]]
) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    following: asyncio.Future[T] = asyncio.ensure_future(anext(source))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=KEEP_ALIVE_SECONDS)
            if not done:
                yield b": still here\n\n"
                continue
            try:
                item = following.result()
            except (StopAsyncIteration, TalaError):
                return  # what is watched is gone, or not this reader's any more
            told = encode(item)
            for name, body in told:
                yield b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(body))
            if not told:
                yield b": still here\n\n"
            following = asyncio.ensure_future(anext(source))
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration, TalaError):
            await following
