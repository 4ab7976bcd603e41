"""Notes inside the authority and messages between it and the citizen; sealed, and each an event."""

from typing import NamedTuple

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import notices
from tala.services.alerts import tell_the_office
from tala.services.context import Context
from tala.services.desk import at_desk, checked_text, expect, message_of, must_handle, once, opened
from tala.store.tables import CaseMessage


async def add_note(
    ctx: Context,
    ctn: str,
    text: str,
    actor: Actor,
    *,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> CaseMessage:
    """Write a note that stays inside the authority."""
    return await _say(ctx, ctn, text, actor, _NOTE, expected_version, idempotency_key)


async def message_citizen(
    ctx: Context,
    ctn: str,
    text: str,
    actor: Actor,
    *,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> CaseMessage:
    """Write to the citizen, who reads it with the receipt."""
    return await _say(ctx, ctn, text, actor, _OUT, expected_version, idempotency_key)


async def message_from_citizen(
    ctx: Context, ctn: str, text: str, actor: Actor, *, receipt: str, idempotency_key: str | None = None
) -> CaseMessage:
    """A citizen adds something to their own case."""
    return await _say(ctx, ctn, text, actor, _IN, None, idempotency_key, receipt)


class _Way(NamedTuple):
    direction: str
    kind: str


_NOTE = _Way("internal", "case.note")
_OUT = _Way("to_citizen", "case.message_to_citizen")
_IN = _Way("from_citizen", "case.message_from_citizen")


async def _say(
    ctx: Context,
    ctn: str,
    text: str,
    actor: Actor,
    way: _Way,
    expected_version: int | None,
    idempotency_key: str | None,
    receipt: str | None = None,
) -> CaseMessage:
    text = checked_text(text, "/text")
    async with once(ctx, ctn, actor, idempotency_key, {"text": text, "way": way.direction}) as before:
        if before.done is not None:
            async with ctx.database.read() as session:
                await opened(session, ctn, actor, receipt)
                found = await session.get(CaseMessage, before.done)
                assert found is not None
                return found
        async with at_desk(ctx, ctn, actor, receipt, before) as desk:
            if way is _IN:
                if desk.role not in ("citizen", "agent"):
                    raise TalaError("forbidden", "Only the citizen or an agent writing for them can do this.")
            else:
                must_handle(desk, "officer", "head")
            expect(desk.case, expected_version)
            message = message_of(desk, text, way.direction)
            desk.body["message"] = message.id
            desk.personal["text"] = text
            await desk.record(way.kind, expected_version, message.id)
            desk.session.add(message)
            if way is _IN:
                await tell_the_office(desk, "message")
            elif way is _OUT:
                await notices.tell_citizen(desk.session, desk.case, "message", desk.at)
            return message
