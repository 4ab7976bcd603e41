"""Facts of one complaint agree with each other."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tala.extract.pipeline import Understander, load
from tala.extract.reconcile import reconcile
from tala.facts import Agency, Amount, Category, Facts, Location, Person
from tala.settings import Settings

FILED = dt.datetime(2026, 3, 11, 10, tzinfo=ZoneInfo("Asia/Manila"))


@pytest.fixture(scope="module")
def understander() -> Understander:
    return load(Settings())


def _facts(ground: str, *sums: float) -> Facts:
    return Facts(
        categories=(Category(code=ground, score=0.9),),
        amounts=tuple(Amount(php=php, improper=False, start=0, end=1, text="x") for php in sums),
        people=(Person(name="Ana Reyes", role="respondent", start=0, end=9, text="Ana Reyes"),),
    )


@pytest.mark.parametrize("ground", ["bribery_extortion", "fixing", "no_official_receipt"])
def test_the_only_sum_of_such_a_complaint_is_the_improper_one(ground: str) -> None:
    assert [a.improper for a in reconcile(_facts(ground, 500)).amounts] == [True]


@pytest.mark.parametrize("ground", ["bribery_extortion", "additional_costs"])
def test_among_several_sums_that_nothing_tells_apart_it_is_the_greatest(ground: str) -> None:
    assert [a.improper for a in reconcile(_facts(ground, 500, 150)).amounts] == [True, False]


def test_of_sums_in_a_delay_nothing_is_guessed() -> None:
    assert not any(a.improper for a in reconcile(_facts("processing_delay", 500)).amounts)


def test_nobody_is_complained_of_in_thanks() -> None:
    assert reconcile(_facts("inquiry_or_feedback")).people[0].role == "other"
    assert reconcile(_facts("discourtesy")).people[0].role == "respondent"


def test_the_same_words_are_not_agency_and_town() -> None:
    place = Location(psgc="0405820000", name="Pililla", start=3, end=9, text="pilhil")
    agency = Agency(code="PhilHealth", name="PhilHealth", start=3, end=9, text="pilhil")
    assert reconcile(Facts(agency=agency, location=place)).location is None
    assert reconcile(Facts(agency=agency.model_copy(update={"end": 5}), location=place)).location == place


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Yesterday I lined up at the DFA, sorry, I mean the NBI, and they sent me home.", "NBI"),
        ("pumunta ako sa pag-ibig ay mali sa sss pala tapos sinigawan ako ng guard", "SSS"),
    ],
)
def test_an_agency_taken_back_is_gone(understander: Understander, text: str, code: str) -> None:
    found = understander.understand(text, filed_at=FILED).agency
    assert found is not None
    assert found.code == code


def test_asking_for_help_names_no_town(understander: Understander) -> None:
    facts = understander.understand("Humihingi po ako ng tulong sa inyo laban sa munisipyo", filed_at=FILED)
    assert facts.location is None
