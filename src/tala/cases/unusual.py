"""What rises unusually this week: the newest week of many series of counts against what is usual then.

The usual number of a week is the level of the twelve weeks before it, carried over the season by what
happened in the same weeks of earlier years. How far a week may stray from that is not assumed but seen: the
same forecast is made for each of the past weeks, and how wrong it was there is how uncertain it is here
(a negative binomial distribution, never narrower than Poisson). Many series are looked at together, so the
share of false alarms among what is told is held at five per cent (Benjamini and Hochberg).

Pure: counts come in, findings go out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVEL_WEEKS = 12
FEWEST_WEEKS = 20  # eight forecasts to judge the method by
YEAR_WEEKS = 52
FALSE_ALARMS = 0.05
LEAST_EXCESS = 5
LEAST_SHARE = 1.2
_SEASON_PRIOR = 40.0  # cases' worth of belief that a season changes nothing
_SEASON_BOUNDS = (0.4, 2.5)
_RESIDUAL_BOUND = 9.0  # one past alarm must not hide the next: three standard deviations, squared
_NORMAL_FROM = 2000.0
_RARER_THAN_WEEKS = 1000


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for a week: the mean and the range of 19 of 20 such weeks, judged by how many weeks."""

    mean: float
    low: int
    high: int
    dispersion: float
    weeks: int
    season: float


@dataclass(frozen=True, slots=True)
class Rise:
    """A series whose newest week is unusually high.

    Attributes:
        once_in_weeks: chance alone brings such a week once in so many; at most a thousand is told.
    """

    name: str
    count: int
    usual: Usual
    chance: float
    once_in_weeks: int


def usual(history: Sequence[int]) -> Usual | None:
    """What is usual for the week after these, oldest first; None where there are too few to judge."""
    weeks = len(history)
    if weeks < FEWEST_WEEKS:
        return None
    mean, season = _forecast(history)
    first = max(LEVEL_WEEKS, weeks - YEAR_WEEKS)
    errors = []
    for place in range(first, weeks):
        expected, _ = _forecast(history[:place])
        errors.append(min(_RESIDUAL_BOUND, (history[place] - expected) ** 2 / max(expected, 0.5)))
    dispersion = max(1.0, sum(errors) / len(errors))
    low = _quantile(mean, dispersion, 0.025)
    high = _quantile(mean, dispersion, 0.975)
    return Usual(mean, low, high, dispersion, weeks, season)


def rises(series: Mapping[str, Sequence[int]]) -> list[Rise]:
    """Series, oldest week first, whose newest week is unusually high; the least likely first."""
    judged: list[Rise] = []
    for name, counts in series.items():
        found = usual(counts[:-1])
        if found is None:
            continue
        count = counts[-1]
        chance = at_least(count, found.mean, found.dispersion)
        seldom = round(min(_RARER_THAN_WEEKS, 1 / max(chance, 1e-12)))
        judged.append(Rise(name, count, found, chance, seldom))
    judged.sort(key=lambda rise: (rise.chance, rise.name))
    last = 0
    for place, rise in enumerate(judged, 1):
        if rise.chance <= FALSE_ALARMS * place / len(judged):
            last = place
    return [rise for rise in judged[:last] if _matters(rise)]


def _matters(rise: Rise) -> bool:
    """Whether it is outside what is told to be usual and worth acting on: a sure rise may be a small one."""
    much = rise.count - rise.usual.mean >= LEAST_EXCESS and rise.count >= LEAST_SHARE * rise.usual.mean
    return much and rise.count > rise.usual.high


def _forecast(history: Sequence[int]) -> tuple[float, float]:
    """The expected number of the week after these, and by how much the season moves it."""
    level = _mean(history[-LEVEL_WEEKS:])
    season = _season(history)
    return max(level * season, 0.25), season


def _season(history: Sequence[int]) -> float:
    """What the coming week was, in earlier years, to the twelve weeks before it; the week and its neighbours
    count together, and few cases change little.
    """
    seen = expected = 0.0
    place = len(history) - YEAR_WEEKS
    while place - 1 >= LEVEL_WEEKS:
        around = history[place - 1 : place + 2]
        before = history[place - 1 - LEVEL_WEEKS : place - 1]
        seen += sum(around)
        expected += _mean(before) * len(around)
        place -= YEAR_WEEKS
    ratio = (seen + _SEASON_PRIOR) / (expected + _SEASON_PRIOR)
    return min(max(ratio, _SEASON_BOUNDS[0]), _SEASON_BOUNDS[1])


def _mean(counts: Sequence[int]) -> float:
    return sum(counts) / len(counts) if counts else 0.0


def at_least(count: int, mean: float, dispersion: float) -> float:
    """The chance of this many or more, of counts with that mean and `dispersion` times its variance."""
    if count <= 0:
        return 1.0
    if mean >= _NORMAL_FROM:
        away = (count - 0.5 - mean) / math.sqrt(2 * dispersion * mean)
        return 0.5 * math.erfc(away)
    if count <= mean:
        return max(0.0, 1.0 - sum(_density(k, mean, dispersion) for k in range(count)))
    # Far out the sum of what is left is exact where one less the sum of the rest is noise.
    total, k = 0.0, count
    while (piece := _density(k, mean, dispersion)) > 1e-18 or k < count + 10:
        total += piece
        k += 1
    return min(total, 1.0)


def _quantile(mean: float, dispersion: float, share: float) -> int:
    if mean >= _NORMAL_FROM:
        spread = math.sqrt(dispersion * mean) * 1.96
        return max(0, round(mean - spread if share < 0.5 else mean + spread))
    total, k = _density(0, mean, dispersion), 0
    while total < share:
        k += 1
        total += _density(k, mean, dispersion)
    return k


def _density(k: int, mean: float, dispersion: float) -> float:
    if dispersion < 1.001:
        return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
    size = mean / (dispersion - 1)
    log = math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1)
    return math.exp(log - size * math.log(dispersion) + k * math.log((dispersion - 1) / dispersion))
