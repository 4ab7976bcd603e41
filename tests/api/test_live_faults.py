"""What goes wrong with a live session, and that nothing acknowledged is lost by it."""

import asyncio
import contextlib
import io
import json
import wave
from collections.abc import AsyncIterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.api.live import Speaker, listening, speaker
from tests.api.support import Bearer, Client
from tests.unit.speech.spoken import say
from websockets.exceptions import ConnectionClosed

from tala.services import live
from tala.services.context import Context
from tala.services.processing import process_recording

PERMIT = "I filed my business permit application in March and nobody at the city hall has answered me."


@pytest.fixture
async def url(client: Client) -> AsyncIterator[str]:
    async with listening(client) as address:
        yield address


def noise(seconds: float, level: float = 6) -> np.ndarray:
    return np.random.default_rng(11).normal(0, level, round(seconds * 16_000)).astype(np.int16)


async def stored(client: Client, one: Speaker) -> np.ndarray:
    """The samples of the recording that a session has become."""
    owner = Bearer(one.created["capability"]).headers
    answer = await client.get(f"/api/v1/recordings/{one.created['session']}/audio", headers=owner)
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


async def commit(one: Speaker) -> dict:
    await one.send(type="commit")
    return await one.until("session.closed")


def again(one: Speaker) -> dict:
    return {"resume": one.session["session"], "capability": one.session["capability"]}


@pytest.mark.model
async def test_a_line_cut_in_the_middle_of_a_word_loses_nothing(client: Client, url: str) -> None:
    sound = np.concatenate([noise(0.5), say(PERMIT), noise(1.5)])
    cut = 1600 * 23  # in the middle of the sentence
    async with speaker(client, url) as one:
        await one.start()
        await one.say(sound[:cut])
        await one.acknowledged(10)
    async with speaker(client, url, **again(one)) as two:
        created = await two.start(resume=True)
        assert created["resumed"] is True
        assert 11 <= created["next_sequence"] <= 23
        assert created["capability"] == one.created["capability"]
        await two.say(sound[created["next_sequence"] * 1600 :])
        final = await two.until("transcript.final")
        closed = await commit(two)
    # The sentence is read as one, also what was said before the line was cut.
    assert "business permit application in March" in final["segment"]["text"]
    assert closed["state"] == "ready"
    assert np.array_equal(await stored(client, two), sound)


async def test_a_reload_takes_over_from_the_socket_before(client: Client, url: str) -> None:
    async with speaker(client, url) as one:
        await one.start()
        await one.send(type="text", text="A clerk at the LTO in Pasig City shouted at me.")
        first = await one.until("assistant.question")
        async with speaker(client, url, **again(one)) as two:
            assert (await one.until("session.closed"))["reason"] == "replaced"
            created = await two.start(resume=True)
            assert created["draft_id"] is not None
            assert (await two.until("draft.updated"))["facts"]["agency"]["code"] == "LTO"
            # The question that waits is asked again, no other one.
            assert (await two.until("assistant.question"))["field"] == first["field"]
            await two.send(type="cancel")
            await two.until("session.closed")


async def test_garbage_is_told_in_words_and_ends_in_a_closed_socket(client: Client, url: str) -> None:
    async with speaker(client, url) as one:
        await one.start()
        for message in ("{", "[]", '{"type": "dance"}', json.dumps({"type": "text", "text": ""})):
            await one.ws.send(message)
            assert (await one.until("error"))["code"] == "bad_request"
        for data in (b"", b"\0\0\0\0", b"\0\0\0\0\1", b"\0\0\0\0" + bytes(6402)):
            await one.ws.send(data)
            assert (await one.until("error"))["code"] == "bad_request"
        await one.send(type="session.format", format="pcm16@48000")
        assert "pcm16@16000" in (await one.until("error"))["message"]
        # The session is none the worse for it.
        await one.say(noise(0.2))
        await one.acknowledged(1)
        for _ in range(30):
            with contextlib.suppress(ConnectionClosed):
                await one.ws.send("{")
        with pytest.raises(ConnectionClosed):
            await one.until("session.closed")


async def test_missing_frames_are_asked_for_and_known_ones_pass(client: Client, url: str) -> None:
    sound = noise(1.0)
    async with speaker(client, url) as one:
        await one.start()
        await one.say(sound[:4800])
        await one.frame(sound[8000:9600].astype("<i2").tobytes(), sequence=5)
        error = await one.until("error")
        assert error["next_sequence"] == 3
        await one.acknowledged(2)
        one.sequence = 1  # twice is no harm
        await one.say(sound[1600:])
        await one.acknowledged(9)
        assert (await commit(one))["state"] == "received"
    assert np.array_equal(await stored(client, one), sound)


async def test_a_full_disk_is_told_and_nothing_is_acknowledged_until_there_is_room(
    client: Client, url: str, ctx: Context
) -> None:
    folder = Path(str(ctx.recordings.store.prefix)) / "live"
    sound = noise(1.0)
    async with speaker(client, url) as one:
        await one.start()
        folder.mkdir(exist_ok=True)
        blocked = folder / one.created["session"]
        blocked.write_bytes(b"")  # no folder can be made where a file lies: every write fails, also for root
        await one.say(sound)
        error = await one.until("error")
        assert (error["code"], "audio.ack" in one.kinds()) == ("storage_unavailable", False)
        await asyncio.sleep(0.5)
        blocked.unlink()
        await one.acknowledged(9)
        await commit(one)
    assert np.array_equal(await stored(client, one), sound)


