"""Tokens are the text again when they are joined, whatever was typed."""

import pytest
import spacy

from tala.extract.tokens import Tokens


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "  two  blanks ",
        "Bayad na po ako, ₱500.00!",
        "a\n\nb\tc",
        "señora’s 09171234567",
        "👍🏽 ok na",
    ],
)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert Tokens(spacy.blank("xx"))(text).text == text


def test_signs_stand_apart_from_words() -> None:
    assert [token.text for token in Tokens(spacy.blank("xx"))("Bayad, 500 po.")] == [
        "Bayad", ",", "500", "po", ".",
    ]  # fmt: skip
