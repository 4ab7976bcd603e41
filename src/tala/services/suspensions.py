"""Days without work that an administrator enters: late proclamations, local holidays, typhoons.

Each entry is an event of the ledger "calendar". Due dates of running clocks follow at the next tick.
"""

import datetime as dt

from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import col

from tala.cases.calendar import Suspension
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.context import Context
from tala.store import ledger
from tala.store.columns import new_id
from tala.store.office import SuspensionRow

LEDGER = "calendar"


async def enter(
    ctx: Context,
    actor: Actor,
    *,
    first: dt.date,
    last: dt.date,
    name: str,
    source: str,
    scope: str = "",
    half_day: bool = False,
) -> SuspensionRow:
    """Enter days without work.

    Args:
        scope: PSGC prefix of the place; empty for the whole country.
        source: the proclamation, ordinance or circular.

    Raises:
        TalaError: forbidden, invalid_input.
    """
    _must_administer(actor)
    value = checked(first=first, last=last, name=name, source=source, scope=scope, half_day=half_day)
    row = SuspensionRow(id=new_id(), entered_at=ctx.clock(), **value.model_dump())
    async with ctx.database.write() as session:
        body = value.model_dump(mode="json") | {"id": row.id}
        await ledger.append(session, LEDGER, "calendar.enter", actor, body, at=row.entered_at)
        session.add(row)
    return row


def checked(
    *, first: dt.date, last: dt.date, name: str, source: str, scope: str = "", half_day: bool = False
) -> Suspension:
    """Days without work as a value. Raises TalaError(invalid_input)."""
    try:
        return Suspension.model_validate(
            {
                "from": first,
                "to": last,
                "scope": scope,
                "name": name.strip(),
                "source": source.strip(),
                "half_day": half_day,
            }
        )
    except ValidationError as refused:
        errors = [
            {"pointer": f"/{'/'.join(map(str, e['loc']))}", "detail": e["msg"]} for e in refused.errors()
        ]
        raise TalaError("invalid_input", "These days cannot be entered as they are.", errors=errors) from None


async def withdraw(ctx: Context, actor: Actor, row_id: str) -> None:
    """Take an entry back; what was counted with it is counted again without."""
    _must_administer(actor)
    async with ctx.database.write() as session:
        row = await session.get(SuspensionRow, row_id)
        if row is None or row.withdrawn_at is not None:
            raise TalaError("not_found", "There is no such entry in force.")
        row.withdrawn_at = ctx.clock()
        await ledger.append(session, LEDGER, "calendar.withdraw", actor, {"id": row_id}, at=row.withdrawn_at)


async def listed(ctx: Context) -> list[SuspensionRow]:
    """Every entry, also those taken back, newest first."""
    async with ctx.database.read() as session:
        return list(await session.scalars(select(SuspensionRow).order_by(col(SuspensionRow.first).desc())))


def _must_administer(actor: Actor) -> None:
    if actor.role != "administrator":
        raise TalaError("forbidden", "Only an administrator keeps the calendar.")
