"""Who is named and in which role, with and without capitals."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "hello po ako po si marites dimaculangan irereklamo ko si engr bong villaluz ng city hall",
            {("Marites Dimaculangan", "complainant"), ("Bong Villaluz", "respondent")},
        ),
        ("i'm mrs fely corpuz sixty seven years old from tarlac", {("Fely Corpuz", "complainant")}),
        ("good day this is Gladys Sumang, a nurse from Hong Kong", {("Gladys Sumang", "complainant")}),
        ("Irene Castelo here, I own a small shop.", {("Irene Castelo", "complainant")}),
        ("tawagin niyo na lang po akong mang kanor", {("Kanor", "complainant")}),
        ("si noel daw po ang lapitan kung gusto mong mapabilis", {("Noel", "respondent")}),
        ("the enforcer his name plate is gatchalian he ask for two hundred", {("Gatchalian", "respondent")}),
        ("officer de la pena took my license and asked for money", {("De La Pena", "respondent")}),
        ("Everyone knows it is Delfin who takes the envelopes.", {("Delfin", "respondent")}),
        ("I spoke with Jonathan at the front desk and he laughed at me.", {("Jonathan", "respondent")}),
        (
            "the cashier mrs celeste hautea refused and my cousin liezel saw it",
            {("Celeste Hautea", "respondent"), ("Liezel", "other")},
        ),
        ("gusto ko pong pasalamatan si nurse jocelyn tabora napakabait niya", {("Jocelyn Tabora", "other")}),
        ("wala pong kasalanan si guard jomar siya pa nga ang nagpaupo sa amin", {("Jomar", "other")}),
        ("Hipolito Marasigan po ang pangalan ko, magsasaka.", {("Hipolito Marasigan", "complainant")}),
        (
            "ako po si nanay belen inirereklamo ko yung social worker na si ms karen",
            {("Belen", "complainant"), ("Karen", "respondent")},
        ),
        (
            "hindi po si maam tess ang may kasalanan kundi si maam gina sa window four",
            {("Gina", "respondent")},
        ),
        (
            "the registrar mrs santos scolded my daughter angelica in front of everybody",
            {("Santos", "respondent"), ("Angelica", "other")},
        ),
        (
            "napakabait ni nurse imelda pero si dr salonga ay hindi dumating at sinigawan pa kami",
            {("Imelda", "other"), ("Salonga", "respondent")},
        ),
        ("my driver Nestor was stopped by an enforcer", {("Nestor", "other")}),
    ],
)
def test_names_and_roles(read: Callable[..., Any], text: str, people: set[tuple[str, str]]) -> None:
    assert {(person.name, person.role) for person in read(text).people} == people


@pytest.mark.parametrize(
    "text",
    [
        'She said "internal lang iyan, sir." Internal to whom?',
        "Ayaw niyang sabihin ang pangalan niya. Sana mabasa ito ng hepe.",
        "Salamat po, sir. Nakapatong pa rin sa mesa ang papel.",
        "i went to the office in Santiago City and to Carmen, Bohol",
    ],
)
def test_no_name_where_a_sentence_ends_or_a_town_is_meant(read: Callable[..., Any], text: str) -> None:
    assert read(text).people == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "The office refused my documents. Please help. Respectfully yours, Benigno Katigbak",
            "Benigno Katigbak",
        ),
        ("Hindi ako binigyan ng resibo ng kahera. - Marites Olaguer, Brgy. San Isidro", "Marites Olaguer"),
        ("sana po maaksyunan nyo ito maraming salamat po rosalinda cruz", "Rosalinda Cruz"),
        (
            "The clerk shouted at me in front of everyone. You may use my name, Rodel Magsino.",
            "Rodel Magsino",
        ),
        ("For the record I, Susana Belmonte, am filing this against the guard.", "Susana Belmonte"),
        ("Ako na po ang nagrereklamo, si Danilo Pascual, senior citizen ng Tarlac.", "Danilo Pascual"),
        ("Pangalan: Isidro Mallari\nReklamo: ayaw tanggapin ng BIR ang aking bayad", "Isidro Mallari"),
        ("Ang inyong lingkod, Virgilio Apostol, ay tatlong beses nang pinabalik.", "Virgilio Apostol"),
        ("Dr. Manuel Arceo here. My license renewal has been pending since May.", "Manuel Arceo"),
        ("Nanay Belen po ito. Ayaw akong bigyan ng gamot sa health center.", "Belen"),
        ("Ana Cruz, Lipa City. The clerk at the city hall asked me for three hundred extra.", "Ana Cruz"),
    ],
)
def test_speakers_who_give_their_name_without_a_verb(read: Callable[..., Any], text: str, name: str) -> None:
    assert [(person.name, person.role) for person in read(text).people] == [(name, "complainant")]


@pytest.mark.parametrize(
    "text",
    [
        "i already told them my name is misspelled on the certificate but the clerk said go home",
        "please call me back when somebody is there because the hotline just rings",
        "call me tonight kasi may trabaho ako sa umaga",
        "i was at the rizal avenue branch near jose abad santos and nobody was there",
        "the land bank ate the card of my mother na pensyonado",
        "Good afternoon, Paul. The office lost my papers.",
    ],
)
def test_words_where_a_name_could_stand(read: Callable[..., Any], text: str) -> None:
    assert read(text).people == ()


def test_whose_kin_it_is_holds_when_the_name_is_told_again(read: Callable[..., Any]) -> None:
    people = read("My driver Nestor was apprehended. The enforcer asked for money and Nestor paid.").people
    assert [(person.name, person.role) for person in people] == [("Nestor", "other")]


def test_kindness_in_the_next_sentence_is_somebody_elses(read: Callable[..., Any]) -> None:
    people = read("Sir Dante refused my papers at window 4. The guard was kind to us.").people
    assert [(person.name, person.role) for person in people] == [("Dante", "respondent")]


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        (
            "The head of the licensing section demanded two thousand.",
            "supervisor",
            "The head",
        ),
        (
            "The young woman with braces at the releasing counter laughed at my form.",
            "woman",
            "young woman with braces",
        ),
        ("tinarayan ako nung nasa window two", "employee", "nasa window"),
    ],
)
def test_somebody_without_a_name_is_described(
    read: Callable[..., Any], text: str, position: str, said: str
) -> None:
    described = read(text).respondent_description
    assert described is not None
    assert (described.position, described.text.startswith(said)) == (position, True)


@pytest.mark.parametrize(
    "text", ["they gave no official receipt at all", "Taga-Taguig po ako at hindi tinanggap ang papel ko."]
)
def test_papers_and_home_towns_describe_nobody(read: Callable[..., Any], text: str) -> None:
    assert read(text).respondent_description is None
