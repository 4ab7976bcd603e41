"""Signing in, staying signed in for a while, signing out.

A session's token is long random text kept as a hash. It ends after some idle minutes, and after half a day in
any case. Too many wrong passwords lock a user for a while; no answer says whether the name or the password
was wrong.
"""

import datetime as dt

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.errors import TalaError
from tala.services import passwords, secondfactor, tokens
from tala.services.accountledger import record
from tala.services.actors import SYSTEM, Caller, Role
from tala.services.context import Context
from tala.store.tables import StaffSession, User
from tala.transcript import Value

log = structlog.get_logger(__name__)

_FAILURES_BEFORE_LOCK = 5
_LOCK_MINUTES = 15
_LONGEST_SESSION = dt.timedelta(hours=12)
_SEEN_EVERY = dt.timedelta(seconds=30)


class SignedIn(Value):
    """A fresh session: `token` for the cookie, `csrf` for the header of writes."""

    token: str
    csrf: str
    actor_id: str
    role: Role
    must_change_password: bool
    expires_s: int


class SessionView(Value):
    """Where a user is signed in."""

    id: str
    device: str
    created_at: dt.datetime
    last_seen_at: dt.datetime
    current: bool = False


async def sign_in(
    ctx: Context, username: str, password: str, *, device: str = "", code: str = ""
) -> SignedIn:
    """Start a session.

    Args:
        code: the six digits of the app, or a recovery code, for whoever has a second factor.

    Raises:
        TalaError: unauthenticated, whether name or password is wrong or the user is disabled; with
            `second_factor=True` where the password was right and the code is missing or wrong; rate_limited
            while locked after too many wrong tries.
    """
    moment = ctx.clock()
    async with ctx.database.read() as session:
        row = await session.scalar(select(User).where(col(User.username) == username.strip().lower()))
    locked = row is not None and row.locked_until is not None and row.locked_until > moment
    right = await passwords.verify_password(row.password_hash if row else None, password)
    if locked:
        raise TalaError("rate_limited", f"Too many wrong passwords. Try again in {_LOCK_MINUTES} minutes.")
    if row is None or not right or row.state != "active":
        if row is not None:
            await _count_failure(ctx, row.id)
        raise TalaError("unauthenticated", "User name or password is wrong.")
    if not await secondfactor.passes(ctx, row.id, code):
        if code:
            await _count_failure(ctx, row.id)
        raise TalaError(
            "unauthenticated",
            "Give the six digits your app shows now, or a recovery code.",
            second_factor=True,
        )
    token = tokens.make(tokens.SESSION)
    expires = moment + dt.timedelta(minutes=ctx.settings.session_minutes)
    async with ctx.database.write() as session:
        user = await session.get(User, row.id, with_for_update=True)
        assert user is not None
        user.failed_attempts, user.locked_until, user.last_sign_in_at = 0, None, moment
        session.add(user)
        session.add(
            StaffSession(
                token_hash=tokens.digest(token),
                csrf_hash=tokens.digest(csrf_of(token)),
                user_id=user.id,
                created_at=moment,
                last_seen_at=moment,
                expires_at=expires,
                device=device[:200],
            )
        )
    log.info("session.started", user=row.id)
    return SignedIn(
        token=token,
        csrf=csrf_of(token),
        actor_id=row.id,
        role=Role(row.role),
        must_change_password=row.must_change_password,
        expires_s=ctx.settings.session_minutes * 60,
    )


def csrf_of(session_token: str) -> str:
    """The CSRF token that belongs to a session's token: pages carry it, other sites cannot make it."""
    return tokens.digest("csrf " + session_token)


async def resume_session(ctx: Context, token: str) -> Caller:
    """Who a session's token belongs to; puts the idle time-out off.

    Raises:
        TalaError: unauthenticated where it ended.
    """
    moment = ctx.clock()
    async with ctx.database.read() as session:
        found = await session.execute(
            select(StaffSession, User)
            .join(User, col(User.id) == col(StaffSession.user_id))
            .where(col(StaffSession.token_hash) == tokens.digest(token))
        )
        pair = found.first()
    if (
        pair is None
        or pair[0].revoked_at is not None
        or pair[0].expires_at <= moment
        or pair[1].state != "active"
    ):
        raise TalaError("unauthenticated", "You were signed out. Sign in again.")
    kept, user = pair
    if moment - kept.last_seen_at > _SEEN_EVERY:
        longest = kept.created_at + _LONGEST_SESSION
        expires = min(moment + dt.timedelta(minutes=ctx.settings.session_minutes), longest)
        async with ctx.database.write() as session:
            await session.execute(
                update(StaffSession)
                .where(col(StaffSession.id) == kept.id, col(StaffSession.revoked_at).is_(None))
                .values(last_seen_at=moment, expires_at=expires)
            )
    return Caller(
        "staff",
        Role(user.role),
        user.id,
        agency_code=user.agency_code,
        office=user.office,
        session_id=kept.id,
        must_change_password=user.must_change_password,
    )


