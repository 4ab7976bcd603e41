"""The model of Filipino wording: what was written before is likelier, and nothing is impossible."""

import gzip
import math
from pathlib import Path

import pytest

from tala.errors import TalaError
from tala.speech import wording
from tala.speech.wording import BEGINNING, COUNTS, END, FIGURES, load, sentences, tokens


def test_words_are_told_apart_as_the_model_counts_them() -> None:
    assert tokens("Nag-apply ako ng 2 permit, 'di ba? Libo’t isa.") == [
        "nag", "apply", "ako", "ng", FIGURES, "permit", "di", "ba", "libo't", "isa",
    ]  # fmt: skip
    assert sentences("Wala po. Sarado!") == [["wala", "po"], ["sarado"]]
    assert sentences(" ... ") == []


@pytest.mark.parametrize(
    ("likely", "unlikely"),
    [
        ("tungkol sa permit", "tunggul sa permit"),
        ("habang ginagawa", "habangginagawa"),
        ("wala pong resibo", "wala pung risibo"),
        ("humingi ng lagay", "humingi nang lugay"),
        ("hindi na ako bumalik", "hindina ako bumalik"),
    ],
)
def test_a_right_spelling_is_likelier(likely: str, unlikely: str) -> None:
    assert load().text(likely) > load().text(unlikely)


def test_what_follows_depends_on_what_went_before() -> None:
    model = load()
    assert model.log_probability("lang", (wording.START, "sabi")) != model.log_probability("lang", BEGINNING)
    after = model.log_probability("mga", ("sabi", "ang"))
    assert after > model.log_probability("mga", ("sabi", "mga")) + 2


@pytest.mark.parametrize("word", ["kwxqz", "ñandú", FIGURES, END, "o'clock", "x" * 300])
def test_no_word_is_impossible(word: str) -> None:
    assert math.isfinite(load().log_probability(word, BEGINNING))


def test_the_chances_of_the_words_after_another_do_not_add_up_to_more_than_one() -> None:
    model = load()
    words = {run[0] for run in model.counts if len(run) == 1}
    assert 0.5 < sum(math.exp(model.log_probability(word, ("wala", "po"))) for word in words) <= 1.0


def test_a_damaged_or_absent_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TalaError, match="restore models/tala-wording") as absent:
        load.__wrapped__(tmp_path)
    assert absent.value.code == "model_missing"
    (tmp_path / COUNTS).write_bytes(gzip.compress(b"ang mga\tmany\n"))
    with pytest.raises(TalaError, match="restore models/tala-wording"):
        load.__wrapped__(tmp_path)
