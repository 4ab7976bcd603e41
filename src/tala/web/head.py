"""HEAD as RFC 9110 has it: what GET would answer, without its body."""

import asyncio
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send


async def answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the application answer GET and send on its status and headers alone.

    Once they are sent the client is as good as gone, which also ends streams that would go on.
    """
    asked = {**scope, "method": "GET"}
    told = asyncio.Event()
    begun = False

    async def no_body() -> Any:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await told.wait()
        return {"type": "http.disconnect"}

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            told.set()
        elif message["type"] != "http.response.body":
            await send(message)

    await app(asked, no_body, send_head)  # type: ignore[arg-type]
    scope.update({k: v for k, v in asked.items() if k == "path_template"})  # type: ignore[typeddict-item]
