"""What a person is told about a transcript that may be wrong."""

import pytest

from tala.speech.decoding import Heard, HeardWord
from tala.speech.doubts import is_doubtful, warnings

TEXT = "they asked me for money at the window"


def passage(
    probability: float = 0.9, language: str = "en", doubts: tuple[str, ...] = (), **languages: float
) -> Heard:
    words = [HeardWord(300 * i, 300 * i + 300, word, probability) for i, word in enumerate(TEXT.split())]
    return Heard(language, languages or {"en": 0.95}, TEXT, tuple(words), 0.0, -0.2, doubts=doubts)


def told(*heard: Heard, hear_language: bool = True) -> dict[str, str]:
    found = warnings([(8.0, one) for one in heard], TEXT.split(), hear_language=hear_language)
    return {warning.code: warning.message for warning in found}


def test_what_was_heard_well_needs_no_words() -> None:
    assert told(passage(), passage()) == {}


def test_unsure_words_send_a_person_to_the_recording() -> None:
    found = told(passage(), passage(0.35), passage(0.5))
    assert list(found) == ["doubtful_passages"]
    assert found["doubtful_passages"].startswith("2 of 3 passages")
    assert "listen to the recording" in found["doubtful_passages"]


def test_many_unsure_words_among_sure_ones_are_doubtful() -> None:
    words = tuple(HeardWord(0, 1, "x", chance) for chance in (0.99, 0.99, 0.99, 0.99, 0.99, 0.1, 0.1, 0.1))
    assert is_doubtful(Heard("en", {"en": 1.0}, "x", words, 0.0, -0.2))
    assert not is_doubtful(Heard("en", {"en": 1.0}, "x", words[:6], 0.0, -0.2))


def test_a_reading_that_looks_bad_is_doubtful_however_sure() -> None:
    assert "doubtful_passages" in told(passage(0.99, doubts=("repetition",)))


@pytest.mark.parametrize(
    ("language", "languages"),
    [("en", {"en": 0.28, "tl": 0.3, "id": 0.2}), ("tl", {"tl": 0.1, "id": 0.2, "es": 0.3, "en": 0.2})],
)
def test_an_uncertain_language_is_told(language: str, languages: dict[str, float]) -> None:
    found = told(passage(language=language, **languages))
    assert list(found) == ["language_uncertain"]
    assert "listen to the recording" in found["language_uncertain"]


def test_kin_of_filipino_is_filipino() -> None:
    assert told(passage(language="tl", tl=0.2, id=0.3, ms=0.3, en=0.1)) == {}


def test_a_language_that_was_asked_for_is_not_doubted() -> None:
    assert told(passage(language="en", en=0.1), hear_language=False) == {}


def test_another_language_is_told_instead() -> None:
    assert list(told(passage(language="en", es=0.9))) == ["language_not_heard_well"]


def test_nothing_heard() -> None:
    found = warnings([], [], hear_language=True)
    assert [warning.code for warning in found] == ["no_speech"]