async def test_one_who_does_not_listen_loses_no_sound(client: Client, url: str) -> None:
    sound = noise(30)
    async with speaker(client, url) as one:
        await one.start()
        for _ in range(3000):
            await one.send(type="ping")
        await one.say(sound)  # 300 frames, none of whose acknowledgements is read meanwhile
        await one.acknowledged(299)
        await commit(one)
    assert len(await stored(client, one)) == len(sound)


async def test_opus_and_pcm_make_one_recording(client: Client, url: str) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.int16)
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 16_000, "mono", "s16"
    encoder.bit_rate, encoder.time_base = 24_000, Fraction(1, 16_000)
    packets = []
    for start in range(0, len(tone), 320):
        frame = av.AudioFrame.from_ndarray(tone[None, start : start + 320], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16_000, start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    async with speaker(client, url) as one:
        await one.start()
        await one.say(tone)
        await one.send(type="session.format", format="opus")
        for packet in packets:
            await one.frame(packet)
        await one.frame(b"\x48" + bytes(40))  # a packet that holds nothing sensible is silence of its length
        await one.acknowledged(9 + len(packets) + 1)
        await commit(one)
    heard = await stored(client, one)
    assert len(heard) == len(tone) + (len(packets) + 1) * 320
    assert np.array_equal(heard[:16_000], tone)
    spectrum = np.abs(np.fft.rfft(heard[16_800:31_200].astype(float)))
    assert abs(np.argmax(spectrum) * 16_000 / 14_400 - 440) < 2


@pytest.mark.model
async def test_what_nobody_comes_back_to_becomes_a_draft(client: Client, url: str, ctx: Context) -> None:
    sound = np.concatenate([noise(0.5), say(PERMIT), noise(0.2)])
    async with speaker(client, url) as one:
        await one.start()
        await one.send(type="text", text="This is about the LTO.")
        await one.until("draft.updated")
        await one.say(sound)
        await one.acknowledged(-(-len(sound) // 1600) - 1)
    owner = Bearer(one.session["capability"])
    assert await live.finish_left(ctx) == 0  # there is time to come back
    answer = await client.post(
        "/api/v1/cases", json={"draft_id": one.events[-1].get("draft_id", "")}, headers=owner.headers
    )
    ctx.clock = lambda clock=ctx.clock: clock() + timedelta(hours=1)
    assert await live.finish_left(ctx) == 1
    session = one.created["session"]
    status = (await client.get(f"/api/v1/recordings/{session}", headers=owner.headers)).json()
    assert status["state"] == "received"
    answer = await client.post("/api/v1/cases", json={"draft_id": status["draft_id"]}, headers=owner.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_not_ready")
    await process_recording(ctx, session, patient=False)
    draft = (await client.get(f"/api/v1/drafts/{status['draft_id']}", headers=owner.headers)).json()
    assert draft["transcript"]["text"].startswith("This is about the LTO.")
    assert "business permit application" in draft["transcript"]["text"]
    assert np.array_equal(await stored(client, one), sound)
    answer = await client.post("/api/v1/live/tickets", json={"resume": session}, headers=owner.headers)
    assert answer.json()["code"] == "transition_not_allowed"


async def test_what_a_person_corrected_outlives_what_is_said_afterwards(client: Client, url: str) -> None:
    async with speaker(client, url) as one:
        await one.start()
        await one.send(type="text", text="A clerk at the LTO in Pasig City shouted at me.")
        first = await one.until("draft.updated")
        headers = Bearer(one.session["capability"]).headers | {"If-Match": f'"{first["version"]}"'}
        answer = await client.patch(
            f"/api/v1/drafts/{first['draft_id']}", json={"agency": {"code": "SSS"}}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        await one.send(type="text", text="It was at the LTO yesterday, when I renewed my license.")
        second = await one.until("draft.updated")
        while second["facts"]["incident_date"] is None:
            second = await one.until("draft.updated")
        assert second["facts"]["agency"]["code"] == "SSS"
        assert second["facts"]["location"]["name"] == "City of Pasig"
        await commit(one)


@pytest.mark.slow
async def test_two_hundred_idle_sockets_do_not_hold_up_one_who_speaks(client: Client, url: str) -> None:
    async with asyncio.TaskGroup() as group:
        ready, done = asyncio.Semaphore(0), asyncio.Event()

        async def idle() -> None:
            async with speaker(client, url) as one:
                await one.start()
                ready.release()
                await done.wait()

        client.app.state.context.settings.__dict__["uploads_per_hour"] = 10_000
        for _ in range(200):
            group.create_task(idle())
        for _ in range(200):
            await ready.acquire()
        assert len(client.app.state.live) == 200
        async with speaker(client, url) as one:
            await one.start()
            await one.say(noise(1))
            await one.acknowledged(9)
            await commit(one)
        done.set()
    await asyncio.sleep(0.5)
    assert client.app.state.live == {}
