"""Samples of cases to audit: random or stratified, drawn so that anybody can draw the same again.

A case's lot is the SHA-256 of `seed:number`; the smallest lots are the sample. So a sample follows from seed,
filter and cases alone, needs no generator of any one language, and stands with them in a ledger of its own,
with what the auditor found in each case.
"""

import asyncio
import datetime as dt
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import audit, auditing, statistics
from tala.services.context import Context
from tala.store import ledger, queries
from tala.store.columns import new_id
from tala.store.tables import Case, CaseEvent
from tala.transcript import Value

LEDGER = "sample:"
MOST_CASES = 500
LONGEST_SEED = 64
STRATA = tuple(name for name in statistics.DIMENSIONS if name != "reopened")
Verdict = Literal["in_order", "finding", "undecided"]
VERDICTS: tuple[Verdict, ...] = ("in_order", "finding", "undecided")


class Plan(Value):
    """How to draw. `by` names the dimension of the strata, empty for a plain random sample; an empty seed is
    chosen by chance.
    """

    size: int = 30
    by: str = ""
    seed: str = ""


class Stratum(Value):
    """A stratum: how many cases it holds, and how many of them are in the sample."""

    value: str
    population: int
    drawn: int


class Sample(Value):
    """A sample as it was drawn; `filter` is what it was drawn under, `verdicts` what was found since."""

    id: str
    at: dt.datetime
    drawn_by: str | None
    seed: str
    by: str
    size: int
    population: int
    filter: dict[str, Any]
    strata: tuple[Stratum, ...]
    cases: tuple[str, ...]
    verdicts: dict[str, str]


class Share(Value):
    """How many of those looked at had a finding, and between what bounds the share of all cases lies, in 19
    of 20 such samples (Wilson's interval).
    """

    looked_at: int
    findings: int
    share: float | None
    low: float | None
    high: float | None


def lot(seed: str, ctn: str) -> str:
    """The lot of a case: compared as text, the smallest are drawn."""
    return hashlib.sha256(f"{seed}:{ctn}".encode()).hexdigest()


def drawn(cases: Iterable[tuple[str, str]], plan: Plan) -> tuple[list[str], list[Stratum]]:
    """Draw from cases, each with its stratum; numbers in order of their lots, and the strata.

    Strata get places in proportion to their size, each at least one while there are enough.
    """
    by_stratum: dict[str, list[str]] = {}
    for ctn, value in cases:
        by_stratum.setdefault(value if plan.by else "", []).append(ctn)
    places = _places({value: len(numbers) for value, numbers in by_stratum.items()}, plan.size)
    found: list[str] = []
    strata = []
    for value, numbers in sorted(by_stratum.items()):
        ordered = sorted(numbers, key=lambda ctn: lot(plan.seed, ctn))
        found += ordered[: places[value]]
        strata.append(Stratum(value=value, population=len(numbers), drawn=places[value]))
    return sorted(found, key=lambda ctn: lot(plan.seed, ctn)), strata


