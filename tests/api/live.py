"""A client of the live protocol, and the application behind a real socket in the loop of the test."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import uvicorn
from tests.api.support import Client
from websockets.asyncio.client import ClientConnection, connect

FRAME_SAMPLES = 1600


@asynccontextmanager
async def listening(client: Client) -> AsyncIterator[str]:
    """The address of the application of a client that has started."""
    server = uvicorn.Server(
        uvicorn.Config(
            client.app,  # type: ignore[arg-type]
            port=0,
            lifespan="off",
            ws="websockets-sansio",
            log_level="critical",
            timeout_graceful_shutdown=2,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}/api/v1/live"
    finally:
        server.should_exit = True
        await serving


class Speaker:
    """One socket of a session."""

    def __init__(self, ws: ClientConnection, session: dict[str, Any]) -> None:
        self.ws = ws
        self.session = session
        self.created: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.sequence = 0

    async def send(self, **message: Any) -> None:
        await self.ws.send(json.dumps(message))

    async def start(self, format_: str = "pcm16@16000", *, resume: bool = False) -> dict[str, Any]:
        await self.send(type="session.start", format=format_, resume=resume)
        self.created = await self.until("session.created")
        self.sequence = self.created["next_sequence"]
        return self.created

    async def frame(self, data: bytes, sequence: int | None = None) -> None:
        number = self.sequence if sequence is None else sequence
        await self.ws.send(struct.pack("<I", number) + data)
        if sequence is None:
            self.sequence += 1

    async def say(self, sound: np.ndarray, *, pause: float = 0.0) -> None:
        """Send sound in frames, as fast as the server takes them or with a pause after each."""
        for start in range(0, len(sound), FRAME_SAMPLES):
            await self.frame(sound[start : start + FRAME_SAMPLES].astype("<i2").tobytes())
            if pause:
                await asyncio.sleep(pause)

    async def next(self, seconds: float = 60) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(await asyncio.wait_for(self.ws.recv(), seconds))
        self.events.append(event)
        return event

    async def until(self, kind: str, seconds: float = 60, **members: Any) -> dict[str, Any]:
        """The next event of a kind, and with these members."""
        while True:
            event = await self.next(seconds)
            if event["type"] == kind and all(event[name] == value for name, value in members.items()):
                return event

    async def acknowledged(self, through: int) -> None:
        """Wait until a frame is on disk; the word of it may have come while something else was waited for."""
        while not any(event["through"] >= through for event in self.events if event["type"] == "audio.ack"):
            await self.next()

    async def close(self) -> None:
        await self.ws.close()

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]


async def ticket(client: Client, **body: Any) -> dict[str, Any]:
    """A live ticket for a new session, or with `resume` and `capability` for one that there is."""
    bearer = body.pop("capability", None)
    if bearer is None:
        bearer = (await client.post("/api/v1/intake/tickets")).json()["ticket"]
    answer = await client.post(
        "/api/v1/live/tickets",
        json={"language": "en", "consent": "self", **body},
        headers={"Authorization": f"Bearer {bearer}"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


@asynccontextmanager
async def speaker(client: Client, url: str, **body: Any) -> AsyncIterator[Speaker]:
    """A socket that has been accepted."""
    opened = await ticket(client, **body)
    async with connect(
        f"{url}?ticket={opened['ticket']}", subprotocols=["tala.v1"], ping_interval=None
    ) as ws:
        yield Speaker(ws, opened)
