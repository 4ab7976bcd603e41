"""Committed words are never taken back, and every word is there once."""

from hypothesis import given
from hypothesis import strategies as st

from tala.speech.hypothesis import Hypothesis
from tala.transcript import Word


def reading(text: str, shift: int = 0) -> list[Word]:
    return [
        Word(start_ms=300 * i + shift, end_ms=300 * i + 300 + shift, text=word, confidence=0.9)
        for i, word in enumerate(text.split())
    ]


def texts(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def test_what_two_readings_agree_on_is_committed() -> None:
    so_far = Hypothesis()
    so_far.insert(reading("I filed my"))
    assert (texts(so_far.committed), texts(so_far.tentative)) == ("", "I filed my")
    so_far.insert(reading("I filed may business"))
    assert (texts(so_far.committed), texts(so_far.tentative)) == ("I filed", "may business")
    so_far.insert(reading("I filed my business permit", shift=40))
    assert (texts(so_far.committed), texts(so_far.tentative)) == ("I filed", "my business permit")
    so_far.insert(reading("I filed my business permit."))
    assert texts(so_far.committed) == "I filed my business permit."
    assert so_far.revision == 4


def test_case_and_punctuation_are_no_disagreement() -> None:
    so_far = Hypothesis()
    so_far.insert(reading("good morning"))
    so_far.insert(reading("Good morning, sir"))
    assert texts(so_far.committed) == "Good morning,"


def test_a_word_lost_at_the_beginning_repeats_nothing() -> None:
    so_far = Hypothesis()
    for _ in range(2):
        so_far.insert(reading("uh they asked for money"))
    so_far.insert(reading("they asked for money again", shift=300))
    assert texts(so_far.committed + so_far.tentative) == "uh they asked for money again"


WORDS = st.sampled_from(["po", "sa", "ang", "opisina", "they", "asked", "money"])


@given(st.lists(st.lists(WORDS, max_size=12), max_size=12))
def test_committed_words_stay_as_they_are(readings: list[list[str]]) -> None:
    so_far = Hypothesis()
    before: list[Word] = []
    for words in readings:
        so_far.insert(reading(" ".join(words)))
        assert so_far.committed[: len(before)] == before
        before = list(so_far.committed)


@given(st.lists(st.from_regex("[a-z]{3,8}", fullmatch=True), unique=True, max_size=15), st.data())
def test_a_speaker_who_is_heard_right_is_written_once(said: list[str], data: st.DataObject) -> None:
    so_far = Hypothesis()
    known = 0
    while known < len(said):
        known = data.draw(st.integers(known, len(said)))
        so_far.insert(reading(" ".join(said[:known])))
        assert [w.text for w in so_far.committed + so_far.tentative] == said[:known]
        known += 1
    so_far.insert(reading(" ".join(said)))
    assert [w.text for w in so_far.committed + so_far.tentative] == said


@given(st.lists(WORDS, max_size=12))
def test_two_like_readings_commit_everything(said: list[str]) -> None:
    so_far = Hypothesis()
    for _ in range(2):
        so_far.insert(reading(" ".join(said)))
    assert [w.text for w in so_far.committed] == said
