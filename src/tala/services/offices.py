"""Offices of agencies, kept by an administrator; each change is an event of the ledger "offices"."""

import datetime as dt

from sqlalchemy import select
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.context import Context
from tala.store import ledger
from tala.store.columns import new_id
from tala.store.office import Office
from tala.transcript import Value

LEDGER = "offices"
_LONGEST_NAME = 200


class OfficeView(Value):
    """An office of an agency; a closed one takes no new cases or people."""

    id: str
    agency_code: str
    name: str
    psgc: str | None = None
    created_at: dt.datetime
    closed_at: dt.datetime | None = None


async def add(
    ctx: Context, actor: Actor, *, agency_code: str, name: str, psgc: str | None = None
) -> OfficeView:
    """Add an office. Raises TalaError(forbidden, invalid_input, conflict)."""
    _must_administer(actor)
    name = name.strip()
    errors = []
    if not 1 <= len(name) <= _LONGEST_NAME:
        errors.append({"pointer": "/name", "detail": f"1 to {_LONGEST_NAME} characters"})
    if psgc is not None and not (psgc.isascii() and psgc.isdecimal() and len(psgc) == 10):
        errors.append({"pointer": "/psgc", "detail": "ten digits"})
    if errors:
        raise TalaError("invalid_input", "This office cannot be entered as it is.", errors=errors)
    row = Office(id=new_id(), agency_code=agency_code, name=name, psgc=psgc, created_at=ctx.clock())
    same = select(Office).where(
        col(Office.agency_code) == agency_code, col(Office.name) == name, col(Office.closed_at).is_(None)
    )
    async with ctx.database.write() as session:
        if (await session.scalars(same)).first() is not None:
            raise TalaError("conflict", f"{agency_code} has an office of this name already.")
        body = {"id": row.id, "agency_code": agency_code, "name": name, "psgc": psgc}
        await ledger.append(session, LEDGER, "office.add", actor, body, at=row.created_at)
        session.add(row)
    return _view(row)


async def close(ctx: Context, actor: Actor, office_id: str) -> OfficeView:
    """Close an office; cases and people that name it keep it. Twice is harmless.

    Raises TalaError(forbidden, not_found).
    """
    _must_administer(actor)
    async with ctx.database.write() as session:
        row = await session.get(Office, office_id)
        if row is None:
            raise TalaError("not_found", "There is no such office.")
        if row.closed_at is None:
            row.closed_at = ctx.clock()
            await ledger.append(session, LEDGER, "office.close", actor, {"id": row.id}, at=row.closed_at)
        return _view(row)


async def listed(ctx: Context, *, agency_code: str | None = None) -> list[OfficeView]:
    """Offices by agency and name, closed ones too."""
    statement = select(Office).order_by(col(Office.agency_code), col(Office.name), col(Office.id))
    if agency_code is not None:
        statement = statement.where(col(Office.agency_code) == agency_code)
    async with ctx.database.read() as session:
        return [_view(row) for row in await session.scalars(statement)]


def _view(row: Office) -> OfficeView:
    return OfficeView.model_validate(row, from_attributes=True)


def _must_administer(actor: Actor) -> None:
    if actor.role != "administrator":
        raise TalaError("forbidden", "Only an administrator keeps the offices.")
