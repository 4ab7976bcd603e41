"""Members of staff: who they are, what they may do, their passwords.

A user starts with a one-time password, shown once to whoever adds them, and must change it when they first
sign in.
"""

import datetime as dt
from collections.abc import Mapping

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.errors import TalaError
from tala.services import passwords
from tala.services.accountledger import record
from tala.services.actors import STAFF, SYSTEM, Caller, Role
from tala.services.context import Context
from tala.services.sessions import end_sessions
from tala.store.office import SecondFactor
from tala.store.tables import User
from tala.transcript import Value

log = structlog.get_logger(__name__)

FIRST_ADMINISTRATOR = "admin"
_LONGEST_NAME = 64


class UserView(Value):
    """A member of staff."""

    id: str
    username: str
    display_name: str
    role: Role
    state: str
    agency_code: str | None = None
    office: str | None = None
    email: str | None = None
    must_change_password: bool = False
    created_at: dt.datetime
    last_sign_in_at: dt.datetime | None = None
    locked_until: dt.datetime | None = None
    second_factor: bool = False


class NewUser(Value):
    """A user just added or reset.

    The one-time password is shown once and must be changed on first sign-in.
    """

    user: UserView
    one_time_password: str


async def ensure_first_administrator(ctx: Context) -> NewUser | None:
    """Make the first administrator where there is no user yet; None where there is one."""
    async with ctx.database.read() as session:
        if await session.scalar(select(func.count()).select_from(User)):
            return None
    password = passwords.one_time()
    hashed = await passwords.hash_password(password)
    async with ctx.database.write() as session:
        if await session.scalar(select(func.count()).select_from(User)):
            return None  # another process was first
        row = _user(ctx, FIRST_ADMINISTRATOR, "Administrator", Role.ADMINISTRATOR, hashed)
        session.add(row)
        await record(session, ctx, "user.add", SYSTEM, {"user": row.id, "role": row.role})
    log.info("user.added", user=row.id, role=row.role)
    return NewUser(user=_view(row), one_time_password=password)


async def add_user(
    ctx: Context,
    username: str,
    role: Role,
    *,
    actor: Caller,
    display_name: str = "",
    agency_code: str | None = None,
    office: str | None = None,
    email: str | None = None,
) -> NewUser:
    """Add a member of staff with a one-time password.

    Raises:
        TalaError: forbidden; invalid_input; conflict where the name is taken.
    """
    actor.require(Role.ADMINISTRATOR)
    username = username.strip().lower()
    if (
        not username
        or len(username) > _LONGEST_NAME
        or not all(c.isalnum() or c in "._-@+" for c in username)
    ):
        detail = "A user name has up to 64 letters, digits and . _ - @ + characters."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/username", "detail": detail}])
    if role not in STAFF:
        raise TalaError(
            "invalid_input", "Citizens need no account.", errors=[{"pointer": "/role", "detail": role}]
        )
    password = passwords.one_time()
    hashed = await passwords.hash_password(password)
    async with ctx.database.write() as session:
        if await _by_name(session, username) is not None:
            raise TalaError("conflict", f"There is a user {username} already.")
        row = _user(ctx, username, display_name or username, role, hashed)
        row.agency_code, row.office, row.email = agency_code, office, checked_email(email)
        session.add(row)
        await record(session, ctx, "user.add", actor, {"user": row.id, **_standing(row)})
    log.info("user.added", user=row.id, role=row.role, by=actor.reference)
    return NewUser(user=_view(row), one_time_password=password)


async def list_users(ctx: Context, *, actor: Caller) -> list[UserView]:
    """Every member of staff, by name. Raises TalaError(forbidden)."""
    actor.require(Role.ADMINISTRATOR)
    protected = select(col(SecondFactor.user_id)).where(col(SecondFactor.since).is_not(None))
    async with ctx.database.read() as session:
        with_app = set(await session.scalars(protected))
        return [
            _view(row).model_copy(update={"second_factor": row.id in with_app})
            for row in await session.scalars(select(User).order_by(col(User.username)))
        ]


