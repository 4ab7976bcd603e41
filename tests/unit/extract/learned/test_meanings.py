"""Words of either language fall together by what they mean."""

import numpy as np
import pytest

from tala.extract import features
from tala.extract.clauses import split
from tala.extract.linear import Linear
from tala.extract.meanings import Meanings, english
from tala.extract.train import Spread


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("sinigawan", "shout"), ("nagbayad", "pay"), ("resibo", "receipt"), ("receipt", "receipt")],
)
def test_a_word_is_known_by_its_english_meaning(word: str, meaning: str) -> None:
    assert meaning in english(word)


def test_the_commonest_words_and_names_mean_nothing() -> None:
    assert english("the") == english("dimaculangan") == ()


def test_both_languages_share_features() -> None:
    spoken, said = (
        {slot for block in features.blocks(split(text))[4:] for slot in block.slots.tolist()}
        for text in ("walang resibo", "no receipt")
    )
    assert spoken & said


def test_what_is_learned_of_places_is_the_same_by_word() -> None:
    spread = Spread(Meanings())
    vector = features.vector(features.blocks(split("they declined my documents without a receipt")))
    random = np.random.default_rng(1)
    learned = Linear((), random.normal(size=(spread.size, 3)).astype(np.float32), np.zeros(3, np.float32))
    by_place, by_word = learned.logits(spread.placed(vector)), spread.by_word(learned).logits(vector)
    assert np.allclose(by_place, by_word, rtol=1e-3, atol=1e-3)
