"""A period that ends at midnight is due on the day before."""

import datetime as dt

import pytest

from tala.web.pages.words import due


@pytest.mark.parametrize(
    ("end", "told"),
    [("2026-12-16T16:00:00+00:00", "2026-12-16"), ("2026-12-16T05:30:00+00:00", "2026-12-16 13:30")],
)
def test_the_last_day_is_told(end: str, told: str) -> None:
    assert due(dt.datetime.fromisoformat(end)) == told
