"""Hundreds of thousands of made-up cases for measuring: the rows the services would write, many at a time.

Every hash, key and event is real and the ledger verifies. One thing is not: all these cases share one
receipt, because an argon2 hash each would take the machine an hour.
"""

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases import ctn, lifecycle, routing
from tala.cases.calendar import Calendar, manila_date
from tala.cases.people import CITIZEN, Actor
from tala.services import caseclocks, opening
from tala.services.casework import OUTCOMES
from tala.services.context import Context
from tala.services.demo import OFFICER
from tala.services.demo_texts import MadeUp, made_up
from tala.store import receipts
from tala.store.canonical import GENESIS, canonical, chain_hash, timestamp
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.office import HiddenCost
from tala.store.tables import (
    Case,
    CaseCategory,
    CaseClock,
    CaseEvent,
    CaseText,
    DataKeyRow,
    Endorsement,
    LedgerHead,
    Row,
)

# in the order in which rows need each other
_ORDER: tuple[type[Row], ...] = (
    DataKeyRow,
    CaseEvent,
    LedgerHead,
    Case,
    CaseCategory,
    CaseText,
    HiddenCost,
    CaseClock,
    Endorsement,
)
_PERSONAL = {"people", "phones", "emails", "reference_numbers"}


@dataclass(slots=True)
class _Rows:
    """Rows of several tables, gathered."""

    of: dict[type[Row], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: type[Row], row: dict[str, Any]) -> None:
        self.of.setdefault(table, []).append(row)


async def make_bulk(
    ctx: Context,
    count: int,
    *,
    seed: int = 1,
    batch: int = 2000,
    progress: Callable[[int], None] | None = None,
) -> str:
    """Write `count` cases of the last five years; the receipt that opens every one of them.

    Args:
        progress: told after each batch how many there are.
    """
    secret = receipts.make()
    receipt_hash = receipts.hash_of(secret)
    until = ctx.clock()
    sequences: dict[int, int] = await _sequences(ctx)
    for begin in range(0, count, batch):
        rows = _Rows()
        for number in range(begin, min(begin + batch, count)):
            _write(ctx, rows, made_up(number, until, seed=seed, count=count), until, sequences, receipt_hash)
        async with ctx.database.write() as session:
            for table in _ORDER:
                await _insert(session, table, rows.of.get(table, []))
            await _keep_sequences(session, sequences)
        if progress is not None:
            progress(min(begin + batch, count))
    if not ctx.database.is_sqlite:
        async with ctx.database.engine.execution_options(
            isolation_level="AUTOCOMMIT"
        ).connect() as connection:
            await connection.execute(text("VACUUM (ANALYZE)"))
    return secret


async def _sequences(ctx: Context) -> dict[int, int]:
    async with ctx.database.read() as session:
        rows = await session.execute(text("SELECT year, last FROM ctn_sequences"))
        return {int(year): int(last) for year, last in rows.all()}


async def _keep_sequences(session: AsyncSession, sequences: dict[int, int]) -> None:
    statement = text(
        "INSERT INTO ctn_sequences (year, last) VALUES (:year, :last) "
        "ON CONFLICT (year) DO UPDATE SET last = excluded.last"
    )
    await session.execute(statement, [{"year": year, "last": last} for year, last in sequences.items()])


