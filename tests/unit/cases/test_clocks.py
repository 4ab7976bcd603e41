"""Clocks against a slow oracle that walks day by day and hour by hour, and against dates counted by hand."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tala.cases import clocks
from tala.cases.calendar import MANILA, Calendar, Suspension, end_of, manila_date
from tala.cases.clocks import Clock, Pause

RULES = clocks.load()
SIMPLE, REPLY, HOTLINE = RULES["ra11032_simple"], RULES["ra6713_reply"], RULES["hotline_8888"]
IN_DAYS = [rule for rule in RULES.clock if rule.unit == "working_days"]
CEBU, MANILA_CITY = "0730600000", "1380600000"


def manila(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=MANILA)  # type: ignore[arg-type, misc]


def suspended(
    first: dt.date, last: dt.date | None = None, scope: str = "", *, half: bool = False
) -> Suspension:
    return Suspension.model_validate({"from": first, "to": last or first, "scope": scope, "name": "Typhoon",
                                      "source": "a circular", "half_day": half})  # fmt: skip


def oracle(
    started: dt.datetime, wanted: int, calendar: Calendar, psgc: str | None, pauses: list[Pause]
) -> dt.date:
    """Tears leaves off a wall calendar: nothing shared with the code under test but the kinds of days."""
    leaf, crossed = started.astimezone(MANILA).date(), 0
    while True:
        leaf = leaf + dt.timedelta(days=1)
        kind = calendar.day(leaf, psgc).kind
        midnight = dt.datetime(leaf.year, leaf.month, leaf.day, tzinfo=MANILA) + dt.timedelta(days=1)
        asleep = [p for p in pauses if p.start < midnight and p.end is not None and p.end >= midnight]
        if kind not in ("working", "half_day") or asleep:
            continue
        crossed += 1
        if crossed >= wanted and kind == "working":
            return leaf


first, last = dt.datetime(2024, 1, 1), dt.datetime(2027, 12, 31)  # noqa: DTZ001 (hypothesis adds the zone)
moments = st.datetimes(first, last, timezones=st.just(dt.UTC))
days = st.dates(dt.date(2024, 1, 1), dt.date(2028, 3, 1))
suspensions = st.lists(
    st.builds(
        lambda day, length, scope, half: suspended(day, day + dt.timedelta(days=length), scope, half=half),
        days, st.integers(0, 4), st.sampled_from(["", "13", "07", "0730600000"]), st.booleans(),
    ),
    max_size=30,
)  # fmt: skip


def pauses_after(start: dt.datetime, hours: list[float]) -> list[Pause]:
    edges, at = [], start
    for step in hours:
        at += dt.timedelta(hours=step)
        edges.append(at)
    return [Pause(a, b) for a, b in pairwise(edges)][::2]


@settings(max_examples=300, deadline=None)
@given(
    moments, suspensions, st.sampled_from([None, CEBU, MANILA_CITY]), st.booleans(),
    st.lists(st.floats(0.1, 300), max_size=8), st.sampled_from(IN_DAYS),
)  # fmt: skip
def test_working_days_agree_with_the_oracle(
    started: dt.datetime,
    off: list[Suspension],
    psgc: str | None,
    extended: bool,
    steps: list[float],
    rule: clocks.Rule,
) -> None:
    calendar = Calendar("test", off)
    pauses = pauses_after(started, steps)
    clock = Clock(rule.code, started, tuple(pauses), extended, psgc=psgc)
    wanted = rule.length * (2 if extended else 1)
    last = oracle(started, wanted, calendar, psgc, pauses)
    due = clocks.due(rule, clock, calendar)
    assert due == end_of(last)
    account = clocks.explain(rule, clock, calendar)
    assert [day.number for day in account if day.number is not None][:wanted] == list(range(1, wanted + 1))
    assert [b.date - a.date for a, b in pairwise(account)] == [dt.timedelta(days=1)] * (len(account) - 1)
    assert (account[0].date, account[-1].date) == (manila_date(started), last)
    assert all(day.reason and day.law for day in account)


@given(moments, st.lists(st.floats(0.1, 100), max_size=6))
def test_hours_run_day_and_night(started: dt.datetime, steps: list[float]) -> None:
    pauses = pauses_after(started, steps)
    due = clocks.due(HOTLINE, Clock(HOTLINE.code, started, tuple(pauses)), Calendar("test"))
    assert due is not None
    stood = sum((p.end - p.start for p in pauses if p.end), dt.timedelta())
    assert due - started == dt.timedelta(hours=72) + stood


@given(moments, st.floats(0, 2000), st.sampled_from(RULES.clock))
def test_states_follow_each_other(started: dt.datetime, hours: float, rule: clocks.Rule) -> None:
    calendar, clock = Calendar("test"), Clock(rule.code, started)
    order = ["running", "due_soon", "breached"]
    one = clocks.state(rule, clock, calendar, started + dt.timedelta(hours=hours))
    two = clocks.state(rule, clock, calendar, started + dt.timedelta(hours=hours + 24))
    assert order.index(one) <= order.index(two)


BY_HAND = [
    # started, rule, suspended days, last day
    (manila(2026, 3, 2, 9), SIMPLE, [], (2026, 3, 5)),  # Monday to Thursday
    (manila(2026, 3, 5, 16, 59), SIMPLE, [], (2026, 3, 10)),  # over a weekend
    (manila(2026, 3, 7, 9), SIMPLE, [], (2026, 3, 11)),  # received on a Saturday
    (manila(2026, 3, 2, 23, 59), SIMPLE, [], (2026, 3, 5)),  # late at night is still that day
    (manila(2026, 3, 31, 9), SIMPLE, [], (2026, 4, 7)),  # over Holy Week
    (manila(2026, 12, 22, 9), SIMPLE, [], (2026, 12, 29)),  # over Christmas
    (manila(2026, 3, 2, 9), SIMPLE, [suspended(dt.date(2026, 3, 4))], (2026, 3, 6)),  # a typhoon in between
    (
        manila(2026, 3, 2, 9),
        SIMPLE,
        [suspended(dt.date(2026, 3, 5), half=True)],
        (2026, 3, 6),
    ),  # half the last day
    (
        manila(2026, 3, 2, 9),
        SIMPLE,
        [suspended(dt.date(2026, 3, 4), half=True)],
        (2026, 3, 5),
    ),  # half a day before
    (manila(2026, 3, 2, 9), REPLY, [], (2026, 3, 24)),  # fifteen days, with Eid on 20 March
]


@pytest.mark.parametrize(("started", "rule", "off", "last"), BY_HAND)
def test_dates_counted_by_hand(
    started: dt.datetime, rule: clocks.Rule, off: list[Suspension], last: tuple[int, int, int]
) -> None:
    due = clocks.due(rule, Clock(rule.code, started), Calendar("test", off))
    assert due == manila(*last) + dt.timedelta(days=1)


def test_local_holidays_count_only_there() -> None:
    calendar = Calendar(
        "test", [suspended(dt.date(2026, 3, 4), scope="07"), suspended(dt.date(2026, 3, 5), scope=CEBU)]
    )
    started = manila(2026, 3, 2, 9)
    for psgc, day in ((CEBU, 9), ("0712300000", 6), (MANILA_CITY, 5), (None, 5)):
        due = clocks.due(SIMPLE, Clock(SIMPLE.code, started, psgc=psgc), calendar)
        assert due == end_of(dt.date(2026, 3, day)), psgc


def test_a_late_proclamation_moves_the_due_day_and_says_why() -> None:
    clock = Clock(SIMPLE.code, manila(2026, 3, 2, 9))
    before = Calendar("1")
    after = before.with_suspensions("2", [suspended(dt.date(2026, 3, 3))])
    assert after.version == "1+2"
    assert clocks.due(SIMPLE, clock, before) == end_of(dt.date(2026, 3, 5))
    assert clocks.due(SIMPLE, clock, after) == end_of(dt.date(2026, 3, 6))
    skipped = [day for day in clocks.explain(SIMPLE, clock, after) if day.date == dt.date(2026, 3, 3)]
    assert [(day.number, day.reason, day.law) for day in skipped] == [(None, "Typhoon", "a circular")]


def test_pausing_and_resuming_within_a_day_wins_nothing() -> None:
    started = manila(2026, 3, 2, 9)
    daily = tuple(Pause(manila(2026, 3, day, 9), manila(2026, 3, day, 16)) for day in (3, 4, 5))
    assert clocks.due(SIMPLE, Clock(SIMPLE.code, started, daily), Calendar("t")) == end_of(
        dt.date(2026, 3, 5)
    )
    overnight = (Pause(manila(2026, 3, 3, 16), manila(2026, 3, 5, 9)),)
    assert clocks.due(SIMPLE, Clock(SIMPLE.code, started, overnight), Calendar("t")) == end_of(
        dt.date(2026, 3, 9)
    )


def test_a_paused_clock_has_no_due_moment_and_is_told_up_to_now() -> None:
    clock = Clock(SIMPLE.code, manila(2026, 3, 2, 9), (Pause(manila(2026, 3, 4, 9)),))
    calendar = Calendar("t")
    assert clocks.due(SIMPLE, clock, calendar) is None
    assert clocks.state(SIMPLE, clock, calendar, manila(2027, 1, 1)) == "paused"
    account = clocks.explain(SIMPLE, clock, calendar, until=manila(2026, 3, 6, 12))
    assert [(day.date.day, day.number) for day in account] == [
        (2, None),
        (3, 1),
        (4, None),
        (5, None),
        (6, None),
    ]


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [(manila(2026, 3, 5, 23, 59), "met"), (manila(2026, 3, 6), "missed"), (manila(2026, 3, 3), "met")],
)
def test_a_stopped_clock_was_met_or_missed(stopped: dt.datetime, expected: str) -> None:
    clock = Clock(SIMPLE.code, manila(2026, 3, 2, 9), stopped_at=stopped)
    assert clocks.state(SIMPLE, clock, Calendar("t"), manila(2030, 1, 1)) == expected


def test_the_shipped_clocks() -> None:
    assert {(r.code, r.length, r.unit) for r in RULES.clock} == {
        ("ra11032_simple", 3, "working_days"), ("ra11032_complex", 7, "working_days"),
        ("ra11032_highly_technical", 20, "working_days"), ("ra6713_reply", 15, "working_days"),
        ("agency_reply", 7, "working_days"), ("hotline_8888", 72, "hours"),
    }  # fmt: skip


def test_a_calendar_without_working_days_is_an_error() -> None:
    never = Calendar("t", [suspended(dt.date(2026, 1, 1), dt.date(2046, 1, 1))])
    with pytest.raises(ValueError, match="finds no working days"):
        clocks.due(SIMPLE, Clock(SIMPLE.code, manila(2026, 3, 2)), never)
