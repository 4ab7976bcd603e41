"""Where speech is found: quiet, short and noisy speech is kept; steady sounds are none."""

import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.unit.audio import recordings

from tala.audio import pcm, vad
from tala.audio.decode import DecodeLimits, decode
from tala.audio.pcm import Pcm

SAMPLES = Path(__file__).resolve().parents[3] / "audio_samples"
SECOND = pcm.SAMPLE_RATE


def silence(seconds: float) -> Pcm:
    return np.zeros(int(seconds * SECOND), np.int16)


def mixed(*parts: Pcm) -> Pcm:
    """Sounds at the same time."""
    total = np.sum([part.astype(int) for part in parts], axis=0)
    return np.clip(total, -32768, 32767).astype(np.int16)


def at(level_dbfs: float, sound: Pcm) -> Pcm:
    loud = sound[np.abs(sound) > 50]
    return np.rint(sound * 10 ** ((level_dbfs - pcm.level(loud)) / 20)).astype(np.int16)


@cache
def voice() -> Pcm:
    """A spoken complaint, with a second of silence on both sides."""
    limits = DecodeLimits(10_000_000, 600, 2, 60, 1 << 30)
    with decode(SAMPLES / "en-lto-fixer.mp3", limits, Path("/tmp")) as decoded:
        return np.concatenate((silence(1), decoded.pcm(0), silence(1)))


def share_found(found: list[tuple[int, int]], sound: Pcm) -> tuple[float, float]:
    """Share of the voice's loud frames that lie in the spans, and of its silence."""
    loud = pcm.frame_levels(voice()) > -50
    inside = np.zeros(len(loud), dtype=bool)
    for start, end in found:
        inside[start // pcm.FRAME_MS : end // pcm.FRAME_MS] = True
    assert len(sound) == len(voice())
    return float(inside[loud].mean()), float(inside[~loud].mean())


def streamed(sound: Pcm) -> np.ndarray:
    detector = vad.Vad()
    frames = len(sound) // pcm.FRAME_SAMPLES
    return np.array([detector.is_speech(sound[i * 320 : (i + 1) * 320]) for i in range(frames)])


@pytest.mark.parametrize("level", [-10, -22, -40, -48])
def test_speech_is_found_at_every_level(level: float) -> None:
    sound = at(level, voice())
    speech, pauses = share_found(vad.speech_spans(sound), sound)
    assert speech > 0.97
    assert pauses < 0.75


@pytest.mark.parametrize("level", [-22, -40])
@pytest.mark.parametrize("snr", [15, 5])
def test_speech_is_found_in_noise(level: float, snr: float) -> None:
    hiss = recordings.noise(len(voice()) / SECOND, 32768 * 10 ** ((level - snr) / 20))
    sound = mixed(at(level, voice()), hiss[: len(voice())])
    speech, _ = share_found(vad.speech_spans(sound), sound)
    assert speech > 0.95
    # The second before and after, where there is only noise, is not taken for speech.
    assert not vad.speech_frames(sound)[:40].any()


@pytest.mark.parametrize("level", [-22, -40])
def test_live_speech_is_found(level: float) -> None:
    sound = at(level, voice())
    loud = pcm.frame_levels(voice()) > -40
    answers = streamed(sound)
    assert answers[loud[: len(answers)]].mean() > 0.9
    assert not answers[:45].any()


@pytest.mark.parametrize("length_ms", [120, 160, 250])
@pytest.mark.parametrize("level", [-20, -40])
def test_a_short_answer_is_found(length_ms: int, level: float) -> None:
    room = recordings.noise(6.0, 32768 * 10 ** ((level - 25) / 20))
    answer = at(level, recordings.vowel(length_ms / 1000))
    sound = room.copy()
    sound[3 * SECOND : 3 * SECOND + len(answer)] += answer
    spans = vad.speech_spans(sound)
    assert len(spans) == 1
    start, end = spans[0]
    assert 2700 <= start <= 3000
    assert 3000 + length_ms <= end <= 3400 + length_ms
    assert streamed(sound)[150:].any()


STEADY = {
    "silence": silence(20),
    "converter": np.resize(np.array([0, 1, 0, -1, 1], np.int16), 20 * SECOND),
    "hiss": recordings.noise(20, 1000),
    "faint hiss": recordings.noise(20, 20),
    "loud hiss": recordings.noise(20, 6000),
    "hum": mixed(recordings.tone(20, 60, amplitude=0.1), recordings.tone(20, 180, amplitude=0.05)),
    "dialling tone": recordings.tone(20, 425),
    "offset": np.full(20 * SECOND, 3000, np.int16),
}


@pytest.mark.parametrize("name", sorted(STEADY))
def test_steady_sounds_are_no_speech(name: str) -> None:
    spans = vad.speech_spans(STEADY[name])
    assert sum(end - start for start, end in spans) <= 1000
    assert streamed(STEADY[name])[50:].mean() < 0.02


@pytest.mark.parametrize("length", [0, 1, 319, 320, 321, 5000])
def test_recordings_of_any_length(length: int) -> None:
    assert vad.speech_spans(np.zeros(length, np.int16)) == []
    assert len(vad.speech_frames(np.zeros(length, np.int16))) == length // 320


def test_a_frame_has_twenty_milliseconds() -> None:
    with pytest.raises(ValueError, match="320 samples"):
        vad.Vad().is_speech(silence(0.01))


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.int16, st.integers(0, 40), elements=st.integers(-32768, 32767)),
    st.integers(1, 3000),
)
def test_spans_are_in_order_apart_and_inside(levels: Pcm, stretch: int) -> None:
    sound = np.repeat(levels, stretch) * np.resize(np.array([1, -1], np.int16), len(levels) * stretch)
    spans = vad.speech_spans(sound)
    total = pcm.ms_of(len(sound))
    assert all(0 <= start < end <= total for start, end in spans)
    assert all(left[1] < right[0] for left, right in pairwise(spans))


def test_all_spoken_samples_have_speech_and_silence_has_none(tmp_path: Path, limits: DecodeLimits) -> None:
    manifest = tomllib.loads((SAMPLES / "manifest.toml").read_text(encoding="utf-8"))
    for recording in manifest["recording"]:
        with decode(SAMPLES / recording["file"], limits, tmp_path) as decoded:
            assert decoded.warnings == (), recording["file"]
            assert decoded.channels == len(recording.get("channels", "x"))
            for channel in range(decoded.channels):
                spans = vad.speech_spans(decoded.pcm(channel))
                share = sum(end - start for start, end in spans) / 1000 / decoded.seconds
                if recording["file"].startswith("nonspeech-silence"):
                    assert spans == []
                elif recording["language"] != "none":
                    assert share > (0.25 if "channels" in recording else 0.6), recording["file"]
