from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tala.extract.redact import redact
from tala.facts import Facts, Location

TEXT = (
    "ako po si maria santos nakatira ako sa 12 rizal street cainta si officer reyes humingi ng 500 "
    "tawagan si maria sa 0917 555 1234 o maria dot santos at gmail dot com reference number 2026 44817"
)


@pytest.fixture
def facts(read: Callable[..., Any]) -> Facts:
    found = read(TEXT)
    return Facts(
        people=found.people,
        phones=found.phones,
        emails=found.emails,
        reference_numbers=found.reference_numbers,
    )


def test_full_masks_nothing(facts: Facts) -> None:
    assert redact(TEXT, facts, "full") == (TEXT, ())


def test_public_masks_every_name_and_number(facts: Facts) -> None:
    text, masked = redact(TEXT, facts, "public")
    for secret in ("maria", "santos", "reyes", "0917", "555", "gmail", "rizal street", "44817"):
        assert secret not in text
    assert "humingi ng 500" in text
    assert {span.kind for span in masked} == {"name", "phone", "email", "address", "reference"}


def test_auditor_still_reads_the_official(facts: Facts) -> None:
    text, _ = redact(TEXT, facts, "auditor")
    assert "reyes" in text
    assert "44817" in text
    for secret in ("maria", "santos", "0917", "gmail", "rizal street"):
        assert secret not in text


def test_masks_without_facts_from_elsewhere() -> None:
    text, _ = redact(TEXT, Facts(), "public")
    assert "maria" not in text
    assert "0917" not in text


def test_spans_are_of_the_original_text(facts: Facts) -> None:
    _, masked = redact(TEXT, facts, "public")
    assert all(0 <= span.start < span.end <= len(TEXT) for span in masked)
    assert all(before.end <= after.start for before, after in pairwise(masked))


def test_a_town_named_like_a_person_stays_readable() -> None:
    text = "Ilang beses na po akong nag-follow up sa LTO Santo Tomas. Nag-submit po ako ng requirements."
    start = text.index("Santo Tomas")
    town = Location(psgc="0402128000", name="Santo Tomas", start=start, end=start + 11, text="Santo Tomas")
    assert redact(text, Facts(location=town), "public") == (text, ())
