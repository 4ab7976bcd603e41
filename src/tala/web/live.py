"""The way in for citizens who speak live: a ticket, then a socket (docs/events.md)."""

import asyncio
import contextlib
from typing import Any, Literal

import structlog
from litestar import Request, WebSocket, post, websocket
from litestar.params import JSONBody
from pydantic import Field

from tala.errors import TalaError
from tala.services import live
from tala.services.context import Context
from tala.web.api.schemas import Body, problems
from tala.web.auth import actor_of, context_of, holds_live_ticket, opens_live
from tala.web.i18n import language_of, messages
from tala.web.liveprotocol import SUBPROTOCOL
from tala.web.livesockets import Connection

log = structlog.get_logger("tala.web.live")
_HAND_OVER_SECONDS = 5.0
_warming: set[asyncio.Task[None]] = set()


class LiveStart(Body):
    """What a citizen asks for. With `resume` and the session's capability an earlier one goes on."""

    language: str = Field("auto", max_length=16, description="Language spoken: auto, en, fil, tl, …")
    consent: Literal["self", "all-parties", "unknown"] = Field(
        "self",
        description="Who is heard. A citizen who speaks alone: self. Staff who take a call down: "
        "all-parties, once everybody agreed.",
    )
    resume: str | None = Field(None, max_length=64, description="Session to go on with.")


@post(
    "/api/v1/live/tickets",
    operation_id="openLiveTicket",
    summary="Ask for a ticket to speak live",
    tags=["Intake"],
    guards=[opens_live],
    security=[{"ticket": []}, {"capability": []}, {"key": []}, {"session": []}],
    status_code=201,
    responses=problems(401, 404, 409, 422, 429),
)
async def open_ticket(request: Request[Any, Any, Any], data: JSONBody[LiveStart]) -> live.LiveTicket:
    """A ticket that opens `GET /api/v1/live?ticket=…` once, soon. For a new session send the intake ticket,
    to go on with an earlier one its capability."""
    if data.consent == "unknown":
        raise TalaError(
            "consent_required",
            "Nobody is heard live before they agreed. Send a recording, which is set aside until then.",
            errors=[{"pointer": "/consent", "detail": "Send self or all-parties."}],
        )
    ctx = context_of(request)
    wanted = live.LiveRequest(language=data.language, consent=data.consent, resume=data.resume)
    ticket = await live.open_ticket(ctx, wanted, actor=await actor_of(request))
    _warm(ctx)
    return ticket


@websocket("/api/v1/live", name="liveSession", guards=[holds_live_ticket])
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Speak live. The messages of both sides are described in docs/events.md."""
    redeemed: live.Redeemed = socket.scope["state"]["redeemed"]
    serving: dict[str, Connection] = socket.app.state.live
    await socket.accept(subprotocols=SUBPROTOCOL)
    mine = Connection(socket, context_of(socket), redeemed, messages(language_of(socket)))
    before, serving[redeemed.session] = serving.get(redeemed.session), mine
    try:
        if before is not None:
            # A page that was loaded again may be here before its old line is known to be dead.
            before.replace()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(before.ended.wait(), _HAND_OVER_SECONDS)
        await mine.run()
    finally:
        if serving.get(redeemed.session) is mine:
            del serving[redeemed.session]


def _warm(ctx: Context) -> None:
    """Load the models while the citizen still reads what the page says."""

    async def load() -> None:
        try:
            await asyncio.to_thread(lambda: ctx.engine().model)
            await asyncio.to_thread(ctx.understander)
        except TalaError as error:
            log.error("live.not_ready", code=error.code)

    task = asyncio.create_task(load())
    _warming.add(task)
    task.add_done_callback(_warming.discard)
