"""Recordings with the real weights: words, times, silence, resuming, cancelling."""

import re
from concurrent.futures import CancelledError
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from tests.unit.speech.spoken import RATE, Sound, say, silence

from tala.audio.decode import DecodeLimits, decode
from tala.errors import TalaError
from tala.settings import PROJECT_ROOT, Settings
from tala.speech.engine import Engine
from tala.speech.recording import transcribe

pytestmark = pytest.mark.model

WINDOW = "The window was closed during lunch break and forty people were waiting outside."
PERMIT = "I filed my business permit application in March and nobody has answered me."


def alike(text: str, expected: str) -> bool:
    """Whether two texts differ in a letter or two, case, punctuation and how a number is written."""
    plain = [re.sub(r"[^a-z0-9 ]", "", one.lower()).replace("forty", "40") for one in (text, expected)]
    return SequenceMatcher(None, *plain).ratio() > 0.97


def test_words_of_a_recording_and_when_they_were_said(engine: Engine) -> None:
    first, second = say(WINDOW), say(PERMIT)
    sound = Sound(np.concatenate([silence(1.5), first, silence(5), second, silence(2)]))
    seen: list[float] = []
    found = transcribe(engine, sound, progress=lambda done, total: seen.append(done / total))
    assert alike(found.text, WINDOW + " " + PERMIT)
    assert found.language == "en"
    assert found.language_probability > 0.9
    assert found.model == "whisper-base"
    assert found.warnings == ()
    starts = [segment.start_ms for segment in found.segments]
    later = round((1.5 + len(first) / RATE + 5) * 1000)
    assert abs(starts[0] - 1500) < 300
    assert min(abs(start - later) for start in starts) < 300
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    # The text follows from the words, so that spans lead to sound.
    for segment in found.segments:
        assert segment.text == " ".join(word.text for word in segment.words)
        assert all(0.0 <= word.confidence <= 1.0 for word in segment.words)
        assert [w.start_ms for w in segment.words] == sorted(w.start_ms for w in segment.words)


@pytest.mark.parametrize("kind", ["silence", "noise", "hum", "tone"])
def test_nothing_is_invented_where_nobody_speaks(engine: Engine, kind: str) -> None:
    at = np.arange(20 * RATE) / RATE
    noise = np.random.default_rng(7).normal(0, 1500, len(at))
    sound = {
        "silence": np.zeros(len(at)),
        "noise": noise,
        "hum": 6000 * np.sin(2 * np.pi * 60 * at) + noise / 20,
        "tone": 8000 * np.sin(2 * np.pi * 425 * at) * (at % 2 < 1),
    }[kind].astype(np.int16)
    found = transcribe(engine, Sound(sound))
    assert found.text == ""
    assert [w.code for w in found.warnings] == ["no_speech"]


@pytest.mark.parametrize("file", ["nonspeech-silence.wav", "nonspeech-hold-tune.mp3"])
def test_samples_without_speech_have_no_words(engine: Engine, tmp_path: Path, file: str) -> None:
    limits = DecodeLimits.from_settings(Settings())
    with decode(PROJECT_ROOT / "audio_samples" / file, limits, tmp_path) as sound:
        found = transcribe(engine, sound)
    assert (found.text, found.segments) == ("", ())
    assert [w.code for w in found.warnings] == ["no_speech"]


def test_words_that_are_not_sure_are_told(engine: Engine, tmp_path: Path) -> None:
    limits = DecodeLimits.from_settings(Settings())
    with decode(PROJECT_ROOT / "audio_samples" / "taglish-bplo-bayad.wav", limits, tmp_path) as sound:
        found = transcribe(engine, sound)
    messages = {w.code: w.message for w in found.warnings}
    assert "listen to the recording" in messages["doubtful_passages"]


def test_quiet_speech_is_heard(engine: Engine) -> None:
    loud = say(WINDOW).astype(np.float64)
    quiet = loud * (10 ** (-40 / 20) * 32768 / np.sqrt(np.mean(loud**2)))
    found = transcribe(engine, Sound(np.concatenate([silence(1), quiet.astype(np.int16), silence(1)])))
    assert alike(found.text, WINDOW)


def test_two_channels_are_read_apart_and_told_in_order(engine: Engine) -> None:
    left = np.concatenate([silence(0.5), say(WINDOW), silence(7)])
    right = np.concatenate([silence(7), say(PERMIT)])
    size = max(len(left), len(right))
    call = Sound(*(np.pad(channel, (0, size - len(channel))) for channel in (left, right)))
    found = transcribe(engine, call)
    assert found.channels == ("left", "right")
    assert [s.channel for s in found.segments] == sorted(s.channel for s in found.segments)
    assert "window was closed" in found.text.split("\n")[0]
    assert "business permit" in found.text.split("\n")[1]


def test_two_channels_of_the_same_sound_are_one(engine: Engine) -> None:
    sound = say(WINDOW)
    found = transcribe(engine, Sound(sound, sound))
    assert found.channels == ("mono",)
    assert found.text.lower().count("window") == 1


def test_a_resumed_recording_reads_only_what_is_missing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tala.speech.recording._CHECKPOINT_SECONDS", 0.0)
    sound = Sound(np.concatenate([say(WINDOW), silence(6), say(PERMIT), silence(6), say(WINDOW)]))
    saved: list[bytes] = []
    whole = transcribe(engine, sound, checkpoint=saved.append)
    assert len(saved) == 3
    again: list[bytes] = []
    resumed = transcribe(engine, sound, resume=saved[1], checkpoint=again.append)
    assert resumed.text == whole.text
    assert len(again) == 1


@pytest.mark.parametrize("resume", [b"", b"nonsense", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_checkpoint_costs_time_only(engine: Engine, resume: bytes) -> None:
    found = transcribe(engine, Sound(say(PERMIT)), resume=resume)
    assert "business permit" in found.text


def test_a_cancelled_recording_stops(engine: Engine) -> None:
    with pytest.raises(CancelledError):
        transcribe(engine, Sound(say(WINDOW)), cancelled=lambda: True)
    assert engine.waiting_seconds == 0


def test_a_language_nobody_knows(engine: Engine) -> None:
    with pytest.raises(TalaError) as caught:
        transcribe(engine, Sound(say(WINDOW)), language="xx")
    assert caught.value.code == "invalid_input"


def test_an_empty_recording(engine: Engine) -> None:
    assert transcribe(engine, Sound(silence(0))).text == ""
