"""Times of words lie where the sound is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tala.speech.timing import TimingSettings, pauses, settled

SETTINGS = TimingSettings()


def sound(*parts: tuple[int, int]) -> np.ndarray:
    """Noise of (milliseconds, amplitude) one after the other."""
    random = np.random.default_rng(3)
    return np.concatenate([random.normal(0, amplitude, ms * 16) for ms, amplitude in parts]).astype(np.int16)


def test_a_word_after_a_pause_begins_where_the_pause_ends() -> None:
    pcm = sound((400, 10), (500, 3000), (600, 10), (500, 3000), (300, 10))
    # As attention tells it: early, and stretched over the pause.
    (first, _), (second, end) = settled([(250, 820), (820, 1850)], pcm, SETTINGS)
    assert first == pytest.approx(400, abs=30)
    assert second == pytest.approx(1500, abs=30)
    assert end == pytest.approx(2000, abs=60)


def test_a_word_before_a_pause_ends_where_the_pause_begins() -> None:
    pcm = sound((600, 3000), (800, 10), (600, 3000))
    (_, end), _ = settled([(0, 900), (1150, 1900)], pcm, SETTINGS)
    assert end == pytest.approx(600, abs=30)


def test_steady_noise_moves_nothing_but_the_usual_delay() -> None:
    pcm = sound((3000, 2000))
    assert pauses(pcm, SETTINGS) == []
    assert settled([(100, 500), (500, 900)], pcm, SETTINGS) == [(210, 610), (610, 1010)]


@given(st.lists(st.integers(0, 4000), min_size=2, max_size=20), st.integers(0, 3000))
def test_times_stay_in_order_and_inside(bounds: list[int], ms: int) -> None:
    pcm = sound((ms // 3, 10), (ms // 3, 3000), (ms // 3, 10))
    times = list(pairwise(sorted(bounds)))
    found = settled(times, pcm, SETTINGS)
    assert len(found) == len(times)
    flat = [t for pair in found for t in pair]
    assert flat == sorted(flat)
    assert all(0 <= t <= len(pcm) // 16 for t in flat)
