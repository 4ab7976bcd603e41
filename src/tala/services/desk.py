"""A case open for work: who may, what they hold in hand, and the event every change ends in.

Writers name the version they read; where somebody else was faster they get TalaError("version_mismatch") and
nothing is lost. A citizen acts with the secret of the receipt, staff by what they need to know
(`cases.access`).
"""

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases import access, lifecycle
from tala.cases import ctn as numbers
from tala.cases.calendar import Calendar
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import caseclocks, idempotency, reading
from tala.services.context import Context
from tala.services.opening import ensure_open
from tala.store import ledger, queries
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.tables import Case, CaseClock, CaseMessage

MOST_CHARACTERS = 20_000


@dataclass(slots=True)
class Desk:
    """A case open for work in one transaction."""

    session: AsyncSession
    case: Case
    key: DataKey
    actor: Actor
    role: str
    at: dt.datetime
    clocks: list[CaseClock]
    calendar: Calendar
    body: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, Any] = field(default_factory=dict)
    once: "Once | None" = None

    async def record(self, kind: str, expected_version: int | None, result: str = "") -> None:
        """Append the event that carries everything changed so far; `result` is the id of what was made, told
        again to a request that is repeated.
        """
        await ledger.append_to_case(
            self.session,
            self.case,
            kind,
            self.actor,
            self.body,
            personal=self.personal,
            key=self.key,
            at=self.at,
            expected_version=expected_version,
        )
        if self.once is not None:
            await self.once.turn.done(self.session, self.once.seen, {"id": result}, self.key, 200)


@dataclass(frozen=True, slots=True)
class Once:
    """A write under an Idempotency-Key: `done` is the id of what it made when it was sent before."""

    turn: idempotency.Turn
    seen: str
    done: str | None = None


def scope_of(ctn: str, actor: Actor) -> str:
    """Whose Idempotency-Keys count for what: somebody's own, on one case."""
    return f"case:{numbers.normalise(ctn) or ''}:{actor.kind}:{actor.id or ''}"


@asynccontextmanager
async def once(
    ctx: Context, ctn: str, actor: Actor, key: str | None, asked: Mapping[str, Any]
) -> AsyncIterator[Once]:
    """Hold an Idempotency-Key of somebody's on a case while they write; without a key every write is new.

    Raises:
        TalaError: conflict (still running), idempotency_mismatch (the key stands for another write).
    """
    seen = idempotency.fingerprint(dict(asked))
    async with idempotency.once(ctx, scope_of(ctn, actor), key) as turn:
        done = None if turn.replay is None else str(turn.replay_for(seen)["id"])
        yield Once(turn, seen, done)


async def opened(
    session: AsyncSession, ctn: str, actor: Actor, receipt: str | None = None
) -> tuple[Case, str]:
    """A case and the role of who opens it: a citizen by the receipt, staff by what they need to know."""
    if actor.kind == "citizen":
        return await reading.own_case(session, ctn, receipt), "citizen"
    return await for_staff(session, ctn, actor)


@asynccontextmanager
async def at_desk(
    ctx: Context, ctn: str, actor: Actor, receipt: str | None, once: Once | None = None
) -> AsyncIterator[Desk]:
    """Open a case for work by somebody who may; commits at the end.

    Nothing is written before the event: autoflush stays off until then, because the database refuses a case
    that changes without one.
    """
    async with ctx.database.write() as session:
        with session.no_autoflush:
            case, role = await opened(session, ctn, actor, receipt)
            ensure_open(case)
            key = await ctx.keys.load(session, case.data_key_id)
            rows = await caseclocks.of_case(session, case.id)
            used = await caseclocks.calendar(session)
            yield Desk(session, case, key, actor, role, ctx.clock(), rows, used, once=once)


async def for_staff(session: AsyncSession, ctn: str, actor: Actor) -> tuple[Case, str]:
    """A case and the role somebody has in it; TalaError("not_found") where they may not know of it."""
    case = await queries.case_by_ctn(session, ctn)
    if case is None:
        raise TalaError("not_found", reading.NOT_THERE)
    standing = await queries.standing(session, case)
    if access.level(actor, standing) is None:
        raise TalaError("not_found", reading.NOT_THERE)
    return case, access.role_in(actor, standing)


def message_of(desk: Desk, text: str, direction: str) -> CaseMessage:
    """A sealed note or message, to be added after the event."""
    message = CaseMessage(
        id=new_id(),
        case_id=desk.case.id,
        at=desk.at,
        direction=direction,
        author_kind=desk.actor.kind,
        author_id=desk.actor.id,
    )
    message.sealed_body = desk.key.seal(text, "case_messages", message.id, "body")
    return message


def checked_text(text: str, pointer: str) -> str:
    """Text a person wrote, trimmed; TalaError("invalid_input") where it is empty or too long."""
    text = text.strip()
    if not 1 <= len(text) <= MOST_CHARACTERS:
        raise TalaError(
            "invalid_input",
            f"Write between 1 and {MOST_CHARACTERS} characters.",
            errors=[{"pointer": pointer, "detail": f"1 to {MOST_CHARACTERS} characters"}],
        )
    return text


def expect(case: Case, version: int | None) -> None:
    """Raise TalaError("version_mismatch") where the case is not at the version the writer read."""
    if version is not None and version != case.version:
        raise TalaError(
            "version_mismatch",
            "Somebody changed this case in the meantime. Read it again, then repeat.",
            version=case.version,
        )


def must_handle(desk: Desk, *roles: str) -> None:
    """Raise TalaError("forbidden") for any other role."""
    if desk.role not in roles:
        raise TalaError("forbidden", f"This is for: {', '.join(roles)}.")


def must_be_open(desk: Desk) -> None:
    """Raise TalaError("conflict") for a case that is decided or closed."""
    if not lifecycle.is_open(desk.case.state):
        raise TalaError("conflict", f"The case is {desk.case.state}; reopen it first.")
