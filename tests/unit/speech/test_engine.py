"""One engine serves everybody: order, fairness, withdrawal, limits."""

import threading
from dataclasses import dataclass

import numpy as np
import pytest
from tests.unit.speech.spoken import say

from tala.errors import TalaError
from tala.settings import Settings
from tala.speech import engine as engine_module
from tala.speech.decoding import Heard, Window, repeats
from tala.speech.engine import Engine, Priority

pytestmark = pytest.mark.model


@dataclass
class Gate:
    """Holds the reading of batches until it is opened and notes what was read."""

    opened: threading.Event
    batches: list[list[int]]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch):
    """An engine of one worker that reads nothing until its gate opens; windows are told by their length."""
    gate = Gate(threading.Event(), [])

    def read(model, windows, policy):
        gate.opened.wait(10)
        gate.batches.append([w.milliseconds for w in windows])
        return [Heard("en", {}, "", (), 0.0, 0.0) for _ in windows]

    monkeypatch.setattr(engine_module, "read", read)
    made = Engine(Settings(threads=1))
    # The worker takes this one and waits at the gate, so that the rest queues up.
    made.submit(window(10), session="first")
    while made.waiting_seconds:
        pass
    yield made, gate
    gate.opened.set()
    made.close()


def window(ms: int) -> Window:
    return Window(np.zeros(ms * 16, np.int16))


def test_finals_go_before_recordings_before_partials(held) -> None:
    engine, gate = held
    futures = [
        engine.submit(window(100), priority=Priority.PARTIAL, session="a"),
        engine.submit(window(200), priority=Priority.RECORDING, session="b"),
        engine.submit(window(300), priority=Priority.FINAL, session="c"),
    ]
    gate.opened.set()
    for future in futures:
        future.result(10)
    assert gate.batches[1:] == [[300], [200], [100]]


def test_like_lengths_share_a_batch_and_short_ones_go_first(held) -> None:
    engine, gate = held
    futures = [engine.submit(window(ms), session="a") for ms in (20_000, 1000, 1200, 20_500)]
    gate.opened.set()
    for future in futures:
        future.result(10)
    assert gate.batches[1:] == [[1000, 1200], [20_000, 20_500]]


def test_a_long_recording_does_not_starve_another_session(held) -> None:
    engine, gate = held
    long = [engine.submit(window(20_000), session="long") for _ in range(24)]
    short = engine.submit(window(2000), session="short")
    gate.opened.set()
    short.result(10)
    before = gate.batches[1 : gate.batches.index([2000])]
    assert sum(len(batch) for batch in before) <= 16
    for future in long:
        future.result(10)


def test_a_withdrawn_request_is_never_read(held) -> None:
    engine, gate = held
    gone = engine.submit(window(777), session="a")
    kept = engine.submit(window(888), session="a")
    assert gone.cancel()
    gate.opened.set()
    kept.result(10)
    assert 777 not in [ms for batch in gate.batches for ms in batch]


def test_sound_that_waits_is_bounded(held, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, gate = held
    monkeypatch.setattr(engine_module, "_QUEUE_MS", 40_000)
    for _ in range(2):
        engine.submit(window(20_000))
    entered = threading.Event()

    def more() -> None:
        engine.submit(window(20_000))
        entered.set()

    thread = threading.Thread(target=more)
    thread.start()
    assert not entered.wait(0.2)
    gate.opened.set()
    assert entered.wait(10)
    thread.join()


def test_closing_drops_what_waits_and_refuses_more(held) -> None:
    engine, gate = held
    waiting = engine.submit(window(20_000))
    closing = threading.Thread(target=engine.close)
    closing.start()
    while not waiting.cancelled():
        pass
    gate.opened.set()
    closing.join()
    assert waiting.cancelled()
    with pytest.raises(TalaError):
        engine.submit(window(100))


def test_a_failure_reaches_those_who_asked_and_the_next_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def read(model, windows, policy):
        calls.append(len(windows))
        if len(calls) == 1:
            raise RuntimeError("out of memory")
        return [Heard("en", {}, "fine", (), 0.0, 0.0) for _ in windows]

    monkeypatch.setattr(engine_module, "read", read)
    made = Engine(Settings(threads=1))
    with pytest.raises(RuntimeError, match="out of memory"):
        made.hear([window(100)])
    assert made.hear([window(100)])[0].text == "fine"
    made.close()


def test_too_long_a_window_is_refused(engine: Engine) -> None:
    with pytest.raises(TalaError):
        engine.submit(window(29_000))


def test_many_threads_get_their_own_words(engine: Engine) -> None:
    sentences = {
        "They asked for two thousand pesos.": "2,000",
        "The office was closed on Monday.": "Monday",
        "My driver's license has expired.": "license",
        "Nobody answered the telephone.": "telephone",
    }
    found: dict[str, str] = {}

    def ask(text: str) -> None:
        found[text] = engine.hear([Window(say(text))], session=text)[0].text

    threads = [threading.Thread(target=ask, args=(text,)) for text in sentences]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text, expected in sentences.items():
        assert expected in found[text]


def test_weights_that_cannot_be_read_say_what_to_do(tmp_path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(TalaError) as caught:
        Engine(Settings(whisper_model=str(tmp_path))).submit(window(100))
    assert caught.value.code == "model_damaged"
    assert "tala models verify" in caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no no no no no no", True),
        ("they said next week and next week they said next week", False),
        ("come back next week come back next week come back next week", True),
        ("oo oo oo", False),
        ("", False),
    ],
)
def test_loops_are_told_from_emphasis(text: str, expected: bool) -> None:
    assert repeats(text) is expected
