"""Whole complaints in three languages, as written and as a recogniser writes: each fact by itself.

`complaints.jsonl` holds one text a line with the facts that are certain; a fact that is not listed is not
judged.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROWS = [
    json.loads(line) for line in Path(__file__).with_name("complaints.jsonl").read_text("utf-8").splitlines()
]


def _with(field: str) -> list[Any]:
    return [pytest.param(row["text"], row[field], id=row["text"][:60]) for row in ROWS if field in row]


@pytest.mark.parametrize(("text", "code"), _with("agency"))
def test_agency_complained_of(read: Callable[..., Any], text: str, code: str | None) -> None:
    agency = read(text).agency
    assert (agency.code if agency else None) == code


@pytest.mark.parametrize(("text", "name"), _with("place"))
def test_place_of_the_office(read: Callable[..., Any], text: str, name: str | None) -> None:
    location = read(text).location
    assert (location.name if location else None) == name


@pytest.mark.parametrize(("text", "day"), _with("incident_date"))
def test_day_of_the_incident(read: Callable[..., Any], text: str, day: str | None) -> None:
    incident = read(text).incident_date
    assert (incident.date.isoformat() if incident else None) == day


@pytest.mark.parametrize(("text", "sums"), _with("amounts"))
def test_sums_and_which_are_improper(read: Callable[..., Any], text: str, sums: list[list[Any]]) -> None:
    assert sorted([a.php, a.improper] for a in read(text).amounts) == sorted(sums)


@pytest.mark.parametrize(("text", "people"), _with("people"))
def test_people_with_their_roles(read: Callable[..., Any], text: str, people: list[list[str]]) -> None:
    found = sorted((person.name.lower(), person.role) for person in read(text).people)
    assert found == sorted((name.lower(), role) for name, role in people)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:60])
def test_every_span_is_the_text_it_claims(read: Callable[..., Any], row: dict[str, Any]) -> None:
    text = row["text"]
    found = read(text)
    facts = [found.agency, found.location, found.service, found.incident_date, found.respondent_description]
    facts += [
        *found.dates,
        *found.amounts,
        *found.people,
        *found.phones,
        *found.emails,
        *found.reference_numbers,
    ]
    for fact in facts:
        if fact is not None and fact.start is not None:
            assert text[fact.start : fact.end] == fact.text
