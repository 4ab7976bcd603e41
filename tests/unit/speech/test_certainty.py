"""Confidence is the chance that a word is right: it rises with the weights' probability, and is no surer."""

import pytest

from tala.speech.certainty import GUESSED, Curve, certainty, curves
from tala.speech.filipino import spelled
from tala.transcript import Word


def word(text: str, confidence: float) -> Word:
    return Word(start_ms=0, end_ms=300, text=text, confidence=confidence)


@pytest.mark.parametrize("kind", ["en", "tl", GUESSED])
def test_a_more_probable_word_is_never_less_certain(kind: str) -> None:
    chances = [certainty(step / 200, kind) for step in range(201)]
    assert chances == sorted(chances)
    assert 0 <= chances[0] < chances[-1] <= 1


def test_every_kind_has_a_curve_and_a_language_without_one_has_that_of_filipino() -> None:
    assert set(curves()) == {"en", "tl", GUESSED}
    assert certainty(0.7, "de") == certainty(0.7, "tl")


def test_between_points_it_is_straight_and_beyond_them_level() -> None:
    curve = Curve((0.2, 0.6), (0.1, 0.5))
    assert curve(0.0) == 0.1
    assert curve(0.4) == pytest.approx(0.3)
    assert curve(0.6) == curve(0.9) == 0.5


@pytest.mark.parametrize(
    ("probability", "right"),
    [((0.5,), (0.5,)), ((0.6, 0.2), (0.1, 0.5)), ((0.2, 0.6), (0.5, 0.1)), ((0.2, 0.2), (0.1, 0.5)),
     ((0.2, 0.6), (0.1, 0.5, 0.6)), ((0.0, 1.0), (0.0, 1.1))],
)  # fmt: skip
def test_a_curve_that_falls_or_lacks_points_is_refused(probability, right) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(probability, right)


def test_transcripts_state_the_chance_and_a_guess_has_its_own() -> None:
    sure, guess = spelled([word("opisina", 0.7), word("munisikyo", 0.7)], "tl")
    assert sure.confidence == certainty(0.7, "tl")
    assert (guess.text, guess.raw) == ("munisipyo", "munisikyo")
    assert guess.confidence == certainty(0.7, GUESSED)


def test_a_name_written_as_people_do_is_no_guess() -> None:
    letters = [word("l", 0.9), word("t", 0.9), word("o", 0.9)]
    (name,) = spelled(letters, "tl")
    assert (name.text, name.raw) == ("LTO", "l t o")
    assert name.confidence == certainty(0.9, "tl")
