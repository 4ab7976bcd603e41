"""Learning that somebody else changed a case, while it is open in front of one."""

import asyncio
from collections.abc import AsyncIterator

from tala.cases.people import Actor
from tala.services.context import Context
from tala.services.desk import for_staff

WATCH_SECONDS = 1.5


async def version_of(ctx: Context, ctn: str, actor: Actor) -> int:
    """The version of a case. Raises TalaError(not_found), also where somebody may not know of it."""
    async with ctx.database.read() as session:
        case, _ = await for_staff(session, ctn, actor)
        return case.version


async def watch_case(ctx: Context, ctn: str, actor: Actor) -> AsyncIterator[int]:
    """The version of a case, now and whenever it moves on; endless.

    Raises:
        TalaError: not_found, also once somebody may not see the case any more.
    """
    seen: int | None = None
    while True:
        # A reader may hang up at any moment; a read that is cut short would leave its connection behind.
        version = await asyncio.shield(version_of(ctx, ctn, actor))
        if version != seen:
            yield version
        seen = version
        await asyncio.sleep(WATCH_SECONDS)
