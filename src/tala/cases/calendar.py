"""Which days are working days in the Philippines, where, and by what rule.

National holidays come from the library `holidays`; late proclamations, local holidays and suspensions of work
from `data/holidays.toml` and from an administrator, each with a version so that due dates can be computed
again.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Literal
from zoneinfo import ZoneInfo

import holidays as holiday_library
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tala.cases import datafiles

MANILA = ZoneInfo("Asia/Manila")
WEEKEND = "Working days only; Civil Code, Article 13"
NATIONAL = f"National holiday; holidays {version('holidays')}"

Kind = Literal["working", "half_day", "weekend", "holiday", "suspended"]


class Suspension(BaseModel):
    """Days without work in a place: `scope` is a PSGC prefix without trailing zeros, empty for the whole
    country.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: dt.date = Field(alias="from")
    last: dt.date = Field(alias="to")
    scope: str = Field("", pattern=r"^\d{0,10}$")
    name: str = Field(min_length=1)
    source: str = Field(min_length=1)
    half_day: bool = False

    @model_validator(mode="after")
    def _order(self) -> "Suspension":
        if self.last < self.first:
            raise ValueError("a suspension ends before it begins")
        return self

    def covers(self, day: dt.date, psgc: str | None) -> bool:
        """Whether work is suspended on that day in that place; a nationwide one covers an unknown place
        too.
        """
        if not self.first <= day <= self.last:
            return False
        scope = self.scope.rstrip("0") if len(self.scope) == 10 else self.scope
        return not scope or (psgc is not None and psgc.startswith(scope))


@dataclass(frozen=True, slots=True)
class Day:
    """A day and why it counts or not."""

    date: dt.date
    kind: Kind
    name: str = ""
    source: str = ""

    @property
    def works(self) -> bool:
        """Whether the day counts: a day on which work stopped half-way does."""
        return self.kind in ("working", "half_day")


class Calendar:
    """Working days under one version of the data."""

    def __init__(self, version: str, suspensions: Iterable[Suspension] = ()) -> None:
        self.version = version
        self.suspensions = tuple(suspensions)
        self._national = holiday_library.country_holidays("PH", language="en_US")
        self._nationwide: dict[dt.date, Day] = {}  # the same days are asked for again and again

    @classmethod
    def shipped(cls) -> "Calendar":
        """The calendar of `data/holidays.toml` alone."""
        return _shipped()

    def with_suspensions(self, version: str, more: Iterable[Suspension]) -> "Calendar":
        """This calendar with an administrator's entries over it."""
        return Calendar(f"{self.version}+{version}", (*self.suspensions, *more))

    def day(self, date: dt.date, psgc: str | None = None) -> Day:
        """What kind of day this is in a city or municipality."""
        day = self._nationwide.get(date)
        if day is None:
            day = self._nationwide[date] = self._without_suspensions(date)
        if day.kind != "working" or not self.suspensions:
            return day
        here = [one for one in self.suspensions if one.covers(date, psgc)]
        for one in sorted(here, key=lambda each: each.half_day):  # a whole day outweighs half a day
            return Day(date, "half_day" if one.half_day else "suspended", one.name, one.source)
        return day

    def _without_suspensions(self, date: dt.date) -> Day:
        if date.weekday() >= 5:
            return Day(date, "weekend", date.strftime("%A"), WEEKEND)
        if name := self._national.get(date):
            return Day(date, "holiday", name, NATIONAL)
        return Day(date, "working")


@cache
def _shipped() -> Calendar:
    data = datafiles.read("holidays.toml")
    return Calendar(
        str(data["version"]), [Suspension.model_validate(row) for row in data.get("suspension", [])]
    )


def manila_date(moment: dt.datetime) -> dt.date:
    """The day it is in the Philippines at a moment."""
    return moment.astimezone(MANILA).date()


def end_of(day: dt.date) -> dt.datetime:
    """The moment a Philippine day is over, in UTC."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), MANILA).astimezone(dt.UTC)
