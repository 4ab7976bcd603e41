"""The live socket: who may open it, the order of events, and what is stored afterwards."""

import hashlib
import io
import wave
from collections.abc import AsyncIterator

import numpy as np
import pytest
from tests.api.live import Speaker, listening, speaker, ticket
from tests.api.support import COMPLAINT, Bearer, Client
from tests.unit.speech.spoken import say
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tala.services.context import Context

FIXER = "A fixer at the Land Transportation Office in Quezon City asked me for three thousand pesos."


@pytest.fixture
async def url(client: Client) -> AsyncIterator[str]:
    async with listening(client) as address:
        yield address


def quiet(seconds: float) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 6, round(seconds * 16_000)).astype(np.int16)


# -- the way in --


async def refused(url: str, **more: object) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, subprotocols=["tala.v1"], **more):
            pass
    return caught.value.response.status_code


async def test_a_socket_needs_a_ticket_and_each_opens_one(client: Client, url: str) -> None:
    assert await refused(url) == 401
    assert await refused(f"{url}?ticket=lt_{'x' * 43}") == 401
    opened = await ticket(client)
    async with connect(f"{url}?ticket={opened['ticket']}", subprotocols=["tala.v1"]) as ws:
        assert ws.subprotocol == "tala.v1"
    assert await refused(f"{url}?ticket={opened['ticket']}") == 401


async def test_another_sites_page_cannot_open_a_socket(client: Client, url: str) -> None:
    opened = await ticket(client)
    address = f"{url}?ticket={opened['ticket']}"
    assert await refused(address, origin="https://elsewhere.example") == 403
    # The ticket was not used up by that.
    async with connect(address, subprotocols=["tala.v1"], origin=url.replace("ws", "http", 1)[:-12]):
        pass


async def test_a_ticket_is_given_for_consent_and_to_its_own_session_only(client: Client) -> None:
    intake = Bearer((await client.post("/api/v1/intake/tickets")).json()["ticket"])
    for consent in ("unknown", "all-parties"):
        answer = await client.post("/api/v1/live/tickets", json={"consent": consent}, headers=intake.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "consent_required")
    mine, other = await ticket(client), await ticket(client)
    foreign = Bearer(other["capability"])
    answer = await client.post(
        "/api/v1/live/tickets", json={"resume": mine["session"]}, headers=foreign.headers
    )
    assert answer.status_code == 404
    assert (await client.post("/api/v1/live/tickets", json={})).status_code == 401


# -- a session --


async def facts_of(client: Client, session: Speaker) -> dict:
    answer = await client.get(
        f"/api/v1/drafts/{session.events[-1]['draft_id']}",
        headers=Bearer(session.session["capability"]).headers,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.model
async def test_what_is_spoken_becomes_a_recording_a_draft_and_a_case(
    client: Client, url: str, ctx: Context
) -> None:
    sound = np.concatenate([quiet(0.6), say(FIXER), quiet(1.6)])
    async with speaker(client, url) as one:
        created = await one.start()
        assert created["resumed"] is False
        assert created["recording_id"] == created["session"]
        await one.say(sound, pause=0.02)
        final = await one.until("transcript.final")
        assert "3,000 pesos" in final["segment"]["text"]
        updated = await one.until("draft.updated")
        assert updated["facts"]["agency"]["code"] == "LTO"
        await one.send(type="commit")
        closed = await one.until("session.closed")
    assert (closed["reason"], closed["state"]) == ("committed", "ready")
    kinds = one.kinds()
    order = ["session.created", "assistant.reply", "speech.started", "speech.stopped", "transcript.final"]
    assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
    assert kinds.index("transcript.final") < kinds.index("draft.updated")

    owner = Bearer(created["capability"]).headers
    recording = (await client.get(f"/api/v1/recordings/{created['recording_id']}", headers=owner)).json()
    assert (recording["state"], recording["draft_id"]) == ("ready", closed["draft_id"])
    stored = await client.get(f"/api/v1/recordings/{created['recording_id']}/audio", headers=owner)
    with wave.open(io.BytesIO(stored.content)) as file:
        assert (file.getframerate(), file.getnchannels()) == (16_000, 1)
        assert np.array_equal(np.frombuffer(file.readframes(file.getnframes()), "<i2"), sound)
    assert hashlib.sha256(stored.content).hexdigest() == recording["sha256"]
    assert [name async for name in ctx.recordings.names("live")] == []

    draft = await facts_of(client, one)
    agency = draft["facts"]["agency"]
    assert draft["transcript"]["text"][agency["start"] : agency["end"]] == agency["text"]
    assert 600 <= agency["start_ms"] < agency["end_ms"] <= len(sound) / 16
    filed = await client.post("/api/v1/cases", json={"draft_id": closed["draft_id"]}, headers=owner)
    assert filed.status_code == 201, filed.text


async def test_what_is_typed_and_tapped_is_asked_for_once_and_kept(client: Client, url: str) -> None:
    async with speaker(client, url) as one:
        await one.start()
        await one.send(type="text", text="A clerk at the LTO was very rude to me and shouted at me.")
        first = await one.until("draft.updated")
        assert first["facts"]["agency"]["code"] == "LTO"
        asked = await one.until("assistant.question")
        await one.send(type="answer", field=asked["field"], value=None)
        second = await one.until("assistant.question")
        assert second["field"] != asked["field"]
        await one.send(type="answer", field="incident_date", value={"date": "2026-01-05"})
        await one.send(type="text", text="It was in Pasig City.")
        last = await one.until("draft.updated")
        while last["facts"]["location"] is None:
            last = await one.until("draft.updated")
        assert last["facts"]["incident_date"]["entered_by"] == "citizen"
        await one.send(type="commit")
        closed = await one.until("session.closed")
    draft = await facts_of(client, one)
    assert (closed["state"], draft["recording_ids"]) == ("failed", [])
    assert draft["facts"]["incident_date"]["date"] == "2026-01-05"
    place = draft["facts"]["location"]
    assert draft["transcript"]["text"][place["start"] : place["end"]] == place["text"]


async def test_what_is_cancelled_is_erased(client: Client, url: str, ctx: Context) -> None:
    async with speaker(client, url) as one:
        created = await one.start()
        await one.send(type="text", text=COMPLAINT)
        await one.say(quiet(0.5))
        await one.until("draft.updated")
        await one.acknowledged(4)
        await one.send(type="cancel")
        closed = await one.until("session.closed")
    assert closed["reason"] == "cancelled"
    owner = Bearer(created["capability"]).headers
    for address in (f"/api/v1/recordings/{created['recording_id']}", f"/api/v1/drafts/{closed['draft_id']}"):
        assert (await client.get(address, headers=owner)).status_code == 410
    assert [name async for name in ctx.recordings.names()] == []
