"""What holds for any text."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WORDS = [
    "ako",
    "po",
    "si",
    "maria",
    "santos",
    "nagpunta",
    "sa",
    "lto",
    "pasig",
    "noong",
    "lunes",
    "march",
    "5",
    "2026",
    "hiningan",
    "limang",
    "libo",
    "500",
    "pesos",
    "walang",
    "resibo",
    "at",
    "gmail",
    "dot",
    "com",
    "zero",
    "nine",
    "one",
    "seven",
    "double",
    "ika",
    "labing",
    "a",
    "na",
    "ng",
    "hindi",
    "kundi",
    "ay",
    "no",
    "wait",
    "barangay",
    "san",
    "juan",
    "city",
    "hall",
    "window",
    "3",
    "kay",
    "sir",
    "—",
    "₱",
    ",",
    ".",
    "?",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_any_words_in_any_order_are_read(read: Callable[..., Any], text: str) -> None:
    found = read(text)
    for fact in (
        *found.amounts,
        *found.people,
        *found.dates,
        *found.phones,
        *found.emails,
        *found.reference_numbers,
    ):
        assert text[fact.start : fact.end] == fact.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120))
def test_any_text_is_read(read: Callable[..., Any], text: str) -> None:
    read(text)


def test_capitals_change_no_fact(read: Callable[..., Any]) -> None:
    text = "noong biyernes sa sss marikina humingi ng tatlong libo si sir ramon reyes walang resibo"
    for written in (text, text.upper(), text.title()):
        found = read(written)
        assert (found.agency.code, found.location.name) == ("SSS", "City of Marikina")
        assert [(a.php, a.improper) for a in found.amounts] == [(3000, True)]
        assert [(p.name, p.role) for p in found.people] == [("Ramon Reyes", "respondent")]
        assert found.incident_date.date.isoformat() == "2026-08-07"


@pytest.mark.parametrize("count", [2000])
def test_a_long_text_is_read_in_time(read: Callable[..., Any], count: int) -> None:
    text = " ".join((WORDS * (count // len(WORDS) + 1))[:count])
    read(text)
    began = time.perf_counter()
    read(text)
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    ("text", "service", "class_"),
    [
        ("mag renew ng lisensya sa lto", "renew ng lisensya", "simple"),
        ("i applied for a building permit at city hall", "building permit", "highly_technical"),
        ("kumuha ako ng passport sa dfa", "passport", "complex"),
    ],
)
def test_service_sought_and_its_class(read: Callable[..., Any], text: str, service: str, class_: str) -> None:
    found = read(text)
    assert service in found.service.text
    assert found.service_class == class_


def test_a_service_alone_names_its_office(read: Callable[..., Any]) -> None:
    agency = read("kukuha sana ako ng lisensya pero sarado na sila alas tres pa lang").agency
    assert (agency.code, agency.score) == ("LTO", 0.5)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("yung babaeng naka-salamin sa window 3 sinigawan ako", "woman"),
        ("the guard at the gate refused to let me in", "security guard"),
        ("ang kahera ay humingi ng dagdag", "cashier"),
    ],
)
def test_the_one_complained_of_without_a_name(read: Callable[..., Any], text: str, position: str) -> None:
    found = read(text)
    assert found.respondent_description.position == position
    assert not found.people
