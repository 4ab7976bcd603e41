"""A simulated citizen: speaks a recording in real time over the live socket and notes when what was told."""

import asyncio
import json
import struct
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect

FRAME_MS = 100


@dataclass
class Session:
    """What a citizen saw. `at` of an event is seconds from the first frame."""

    id: str = ""
    capability: str = ""
    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    sent: int = 0
    acknowledged: int = -1

    def of(self, kind: str) -> list[tuple[float, dict[str, Any]]]:
        return [(at, event) for at, event in self.events if event["type"] == kind]


class Citizen:
    """One citizen of a server at `base` (http://host:port)."""

    def __init__(self, base: str, *, language: str = "auto", frame_ms: int = FRAME_MS) -> None:
        self.base = base
        self.language = language
        self.frame_bytes = frame_ms * 32
        self.session = Session()
        self.began = 0.0

    async def ticket(self, *, resume: bool = False) -> str:
        """A ticket for a new session, or for this one again."""
        async with httpx.AsyncClient(base_url=self.base, timeout=60) as client:
            body: dict[str, Any] = {"language": self.language, "consent": "self"}
            if resume:
                bearer, body["resume"] = self.session.capability, self.session.id
            else:
                bearer = (await client.post("/api/v1/intake/tickets")).json()["ticket"]
            headers = {"Authorization": f"Bearer {bearer}"}
            answer = await client.post("/api/v1/live/tickets", json=body, headers=headers)
            answer.raise_for_status()
            opened = answer.json()
        self.session.id = opened["session"]
        self.session.capability = opened["capability"] or self.session.capability
        return str(opened["ticket"])

    async def socket(self, *, resume: bool = False, audio: str = "pcm16@16000") -> ClientConnection:
        """An open socket whose session has started; `next_sequence` is where to send from."""
        ticket = await self.ticket(resume=resume)
        address = self.base.replace("http", "ws", 1) + f"/api/v1/live?ticket={ticket}"
        ws = await connect(address, subprotocols=["tala.v1"], max_size=1 << 24, ping_interval=None)
        await ws.send(json.dumps({"type": "session.start", "format": audio, "resume": resume}))
        created = json.loads(await ws.recv())
        assert created["type"] == "session.created", created
        self.next_sequence = int(created["next_sequence"])
        self.note(created)
        return ws

    def note(self, event: dict[str, Any]) -> None:
        at = time.monotonic() - self.began if self.began else 0.0
        self.session.events.append((at, event))
        if event["type"] == "audio.ack":
            self.session.acknowledged = max(self.session.acknowledged, event["through"])

    async def listen(self, ws: ClientConnection) -> None:
        """Note what is told until the session is closed or the line ends."""
        async for message in ws:
            self.note(json.loads(message))
            if self.session.events[-1][1]["type"] == "session.closed":
                return

    async def speak(self, ws: ClientConnection, sound: np.ndarray, *, speed: float = 1.0) -> None:
        """Send sound as a microphone gives it."""
        data = sound.astype("<i2").tobytes()
        self.began = self.began or time.monotonic()
        first, start = self.session.sent, time.monotonic()
        for offset in range(0, len(data), self.frame_bytes):
            number = offset // self.frame_bytes
            # A frame is sent when it has been spoken.
            wait = start + (number + 1) * self.frame_bytes / 32_000 / speed - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            await ws.send(struct.pack("<I", first + number) + data[offset : offset + self.frame_bytes])
            self.session.sent = first + number + 1

    async def hold(self, sound: np.ndarray, *, tail_seconds: float = 2.0) -> Session:
        """Speak a recording, wait a moment, commit, hear it out."""
        ws = await self.socket()
        listening = asyncio.create_task(self.listen(ws))
        await self.speak(ws, np.concatenate([sound, np.zeros(round(tail_seconds * 16_000), np.int16)]))
        self.committed = time.monotonic() - self.began
        await ws.send(json.dumps({"type": "commit"}))
        await listening
        await ws.close()
        return self.session
