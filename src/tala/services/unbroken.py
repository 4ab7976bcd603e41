"""Work that a cancelled task still brings to its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def unbroken[T](work: Coroutine[Any, Any, T]) -> T:
    """Await something that must not be cut off in the middle; a cancellation is passed on afterwards.

    A transaction that is cancelled where it waits for its database leaves the connection, and on SQLite the
    lock, behind.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