def _places(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Places by the largest remainder, after one for each stratum where the sample is large enough."""
    total = sum(sizes.values())
    size = min(size, total)
    least = 1 if size >= len(sizes) else 0
    exact = {value: size * number / total for value, number in sizes.items()} if total else {}
    places = {value: min(sizes[value], max(least, int(share))) for value, share in exact.items()}
    by_remainder = sorted(exact, key=lambda value: (-(exact[value] - int(exact[value])), value))
    while (short := size - sum(places.values())) > 0:
        for value in [one for one in by_remainder if places[one] < sizes[one]][:short]:
            places[value] += 1
    by_size = sorted(places, key=lambda value: (-places[value], value))
    while (over := sum(places.values()) - size) > 0:
        for value in [one for one in by_size if places[one] > least][:over]:
            places[value] -= 1
    return places


async def draw(ctx: Context, actor: Actor, wanted: queries.CaseFilter, plan: Plan) -> Sample:
    """Draw a sample of the cases somebody may see under a filter, and keep it in a ledger of its own.

    Raises:
        TalaError: forbidden, invalid_input (size, seed, dimension, filter; no case under the filter).
    """
    audit.must_audit(actor)
    plan = _checked(plan)
    at = ctx.clock()
    # What is filed later is not part of it, or nobody could draw the same again.
    wanted = replace(wanted, filed_to=min(wanted.filed_to or at, at))
    cases = await _population(ctx, actor, wanted, plan.by)
    if not cases:
        raise TalaError("invalid_input", "No case is under this filter. Widen it, then draw again.")
    numbers, strata = await asyncio.to_thread(drawn, cases, plan)
    sample_id = new_id()
    body = {
        **plan.model_dump(),
        "population": len(cases),
        "filter": _plain(wanted),
        "strata": [one.model_dump() for one in strata] if plan.by else [],
        "cases": numbers,
    }
    async with ctx.database.write() as session:
        await ledger.append(session, f"{LEDGER}{sample_id}", "sample.drawn", actor, body, at=at, new=True)
    return await sample_of(ctx, actor, sample_id)


async def sample_of(ctx: Context, actor: Actor, sample_id: str) -> Sample:
    """A sample with what was found in it. Raises TalaError(forbidden, not_found)."""
    audit.must_audit(actor)
    statement = select(CaseEvent).where(col(CaseEvent.ledger_id) == f"{LEDGER}{sample_id}")
    async with ctx.database.read() as session:
        rows = list(await session.scalars(statement.order_by(col(CaseEvent.seq))))
    if not rows:
        raise TalaError("not_found", "There is no sample of this id.")
    return _sample(sample_id, rows)


async def list_samples(ctx: Context, actor: Actor, *, limit: int = 50) -> list[Sample]:
    """The newest samples, without what was found in them. Raises TalaError(forbidden)."""
    audit.must_audit(actor)
    statement = (
        select(CaseEvent)
        .where(col(CaseEvent.kind) == "sample.drawn")
        .order_by(col(CaseEvent.at).desc(), col(CaseEvent.id).desc())
        .limit(queries.limited(limit))
    )
    async with ctx.database.read() as session:
        rows = await session.scalars(statement)
        return [_sample(row.ledger_id.removeprefix(LEDGER), [row]) for row in rows]


async def judge(ctx: Context, actor: Actor, sample_id: str, ctn: str, verdict: str) -> Sample:
    """Say what was found in a case of the sample; saying it again replaces what was said.

    Raises:
        TalaError: forbidden, not_found, invalid_input.
    """
    known = await sample_of(ctx, actor, sample_id)
    if ctn not in known.cases:
        raise TalaError("not_found", "This case is not in the sample.")
    if verdict not in VERDICTS:
        said = ", ".join(VERDICTS)
        raise TalaError("invalid_input", f"What was found is one of: {said}.")
    async with ctx.database.write() as session:
        body = {"ctn": ctn, "verdict": verdict}
        await ledger.append(session, f"{LEDGER}{sample_id}", "sample.judged", actor, body, at=ctx.clock())
    return await sample_of(ctx, actor, sample_id)


async def again(ctx: Context, actor: Actor, sample_id: str) -> list[str]:
    """What the same seed and filter draw today; differs where cases moved out of the filter or into it.

    Raises:
        TalaError: forbidden, not_found.
    """
    known = await sample_of(ctx, actor, sample_id)
    cases = await _population(ctx, actor, _filter_of(known.filter), known.by)
    plan = Plan(size=known.size, by=known.by, seed=known.seed)
    return (await asyncio.to_thread(drawn, cases, plan))[0]


def share_of(sample: Sample) -> Share:
    """How common findings are, as far as the sample tells."""
    counted = Counter(sample.verdicts.values())
    looked_at = counted["in_order"] + counted["finding"]
    if looked_at == 0:
        return Share(looked_at=0, findings=0, share=None, low=None, high=None)
    low, high = auditing.wilson(counted["finding"], looked_at)
    share = counted["finding"] / looked_at
    return Share(looked_at=looked_at, findings=counted["finding"], share=share, low=low, high=high)


def _checked(plan: Plan) -> Plan:
    wrong = ""
    if not 1 <= plan.size <= MOST_CASES:
        wrong = f"A sample holds 1 to {MOST_CASES} cases."
    elif plan.by and plan.by not in STRATA:
        wrong = f"Strata are made by one of: {', '.join(STRATA)}."
    elif len(plan.seed) > LONGEST_SEED or not plan.seed.isprintable():
        wrong = f"A seed has at most {LONGEST_SEED} characters."
    if wrong:
        raise TalaError("invalid_input", wrong)
    return plan if plan.seed else plan.model_copy(update={"seed": secrets.token_hex(8)})


async def _population(
    ctx: Context, actor: Actor, wanted: queries.CaseFilter, by: str
) -> list[tuple[str, str]]:
    columns = [col(Case.ctn), *([statistics.dimension_columns()[by]] if by else [])]
    statement = select(*columns).where(queries.visible_to(actor), *queries.conditions(wanted))
    async with ctx.database.read() as session:
        rows = (await session.execute(statement)).all()
    return [(str(row[0]), str(row[1]) if by else "") for row in rows]


def _sample(sample_id: str, rows: Sequence[CaseEvent]) -> Sample:
    body = json.loads(rows[0].record)["body"]
    judged = [json.loads(row.record)["body"] for row in rows[1:] if row.kind == "sample.judged"]
    return Sample(
        id=sample_id,
        at=rows[0].at,
        drawn_by=rows[0].actor_id,
        verdicts={one["ctn"]: one["verdict"] for one in judged},
        **{name: body[name] for name in ("seed", "by", "size", "population", "filter", "strata", "cases")},
    )


def _plain(wanted: queries.CaseFilter) -> dict[str, Any]:
    given = {name: value for name, value in asdict(wanted).items() if value not in (None, (), False)}
    found: dict[str, Any] = json.loads(json.dumps(given, default=lambda value: value.isoformat()))
    return found


def _filter_of(plain: Mapping[str, Any]) -> queries.CaseFilter:
    values: dict[str, Any] = dict(plain)
    for name in ("filed_from", "filed_to", "due_before", "updated_from"):
        if name in values:
            values[name] = dt.datetime.fromisoformat(values[name])
    for name in ("incident_from", "incident_to"):
        if name in values:
            values[name] = dt.date.fromisoformat(values[name])
    return queries.CaseFilter(**values)
