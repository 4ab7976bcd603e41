"""Changing the master key: every data key is wrapped anew, nothing that is sealed is touched."""

import datetime as dt

from tala.errors import TalaError
from tala.services.accountledger import record
from tala.services.actors import Caller
from tala.services.context import Context
from tala.transcript import Value

LEAST_AGE = dt.timedelta(minutes=10)


class Rotated(Value):
    """What was done: the master key in force, how many data keys it wraps anew, old keys deleted."""

    master: str
    wrapped: int = 0
    forgotten: tuple[str, ...] = ()


async def rotate(ctx: Context, *, actor: Caller) -> Rotated:
    """Make a new master key and wrap every data key with it. The old one stays until `forget_old`: a process
    at work, or a back-up being made, may still hold data keys wrapped by it.

    Raises:
        TalaError: forbidden, for whoever is not at the machine that holds the keys.
    """
    _must_be_here(actor)
    async with ctx.database.write() as session:
        count = await ctx.keys.rotate_master(session)
        told = {"master": ctx.keys.current_master, "wrapped": count}
        await record(session, ctx, "keys.rotate_master", actor, told)
    return Rotated(master=ctx.keys.current_master, wrapped=count)


async def forget_old(ctx: Context, *, actor: Caller) -> Rotated:
    """Delete master keys that wrap nothing any more.

    Raises:
        TalaError: forbidden; conflict while the newest is young, because work begun before it may not be
        written yet.
    """
    _must_be_here(actor)
    newest = ctx.keys.folder / f"{ctx.keys.current_master}.key"
    age = ctx.clock().timestamp() - newest.stat().st_mtime
    if len(list(ctx.keys.folder.glob("master-*.key"))) > 1 and age < LEAST_AGE.total_seconds():
        minutes = int(LEAST_AGE.total_seconds() // 60)
        raise TalaError("conflict", f"Wait until the new master key is {minutes} minutes old, then repeat.")
    async with ctx.database.write() as session:
        gone = await ctx.keys.forget_old_masters(session)
        if gone:
            await record(session, ctx, "keys.forget_masters", actor, {"masters": gone})
    return Rotated(master=ctx.keys.current_master, forgotten=tuple(gone))


def _must_be_here(actor: Caller) -> None:
    if not actor.local:
        raise TalaError("forbidden", "The master key is changed on the machine that holds it: tala keys.")