async def change_user(
    ctx: Context,
    username: str,
    *,
    actor: Caller,
    role: Role | None = None,
    active: bool | None = None,
    changes: Mapping[str, str | None] | None = None,
) -> UserView:
    """Give a user another role, another place to work, name or address, or let them in no more. Whatever
    changes what they may see ends their sessions.

    Args:
        changes: of display_name, agency_code, office, email; None empties one.

    Raises:
        TalaError: forbidden; not_found; invalid_input; transition_not_allowed where no administrator would be
        left.
    """
    actor.require(Role.ADMINISTRATOR)
    wanted = dict(changes or {})
    if unknown := sorted(set(wanted) - {"display_name", "agency_code", "office", "email"}):
        raise ValueError(f"not a user's: {unknown}")
    async with ctx.database.write() as session:
        row = await _known(session, username)
        before = _standing(row)
        loses = row.role == Role.ADMINISTRATOR and (
            (role or row.role) != Role.ADMINISTRATOR or active is False
        )
        if loses and await _other_administrators(session, row.id) == 0:
            raise TalaError(
                "transition_not_allowed", "One administrator has to remain; add another one first."
            )
        if role is not None:
            if role not in STAFF:
                detail = "Citizens need no account."
                raise TalaError("invalid_input", detail, errors=[{"pointer": "/role", "detail": detail}])
            row.role = role
        if active is not None:
            row.state = "active" if active else "disabled"
        if "email" in wanted:
            row.email = checked_email(wanted.pop("email"))
        for name, value in wanted.items():
            setattr(row, name, (value or "") if name == "display_name" else value)
        session.add(row)
        after = _standing(row)
        if after != before:
            await end_sessions(ctx, session, row.id)
        told = {"user": row.id, "old": before, "new": after, "also": sorted(changes or {})}
        await record(session, ctx, "user.change", actor, told)
    log.info("user.changed", user=row.id, role=row.role, state=row.state, by=actor.reference)
    return _view(row)


def _standing(row: User) -> dict[str, str | None]:
    """What decides what a user may see and do. (A `state` in an event is that of a case.)"""
    return {
        "role": str(row.role),
        "access": row.state,
        "agency_code": row.agency_code,
        "office": row.office,
    }


def checked_email(text: str | None) -> str | None:
    """An e-mail address, trimmed; None for none. Raises TalaError(invalid_input)."""
    text = (text or "").strip()
    if not text:
        return None
    name, at, domain = text.rpartition("@")
    plain = len(text) <= 254 and text.isprintable() and not any(c in text for c in ' ,;<>"')
    if not (name and at and "." in domain.strip(".") and plain):
        detail = "This is no e-mail address; it reads like name@example.ph."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/email", "detail": detail}])
    return text


async def reset_password(ctx: Context, username: str, *, actor: Caller) -> NewUser:
    """Give a user a new one-time password, unlock them and end their sessions.

    Raises TalaError(forbidden, not_found).
    """
    actor.require(Role.ADMINISTRATOR)
    password = passwords.one_time()
    hashed = await passwords.hash_password(password)
    async with ctx.database.write() as session:
        row = await _known(session, username)
        row.password_hash, row.must_change_password = hashed, True
        row.failed_attempts, row.locked_until = 0, None
        session.add(row)
        await end_sessions(ctx, session, row.id)
        await record(session, ctx, "user.reset_password", actor, {"user": row.id})
    log.info("user.password_reset", user=row.id, by=actor.reference)
    return NewUser(user=_view(row), one_time_password=password)


def _user(ctx: Context, username: str, display_name: str, role: Role, password_hash: str) -> User:
    return User(
        username=username,
        display_name=display_name,
        role=role,
        password_hash=password_hash,
        must_change_password=True,
        created_at=ctx.clock(),
    )


def _view(row: User) -> UserView:
    return UserView.model_validate(row, from_attributes=True)


async def _by_name(session: AsyncSession, username: str) -> User | None:
    return await session.scalar(select(User).where(col(User.username) == username))


async def _known(session: AsyncSession, username: str) -> User:
    row = await _by_name(session, username.strip().lower())
    if row is None:
        raise TalaError("not_found", f"There is no user {username}; `tala users list` shows them.")
    return row


async def _other_administrators(session: AsyncSession, user_id: str) -> int:
    counted = await session.scalar(
        select(func.count())
        .select_from(User)
        .where(col(User.role) == Role.ADMINISTRATOR, col(User.state) == "active", col(User.id) != user_id)
    )
    return counted or 0
