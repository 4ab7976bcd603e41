"""Keys for machines.

Long random text, shown once, kept as a hash, with a role, a life and a time of last use.
"""

import datetime as dt

import structlog
from sqlalchemy import or_, select, update
from sqlmodel import col

from tala.errors import TalaError
from tala.services import tokens
from tala.services.accountledger import record
from tala.services.actors import STAFF, Caller, Role, Scope
from tala.services.context import Context
from tala.store.tables import ApiKey
from tala.transcript import Value

log = structlog.get_logger(__name__)

_SEEN_EVERY = dt.timedelta(seconds=30)
_LONGEST_NAME = 64


class KeyView(Value):
    """An API key; `prefix` tells it from others, the key itself is not kept."""

    id: str
    name: str
    prefix: str
    role: Role
    agency_code: str | None = None
    office: str | None = None
    scopes: tuple[str, ...] = ()
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


class NewKey(Value):
    """A key just added; `token` is shown once."""

    key: KeyView
    token: str


async def add_key(
    ctx: Context,
    name: str,
    role: Role,
    *,
    actor: Caller,
    days: int | None = 365,
    scopes: tuple[str, ...] = (),
    agency_code: str | None = None,
    office: str | None = None,
) -> NewKey:
    """Add an API key of a role; `days` is its life, None for no end.

    Raises:
        TalaError: forbidden; invalid_input.
    """
    actor.require(Role.ADMINISTRATOR)
    if not name.strip() or len(name) > _LONGEST_NAME or (days is not None and not 1 <= days <= 3650):
        raise TalaError(
            "invalid_input", "A key needs a name of up to 64 characters and a life of 1 to 3650 days."
        )
    if role not in STAFF:
        raise TalaError("invalid_input", "Citizens need no key; they use an intake ticket.")
    if unknown := sorted(set(scopes) - set(Scope)):
        detail = f"No such scope: {', '.join(unknown)}. There are: {', '.join(Scope)}."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/scopes", "detail": detail}])
    token = tokens.make(tokens.API_KEY)
    moment = ctx.clock()
    row = ApiKey(
        name=name.strip(),
        prefix=token[:9],
        hash=tokens.digest(token),
        role=role,
        agency_code=agency_code,
        office=office,
        scopes=list(scopes),
        user_id=actor.id if actor.kind == "staff" and not actor.local else None,
        created_at=moment,
        expires_at=None if days is None else moment + dt.timedelta(days=days),
    )
    async with ctx.database.write() as session:
        session.add(row)
        told = {
            "key": row.id,
            "role": str(role),
            "agency_code": agency_code,
            "office": office,
            "scopes": sorted(scopes),
            "days": days,
        }
        await record(session, ctx, "key.add", actor, told)
    log.info("key.added", key=row.id, role=role, by=actor.reference)
    return NewKey(key=_key_view(row), token=token)


async def list_keys(ctx: Context, *, actor: Caller) -> list[KeyView]:
    """Every key, newest first. Raises TalaError(forbidden)."""
    actor.require(Role.ADMINISTRATOR)
    async with ctx.database.read() as session:
        return [
            _key_view(row) for row in await session.scalars(select(ApiKey).order_by(col(ApiKey.id).desc()))
        ]


async def revoke_key(ctx: Context, key: str, *, actor: Caller) -> KeyView:
    """Revoke a key by its id or prefix.

    Doing it twice is harmless. Raises TalaError(forbidden, not_found).
    """
    actor.require(Role.ADMINISTRATOR)
    async with ctx.database.write() as session:
        rows = (
            await session.scalars(select(ApiKey).where(or_(col(ApiKey.id) == key, col(ApiKey.prefix) == key)))
        ).all()
        if len(rows) != 1:
            raise TalaError("not_found", "There is no such key; `tala keys list` shows them.")
        row = rows[0]
        if row.revoked_at is None:
            row.revoked_at = ctx.clock()
            session.add(row)
            await record(session, ctx, "key.revoke", actor, {"key": row.id})
    log.info("key.revoked", key=row.id, by=actor.reference)
    return _key_view(row)


async def check_key(ctx: Context, token: str) -> Caller:
    """The machine behind an API key. Raises TalaError(unauthenticated)."""
    moment = ctx.clock()
    async with ctx.database.read() as session:
        row = await session.scalar(select(ApiKey).where(col(ApiKey.hash) == tokens.digest(token)))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= moment):
        raise TalaError("unauthenticated", "This API key is not valid, has expired or was revoked.")
    if row.last_used_at is None or moment - row.last_used_at > _SEEN_EVERY:
        async with ctx.database.write() as session:
            await session.execute(update(ApiKey).where(col(ApiKey.id) == row.id).values(last_used_at=moment))
    return Caller(
        "key",
        Role(row.role),
        row.id,
        agency_code=row.agency_code,
        office=row.office,
        scopes=frozenset(row.scopes),
    )


def _key_view(row: ApiKey) -> KeyView:
    return KeyView.model_validate(row, from_attributes=True)
