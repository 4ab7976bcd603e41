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
