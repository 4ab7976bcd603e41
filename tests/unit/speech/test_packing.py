"""Windows hold every utterance once, and their times lead back to the recording."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tala.speech.packing import PackSettings, Plan, pack
from tala.speech.voice import CHUNK_MS, VoiceSettings, spans

SETTINGS = PackSettings()


@given(st.lists(st.tuples(st.integers(1, 8000), st.integers(40, 70_000)), max_size=30), st.randoms())
def test_every_millisecond_of_speech_is_in_one_window(lengths: list[tuple[int, int]], random) -> None:
    utterances = []
    now = 0
    for pause, length in lengths:
        utterances.append((now + pause, now + pause + length))
        now += pause + length
    chances = np.array([random.random() for _ in range(now // CHUNK_MS + 1)], np.float32)
    plans = pack(utterances, chances, 0)
    pieces = [piece for plan in plans for piece in plan.pieces]
    assert pieces == sorted(pieces)
    assert sum(e - s for s, e in pieces) == sum(e - s for s, e in utterances)
    for plan in plans:
        assert sum(e - s for s, e in plan.pieces) <= SETTINGS.most_ms
    for start, end in utterances:
        assert sum(e - s for s, e in pieces if s >= start and e <= end) == end - start


def test_a_long_utterance_is_cut_where_nobody_speaks() -> None:
    chances = np.ones(2000, np.float32)
    chances[600:640] = 0.1  # a breath at 19.2 to 20.5 s
    plans = pack([(0, 40_000)], chances, 0)
    assert 19_200 <= plans[0].end_ms <= 20_480


def test_a_long_pause_begins_a_new_window() -> None:
    chances = np.zeros(1000, np.float32)
    assert len(pack([(0, 1000), (1500, 2500)], chances, 0)) == 1
    assert len(pack([(0, 1000), (9000, 9500)], chances, 0)) == 2


def test_places_lead_back_to_the_recording() -> None:
    plan = Plan(0, ((1000, 2000), (5000, 6500)))
    assert plan.place(0, 400) == (0, 1000, 1400)
    assert plan.place(1200, 1500) == (1, 5200, 5500)
    # A word over the seam belongs where its middle is and does not leave its piece.
    assert plan.place(900, 1300) == (1, 5000, 5300)
    assert plan.place(700, 1100) == (0, 1700, 2000)
    assert plan.place(2400, 9000) == (1, 6400, 6500)


def test_the_cut_has_the_sound_of_its_pieces() -> None:
    pcm = np.arange(16 * 3000, dtype=np.int32).astype(np.int16)
    cut = Plan(0, ((0, 10), (2000, 2005))).cut(pcm)
    assert cut.tolist() == [*pcm[:160].tolist(), *pcm[32_000:32_080].tolist()]


@given(st.lists(st.floats(0, 1, width=32), max_size=200))
def test_spans_are_in_order_apart_and_inside(chances: list[float]) -> None:
    length = len(chances) * CHUNK_MS
    found = spans(np.array(chances, np.float32), length)
    for start, end in found:
        assert 0 <= start < end <= length
    for (_, before), (after, _) in pairwise(found):
        assert before <= after


def test_a_click_is_no_utterance_and_a_breath_does_not_part_one() -> None:
    settings = VoiceSettings()
    click = np.zeros(100, np.float32)
    click[50:52] = 0.9
    assert spans(click, 3200, settings) == []
    speech = np.full(100, 0.9, np.float32)
    speech[50:55] = 0.0
    assert spans(speech, 3200, settings) == [(0, 3200)]