async def sign_out(ctx: Context, token: str) -> None:
    """End a session; ending one that is over is no error."""
    async with ctx.database.write() as session:
        await session.execute(
            update(StaffSession)
            .where(
                col(StaffSession.token_hash) == tokens.digest(token), col(StaffSession.revoked_at).is_(None)
            )
            .values(revoked_at=ctx.clock())
        )


async def list_sessions(ctx: Context, *, actor: Caller) -> list[SessionView]:
    """Where the signed-in user is signed in, latest first."""
    async with ctx.database.read() as session:
        rows = await session.scalars(
            select(StaffSession)
            .where(
                col(StaffSession.user_id) == actor.id,
                col(StaffSession.revoked_at).is_(None),
                col(StaffSession.expires_at) > ctx.clock(),
            )
            .order_by(col(StaffSession.last_seen_at).desc())
        )
        return [
            SessionView(
                id=row.id,
                device=row.device,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                current=row.id == actor.session_id,
            )
            for row in rows
        ]


async def end_session(ctx: Context, session_id: str, *, actor: Caller) -> None:
    """Sign a device of one's own out. Raises TalaError(not_found)."""
    async with ctx.database.write() as session:
        row = await session.get(StaffSession, session_id)
        if row is None or row.user_id != actor.id:
            raise TalaError("not_found", "There is no such session of yours.")
        row.revoked_at = row.revoked_at or ctx.clock()
        session.add(row)


async def change_password(ctx: Context, old: str, new: str, *, actor: Caller) -> None:
    """Change one's own password; every other session of the user ends.

    Raises:
        TalaError: unauthenticated where the old one is wrong; invalid_input where the new one is weak or the
            same.
    """
    if actor.kind != "staff":
        raise TalaError("forbidden", "Only people who signed in have a password.")
    async with ctx.database.read() as session:
        row = await session.get(User, actor.id)
    if row is None or not await passwords.verify_password(row.password_hash, old):
        if row is not None:
            await _count_failure(ctx, row.id)
        raise TalaError("unauthenticated", "The old password is wrong.")
    passwords.check_strength(new, row.username)
    if new == old:
        detail = "Choose a password that is not the old one."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/password", "detail": detail}])
    hashed = await passwords.hash_password(new)
    async with ctx.database.write() as session:
        user = await session.get(User, actor.id, with_for_update=True)
        assert user is not None
        user.password_hash, user.must_change_password = hashed, False
        session.add(user)
        await end_sessions(ctx, session, user.id, keep=actor.session_id)
        await record(session, ctx, "user.change_password", actor, {"user": user.id})
    log.info("user.password_changed", user=actor.id)


async def end_sessions(ctx: Context, session: AsyncSession, user_id: str, keep: str = "") -> None:
    """Sign a user out everywhere but in the session to keep."""
    await session.execute(
        update(StaffSession)
        .where(
            col(StaffSession.user_id) == user_id,
            col(StaffSession.id) != keep,
            col(StaffSession.revoked_at).is_(None),
        )
        .values(revoked_at=ctx.clock())
    )


async def _count_failure(ctx: Context, user_id: str) -> None:
    async with ctx.database.write() as session:
        row = await session.get(User, user_id, with_for_update=True)
        if row is None:
            return
        row.failed_attempts += 1
        if row.failed_attempts >= _FAILURES_BEFORE_LOCK:
            row.failed_attempts = 0
            row.locked_until = ctx.clock() + dt.timedelta(minutes=_LOCK_MINUTES)
            log.warning("user.locked", user=row.id)
            await record(session, ctx, "user.lock", SYSTEM, {"user": row.id, "minutes": _LOCK_MINUTES})
        session.add(row)
