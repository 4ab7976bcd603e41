"""Clocks: how long an office has, by which law, and an account of every day counted or skipped.

Pure: the calendar and the present are arguments. A due moment is the end of the last day, exclusive: a clock
is breached from that moment on.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tala.cases import datafiles
from tala.cases.calendar import Calendar, Day, end_of, manila_date

State = Literal["running", "due_soon", "breached", "paused", "met", "missed"]
_LONGEST_DAYS = 3650  # beyond ten years something is wrong with the calendar, not with the office


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Rule(_Row):
    """A kind of clock. `length` and `due_soon` are in `unit`."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    en: str
    fil: str
    law: str = Field(min_length=1)
    unit: Literal["working_days", "hours"]
    length: int = Field(ge=1)
    extendable: bool
    due_soon: int = Field(ge=0)
    starts_on: Literal["step", "classification", "reason"]
    transaction_class: str | None = Field(None, alias="class")
    reason: str | None = None


class Escalation(_Row):
    """Who is told at a moment of a clock's life."""

    when: Literal["due_soon", "breached"]
    tell: tuple[Literal["officer", "head"], ...]


class Rules(_Row):
    """All kinds of clocks, and who is told."""

    version: int
    clock: tuple[Rule, ...]
    escalation: tuple[Escalation, ...] = ()

    @model_validator(mode="after")
    def _codes_are_unique(self) -> "Rules":
        if len({rule.code for rule in self.clock}) != len(self.clock):
            raise ValueError("a clock stands twice")
        return self

    def __getitem__(self, code: str) -> Rule:
        for rule in self.clock:
            if rule.code == code:
                return rule
        raise KeyError(code)

    def for_class(self, transaction_class: str) -> Rule | None:
        """The clock of a class of transaction: simple, complex, highly_technical."""
        return next((rule for rule in self.clock if rule.transaction_class == transaction_class), None)

    def for_reason(self, reason: str | None) -> tuple[Rule, ...]:
        """The clocks that start because of the reason of a step."""
        return tuple(rule for rule in self.clock if rule.reason is not None and rule.reason == reason)


@cache
def load() -> Rules:
    """The shipped clocks."""
    return Rules.model_validate(datafiles.read("clocks.toml"))


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a clock stood still; `end` is None while it still does."""

    start: dt.datetime
    end: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of a case: what happened to it. `psgc` is the place whose holidays count."""

    code: str
    started_at: dt.datetime
    pauses: tuple[Pause, ...] = ()
    extended: bool = False
    stopped_at: dt.datetime | None = None
    psgc: str | None = None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still now."""
        return bool(self.pauses) and self.pauses[-1].end is None


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A line of an account: `number` is the day's place in the count, None for one that was skipped."""

    date: dt.date
    number: int | None
    reason: str
    law: str


def length(rule: Rule, clock: Clock) -> int:
    """How long the clock runs in its unit: twice as long once extended."""
    return rule.length * (2 if clock.extended else 1)


def due(rule: Rule, clock: Clock, calendar: Calendar) -> dt.datetime | None:
    """The moment it is due, in UTC; None while it is paused."""
    if clock.is_paused:
        return None
    if rule.unit == "hours":
        stood = sum((p.end - p.start for p in clock.pauses if p.end is not None), dt.timedelta())
        return clock.started_at + dt.timedelta(hours=length(rule, clock)) + stood
    *_, last = _count(rule, clock, calendar)
    return end_of(last.date)


def explain(
    rule: Rule, clock: Clock, calendar: Calendar, until: dt.datetime | None = None
) -> list[CountedDay]:
    """Every day from the start to the due day, counted or skipped, and why.

    A paused clock is told up to `until`; a clock of hours has the one day it starts and the one it is due.
    """
    start = CountedDay(
        manila_date(clock.started_at), None, "The first day is excluded", "Civil Code, Article 13"
    )
    if rule.unit == "hours":
        moment = due(rule, clock, calendar)
        hours = f"{length(rule, clock)} hours, day and night"
        first = CountedDay(start.date, None, f"Starts; {hours}", rule.law)
        return [first] if moment is None else [first, CountedDay(manila_date(moment), 1, "Due", rule.law)]
    return [start, *_count(rule, clock, calendar, until)]


def state(rule: Rule, clock: Clock, calendar: Calendar, at: dt.datetime) -> State:
    """Where the clock stands at a moment."""
    moment = due(rule, clock, calendar)
    if clock.stopped_at is not None:
        return "met" if moment is None or clock.stopped_at < moment else "missed"
    if moment is None:
        return "paused"
    if at >= moment:
        return "breached"
    return "due_soon" if at >= warn_at(rule, clock, calendar, moment) else "running"


def warn_at(rule: Rule, clock: Clock, calendar: Calendar, moment: dt.datetime) -> dt.datetime:
    """The moment from which a clock due at `moment` is due soon: so many working days, or hours, before."""
    if rule.unit == "hours":
        return moment - dt.timedelta(hours=rule.due_soon)
    day = manila_date(moment - dt.timedelta(microseconds=1))
    left = rule.due_soon
    while left > 0:
        day -= dt.timedelta(days=1)
        left -= calendar.day(day, clock.psgc).works
    return end_of(day)


def _count(
    rule: Rule, clock: Clock, calendar: Calendar, until: dt.datetime | None = None
) -> Iterator[CountedDay]:
    """The days after the first, up to the due day or, while paused, to `until`."""
    wanted, counted = length(rule, clock), 0
    date = manila_date(clock.started_at)
    horizon = None if until is None else manila_date(until)
    for _ in range(_LONGEST_DAYS):
        date += dt.timedelta(days=1)
        if clock.is_paused and (horizon is None or date > horizon):
            return
        day = calendar.day(date, clock.psgc)
        if day.works and _paused_at_close(clock, date):
            yield CountedDay(date, None, "The clock was paused", rule.law)
        elif not day.works:
            yield CountedDay(date, None, day.name, day.source)
        else:
            counted = min(counted + 1, wanted)
            yield _counted(day, counted, rule)
            if counted == wanted and day.kind == "working":
                return
    raise ValueError(f"clock {rule.code} finds no working days")


def _counted(day: Day, number: int, rule: Rule) -> CountedDay:
    if day.kind == "half_day":
        return CountedDay(day.date, number, f"{day.name}: counts, but no period ends on it", day.source)
    return CountedDay(day.date, number, "Working day", rule.law)


def _paused_at_close(clock: Clock, date: dt.date) -> bool:
    # A day counts when the clock runs at its close: pausing and resuming within a day wins nobody a day.
    if not clock.pauses:
        return False
    close = end_of(date)
    return any(p.start < close and (p.end is None or p.end >= close) for p in clock.pauses)