async def _insert(session: AsyncSession, table: type[Row], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(insert(table.__table__), rows)  # type: ignore[attr-defined]
        return
    columns = list(rows[0])
    json_columns = {name for name in columns if isinstance(rows[0][name], list | dict)}
    records = [
        tuple(json.dumps(row[name]) if name in json_columns else row[name] for name in columns)
        for row in rows
    ]
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection
    await driver.copy_records_to_table(table.__tablename__, records=records, columns=columns)


def _write(
    ctx: Context,
    rows: _Rows,
    complaint: MadeUp,
    until: dt.datetime,
    sequences: dict[int, int],
    receipt_hash: str,
) -> None:
    facts, at = complaint.facts, complaint.filed_at
    year = manila_date(at).year
    sequences[year] = sequences.get(year, 0) + 1
    assert facts.agency is not None
    assert facts.location is not None
    route = routing.route(facts.agency.code, facts.location.psgc)
    key = DataKey(new_id(), os.urandom(32))
    case = Case(
        id=new_id(),
        ctn=ctn.make(year, sequences[year]),
        year=year,
        sequence=sequences[year],
        filed_at=at,
        updated_at=at,
        receipt_hash=receipt_hash,
        data_key_id=key.id,
        agency_code=facts.agency.code,
        authority=route.authority,
        team=route.desk,
        main_category=facts.categories[0].code,
        language=facts.language,
        psgc=facts.location.psgc,
        urgency=facts.urgency,
        state="submitted",
    )
    clocks = [_copied(clock, case) for clock in _first_clock(manila_date(at))]
    for clock in clocks:
        clock.started_at = at
    events = _Events(rows, case)
    events.add(
        "case.submit",
        CITIZEN,
        at,
        {
            "from": "draft",
            "to": "submitted",
            "ctn": case.ctn,
            "agency": case.agency_code,
            "psgc": case.psgc,
            "authority": route.authority,
            "desk": route.desk,
            "sources": {"demo": True},
            "clocks": caseclocks.described(clocks),
        },
    )
    _work(ctx, rows, case, clocks, complaint, events, until)
    caseclocks.carry(case, clocks)
    masked, masked_facts = quickly_masked(complaint)
    case.version = events.seq
    case.sealed_narrative = key.seal(complaint.narrative, "cases", case.id, "narrative")
    case.sealed_facts = key.seal(facts.model_dump_json(), "cases", case.id, "facts")
    rows.add(DataKeyRow, ctx.keys.row(key, "case", at))
    rows.add(Case, case.model_dump())
    for rank, category in enumerate(facts.categories):
        rows.add(
            CaseCategory, {"case_id": case.id, "code": category.code, "rank": rank, "score": category.score}
        )
    words = opening.search_words(case, facts)
    if asked_for := round(sum(one["php"] for one in masked_facts["amounts"] if one["improper"])):
        rows.add(HiddenCost, {"case_id": case.id, "php": asked_for})
    rows.add(
        CaseText, {"case_id": case.id, "text": masked, "facts": json.dumps(masked_facts), "words": words}
    )
    for clock in clocks:
        rows.add(CaseClock, clock.model_dump())
    rows.add(LedgerHead, {"ledger_id": case.id, "seq": events.seq, "hash": events.hash, "anchored_seq": 0})


def _work(
    ctx: Context,
    rows: _Rows,
    case: Case,
    clocks: list[CaseClock],
    complaint: MadeUp,
    events: "_Events",
    until: dt.datetime,
) -> None:
    """Take the complaint's steps, as casework.transition would."""
    moment = complaint.filed_at
    used = Calendar.shipped()
    officer = Actor(OFFICER.kind, OFFICER.role, OFFICER.id, case.authority)
    for action, reason, hours in complaint.path:
        moment += dt.timedelta(hours=hours)
        if moment > until:
            break
        step = lifecycle.check(case.state, action, "head", reason)
        touched = caseclocks.apply(case, clocks, step, reason, used, moment)
        body = {"from": case.state, "to": step.target, "clocks": caseclocks.described(touched)}
        if reason is not None:
            body["reason"] = reason
        if action in OUTCOMES:
            case.outcome = body["outcome"] = OUTCOMES[action]
        if action in ("endorse", "issue_notice"):
            rows.add(
                Endorsement,
                Endorsement(
                    id=new_id(),
                    case_id=case.id,
                    agency_code=case.agency_code or "",
                    kind=action,
                    sent_at=moment,
                ).model_dump(),
            )
        case.state = step.target
        case.closed_at = moment if step.target == "closed" else None
        case.updated_at = moment
        events.add(f"case.{action}", officer, moment, body)
    for clock in clocks:
        if clock.stopped_at is None:
            caseclocks.refresh(clock, used, until)


class _Events:
    """The chain of one case."""

    def __init__(self, rows: _Rows, case: Case) -> None:
        self.rows, self.case, self.seq, self.hash = rows, case, 0, GENESIS

    def add(self, kind: str, actor: Actor, at: dt.datetime, body: dict[str, Any]) -> None:
        self.seq += 1
        event_id = new_id()
        record = canonical(
            {
                "v": 1,
                "ledger": self.case.id,
                "seq": self.seq,
                "id": event_id,
                "at": timestamp(at),
                "kind": kind,
                "actor": {"kind": actor.kind, "id": actor.id, "role": actor.role},
                "body": body | {"state": self.case.state},
            }
        )
        digest = chain_hash(self.hash, record)
        self.rows.add(
            CaseEvent,
            {
                "ledger_id": self.case.id,
                "seq": self.seq,
                "id": event_id,
                "at": at,
                "kind": kind,
                "actor_kind": actor.kind,
                "actor_id": actor.id,
                "record": record,
                "prev_hash": self.hash,
                "hash": digest,
            },
        )
        self.hash = digest


def quickly_masked(complaint: MadeUp) -> tuple[str, dict[str, Any]]:
    """What masking.masked() gives for these complaints, whose only personal values are the names in their
    facts.
    """
    text = complaint.narrative
    for person in complaint.facts.people:
        text = text.replace(person.name, re.sub(r"\S", "▇", person.name))
    return text, complaint.facts.model_dump(mode="json", exclude=_PERSONAL)


@lru_cache(maxsize=4000)
def _first_clock(day: dt.date) -> list[CaseClock]:
    """The clock of a case filed that day: its due day does not depend on the hour."""
    noon = dt.datetime.combine(day, dt.time(4), dt.UTC)
    step = lifecycle.load().find("submit")
    assert step is not None
    return caseclocks.started(
        Case(id="", ctn="", year=0, sequence=0, data_key_id=""),
        step.start,
        noon,
        Calendar.shipped(),
    )


def _copied(clock: CaseClock, case: Case) -> CaseClock:
    return CaseClock(**(clock.model_dump() | {"case_id": case.id, "psgc": case.psgc}))


def texts(count: int, until: dt.datetime, seed: int = 1) -> Iterator[str]:
    """The narratives alone, to see how many differ."""
    for number in range(count):
        yield made_up(number, until, seed=seed, count=count).narrative
