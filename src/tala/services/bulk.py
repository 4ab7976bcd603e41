"""One thing done to many cases: each in a transaction of its own, each with an answer of its own."""

from collections.abc import Sequence
from typing import Literal

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import casework, messages
from tala.services.context import Context
from tala.transcript import Value

MOST_CASES = 100


class Selected(Value):
    """A case chosen for a bulk action, at the version its reader saw; None takes it as it is."""

    ctn: str
    version: int | None = None


class Order(Value):
    """What to do with each case.

    Args:
        action: assign (user_id, or null for nobody), note (text), or a step of the lifecycle (reason).
    """

    action: str
    user_id: str | None = None
    text: str | None = None
    reason: str | None = None


class Outcome(Value):
    """What came of one case: its version afterwards, or why it was refused."""

    ctn: str
    status: Literal["done", "refused"]
    version: int | None = None
    code: str | None = None
    message: str | None = None


async def do(ctx: Context, selected: Sequence[Selected], order: Order, actor: Actor) -> list[Outcome]:
    """Do one thing to each case, in order; a refused one does not stop the rest.

    Raises:
        TalaError: invalid_input, for none or too many cases, or one twice.
    """
    numbers = [one.ctn for one in selected]
    if not 1 <= len(numbers) <= MOST_CASES or len(set(numbers)) != len(numbers):
        detail = f"Choose 1 to {MOST_CASES} cases, each once."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/items", "detail": detail}])
    return [await _one(ctx, one, order, actor) for one in selected]


async def _one(ctx: Context, one: Selected, order: Order, actor: Actor) -> Outcome:
    try:
        version = await _do(ctx, one, order, actor)
    except TalaError as refused:
        return Outcome(ctn=one.ctn, status="refused", code=refused.code, message=refused.message)
    return Outcome(ctn=one.ctn, status="done", version=version)


async def _do(ctx: Context, one: Selected, order: Order, actor: Actor) -> int | None:
    if order.action == "assign":
        case = await casework.assign(ctx, one.ctn, order.user_id, actor, expected_version=one.version)
        return case.version
    if order.action == "note":
        await messages.add_note(ctx, one.ctn, order.text or "", actor, expected_version=one.version)
        return None if one.version is None else one.version + 1
    details = casework.Details(note=order.text) if order.text else None
    case = await casework.transition(
        ctx, one.ctn, order.action, actor, reason=order.reason, details=details, expected_version=one.version
    )
    return case.version
