"""Live sessions with the real detector and the real weights; the engine is held back where load is tried."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future

import numpy as np
import pytest
from tests.unit.speech.spoken import say, silence

from tala.speech.decoding import Heard, HeardWord
from tala.speech.engine import Engine, Priority
from tala.speech.live import (
    Degraded,
    Event,
    Final,
    LiveSession,
    LiveSettings,
    Partial,
    SpeechStarted,
    SpeechStopped,
)

WINDOW = "The window was closed during lunch break and forty people were waiting outside."
PERMIT = "I filed my business permit application in March and nobody has answered me."


async def chunks(sound: np.ndarray, size: int = 3200) -> AsyncIterator[bytes]:
    """Sound as a microphone sends it, only faster; sizes that fit no frame and no sample."""
    data = sound.astype("<i2").tobytes()
    for start in range(0, len(data), size):
        yield data[start : start + size]
        await asyncio.sleep(0)


async def collect(session: LiveSession, sound: np.ndarray, size: int = 3200) -> list[Event]:
    return [event async for event in session.events(chunks(sound, size))]


def two_utterances() -> np.ndarray:
    room = np.random.default_rng(5).normal(0, 6, 16 * 1500).astype(np.int16)
    return np.concatenate([room, say(WINDOW), room, say(PERMIT), room])


class SlowEngine:
    """An engine that answers when it is told to."""

    def __init__(self) -> None:
        self.waiting_seconds = 0.0
        self.asked: list[tuple[Priority, int, Future[Heard]]] = []
        self.answering = False

    def submit(self, window, *, priority, session):
        future: Future[Heard] = Future()
        self.asked.append((priority, window.milliseconds, future))
        if self.answering:
            future.set_result(heard("po"))
        return future


def heard(text: str) -> Heard:
    words = tuple(HeardWord(i * 100, i * 100 + 90, w, 0.9) for i, w in enumerate(text.split()))
    return Heard("en", {"en": 1.0}, text, words, 0.0, -0.2)


@pytest.mark.model
@pytest.mark.parametrize("size", [641, 3200])
async def test_two_utterances_are_told_in_order(engine: Engine, size: int) -> None:
    events = await collect(LiveSession(engine, session="a", start_ms=60_000), two_utterances(), size)
    kinds = [e.type for e in events if not isinstance(e, Partial | Degraded)]
    assert (
        kinds.count("speech.started") == kinds.count("speech.stopped") == kinds.count("transcript.final") == 2
    )
    finals = [e for e in events if isinstance(e, Final)]
    assert [f.utterance for f in finals] == [1, 2]
    assert "window was closed" in finals[0].segment.text
    assert "business permit" in finals[1].segment.text
    # Times count from the beginning of the recording, before the line was lost.
    assert abs(finals[0].segment.start_ms - 61_500) < 400
    for number in (1, 2):
        mine = [e for e in events if getattr(e, "utterance", 0) == number]
        assert isinstance(mine[0], SpeechStarted)
        assert isinstance(mine[-1], Final)
        assert [isinstance(e, SpeechStopped) for e in mine].count(True) == 1


async def test_partials_commit_what_two_readings_agree_on() -> None:
    engine = SlowEngine()
    engine.answering = True
    events = await collect(LiveSession(engine), two_utterances())
    partials = [e for e in events if isinstance(e, Partial) and e.utterance == 1]
    assert [p.revision for p in partials] == list(range(1, len(partials) + 1))
    assert (partials[0].committed, partials[0].tentative) == ("", "po")
    assert all(p.committed == "po" for p in partials[1:])


async def test_partials_pause_while_the_engine_is_busy_and_finals_are_told() -> None:
    engine = SlowEngine()
    engine.answering = True
    engine.waiting_seconds = 100.0
    events = await collect(LiveSession(engine), two_utterances())
    assert [e.mode for e in events if isinstance(e, Degraded)] == ["finals_only"]
    assert not any(isinstance(e, Partial) for e in events)
    assert sum(isinstance(e, Final) for e in events) == 2


async def test_under_load_utterances_are_left_to_the_recording() -> None:
    engine = SlowEngine()
    session = LiveSession(engine, settings=LiveSettings(most_unread_ms=1000))
    found: list[Event] = []

    async def read() -> None:
        found.extend([event async for event in session.events(chunks(two_utterances()))])

    reading = asyncio.create_task(read())
    while not session.unread:
        await asyncio.sleep(0.01)
    for _, _, future in engine.asked:
        if not future.done():
            future.set_result(heard("late"))
    await reading
    assert [e.mode for e in found if isinstance(e, Degraded)] == ["record_only"]
    assert [e.utterance for e in found if isinstance(e, Final)] == [1]
    assert len(session.unread) == 1
    assert session.unread[0].start_ms > 5000


async def test_a_reader_who_leaves_withdraws_what_is_not_read() -> None:
    engine = SlowEngine()
    events = LiveSession(engine).events(chunks(two_utterances()))
    async for event in events:
        if isinstance(event, SpeechStopped):
            break
    await asyncio.sleep(0.05)
    await events.aclose()
    assert all(future.cancelled() for _, _, future in engine.asked)
    assert len(asyncio.all_tasks()) == 1


async def test_silence_makes_no_event() -> None:
    engine = SlowEngine()
    assert await collect(LiveSession(engine), silence(3)) == []
    assert engine.asked == []


async def test_a_failing_source_is_raised_to_the_reader() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"\0" * 640
        raise ConnectionError("the line is gone")

    with pytest.raises(ConnectionError):
        [event async for event in LiveSession(SlowEngine()).events(broken())]


async def test_memory_holds_one_utterance_at_most() -> None:
    engine = SlowEngine()
    engine.answering = True
    session = LiveSession(engine)
    seen: list[int] = []

    async def watched() -> AsyncIterator[bytes]:
        for _ in range(4):
            async for chunk in chunks(two_utterances(), 6400):
                seen.append(len(session._sound))
                yield chunk

    async for _ in session.events(watched()):
        pass
    assert max(seen) < 16_000 * 8
