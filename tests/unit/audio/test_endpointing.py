"""Where utterances begin and end, with pure numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tala.audio.endpointing import Ended, Endpointer, EndpointSettings, Reason, Started

FRAME = 20
SETTINGS = EndpointSettings(
    start_ms=80,
    forget_ms=200,
    pre_roll_ms=300,
    silence_ms=700,
    post_roll_ms=200,
    patience_ms=15_000,
    late_silence_ms=260,
    max_utterance_ms=28_000,
)


def feed(
    *stretches: tuple[int, bool], settings: EndpointSettings = SETTINGS, end: bool = True
) -> list[object]:
    """What happens in stretches of (milliseconds, is speech), fed frame by frame."""
    endpointer = Endpointer(settings)
    events: list[object] = []
    for duration, is_speech in stretches:
        for _ in range(duration // FRAME):
            if event := endpointer.process(FRAME, is_speech):
                events.append(event)
    if end and (last := endpointer.finish()):
        events.append(last)
    return events


def test_silence_has_no_utterance() -> None:
    assert feed((60_000, False)) == []


def test_an_utterance_keeps_its_soft_edges() -> None:
    assert feed((1000, False), (2000, True), (1000, False)) == [
        Started(700),
        Ended(700, 3200, Reason.SILENCE),
    ]


def test_a_blip_begins_nothing_and_blips_do_not_add_up() -> None:
    assert feed(*[(60, True), (300, False)] * 20) == []


def test_the_shortest_answer_is_heard() -> None:
    assert feed((500, False), (80, True), (2000, False)) == [Started(200), Ended(200, 780, Reason.SILENCE)]


def test_a_broken_beginning_is_one_beginning() -> None:
    assert feed((500, False), (40, True), (100, False), (60, True), (1000, False)) == [
        Started(200),
        Ended(200, 900, Reason.SILENCE),
    ]


def test_a_pause_to_think_parts_nothing() -> None:
    assert feed((1000, True), (680, False), (1000, True), (700, False)) == [
        Started(0),
        Ended(0, 2880, Reason.SILENCE),
    ]


def test_pre_roll_does_not_reach_into_the_utterance_before() -> None:
    events = feed((1000, True), (700, False), (1000, True), (700, False))
    assert events == [
        Started(0),
        Ended(0, 1200, Reason.SILENCE),
        Started(1400),
        Ended(1400, 2900, Reason.SILENCE),
    ]
    close = EndpointSettings(silence_ms=300, late_silence_ms=260, post_roll_ms=300)
    events = feed((1000, True), (320, False), (1000, True), settings=close)
    assert events[1:3] == [Ended(0, 1300, Reason.SILENCE), Started(1300)]


def test_a_monologue_is_cut_at_a_breath_after_a_while() -> None:
    assert feed((16_000, True), (280, False), (2000, True), (700, False)) == [
        Started(0),
        Ended(0, 16_200, Reason.SILENCE),
        Started(16_200),
        Ended(16_200, 18_480, Reason.SILENCE),
    ]


def test_a_monologue_without_breath_is_cut_and_nothing_is_lost() -> None:
    assert feed((30_000, True), (700, False)) == [
        Started(0),
        Ended(0, 28_000, Reason.LENGTH),
        Started(28_000),
        Ended(28_000, 30_200, Reason.SILENCE),
    ]


def test_input_that_ends_in_a_word() -> None:
    assert feed((500, True)) == [Started(0), Ended(0, 500, Reason.END_OF_INPUT)]


def test_input_that_ends_in_a_pause_keeps_the_last_sound() -> None:
    assert feed((500, True), (400, False)) == [Started(0), Ended(0, 700, Reason.END_OF_INPUT)]


def test_state_can_be_seen() -> None:
    endpointer = Endpointer(SETTINGS)
    assert not endpointer.speaking
    endpointer.process(100, True)
    assert (endpointer.speaking, endpointer.start_ms, endpointer.now_ms) == (True, 0, 100)


@pytest.mark.parametrize("duration", [0, -20])
def test_time_does_not_run_backwards(duration: int) -> None:
    with pytest.raises(ValueError, match="longer than 0"):
        Endpointer().process(duration, True)


@pytest.mark.parametrize(
    "values",
    [
        {"start_ms": 0},
        {"pre_roll_ms": -1},
        {"late_silence_ms": 800},
        {"post_roll_ms": 800},
        {"max_utterance_ms": 300},
    ],
)
def test_settings_that_contradict_each_other(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        EndpointSettings(**values)


STRETCHES = st.lists(st.tuples(st.integers(1, 2500).map(lambda n: n * FRAME), st.booleans()), max_size=30)


@given(STRETCHES)
def test_utterances_never_overlap_nor_exceed_their_length(stretches: list[tuple[int, bool]]) -> None:
    events = feed(*stretches)
    assert all(isinstance(event, Started) for event in events[::2])
    ends = [event for event in events[1::2] if isinstance(event, Ended)]
    assert len(ends) * 2 == len(events)
    total = sum(duration for duration, _ in stretches)
    last = 0
    for started, ended in zip(events[::2], ends, strict=True):
        assert isinstance(started, Started)
        assert last <= started.start_ms == ended.start_ms < ended.end_ms <= total
        assert ended.end_ms - ended.start_ms <= SETTINGS.max_utterance_ms
        last = ended.end_ms


@given(STRETCHES)
def test_no_long_speech_is_outside_all_utterances(stretches: list[tuple[int, bool]]) -> None:
    ends = [event for event in feed(*stretches) if isinstance(event, Ended)]
    at = 0
    for duration, is_speech in stretches:
        if is_speech and duration >= SETTINGS.start_ms:
            covered = sum(max(0, min(e.end_ms, at + duration) - max(e.start_ms, at)) for e in ends)
            # What is shorter than a beginning may be left at the edge of a cut.
            assert duration - covered < SETTINGS.start_ms
        at += duration


@given(STRETCHES, st.integers(1, 5))
def test_the_size_of_the_steps_moves_endings_by_a_step_at_most(
    stretches: list[tuple[int, bool]], steps: int
) -> None:
    fine, coarse = Endpointer(SETTINGS), Endpointer(SETTINGS)
    fine_events: list[object] = []
    coarse_events: list[object] = []
    for duration, is_speech in stretches:
        duration *= steps
        fine_events += [e for _ in range(duration // FRAME) if (e := fine.process(FRAME, is_speech))]
        size = FRAME * steps
        coarse_events += [e for _ in range(duration // size) if (e := coarse.process(size, is_speech))]
    assert len(fine_events) - len(coarse_events) in range(-1, len(stretches) + 2)
