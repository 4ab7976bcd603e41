"""Believable made-up complaints: a number gives the same complaint every time. Nobody in them exists."""

import datetime as dt
import random
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any

from tala.cases import datafiles
from tala.facts import Agency, Amount, Category, Facts, Location, Person, Service

YEARS = 5
_LANGUAGES = (("en", 25), ("fil", 35), ("taglish", 40))
_URGENCIES = (("low", 30), ("medium", 58), ("high", 12))
_IMPROPER = ("fixing", "bribery_extortion", "additional_costs", "no_official_receipt")


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A complaint, the moment it is filed, and the steps taken on it afterwards.

    `path` are steps of the lifecycle with their reason and the hours after the one before.
    """

    facts: Facts
    narrative: str
    filed_at: dt.datetime
    path: tuple[tuple[str, str | None, float], ...]


@cache
def _data() -> dict[str, Any]:
    return datafiles.read("demo.toml")


@cache
def _places() -> tuple[list[tuple[str, str]], list[int]]:
    """Cities and municipalities with running totals of their people, by which they are drawn."""
    lines = (resources.files("tala.data") / "places.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    towns = [(row[0], row[1], int(row[4] or 0)) for row in rows if row[2] in ("city", "municipality")]
    return [(code, name) for code, name, _ in towns], list(accumulate(people for _, _, people in towns))


@cache
def _agency_names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in datafiles.read("agencies.toml")["agency"] if row.get("code")}


_PATHS: tuple[tuple[tuple[tuple[str, str | None, float], ...], int], ...] = (
    ((), 18),
    ((("begin_evaluation", None, 20),), 10),
    ((("begin_evaluation", None, 20), ("ask_for_information", "dates", 30)), 5),
    ((("begin_evaluation", None, 20), ("endorse", "first_action_by_agency", 26)), 13),
    (
        (
            ("begin_evaluation", None, 18),
            ("endorse", "facilitation", 20),
            ("record_reply", None, 120),
            ("resolve", "service_rendered", 30),
        ),
        14,
    ),
    (
        (
            ("begin_evaluation", None, 18),
            ("endorse", "first_action_by_agency", 20),
            ("record_reply", None, 150),
            ("verify", None, 30),
            ("resolve", "explained", 60),
            ("close", None, 200),
        ),
        20,
    ),
    ((("begin_evaluation", None, 30), ("refer", "csc", 40), ("close", None, 300)), 7),
    ((("begin_evaluation", None, 30), ("dismiss", "insufficient_information", 90)), 6),
    ((("withdraw", "settled", 70),), 4),
    ((("begin_evaluation", None, 18), ("endorse", "facilitation", 30), ("issue_notice", "no_reply", 260)), 3),
)


def made_up(number: int, until: dt.datetime, *, seed: int = 0, count: int = 0) -> MadeUp:
    """The `number`-th complaint of a seed, filed within five years before `until`.

    Args:
        count: how many there will be: number 0 is then the oldest and the last one the newest; without it
        each falls on a day of its own choosing.
    """
    draw = random.Random(f"{seed}/{number}")  # noqa: S311 (to try things out, not to keep secrets)
    data = _data()
    language = _weighted(draw, _LANGUAGES)
    ground = _weighted(draw, _grounds())
    sector = data["service"][_weighted(draw, _sectors())]
    agency = draw.choice(sector["agencies"])
    service = draw.choice(sector["names"])
    towns, totals = _places()
    psgc, town = towns[bisect(totals, draw.random() * totals[-1])]
    words = data[language]
    people = [f"{draw.choice(data['first_names'])} {draw.choice(data['last_names'])}" for _ in range(2)]
    parts = [draw.choice(words["opening"]), draw.choice(words["acts"][ground]), draw.choice(words["closing"])]
    amount = draw.choice((100, 200, 300, 500, 500, 1000, 1500, 2000, 5000, 15_000))
    text = " ".join(parts).format(
        agency=agency,
        place=town,
        service=service,
        amount=amount,
        days=draw.randint(2, 90),
        name=people[0],
        officer=people[1],
    )
    share = (number + draw.random()) / count if count else draw.random()
    filed_at = until - dt.timedelta(days=365.25 * YEARS) * (1 - share)
    facts = Facts(
        is_complaint=True,
        language=language,
        categories=(Category(code=ground, score=round(draw.uniform(0.55, 0.99), 2)),),
        agency=Agency(code=agency, name=_agency_names().get(agency, agency), **_found(text, agency)),
        location=Location(psgc=psgc, name=town, **_found(text, town)),
        service=Service(**_found(text, service)),
        people=tuple(
            Person(name=name, role=role, **_found(text, name))
            for name, role in zip(people, ("complainant", "respondent"), strict=True)
            if name in text
        ),
        amounts=_asked_for(text, amount, ground),
        urgency=_weighted(draw, _URGENCIES),
    )
    return MadeUp(facts, text, filed_at, _weighted(draw, _PATHS))


def _asked_for(text: str, amount: int, ground: str) -> tuple[Amount, ...]:
    """The sum in the text, improper where the ground says that it should not have been asked for."""
    spoken = str(amount)
    if f" {spoken} " not in text:
        return ()
    return (Amount(php=amount, improper=ground in _IMPROPER, **_found(text, spoken)),)


def _found(text: str, piece: str) -> dict[str, Any]:
    start = text.find(piece)
    return {"start": start, "end": start + len(piece), "text": piece} if start >= 0 else {}


@cache
def _grounds() -> tuple[tuple[str, int], ...]:
    return tuple(_data()["weights"].items())


@cache
def _sectors() -> tuple[tuple[int, int], ...]:
    return tuple((index, row["weight"]) for index, row in enumerate(_data()["service"]))


@cache
def _totals(choices: tuple[tuple[Any, int], ...]) -> list[int]:
    return list(accumulate(weight for _, weight in choices))


def _weighted[T](draw: random.Random, choices: tuple[tuple[T, int], ...]) -> T:
    totals = _totals(choices)
    return choices[bisect(totals, draw.random() * totals[-1])][0]
