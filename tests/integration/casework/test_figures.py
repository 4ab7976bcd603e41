"""Exports and statistics: complete, masked, provable, and pointing at nobody."""

import csv
import datetime as dt
import hashlib
import io
import json

import pytest

from tala.errors import TalaError
from tala.services import casework, clockwork, erasure, exporting, statistics, trends
from tala.services.context import Context
from tala.store.queries import CaseFilter

from .conftest import AGENT, AT_LTO, AUDITOR, HEAD, OFFICER, FixedClock, Opener


async def exported(
    ctx: Context, form: str, wanted: CaseFilter | None = None
) -> tuple[bytes, dict[str, object]]:
    export = exporting.start(ctx, AUDITOR, wanted or CaseFilter(), form)
    data = b"".join([piece async for piece in export.stream()])
    return data, export.manifest()


async def test_jsonl(ctx: Context, file: Opener) -> None:
    numbers = [(await file()).case.ctn, (await file(agency="BIR", masked="=cmd|' /C calc'!A0")).case.ctn]
    data, manifest = await exported(ctx, "jsonl")
    lines = [json.loads(line) for line in data.decode().splitlines()]
    assert [line["ctn"] for line in lines] == numbers
    assert set(lines[0]) == {*exporting.FIELDS, "narrative", "facts"}
    assert lines[0]["facts"] == {"agency": {"code": "LTO", "name": "Land Transportation Office"}}
    assert lines[0]["filed_at"].endswith("Z")
    assert manifest["rows"] == 2
    assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
    assert (manifest["bytes"], manifest["redaction_level"]) == (len(data), "masked")
    assert b"Maria" not in data
    data, manifest = await exported(ctx, "jsonl", CaseFilter(agency_code="BIR"))
    assert manifest["filter"] == {"agency_code": "BIR"}
    assert len(data.splitlines()) == 1


