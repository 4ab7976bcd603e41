"""Names are written as people write them, and never where none was said."""

import itertools
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tala.speech.spelling import key, lexicon, sounds_like, written
from tala.transcript import Word

SAID = [
    "L",
    "T",
    "O",
    "pag",
    "ibig",
    "phil",
    "health",
    "form",
    "2",
    "3",
    "City",
    "Kezon",
    "po.",
    "yes,",
    "B-I-R",
]


def heard(text: str) -> list[Word]:
    """Words of 300 ms one after the other."""
    return [
        Word(start_ms=300 * i, end_ms=300 * i + 300, text=word, confidence=0.5 + i / 100)
        for i, word in enumerate(text.split())
    ]


def spelled(text: str) -> str:
    return " ".join(word.text for word in written(heard(text)))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I went to the L T O yesterday", "I went to the LTO yesterday"),
        ("the l.t.o. and the L-T-F-R-B.", "the LTO and the LTFRB."),
        ("the LC-F-R-B has not acted", "the LTFRB has not acted"),
        ("phil health and pag ibig fund, please", "PhilHealth and Pag-IBIG Fund, please"),
        ("b i r form 2 3 0 3 is missing", "BIR form 2303 is missing"),
        ("sa D F A sa Pasig.", "sa DFA sa Pasig."),
        ("the land transportation office", "the Land Transportation Office"),
        ("in Quazan City.", "in Quezon City."),
        ("humingi ng baranggay clearance", "humingi ng barangay clearance"),
        ("they sent me to Tagic", "they sent me to Taguig"),
        ("from Parañaki to Las Pinyas", "from Parañaque to Las Piñas"),
        ("my plate is n d a 1 2 3 4 and I", "my plate is NDA 1234 and I"),
        ("yung plaka ko N-D-A 1 2 3 4.", "yung plaka ko NDA 1234."),
        ("reference number a 2 3 4 5 po", "reference number A2345 po"),
        ("call me at 0 9 1 7 5 5 5 1 2 3 4 please", "call me at 09175551234 please"),
        ("0-9-1-7 5-5-5 1-2-3-4", "09175551234"),
        ("the four ps and my you mid", "the 4Ps and my UMID"),
        ("sa S S S at sa P S A", "sa SSS at sa PSA"),
    ],
)
def test_written_as_people_write_it(said: str, expected: str) -> None:
    assert spelled(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "the manager of the bank told me to come back on Monday",
        "ang mga tao sa bangko ng bayan ay nagrereklamo",
        "I paid two thousand pesos at window 3 and 5 people saw it",
        "a b and c are three letters",
        "he said so to me or to her",
        "our room is number 2 on floor 4 1 2",
        "number 5 a day is what they take",
        "I waited 3 or 4 hours and paid 2 5 0",
        "the license of my a brother",
        "I love the pacific ocean, the office and general knowledge",
    ],
)
def test_nothing_is_named_where_no_name_was_said(said: str) -> None:
    assert spelled(said) == said


def test_what_was_heard_and_when_is_kept() -> None:
    made = written(heard("at the phil health, office"))
    name = made[2]
    assert (name.text, name.raw) == ("PhilHealth,", "phil health,")
    assert (name.start_ms, name.end_ms) == (600, 1200)
    assert name.confidence == pytest.approx(0.52)
    assert made[0].raw is None


def test_a_name_is_not_made_over_a_pause() -> None:
    first, second = heard("phil health")
    later = second.model_copy(update={"start_ms": 5000, "end_ms": 5300})
    assert [w.text for w in written([first, later])] == ["phil", "health"]


@given(st.lists(st.sampled_from(SAID)))
def test_no_sound_is_lost_and_time_goes_on(said: list[str]) -> None:
    before = heard(" ".join(said))
    after = written(before)
    assert " ".join(w.raw or w.text for w in after) == " ".join(said)
    for a, b in itertools.pairwise(after):
        assert a.end_ms <= b.start_ms
    if before:
        assert (after[0].start_ms, after[-1].end_ms) == (before[0].start_ms, before[-1].end_ms)


def test_written_names_are_a_fixed_point() -> None:
    for name in set(lexicon().names.values()) | set(lexicon().acronyms.values()):
        assert spelled(name) == name


def test_every_form_leads_to_one_name() -> None:
    data = tomllib.loads((resources.files("tala.data") / "spoken_names.toml").read_text())
    seen: dict[str, str] = {}
    for name, forms in data["names"].items():
        for form in forms:
            spoken = key(name if form == "=" else form)
            assert seen.setdefault(spoken, name) == name, (form, name, seen[spoken])


@pytest.mark.parametrize(("a", "b"), [("Quezon", "Kezon"), ("Philippines", "Filippines")])
def test_what_sounds_alike_has_one_key(a: str, b: str) -> None:
    assert sounds_like(a) == sounds_like(b)
