"""The baseline of what rises: right about chance, right about seasons, quiet where there is nothing."""

import math
import random

import pytest

from tala.cases import unusual


def poisson(draw: random.Random, mean: float) -> int:
    limit, k, product = math.exp(-mean), 0, draw.random()
    while product > limit:
        k += 1
        product *= draw.random()
    return k


def test_chances_are_those_of_the_distributions() -> None:
    # Poisson with mean 4: P(X >= 9) = 0.021363...; geometric (dispersion 2, mean 1): P(X >= 3) = 1/8
    assert unusual.at_least(9, 4.0, 1.0) == pytest.approx(0.0213634, rel=1e-4)
    assert unusual.at_least(2, 4.0, 1.0) == pytest.approx(1 - 5 * math.exp(-4), rel=1e-9)
    assert unusual.at_least(3, 1.0, 2.0) == pytest.approx(0.125, rel=1e-6)
    assert unusual.at_least(0, 4.0, 1.0) == 1.0
    by_sum, by_normal = unusual.at_least(2080, 1999.0, 1.5), unusual.at_least(2081, 2000.0, 1.5)
    assert by_sum == pytest.approx(by_normal, rel=0.05)


def test_a_steady_series_has_its_mean_and_a_range_around_it() -> None:
    draw = random.Random(1)
    found = unusual.usual([poisson(draw, 25.0) for _ in range(106)])
    assert found is not None
    assert 21 < found.mean < 29
    assert found.low < 19 < 31 < found.high
    assert found.weeks == 106


def test_too_short_a_history_is_not_judged() -> None:
    assert unusual.usual([3] * (unusual.FEWEST_WEEKS - 1)) is None
    assert unusual.rises({"new": [3] * 10 + [90]}) == []


def test_a_yearly_peak_is_usual_and_the_same_number_out_of_season_is_not() -> None:
    peak = [60 if week % 52 in (50, 51, 0) else 20 for week in range(52 * 3)]
    at_peak, before_peak = peak[: 52 * 2 + 51], peak[: 52 * 2 + 40]
    assert unusual.rises({"s": [*at_peak, 60]}) == []
    (found,) = unusual.rises({"s": [*before_peak, 60]})
    assert found.count == 60
    assert found.usual.high < 40
    assert found.once_in_weeks == 1000


def test_false_alarms_are_few_and_real_rises_are_found() -> None:
    draw = random.Random(7)
    alarms = found = 0
    for _ in range(40):
        series = {f"s{n}": [poisson(draw, 8 + n) for _ in range(107)] for n in range(20)}
        alarms += bool(unusual.rises(series))
        series["s10"][-1] = 45  # usually 18
        found += "s10" in {rise.name for rise in unusual.rises(series)}
    assert alarms <= 5
    assert found == 40


def test_a_series_that_swings_by_itself_is_given_more_room() -> None:
    draw = random.Random(3)
    calm = [poisson(draw, 20.0) for _ in range(106)]
    wild = [poisson(draw, draw.choice((8.0, 20.0, 32.0))) for _ in range(106)]
    steady, swinging = unusual.usual(calm), unusual.usual(wild)
    assert steady is not None
    assert swinging is not None
    assert swinging.dispersion > 2 > steady.dispersion
    assert unusual.rises({"calm": [*calm, 36]}) != []
    assert unusual.rises({"wild": [*wild, 36]}) == []


def test_small_sure_rises_are_not_told() -> None:
    assert unusual.rises({"rare": [0] * 106 + [3]}) == []
    assert unusual.rises({"large": [10_000] * 106 + [10_800]}) == []
