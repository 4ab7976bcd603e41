"""A case open for work: who may, what they hold in hand, and the event every change ends in.

Writers name the version they read; where somebody else was faster they get TalaError("version_mismatch") and
nothing is lost. A citizen acts with the secret of the receipt, staff by what they need to know
(`cases.access`).
"""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases import access, lifecycle
from tala.cases.calendar import Calendar
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import caseclocks, reading
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

    async def record(self, kind: str, expected_version: int | None) -> None:
        """Append the event that carries everything changed so far."""
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


@asynccontextmanager
async def at_desk(ctx: Context, ctn: str, actor: Actor, receipt: str | None) -> AsyncIterator[Desk]:
    """Open a case for work by somebody who may; commits at the end.

    Nothing is written before the event: autoflush stays off until then, because the database refuses a case
    that changes without one.
    """
    async with ctx.database.write() as session:
        with session.no_autoflush:
            if actor.kind == "citizen":
                case = await reading.own_case(session, ctn, receipt)
                role = "citizen"
            else:
                case, role = await for_staff(session, ctn, actor)
            ensure_open(case)
            key = await ctx.keys.load(session, case.data_key_id)
            rows = await caseclocks.of_case(session, case.id)
            used = await caseclocks.calendar(session)
            yield Desk(session, case, key, actor, role, ctx.clock(), rows, used)


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
