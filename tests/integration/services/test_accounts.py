"""Users, sessions, keys: who comes in, for how long, and who does not."""

import datetime as dt

import pytest
from sqlalchemy import select

from tala.errors import TalaError
from tala.services import accounts, apikeys, sessions
from tala.services.actors import Caller, Role, operator
from tala.services.context import Context
from tala.store.tables import ApiKey, StaffSession, User

ROOT = operator("tester")
GOOD = "correct horse battery staple"


async def officer(ctx: Context, name: str = "maria") -> str:
    """A user who has chosen a password."""
    added = await accounts.add_user(ctx, name, Role.OFFICER, actor=ROOT)
    entered = await sessions.sign_in(ctx, name, added.one_time_password)
    actor = await sessions.resume_session(ctx, entered.token)
    await sessions.change_password(ctx, added.one_time_password, GOOD, actor=actor)
    return name


async def test_the_first_administrator_is_made_once(ctx: Context) -> None:
    first = await accounts.ensure_first_administrator(ctx)
    assert first is not None
    assert first.user.role == Role.ADMINISTRATOR
    assert await accounts.ensure_first_administrator(ctx) is None
    entered = await sessions.sign_in(ctx, first.user.username, first.one_time_password)
    assert entered.must_change_password
    actor = await sessions.resume_session(ctx, entered.token)
    with pytest.raises(TalaError, match="forbidden"):
        await accounts.list_users(ctx, actor=actor)
    await sessions.change_password(ctx, first.one_time_password, GOOD, actor=actor)
    actor = await sessions.resume_session(ctx, entered.token)
    assert [user.username for user in await accounts.list_users(ctx, actor=actor)] == ["admin"]
    with pytest.raises(TalaError, match="unauthenticated"):
        await sessions.sign_in(ctx, "admin", first.one_time_password)


async def test_nothing_secret_is_stored(ctx: Context) -> None:
    name = await officer(ctx)
    entered = await sessions.sign_in(ctx, name, GOOD)
    key = await apikeys.add_key(ctx, "export", Role.AUDITOR, actor=ROOT)
    async with ctx.database.read() as session:
        stored = ""
        for table in (User, StaffSession, ApiKey):
            stored += repr([row.model_dump() for row in await session.scalars(select(table))])
    for secret in (GOOD, entered.token, entered.csrf, key.token):
        assert secret not in stored


@pytest.mark.parametrize("password", ["short", "a" * 300, "maria has a password", "aaaaaaaaaaaaaaa", GOOD])
async def test_a_weak_password_is_refused(lone: Context, password: str) -> None:
    name = await officer(lone)
    entered = await sessions.sign_in(lone, name, GOOD)
    actor = await sessions.resume_session(lone, entered.token)
    with pytest.raises(TalaError, match="invalid_input"):
        await sessions.change_password(lone, GOOD, password, actor=actor)


async def test_name_and_password_fail_alike_and_five_failures_lock(lone: Context) -> None:
    name = await officer(lone)
    said = set()
    for user, password in (("nobody", GOOD), (name, "wrong wrong wrong")):
        with pytest.raises(TalaError) as refused:
            await sessions.sign_in(lone, user, password)
        said.add((refused.value.code, refused.value.message))
    assert len(said) == 1
    for _ in range(4):
        with pytest.raises(TalaError, match="unauthenticated"):
            await sessions.sign_in(lone, name, "wrong wrong wrong")
    with pytest.raises(TalaError, match="rate_limited"):
        await sessions.sign_in(lone, name, GOOD)
    real = lone.clock
    lone.clock = lambda: real() + dt.timedelta(minutes=16)
    await sessions.sign_in(lone, name, GOOD)


async def test_a_session_ends_when_idle_and_after_half_a_day(ctx: Context) -> None:
    name = await officer(ctx)
    real = ctx.clock
    begun = real()
    entered = await sessions.sign_in(ctx, name, GOOD)
    minutes = ctx.settings.session_minutes
    ctx.clock = lambda: begun + dt.timedelta(minutes=minutes - 1)
    await sessions.resume_session(ctx, entered.token)
    ctx.clock = lambda: begun + dt.timedelta(minutes=2 * minutes - 2)
    await sessions.resume_session(ctx, entered.token)
    ctx.clock = lambda: begun + dt.timedelta(minutes=3 * minutes)
    with pytest.raises(TalaError, match="unauthenticated"):
        await sessions.resume_session(ctx, entered.token)
    ctx.clock = real
    entered = await sessions.sign_in(ctx, name, GOOD)
    step = dt.timedelta(minutes=minutes - 1)
    for i in range(1, 60):
        ctx.clock = lambda i=i: real() + i * step  # type: ignore[misc]
        try:
            await sessions.resume_session(ctx, entered.token)
        except TalaError:
            break
    assert dt.timedelta(hours=11) < i * step < dt.timedelta(hours=13)


