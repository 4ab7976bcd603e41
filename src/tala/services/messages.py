"""Notes inside the authority and messages between it and the citizen; sealed, and each an event."""

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.context import Context
from tala.services.desk import at_desk, checked_text, expect, message_of, must_handle
from tala.store.tables import CaseMessage


async def add_note(
    ctx: Context, ctn: str, text: str, actor: Actor, *, expected_version: int | None = None
) -> CaseMessage:
    """Write a note that stays inside the authority."""
    return await _say(ctx, ctn, text, actor, "internal", "case.note", None, expected_version)


async def message_citizen(
    ctx: Context, ctn: str, text: str, actor: Actor, *, expected_version: int | None = None
) -> CaseMessage:
    """Write to the citizen, who reads it with the receipt."""
    return await _say(ctx, ctn, text, actor, "to_citizen", "case.message_to_citizen", None, expected_version)


async def message_from_citizen(
    ctx: Context, ctn: str, text: str, actor: Actor, *, receipt: str
) -> CaseMessage:
    """A citizen adds something to their own case."""
    return await _say(ctx, ctn, text, actor, "from_citizen", "case.message_from_citizen", receipt, None)


async def _say(
    ctx: Context,
    ctn: str,
    text: str,
    actor: Actor,
    direction: str,
    kind: str,
    receipt: str | None,
    expected_version: int | None,
) -> CaseMessage:
    text = checked_text(text, "/text")
    async with at_desk(ctx, ctn, actor, receipt) as desk:
        if direction == "from_citizen":
            if desk.role not in ("citizen", "agent"):
                raise TalaError("forbidden", "Only the citizen or an agent writing for them can do this.")
        else:
            must_handle(desk, "officer", "head")
        expect(desk.case, expected_version)
        message = message_of(desk, text, direction)
        desk.body["message"] = message.id
        desk.personal["text"] = text
        await desk.record(kind, expected_version)
        desk.session.add(message)
        return message
