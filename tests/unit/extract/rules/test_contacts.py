from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("my number is 0917 123 4567", "+639171234567"),
        ("+63 917-123-4567 po", "+639171234567"),
        ("zero nine one seven double five five one two three four", "+639175551234"),
        ("sero nuwebe uno siyete singko singko singko uno dos tres kwatro", "+639175551234"),
        ("oh nine seventeen five five five twelve thirty four", "+639175551234"),
        ("zero nine one eight, uh, two two two, three three three three", "+639182223333"),
        ("sero siyam isa pito lima lima lima isa dalawa tatlo apat", "+639175551234"),
        ("our landline is 8123 4567", "+63281234567"),
        ("(02) 8123-4567", "+63281234567"),
    ],
)
def test_telephones_written_and_dictated(read: Callable[..., Any], text: str, phone: str) -> None:
    assert [contact.value for contact in read(text).phones] == [phone]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("email juan dot cruz at gmail dot com", "juan.cruz@gmail.com"),
        ("my email is maria underscore santos 88 at yahoo dot com dot ph", "maria_santos88@yahoo.com.ph"),
        ("J.Cruz@deped.gov.ph po", "j.cruz@deped.gov.ph"),
        ("juan.cruz at gmail.com", "juan.cruz@gmail.com"),
        ("ang email ko po ay liza tuldok reyes at g mail tuldok com", "liza.reyes@gmail.com"),
    ],
)
def test_addresses_written_and_dictated(read: Callable[..., Any], text: str, address: str) -> None:
    assert [contact.value for contact in read(text).emails] == [address]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("reference number two zero two six dash four five", "2026-45", "reference"),
        ("plate number ABC 1234", "ABC1234", "plate"),
        ("plate number n b c one two three four", "NBC1234", "plate"),
        ("queue number 112 po ako", "112", "queue"),
        ("OR number 1234567", "1234567", "receipt"),
        ("my reference number is REF-2026-00123", "REF-2026-00123", "reference"),
        ("transaction number 9 8 7 6 5 4", "987654", "transaction"),
        ("case number OMB-2024-0012", "OMB-2024-0012", "case"),
        ("tin number 123-456-789-000", "123-456-789-000", "id"),
    ],
)
def test_numbers_somebody_may_look_up(read: Callable[..., Any], text: str, value: str, kind: str) -> None:
    assert [(one.value, one.kind) for one in read(text).reference_numbers] == [(value, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "i waited at window 3 for 2 hours",
        "they asked for 5000 pesos",
        "meet me at the gate at nine",
        "siyam na beses akong bumalik",
    ],
)
def test_other_numbers_are_no_contacts(read: Callable[..., Any], text: str) -> None:
    found = read(text)
    assert not (*found.phones, *found.emails, *found.reference_numbers)