async def test_csv_holds_no_formulas(ctx: Context, file: Opener) -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\t=1", 'a "quoted", text\nwith lines', "ñ₱"]
    for text in texts:
        await file(masked=text)
    data, manifest = await exported(ctx, "csv")
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert [row["narrative"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", *texts[5:]]
    assert not any(
        (cell or "").startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row.values()
    )
    assert manifest["rows"] == len(texts)
    assert data.count(b"\r\n") >= len(texts) + 1


async def test_an_erased_case_is_exported_empty(ctx: Context, file: Opener) -> None:
    opened = await file()
    await erasure.erase_case(ctx, opened.case.ctn, HEAD, reason="Request")
    data, _ = await exported(ctx, "jsonl")
    line = json.loads(data)
    assert (line["ctn"], line["narrative"], line["facts"]) == (opened.case.ctn, None, None)


async def test_who_may_not_export_or_count(ctx: Context) -> None:
    for actor in (OFFICER, AGENT, AT_LTO):
        with pytest.raises(TalaError, match="forbidden"):
            exporting.start(ctx, actor, CaseFilter())
    with pytest.raises(TalaError, match="invalid_input"):
        exporting.start(ctx, AUDITOR, CaseFilter(), "xlsx")
    with pytest.raises(TalaError, match="forbidden"):
        await statistics.count(ctx, AGENT, "agency")
    with pytest.raises(TalaError, match="invalid_input"):
        await statistics.count(ctx, AUDITOR, "complainant")


async def test_counts_from_rollups_and_from_cases_agree(
    ctx: Context, file: Opener, clock: FixedClock
) -> None:
    for agency in ["LTO"] * 7 + ["BIR"] * 6 + ["SSS"] * 2:
        await file(agency=agency)
        clock.forward(hours=7)  # over several days, at all hours
    last = await file(facts={"agency": None, "location": None})
    assert await statistics.refresh(ctx) > 0
    await casework.transition(ctx, last.case.ctn, "begin_evaluation", OFFICER)
    clock.forward(minutes=1)
    assert await statistics.refresh(ctx) == 1
    everywhere = CaseFilter(channel="web")
    for dimension in statistics.DIMENSIONS:
        rolled = await statistics.count(ctx, AUDITOR, dimension)
        asked = await statistics.count(ctx, AUDITOR, dimension, wanted=everywhere)
        assert (rolled.counts, rolled.total) == (asked.counts, asked.total), dimension
    agencies = await statistics.count(ctx, AUDITOR, "agency")
    assert [(one.value, one.count) for one in agencies.counts] == [
        ("LTO", 7), ("BIR", 6), ("SSS", None), ("", None)]  # fmt: skip
    states = await statistics.count(ctx, AUDITOR, "state")
    # The one small count would follow from the total and the other one, so that one is left out too.
    assert [(one.value, one.count) for one in states.counts] == [("submitted", None), ("evaluation", None)]
    assert statistics.shown([15, 6, 2]) == [15, None, None]
    assert statistics.shown([15, 6, 2, 1]) == [15, 6, None, None]
    assert statistics.shown([3]) == [None]
    day = dt.date(2026, 3, 3)
    rolled = await statistics.count(ctx, AUDITOR, "agency", since=day, until=day)
    asked = await statistics.count(ctx, AUDITOR, "agency", since=day, until=day, wanted=everywhere)
    assert rolled.total == asked.total == 3


async def test_outcomes_and_costs_from_rollups_and_from_cases_agree(
    ctx: Context, file: Opener, clock: FixedClock
) -> None:
    for number in range(14):
        amount = {"php": 500 * (1 + number % 3), "improper": True}
        opened = await file(agency="LTO" if number % 2 else "BIR", facts={"amounts": [amount]})
        await casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER)
        if number > 4:
            await casework.transition(ctx, opened.case.ctn, "dismiss", HEAD, reason="other")
        if number > 8:
            await casework.transition(ctx, opened.case.ctn, "reopen", HEAD, reason="new_evidence")
        clock.forward(hours=9)
    await statistics.refresh(ctx)
    clock.forward(hours=1)
    everywhere = CaseFilter(channel="web")
    days = [(None, None), (dt.date(2026, 3, 3), None), (None, dt.date(2026, 3, 5))]
    for since, until in days:
        rolled = await trends.rates(ctx, AUDITOR, CaseFilter(), since=since, until=until)
        asked = await trends.rates(ctx, AUDITOR, everywhere, since=since, until=until)
        assert rolled.as_of < asked.as_of
        assert rolled.model_dump(exclude={"as_of"}) == asked.model_dump(exclude={"as_of"})
        cheap = await trends.costs(ctx, AUDITOR, CaseFilter(), since=since, until=until)
        dear = await trends.costs(ctx, AUDITOR, everywhere, since=since, until=until)
        assert [c.model_dump(exclude={"as_of"}) for c in cheap] == [
            c.model_dump(exclude={"as_of"}) for c in dear
        ]
    whole = await trends.rates(ctx, AUDITOR, CaseFilter())
    assert (whole.filed, whole.decided, whole.reopened) == (14, 9, 5)
    costs = await trends.costs(ctx, AUDITOR, CaseFilter())
    assert {(cost.agency, cost.cases, cost.median_php) for cost in costs} == {
        ("LTO", 7, 1000),
        ("BIR", 7, 1000),
    }


async def test_clock_statistics(ctx: Context, file: Opener, clock: FixedClock) -> None:
    start = clock.at
    for number in range(10):
        clock.at = start
        opened = await file()
        await casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER)
        clock.forward(days=number * 3)
        await casework.transition(ctx, opened.case.ctn, "dismiss", HEAD, reason="other")
    clock.at = start
    await file()
    clock.forward(days=60)
    await clockwork.tick(ctx)
    as_they_stand = await statistics.clocks(ctx, AUDITOR)
    await statistics.refresh(ctx)
    (found,) = rolled = await statistics.clocks(ctx, AUDITOR)
    assert [one.model_dump(exclude={"as_of"}) for one in rolled] == [
        one.model_dump(exclude={"as_of"}) for one in as_they_stand
    ]
    assert (found.code, found.stopped, found.missed, found.breached) == ("ra6713_reply", 10, 2, 1)
    assert found.breach_rate == pytest.approx(3 / 11)
    assert (found.median_days, found.percentile_90_days) == (12.0, 24.0)


@pytest.mark.parametrize(
    ("counted", "share", "expected"),
    [([], 0.5, None), ([(3, 1)], 0.5, 3.0), ([(1, 5), (9, 5)], 0.5, 1.0), ([(1, 5), (9, 5)], 0.51, 9.0),
     ([(day, 1) for day in range(1, 101)], 0.9, 90.0)],
)  # fmt: skip
def test_percentiles(counted: list[tuple[int, int]], share: float, expected: float | None) -> None:
    assert statistics.percentile(counted, share) == expected
