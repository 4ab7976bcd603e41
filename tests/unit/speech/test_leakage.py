"""What leaks from one side of a call to the other is written once."""

import numpy as np

from tala.speech.leakage import own
from tala.transcript import Word


def said(*words: tuple[int, str]) -> list[tuple[Word, str]]:
    return [(Word(start_ms=at, end_ms=at + 300, text=text, confidence=0.9), "en") for at, text in words]


def levels(*spans: tuple[int, int, int]) -> np.ndarray:
    """Three seconds of faint noise with louder noise in some spans of ms."""
    random = np.random.default_rng(2)
    sound = random.normal(0, 5, 48_000)
    for start, end, amplitude in spans:
        sound[start * 16 : end * 16] = random.normal(0, amplitude, (end - start) * 16)
    return sound.astype(np.int16)


def texts(words: list[tuple[Word, str]]) -> list[str]:
    return [word.text for word, _ in words]


def test_the_faint_copy_of_a_word_is_dropped() -> None:
    sound = [levels((0, 1000, 5000)), levels((100, 1100, 300))]
    found = own({0: said((0, "Good"), (400, "morning.")), 1: said((80, "good"), (480, "morning"))}, sound)
    assert texts(found[0]) == ["Good", "morning."]
    assert found[1] == []


def test_two_who_say_the_same_at_once_are_both_heard() -> None:
    sound = [levels((0, 1000, 5000)), levels((0, 1000, 4000))]
    found = own({0: said((0, "yes")), 1: said((50, "Yes."))}, sound)
    assert texts(found[0]) + texts(found[1]) == ["yes", "Yes."]


def test_a_soft_answer_to_a_loud_question_stays() -> None:
    sound = [levels((0, 1000, 8000)), levels((0, 1000, 300))]
    found = own({0: said((0, "Sure?"), (400, "yes")), 1: said((100, "opo"), (2000, "yes"))}, sound)
    assert texts(found[1]) == ["opo", "yes"]
