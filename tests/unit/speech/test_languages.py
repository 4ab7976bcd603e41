"""What is neither English nor Filipino is said so; Filipino never is taken for it."""

import tomllib
from importlib import resources

import pytest
from wordfreq import zipf_frequency

from tala.speech.languages import betrayed, filipino_share, is_foreign


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Wala ko kabalo ngano dili sila motubag nako, unsa man ang problema kaayo karon ug naa pa",
            "Cebuano",
        ),
        (
            "Apay a saan da pay nga inted dagiti papeles ko, awan ti tao idi napanak ditoy ket adda bayad na",
            "Ilocano",
        ),
        (
            "Indi gid nila pagbaton ang akon papeles subong kag nagpangayo sang kwarta diri sa opisina",
            "Hiligaynon",
        ),
        (
            "Magandang umaga po, irereklamo ko ang munisipyo dahil hindi nila tinanggap ang papeles",
            None,
        ),
        ("They asked me for two thousand pesos and nobody has answered since then, nga pala", None),
        ("", None),
    ],
)
def test_small_words_betray_a_language(text: str, expected: str | None) -> None:
    assert betrayed([text]) == expected


def test_markers_are_no_common_english_words() -> None:
    data = tomllib.loads((resources.files("tala.data") / "other_languages.toml").read_text())
    for words in data["markers"].values():
        for word in words:
            assert zipf_frequency(word, "en") < 5.5, word


def test_kin_of_filipino_count_as_filipino() -> None:
    assert filipino_share({"tl": 0.2, "ms": 0.4, "id": 0.2, "en": 0.1}) > 0.85
    assert filipino_share({"en": 0.9, "tl": 0.05}) < 0.1
    assert not is_foreign({"id": 0.9, "en": 0.1})
    assert not is_foreign({"ko": 0.5, "en": 0.4})
    assert is_foreign({"ko": 0.9, "en": 0.1})
    assert not is_foreign({})
