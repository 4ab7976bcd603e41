"""Filipino misheard, written as words: what may be written for what, and what stands as it was heard."""

import pytest

from tala.speech.bysound import words
from tala.speech.careful import care, is_fact, unwelcome
from tala.speech.filipino import corrected, spelled
from tala.speech.spelling import sounds_like
from tala.transcript import Word


def heard(text: str, confidence: float = 0.4) -> list[Word]:
    """Words of 300 ms one after the other."""
    return [
        Word(start_ms=300 * i, end_ms=300 * i + 300, text=word, confidence=confidence)
        for i, word in enumerate(text.split())
    ]


def written(text: str, confidence: float = 0.4) -> str:
    return " ".join(word.text for word in corrected(heard(text, confidence)))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("tunggul sa munisikyo", "tungkol sa munisipyo"),
        ("habangginagawa nila", "habang ginagawa nila"),
        ("hindi siya sumasago sa telefono", "hindi siya sumasagot sa telepono"),
        ("noong uptubre", "noong oktubre"),
        ("walaang gobyarno.", "walang gobyerno."),
    ],
)
def test_what_is_no_word_is_written_as_it_sounds(said: str, expected: str) -> None:
    assert written(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "labintatlong libo",
        "ikadalawampu't lima",
        "ikalabimpito ng Setyembre",
        "limandaang piso noong Miyerkules",
        "sa Tuguegarao at sa Dinagat",
        "si Dimaculangan at si Macapinlac",
        "ang sabi ni Purisimasyon sa akin",
    ],
)
def test_numbers_dates_places_and_names_stand(said: str) -> None:
    assert written(said) == said


@pytest.mark.parametrize("said", ["ikadalawan", "walat", "dindi", "sebus"])
def test_what_may_be_a_number_a_denial_or_a_place_is_not_guessed(said: str) -> None:
    assert written(said) == said


@pytest.mark.parametrize("said", ["punietaang", "putangnina", "tarantaddong", "tanginna", "tatod", "gagoh"])
def test_nobody_is_made_to_swear(said: str) -> None:
    assert not any(unwelcome(word) for word in written(f"lagi {said} sinasabi").split() if word != said)


def test_no_swearing_among_the_words_to_write() -> None:
    assert not [word for word, _ in words().by_sound.values() if unwelcome(word)]


@pytest.mark.parametrize("word", ["punyeta", "punyetang", "putangina", "Gagong", "tarantado", "kinakantot"])
def test_swearing_is_told(word: str) -> None:
    assert unwelcome(word)


@pytest.mark.parametrize(
    "word", ["gagawin", "natangay", "bubuo", "titik", "putahe", "peke", "kanto", "bobohin"]
)
def test_harmless_words_are_not_taken_for_swearing(word: str) -> None:
    assert not unwelcome(word)


def test_what_was_shouted_is_kept_as_recognised() -> None:
    assert written("tinawag akong gago ng guwardiya") == "tinawag akong gago ng guwardiya"


def test_what_was_heard_well_keeps_its_sounds() -> None:
    assert written("munisikyo", confidence=0.97) == "munisikyo"
    assert written("walaang", confidence=0.97) == "walang"


def test_a_rewriting_is_never_rarer_than_what_stood_there() -> None:
    for said in ("magkano", "resibo", "pasaporte", "kawani", "nananghalian", "complaint", "requirements"):
        assert written(said) == said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("wala pung risibo", "wala pong resibo"),
        ("binayaran ko na ang bayd", "binayaran ko na ang bayad"),
        ("walang risibo ang kahira", "walang resibo ang kahera"),
        ("pumunta ako sa muni sipyo nila", "pumunta ako sa munisipyo nila"),
    ],
)
def test_the_sentence_decides_what_was_meant(said: str, expected: str) -> None:
    assert written(said, confidence=0.2) == expected


def test_words_heard_well_are_never_others() -> None:
    for said in ("wala pong laga", "nasa muni sipyo", "pumunta ako sa tabi"):
        assert written(said, confidence=0.97) == said


def test_what_was_torn_apart_keeps_its_times_and_what_was_recognised() -> None:
    (joined,) = corrected(heard("muni sipyo", 0.3))
    assert (joined.text, joined.raw) == ("munisipyo", "muni sipyo")
    assert (joined.start_ms, joined.end_ms, joined.confidence) == (0, 600, 0.3)


def test_words_with_a_pause_between_are_not_joined() -> None:
    first, second = heard("muni sipyo", 0.3)
    later = second.model_copy(update={"start_ms": 1500, "end_ms": 1800})
    assert len(corrected([first, later])) == 2


def test_english_is_left_alone() -> None:
    said = heard("the munisikyo was uptubre")
    assert [w.text for w in spelled(said, "en")] == [w.text for w in said]


def test_months_numbers_and_places_are_facts() -> None:
    for word in (
        "Oktubre",
        "Huwebes",
        "labinlimang",
        "dalawampu",
        "tatlong",
        "Caloocan",
        "Marikina",
        "Reyes",
    ):
        assert is_fact(word), word
    assert not is_fact("opisina")


def test_what_guards_figures_is_as_it_sounds() -> None:
    assert sounds_like("oktubre") in care().figure_sounds
