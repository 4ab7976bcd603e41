"""Tracking numbers: every slip of one digit and every swap of neighbours is caught."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tala.cases import ctn

years = st.integers(2000, 2099)
sequences = st.integers(1, ctn.MAX_SEQUENCE)


@given(years, sequences)
def test_made_numbers_are_valid(year: int, sequence: int) -> None:
    number = ctn.make(year, sequence)
    assert len(number) == 19
    assert ctn.is_valid(number)
    assert number[:18] == f"TALA-{year}-{sequence:07d}-"


@given(years, sequences)
def test_every_wrong_digit_is_caught(year: int, sequence: int) -> None:
    number = ctn.make(year, sequence)
    for place, digit in enumerate(number):
        if digit.isdigit():
            for other in "0123456789".replace(digit, ""):
                assert not ctn.is_valid(number[:place] + other + number[place + 1 :])


@given(years, sequences)
def test_every_swap_of_neighbours_is_caught(year: int, sequence: int) -> None:
    digits = ctn.make(year, sequence).removeprefix("TALA-").replace("-", "")
    for place in range(len(digits) - 1):
        one, two = digits[place], digits[place + 1]
        swapped = digits[:place] + two + one + digits[place + 2 :]
        if one != two:
            assert ctn.normalise("TALA" + swapped) is None


@pytest.mark.parametrize(
    "typed",
    [
        "tala-2026-0000123-6",
        " TALA 2026 0000123 6 ",
        "TALA20260000123" + "6",
        "TALA–2026–0000123–6",
        "tala_2026_0000123_6",
    ],
)
def test_people_type_it_in_many_ways(typed: str) -> None:
    assert ctn.normalise(typed) == "TALA-2026-0000123-6"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "TALA",
        "TALA-2026-123-6",
        "TALA-2026-0000123-7",
        "BALA-2026-0000123-6",
        "TALA-२०२६-0000123-6",
        "x" * 9999,
    ],
)
def test_what_is_no_number(typed: str) -> None:
    assert ctn.normalise(typed) is None
    assert not ctn.is_valid(typed)


@pytest.mark.parametrize(("year", "sequence"), [(2026, 0), (2026, 10_000_000), (999, 1), (10000, 1)])
def test_numbers_that_do_not_fit(year: int, sequence: int) -> None:
    with pytest.raises(ValueError, match="no tracking number"):
        ctn.make(year, sequence)
