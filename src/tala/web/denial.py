"""Refusing a socket before it is accepted, with the status and sentence that any other request would get.

The framework can only close what it does not accept, which servers answer with 403 whatever the reason was.
"""

from collections.abc import MutableMapping
from typing import Any, cast

import msgspec
from litestar.types import Message, Scope, Send

from tala.errors import CATALOGUE

_EXTENSION = "websocket.http.response"
_REFUSALS = range(4400, 4600)
"""Close codes that stand for a status of HTTP, plus 4000."""


def denying(scope: Scope, send: Send, request_id: str) -> Send:
    """The same as `send`; but a socket closed before it was accepted is answered with problem+json."""
    able = _EXTENSION in (cast(MutableMapping[str, Any], scope).get("extensions") or {})
    begun = False

    async def inner(message: Message) -> None:
        nonlocal begun
        event = cast(MutableMapping[str, Any], message)
        if not begun and able and event["type"] == "websocket.close" and event.get("code") in _REFUSALS:
            for part in _answer(event["code"] - 4000, str(event.get("reason") or ""), request_id):
                await send(cast(Message, part))
        else:
            await send(message)
        begun = True

    return inner


def _answer(status: int, reason: str, request_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    code = next((code for code, known in CATALOGUE.items() if known.status == status), "bad_request")
    body = {"type": f"/problems#{code}", "status": status, "code": code, "detail": reason}
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
    ]
    start = {"type": f"{_EXTENSION}.start", "status": status, "headers": headers}
    return start, {"type": f"{_EXTENSION}.body", "body": msgspec.json.encode(body), "more_body": False}
