"""A server killed while a citizen speaks: what it acknowledged is there when it is back."""

import asyncio
import io
import json
import struct
import wave
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from tests.integration.worker.conftest import Running
from tests.unit.speech.spoken import say
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SENTENCE = "I filed my business permit application in March and nobody at the city hall has answered me."
FRAME = 1600


async def opened(
    base: str, bearer: str, **body: Any
) -> tuple[ClientConnection, dict[str, Any], dict[str, Any]]:
    async with httpx.AsyncClient(base_url=base, timeout=120) as client:
        headers = {"Authorization": f"Bearer {bearer}"}
        answer = await client.post("/api/v1/live/tickets", json={"language": "en", **body}, headers=headers)
        assert answer.status_code == 201, answer.text
    ticket = answer.json()
    address = f"{base.replace('http', 'ws', 1)}/api/v1/live?ticket={ticket['ticket']}"
    ws = await connect(address, subprotocols=["tala.v1"], ping_interval=None)
    await ws.send(json.dumps({"type": "session.start", "format": "pcm16@16000", "resume": "resume" in body}))
    return ws, ticket, json.loads(await ws.recv())


async def until(ws: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(120):
        while (event := json.loads(await ws.recv()))["type"] != kind:
            pass
    return dict(event)


async def speak(ws: ClientConnection, sound: np.ndarray, first: int) -> None:
    for number in range(first, -(-len(sound) // FRAME)):
        frame = sound[number * FRAME : (number + 1) * FRAME].astype("<i2").tobytes()
        await ws.send(struct.pack("<I", number) + frame)


async def through(tala: Running, sound: np.ndarray) -> None:
    base = f"http://127.0.0.1:{tala.port}"
    ticket = httpx.post(f"{base}/api/v1/intake/tickets", timeout=120).json()["ticket"]
    ws, session, _ = await opened(base, ticket)
    half = len(sound) // FRAME // 2
    await speak(ws, sound[: half * FRAME], 0)
    acknowledged = -1
    while acknowledged < half // 2:
        acknowledged = (await until(ws, "audio.ack"))["through"]
    for process in tala.family():  # the server and the process in it that answers
        if "serve" in process.cmdline():
            process.kill()
    with pytest.raises(ConnectionClosed):
        await until(ws, "session.closed")
    for _ in range(600):
        try:
            httpx.get(f"{base}/healthz", timeout=10).raise_for_status()
            break
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
    ws, _, created = await opened(base, session["capability"], resume=session["session"])
    assert created["resumed"] is True
    assert created["next_sequence"] > acknowledged
    await speak(ws, sound, created["next_sequence"])
    final = await until(ws, "transcript.final")
    assert "business permit application in March" in final["segment"]["text"]
    await ws.send(json.dumps({"type": "commit"}))
    closed = await until(ws, "session.closed")
    assert (closed["reason"], closed["state"]) == ("committed", "ready")
    owner = {"Authorization": f"Bearer {session['capability']}"}
    stored = httpx.get(
        f"{base}/api/v1/recordings/{session['session']}/audio", headers=owner, timeout=120
    ).content
    with wave.open(io.BytesIO(stored)) as file:
        assert np.array_equal(np.frombuffer(file.readframes(file.getnframes()), "<i2"), sound)
    draft = httpx.get(f"{base}/api/v1/drafts/{closed['draft_id']}", headers=owner, timeout=120).json()
    filed = httpx.post(f"{base}/api/v1/cases", json={"draft_id": draft["id"]}, headers=owner, timeout=120)
    assert filed.status_code == 201, filed.text


@pytest.mark.model
async def test_a_server_killed_in_the_middle_of_a_sentence_loses_nothing(
    running: Callable[..., Running],
) -> None:
    quiet = np.random.default_rng(3).normal(0, 6, 16_000).astype(np.int16)
    sound = np.concatenate([quiet[:8000], say(SENTENCE), quiet, quiet[:8000]])
    tala = running()
    await asyncio.to_thread(tala.start)
    await through(tala, sound)
    assert await asyncio.to_thread(tala.stop) == 0
