"""Drawing samples: the same from the same seed, in proportion, fair, and checkable by hand."""

import hashlib
from collections import Counter

import pytest

from tala.services import auditing
from tala.services.samples import Plan, drawn, lot

CASES = [(f"TALA-2026-{number:07}-0", "ABC"[number % 10 // 5 + (number % 10 == 9)]) for number in range(1000)]


def test_the_lot_is_what_anybody_can_compute() -> None:
    assert lot("march", "TALA-2026-0000001-2") == hashlib.sha256(b"march:TALA-2026-0000001-2").hexdigest()
    found, _ = drawn(CASES, Plan(size=3, seed="march"))
    assert found == sorted((ctn for ctn, _ in CASES), key=lambda ctn: lot("march", ctn))[:3]


def test_order_of_the_cases_does_not_matter_and_the_seed_does() -> None:
    found, _ = drawn(CASES, Plan(size=40, seed="a"))
    assert drawn(reversed(CASES), Plan(size=40, seed="a"))[0] == found
    assert drawn(CASES, Plan(size=40, seed="b"))[0] != found


def test_every_case_has_the_same_chance() -> None:
    counted = Counter(
        ctn for seed in range(400) for ctn in drawn(CASES[:50], Plan(size=10, seed=str(seed)))[0]
    )
    assert len(counted) == 50
    assert all(50 <= number <= 115 for number in counted.values())  # 80 are expected of each, deviation 8


@pytest.mark.parametrize(("size", "expected"), [(100, [50, 40, 10]), (10, [5, 4, 1]), (3, [1, 1, 1])])
def test_strata_get_their_share(size: int, expected: list[int]) -> None:
    found, strata = drawn(CASES, Plan(size=size, by="agency", seed="s"))
    assert [one.drawn for one in strata] == expected
    assert len(found) == len(set(found)) == size


def test_small_strata_are_not_lost_and_large_samples_take_all() -> None:
    cases = [(f"n{number}", "big") for number in range(98)] + [("rare1", "rare"), ("lone", "lone")]
    found, strata = drawn(cases, Plan(size=10, by="agency", seed="s"))
    assert {one.value: one.drawn for one in strata} == {"big": 8, "rare": 1, "lone": 1}
    assert {"rare1", "lone"} < set(found)
    assert len(drawn(cases, Plan(size=500, by="agency", seed="s"))[0]) == 100
    assert len(drawn(cases, Plan(size=2, by="agency", seed="s"))[0]) == 2


def test_wilsons_interval() -> None:
    assert auditing.wilson(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-3))
    assert auditing.wilson(5, 10) == (pytest.approx(0.2366, abs=1e-3), pytest.approx(0.7634, abs=1e-3))
