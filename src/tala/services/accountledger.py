"""The ledger of the accounts: who let whom in, with what rights, and when that ended. Ids only, no names."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases.people import Actor
from tala.services.context import Context
from tala.store import ledger

ACCOUNTS = "accounts"


async def record(
    session: AsyncSession, ctx: Context, kind: str, actor: Actor, body: Mapping[str, Any]
) -> None:
    """Write what is pending and the event of it, in the running transaction."""
    await session.flush()
    await ledger.append(session, ACCOUNTS, kind, actor, body, at=ctx.clock())
