"""Who may see how much: a table written by hand, every row."""

import pytest

from tala.cases import access
from tala.cases.access import Standing
from tala.cases.people import ROLES, SYSTEM, Actor

CASE = Standing("ARTA", "LTO", "Quezon City District Office")
ENDORSED = Standing("ARTA", "LTO", "Quezon City District Office", endorsed_to=(("LTO", None),))
TO_OFFICE = Standing("ARTA", "LTO", None, endorsed_to=(("LTO", "Central Office"),))
ABOUT_ITSELF = Standing("CSC", "ARTA")
UNKNOWN = Standing("ARTA")
NAMED = Standing("ARTA", "LTO", excluded=frozenset({"me"}))


def somebody(role: str, agency: str | None, office: str | None = None) -> Actor:
    return Actor("staff", role, "me", agency, office)


TABLE = [
    # role, agency, office, case, level
    ("officer", "ARTA", None, CASE, "full"),
    ("head", "ARTA", None, CASE, "full"),
    ("officer", None, None, CASE, "full"),
    ("agent", "ARTA", None, CASE, "masked"),
    ("auditor", "ARTA", None, CASE, "masked"),
    ("administrator", None, None, CASE, "masked"),
    ("auditor", "COA", None, CASE, "masked"),
    ("citizen", "ARTA", None, CASE, None),
    ("officer", "LTO", None, CASE, None),
    ("head", "LTO", "Quezon City District Office", CASE, None),
    ("auditor", "LTO", None, CASE, None),
    ("administrator", "LTO", None, CASE, None),
    ("agent", "LTO", None, CASE, None),
    ("officer", "BIR", None, CASE, None),
    ("officer", "LTO", None, ENDORSED, "endorsed"),
    ("head", "LTO", "Quezon City District Office", ENDORSED, "endorsed"),
    ("auditor", "LTO", None, ENDORSED, None),
    ("agent", "LTO", None, ENDORSED, None),
    ("officer", "BIR", None, ENDORSED, None),
    ("officer", "ARTA", None, ENDORSED, "full"),
    ("officer", "LTO", "Central Office", TO_OFFICE, "endorsed"),
    ("officer", "LTO", None, TO_OFFICE, "endorsed"),
    ("officer", "LTO", "Cebu", TO_OFFICE, None),
    ("officer", "ARTA", None, ABOUT_ITSELF, None),
    ("officer", None, None, ABOUT_ITSELF, None),
    ("auditor", None, None, ABOUT_ITSELF, None),
    ("officer", "CSC", None, ABOUT_ITSELF, "full"),
    ("officer", "ARTA", None, UNKNOWN, "full"),
    ("officer", "ARTA", None, NAMED, None),
    ("head", "ARTA", None, NAMED, None),
    ("auditor", "ARTA", None, NAMED, None),
]


@pytest.mark.parametrize(("role", "agency", "office", "case", "expected"), TABLE)
def test_levels(
    role: str, agency: str | None, office: str | None, case: Standing, expected: str | None
) -> None:
    assert access.level(somebody(role, agency, office), case) == expected


def test_keys_see_as_staff_of_their_role_do() -> None:
    for role in ROLES:
        key = Actor("key", role, "me", "ARTA")
        assert access.level(key, CASE) == access.level(somebody(role, "ARTA"), CASE)


def test_the_system_sees_everything_and_a_citizen_nothing_without_a_receipt() -> None:
    assert access.level(SYSTEM, NAMED) == "full"
    assert access.level(Actor("citizen", "citizen"), CASE) is None


def test_the_agency_complained_of_has_a_role_of_its_own() -> None:
    assert access.role_in(somebody("head", "LTO"), ENDORSED) == "agency"
    assert access.role_in(somebody("head", "ARTA"), ENDORSED) == "head"
    assert access.role_in(SYSTEM, CASE) == "system"
