"""A second factor beside the password: six digits that an app computes every thirty seconds (RFC 6238), and
recovery codes for the day the phone is lost.
"""

import secrets

import pyotp
from sqlalchemy.ext.asyncio import AsyncSession

from tala.errors import TalaError
from tala.services import passwords, tokens
from tala.services.accountledger import record
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.store.office import SecondFactor
from tala.store.tables import User
from tala.transcript import Value

ISSUER = "Tala"
RECOVERY_CODES = 10
_STEP_SECONDS = 30
_STEPS_OFF = 1  # a phone's clock may be half a minute off


class Enrolment(Value):
    """What an app needs, shown once: the secret in base32, and the same as an address for a QR code."""

    secret: str
    uri: str


class RecoveryCodes(Value):
    """Codes that open once each, shown once."""

    codes: tuple[str, ...]


async def enrol(ctx: Context, password: str, *, actor: Caller) -> Enrolment:
    """Make a secret for one's app; it counts from the first code confirmed. A secret that counts stays in
    force until then.

    Raises:
        TalaError: forbidden, unauthenticated (password), conflict (there is one in force).
    """
    async with ctx.database.read() as session:
        user = await _person(session, actor)
        if (row := await session.get(SecondFactor, user.id)) is not None and row.since is not None:
            raise TalaError("conflict", "You have a second factor already. Take it away first.")
    await _check_password(user, password)
    secret = pyotp.random_base32()
    async with ctx.database.write() as session:
        key = await ctx.keys.create(session, "second_factor")
        if (old := await session.get(SecondFactor, user.id)) is not None:
            await session.delete(old)
            await session.flush()
            await ctx.keys.destroy(session, old.data_key_id)
        sealed = key.seal(secret, "second_factors", user.id, "secret")
        session.add(
            SecondFactor(user_id=user.id, data_key_id=key.id, sealed_secret=sealed, made_at=ctx.clock())
        )
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    return Enrolment(secret=secret, uri=uri)


async def confirm(ctx: Context, code: str, *, actor: Caller) -> RecoveryCodes:
    """Show a first code of the app: from now on it is asked for.

    Raises:
        TalaError: forbidden, conflict (nothing to confirm), unauthenticated (code).
    """
    async with ctx.database.write() as session:
        user = await _person(session, actor)
        row = await session.get(SecondFactor, user.id, with_for_update=True)
        if row is None or row.since is not None:
            raise TalaError("conflict", "There is nothing to confirm. Ask for a new secret first.")
        step = await _step_of(ctx, session, row, code)
        if step is None:
            raise TalaError("unauthenticated", "This code is not right. Look at the app again.")
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        row.since, row.last_step = ctx.clock(), step
        row.recovery_hashes = [tokens.digest(one) for one in codes]
        session.add(row)
        await record(session, ctx, "user.second_factor", actor, {"user": user.id, "on": True})
    return RecoveryCodes(codes=codes)


async def remove(ctx: Context, password: str, *, actor: Caller) -> None:
    """Take one's own second factor away. Raises TalaError(forbidden, unauthenticated, not_found)."""
    async with ctx.database.read() as session:
        user = await _person(session, actor)
    await _check_password(user, password)
    await _remove(ctx, user.id, actor)


async def remove_of(ctx: Context, user_id: str, *, actor: Caller) -> None:
    """Take somebody's second factor away who lost it. Raises TalaError(forbidden, not_found)."""
    actor.require(Role.ADMINISTRATOR)
    await _remove(ctx, user_id, actor)


async def is_on(ctx: Context, user_id: str) -> bool:
    """Whether somebody is asked for a code."""
    async with ctx.database.read() as session:
        row = await session.get(SecondFactor, user_id)
        return row is not None and row.since is not None


async def passes(ctx: Context, user_id: str, code: str) -> bool:
    """Whether a code lets somebody in, each code once; True for whoever has no second factor."""
    async with ctx.database.write() as session:
        row = await session.get(SecondFactor, user_id, with_for_update=True)
        if row is None or row.since is None:
            return True
        step = await _step_of(ctx, session, row, code)
        if step is not None:
            row.last_step = step
            session.add(row)
            return True
        digest = tokens.digest(code.strip().lower())
        if digest not in row.recovery_hashes:
            return False
        row.recovery_hashes = [one for one in row.recovery_hashes if one != digest]
        session.add(row)
        await record(
            session,
            ctx,
            "user.recovery_code",
            Caller("staff", "", user_id),
            {"user": user_id, "left": len(row.recovery_hashes)},
        )
        return True


async def _step_of(ctx: Context, session: AsyncSession, row: SecondFactor, code: str) -> int | None:
    """The time step a code is of, where it is right and newer than the last one taken."""
    code = code.replace(" ", "")
    if not (code.isascii() and code.isdecimal() and len(code) == 6):
        return None
    key = await ctx.keys.load(session, row.data_key_id)
    app = pyotp.TOTP(key.open_text(row.sealed_secret, "second_factors", row.user_id, "secret"))
    now = int(ctx.clock().timestamp()) // _STEP_SECONDS
    for step in range(max(now - _STEPS_OFF, row.last_step + 1), now + _STEPS_OFF + 1):
        if secrets.compare_digest(app.generate_otp(step), code):
            return step
    return None


async def _remove(ctx: Context, user_id: str, actor: Caller) -> None:
    async with ctx.database.write() as session:
        row = await session.get(SecondFactor, user_id)
        if row is None:
            raise TalaError("not_found", "There is no second factor.")
        await session.delete(row)
        await session.flush()
        await ctx.keys.destroy(session, row.data_key_id)
        await record(session, ctx, "user.second_factor", actor, {"user": user_id, "on": False})


async def _person(session: AsyncSession, actor: Caller) -> User:
    user = await session.get(User, actor.id) if actor.kind == "staff" else None
    if user is None:
        raise TalaError("forbidden", "Only people who signed in have a second factor.")
    return user


async def _check_password(user: User, password: str) -> None:
    if not await passwords.verify_password(user.password_hash, password):
        raise TalaError("unauthenticated", "The password is wrong.")


def _recovery_code() -> str:
    return passwords.one_time()[:9]  # two groups of four: 39 random bits, behind a password and a lock
