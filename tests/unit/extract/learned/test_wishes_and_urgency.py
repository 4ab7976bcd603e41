"""Wishes, urgency, language and phrases by their cues."""

import pytest

from tala.extract.clauses import sound, split
from tala.extract.lexicon import Lexicon
from tala.extract.roots import root
from tala.extract.urgency import emergency_spans, grade, looming, urgent_hits
from tala.extract.wishes import wishes
from tala.facts import Amount


@pytest.mark.parametrize(
    "text",
    [
        "please don't mention my name to them",
        "huwag niyo na lang po sanang banggitin ang pangalan ko",
        "gusto ko pong manatiling anonymous",
        "I would rather not give my name",
        "ayoko pong magpakilala",
        "keep my identity confidential please",
        "itago niyo po ang pangalan ko",
    ],
)
def test_wish_for_anonymity(text: str) -> None:
    assert wishes(split(text)).anonymity


@pytest.mark.parametrize(
    "text",
    [
        "I am not anonymous, you may use my name",
        "hindi ko po kailangang itago ang pangalan ko",
        "the officer did not give his name",
        "stay anonymous… no wait, you can use my name",
        "ayaw nilang ibigay ang pangalan ng opisyal",
    ],
)
def test_no_wish_for_anonymity(text: str) -> None:
    assert not wishes(split(text)).anonymity


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("please call me at 0917 555 0134", True),
        ("pakitawagan po ako", True),
        ("itext niyo na lang po ako", True),
        ("huwag niyo na po akong tawagan", False),
        ("no need to call me back", False),
        ("they promised to call me but never did", False),
    ],
)
def test_wish_to_be_called_back(text: str, wanted: bool) -> None:
    assert bool(wishes(split(text)).callback) == wanted


def test_a_large_improper_sum_is_urgent_and_quoted() -> None:
    text = "he wants fifty thousand pesos"
    amount = Amount(php=50_000, improper=True, start=9, end=29, text="fifty thousand pesos")
    urgency, evidence = grade(split(text), (amount,), None)
    assert urgency == "high"
    assert [span.text for span in evidence] == ["fifty thousand pesos"]
    posted = amount.model_copy(update={"improper": False})
    assert grade(split(text), (posted,), None) == ("low", ())


def test_an_if_or_a_no_undoes_an_emergency() -> None:
    assert emergency_spans(split("may sunog po sa tapat namin"))
    assert not emergency_spans(split("kung may sunog po ba sino ang tatawagan"))


def test_phrases_reach_over_small_words_but_not_over_a_full_stop() -> None:
    lexicon = Lexicon({"x": ["no ~ receipt*"]})
    assert lexicon.find(split("no official receipts").words)
    assert not lexicon.find(split("I said no. The receipt is here").words)
    assert Lexicon({"x": ["huwag ~ pangalan"]}).find(split("huwag niyo na lang po ilabas ang pangalan").words)


def test_misheard_words_are_found_by_sound() -> None:
    assert sound("tungkol") == sound("tunggul")
    assert Lexicon({"x": ["kumpleto"]}).find(split("kumplitu").words)


@pytest.mark.parametrize("form", ["hiningi", "humingi", "nanghingi", "hingi"])
def test_forms_of_a_word_share_their_root(form: str) -> None:
    assert root(form) == root("hingi")


@pytest.mark.parametrize("form", ["nag-aasikaso", "umaasikaso", "inasikaso", "maasikaso"])
def test_doubled_and_prefixed_forms_share_their_root(form: str) -> None:
    assert root(form) == root("asikaso")


@pytest.mark.parametrize(
    "text",
    [
        "my flight to dubai is on saturday and they still hold the passport",
        "sa biyernes na po ang lipad ng anak ko",
        "the clinic will stop my dialysis sessions this saturday",
        "ooperahan na po siya bukas",
        "the auction of our land is due on monday",
    ],
)
def test_a_deadline_within_days_looms(text: str) -> None:
    assert looming(split(text))


@pytest.mark.parametrize(
    "text",
    [
        "on tuesday they asked for the contract of my parents",
        "I went there last friday after my exam in march",
        "if my flight were on saturday would you open",
    ],
)
def test_days_gone_by_and_suppositions_loom_not(text: str) -> None:
    assert not looming(split(text))


def test_a_harm_is_medium_unless_called_slight_and_an_emergency_is_high() -> None:
    assert grade(split("the guard shouted at my mother"), (), None, "medium")[0] == "medium"
    slight, evidence = grade(split("a small thing but the clock is wrong"), (), None, "medium")
    assert slight == "low"
    assert evidence
    assert grade(split("may sunog po dito sa likod ng palengke"), (), None, "medium")[0] == "high"


@pytest.mark.parametrize(
    "text",
    [
        "he said he knows where my children study if i report him",
        "they will not release the body until we pay",
        "ititigil daw ang gamutan ng tatay ko",
        "mamamatay na ang anak ko sa gutom",
    ],
)
def test_threats_and_lives_at_stake_are_cues(text: str) -> None:
    assert [hit.label for hit in urgent_hits(split(text))]


def test_not_even_followed_by_outrage_makes_nothing_slight() -> None:
    assert not urgent_hits(split("sabi niya di ko kasalanan yun grabe umiyak ang nanay ko"))
