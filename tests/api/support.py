"""What tests of the interface share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from litestar import Litestar

from tala.web.transport import RateLimit

SAMPLES = Path(__file__).resolve().parents[2] / "audio_samples"
COMPLAINT = (
    "Last Friday I went to the LTO office in Quezon City to renew my driver's license. A fixer asked me for "
    "3,000 pesos. My name is Ana Santos and my number is 0917 555 1234."
)
NO_LIMIT = RateLimit(per_second=1e9, burst=10**9)


class Client(httpx.AsyncClient):
    """Calls the application over ASGI in the loop of the test, which the database's connections belong to."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        super().__init__(transport=httpx.ASGITransport(app), base_url="http://tala.test")


@asynccontextmanager
async def started(app: Litestar) -> AsyncIterator[Client]:
    """A client of the application while it runs, in a task of its own as under a server."""
    ready, stop = asyncio.Event(), asyncio.Event()

    async def serve() -> None:
        async with app.lifespan():
            ready.set()
            await stop.wait()

    serving = asyncio.create_task(serve())
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if not serving.done():
            async with Client(app) as client:
                yield client
    finally:
        stop.set()
        await serving


@dataclass(frozen=True)
class Bearer:
    """A token as a header."""

    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class OpenDraft:
    """A draft and what opens it."""

    id: str
    bearer: Bearer
    etag: str


async def send_form(
    client: Client, bearer: Bearer, pieces: AsyncIterator[bytes]
) -> tuple[int, dict[str, Any]]:
    """Upload a form (boundary `b`) piece by piece, as it comes over a line, and answer status and body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        piece = await anext(pieces, None)
        if piece is None and any(message["type"] == "http.response.body" for message in sent):
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/v1/recordings", "raw_path": b"/api/v1/recordings", "root_path": "", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {bearer.token}".encode()),
                    (b"content-type", b"multipart/form-data; boundary=b")],
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "state": {}, "app": client.app,
    }  # fmt: skip
    await client.app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], msgspec.json.decode(body)