async def test_signing_out_resetting_and_disabling_end_sessions(ctx: Context) -> None:
    name = await officer(ctx)
    one, two, three = [await sessions.sign_in(ctx, name, GOOD, device=d) for d in ("a", "b", "c")]
    actor = await sessions.resume_session(ctx, one.token)
    assert {s.device for s in await sessions.list_sessions(ctx, actor=actor)} == {"", "a", "b", "c"}
    await sessions.sign_out(ctx, one.token)
    second = await sessions.resume_session(ctx, two.token)
    third = await sessions.resume_session(ctx, three.token)
    await sessions.end_session(ctx, third.session_id, actor=second)
    for gone in (one, three):
        with pytest.raises(TalaError, match="unauthenticated"):
            await sessions.resume_session(ctx, gone.token)
    await accounts.change_user(ctx, name, actor=ROOT, active=False)
    with pytest.raises(TalaError, match="unauthenticated"):
        await sessions.resume_session(ctx, two.token)
    with pytest.raises(TalaError, match="unauthenticated"):
        await sessions.sign_in(ctx, name, GOOD)
    await accounts.change_user(ctx, name, actor=ROOT, active=True)
    fresh = await accounts.reset_password(ctx, name, actor=ROOT)
    with pytest.raises(TalaError, match="unauthenticated"):
        await sessions.sign_in(ctx, name, GOOD)
    assert (await sessions.sign_in(ctx, name, fresh.one_time_password)).must_change_password


async def test_nobody_ends_another_users_session(lone: Context) -> None:
    mine = await sessions.sign_in(lone, await officer(lone), GOOD)
    other = await sessions.sign_in(lone, await officer(lone, "pedro"), GOOD)
    actor = await sessions.resume_session(lone, mine.token)
    theirs = await sessions.resume_session(lone, other.token)
    with pytest.raises(TalaError, match="not_found"):
        await sessions.end_session(lone, theirs.session_id, actor=actor)
    await sessions.resume_session(lone, other.token)


async def test_one_administrator_remains(lone: Context) -> None:
    await accounts.ensure_first_administrator(lone)
    for change in ({"role": Role.AUDITOR}, {"active": False}):
        with pytest.raises(TalaError, match="transition_not_allowed"):
            await accounts.change_user(lone, "admin", actor=ROOT, **change)  # type: ignore[arg-type]
    await accounts.add_user(lone, "second", Role.ADMINISTRATOR, actor=ROOT)
    assert (await accounts.change_user(lone, "admin", actor=ROOT, active=False)).state == "disabled"


@pytest.mark.parametrize("role", [r for r in Role if r != Role.ADMINISTRATOR])
async def test_only_administrators_manage_people_and_keys(lone: Context, role: Role) -> None:
    actor = Caller("staff", role, "somebody")
    for attempt in (
        accounts.add_user(lone, "x", Role.OFFICER, actor=actor),
        accounts.list_users(lone, actor=actor),
        accounts.change_user(lone, "x", actor=actor, active=False),
        accounts.reset_password(lone, "x", actor=actor),
        apikeys.add_key(lone, "x", Role.AUDITOR, actor=actor),
        apikeys.list_keys(lone, actor=actor),
        apikeys.revoke_key(lone, "x", actor=actor),
    ):
        with pytest.raises(TalaError, match="forbidden"):
            await attempt


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "<b>"])
async def test_an_odd_user_name_is_refused(lone: Context, name: str) -> None:
    with pytest.raises(TalaError, match="invalid_input"):
        await accounts.add_user(lone, name, Role.OFFICER, actor=ROOT)


async def test_a_name_is_taken_once(lone: Context) -> None:
    await accounts.add_user(lone, "maria", Role.OFFICER, actor=ROOT)
    with pytest.raises(TalaError, match="conflict"):
        await accounts.add_user(lone, " MARIA ", Role.AUDITOR, actor=ROOT)


async def test_a_key_opens_until_it_expires_or_is_revoked(ctx: Context) -> None:
    added = await apikeys.add_key(ctx, "export", Role.AUDITOR, actor=ROOT, days=2, agency_code="LTO")
    actor = await apikeys.check_key(ctx, added.token)
    assert (actor.kind, actor.role, actor.id, actor.agency_code) == ("key", "auditor", added.key.id, "LTO")
    (listed,) = await apikeys.list_keys(ctx, actor=ROOT)
    assert listed.last_used_at is not None
    assert added.token.startswith(listed.prefix)
    real = ctx.clock
    ctx.clock = lambda: real() + dt.timedelta(days=3)
    with pytest.raises(TalaError, match="unauthenticated"):
        await apikeys.check_key(ctx, added.token)
    ctx.clock = real
    await apikeys.revoke_key(ctx, listed.prefix, actor=ROOT)
    await apikeys.revoke_key(ctx, listed.id, actor=ROOT)
    with pytest.raises(TalaError, match="unauthenticated"):
        await apikeys.check_key(ctx, added.token)
    with pytest.raises(TalaError, match="unauthenticated"):
        await apikeys.check_key(ctx, "tk_made-up")
