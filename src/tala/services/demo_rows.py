"""The rows of one made-up case: those the services would write, made without a database."""

import datetime as dt
import json
import os
import re
from collections.abc import Callable
from functools import cache
from operator import itemgetter
from typing import Any

from tala.cases import ctn, routing
from tala.cases.calendar import manila_date
from tala.cases.people import CITIZEN, Actor
from tala.services import demo_paths, opening
from tala.services.demo import OFFICER
from tala.services.demo_texts import MadeUp
from tala.store.canonical import GENESIS, canonical, chain_hash, timestamp
from tala.store.columns import new_id
from tala.store.keys import DataKey, Keys
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
TABLES: tuple[type[Row], ...] = (
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
type Rows = dict[str, list[tuple[Any, ...]]]
"""Rows by the name of their table, each in the order of `columns_of`."""


@cache
def columns_of(table: type[Row]) -> tuple[str, ...]:
    """The columns of a table."""
    return tuple(table.__table__.columns.keys())  # type: ignore[attr-defined]


@cache
def _taker(table: type[Row]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    return itemgetter(*columns_of(table))


def _add(rows: Rows, table: type[Row], row: dict[str, Any]) -> None:
    rows.setdefault(str(table.__tablename__), []).append(_taker(table)(row))


@cache
def _new_case() -> dict[str, Any]:
    return Case(id="", ctn="", year=0, sequence=0, data_key_id="").model_dump()


@cache
def _new_endorsement() -> dict[str, Any]:
    return Endorsement(id="", case_id="", agency_code="").model_dump()


def write(
    rows: Rows,
    keys: Keys,
    complaint: MadeUp,
    number: int,
    sequence: int,
    until: dt.datetime,
    receipt_hash: str,
) -> None:
    """Add the rows of a complaint and of what became of it until a moment.

    Args:
        sequence: its number within the year it was filed in.
    """
    facts, at = complaint.facts, complaint.filed_at
    assert facts.agency is not None
    assert facts.location is not None
    day = manila_date(at)
    worked = demo_paths.worked(day, complaint.path, until)
    moments = worked.moments(at, number)
    route = routing.route(facts.agency.code, facts.location.psgc)
    key = DataKey(new_id(), os.urandom(32))
    case_id, number_told = new_id(), ctn.make(day.year, sequence)
    case = _new_case() | worked.case
    case |= {
        "id": case_id,
        "ctn": number_told,
        "year": day.year,
        "sequence": sequence,
        "filed_at": at,
        "updated_at": moments[-1],
        "closed_at": moments[-1] if worked.closed else None,
        "receipt_hash": receipt_hash,
        "data_key_id": key.id,
        "agency_code": facts.agency.code,
        "authority": route.authority,
        "team": route.desk,
        "main_category": facts.categories[0].code,
        "language": facts.language,
        "psgc": facts.location.psgc,
        "urgency": facts.urgency,
        "version": len(moments),
        "sealed_narrative": key.seal(complaint.narrative, "cases", case_id, "narrative"),
        "sealed_facts": key.seal(facts.model_dump_json(), "cases", case_id, "facts"),
    }
    filing = {
        "from": "draft",
        "to": "submitted",
        "ctn": number_told,
        "agency": facts.agency.code,
        "psgc": facts.location.psgc,
        "authority": route.authority,
        "desk": route.desk,
        "sources": {"demo": True},
        "clocks": worked.submitted,
    }
    officer = Actor(OFFICER.kind, OFFICER.role, OFFICER.id, route.authority)
    end = _event(rows, case_id, 1, GENESIS, "case.submit", CITIZEN, at, filing)
    for seq, ((kind, body), moment) in enumerate(zip(worked.steps, moments[1:], strict=True), start=2):
        end = _event(rows, case_id, seq, end, kind, officer, moment, body)
    masked, masked_facts = quickly_masked(complaint)
    _add(rows, DataKeyRow, keys.row(key, "case", at))
    _add(rows, LedgerHead, {"ledger_id": case_id, "seq": len(moments), "hash": end, "anchored_seq": 0})
    _add(rows, Case, case)
    for rank, ground in enumerate(facts.categories):
        _add(
            rows, CaseCategory, {"case_id": case_id, "code": ground.code, "rank": rank, "score": ground.score}
        )
    text = {
        "case_id": case_id,
        "text": masked,
        "facts": json.dumps(masked_facts),
        "words": opening.search_words(number_told, facts),
    }
    _add(rows, CaseText, text)
    if asked_for := round(sum(one.php for one in facts.amounts if one.improper)):
        _add(rows, HiddenCost, {"case_id": case_id, "php": asked_for})
    for clock in worked.clocks:
        own = {"case_id": case_id, "psgc": facts.location.psgc}
        _add(rows, CaseClock, demo_paths.clock_at(clock, moments) | own)
    for kind, place in worked.endorsed:
        replies = (n for n, (step, _) in enumerate(worked.steps, start=1) if n > place and step == _REPLY)
        reply = next(replies, None)
        sent: dict[str, Any] = {"id": new_id(), "case_id": case_id, "kind": kind}
        sent |= {"agency_code": facts.agency.code, "sent_at": moments[place]}
        sent |= {"state": "replied", "replied_at": moments[reply]} if reply else {}
        _add(rows, Endorsement, _new_endorsement() | sent)


_REPLY = "case.record_reply"


def _event(
    rows: Rows,
    case_id: str,
    seq: int,
    before: str,
    kind: str,
    actor: Actor,
    at: dt.datetime,
    body: dict[str, Any],
) -> str:
    """One event of a case's chain; its hash."""
    event_id = new_id()
    record = canonical(
        {
            "v": 1,
            "ledger": case_id,
            "seq": seq,
            "id": event_id,
            "at": timestamp(at),
            "kind": kind,
            "actor": {"kind": actor.kind, "id": actor.id, "role": actor.role},
            "body": body | {"state": body["to"]},
        }
    )
    row = {
        "ledger_id": case_id,
        "seq": seq,
        "id": event_id,
        "at": at,
        "kind": kind,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "record": record,
        "prev_hash": before,
        "hash": chain_hash(before, record),
    }
    _add(rows, CaseEvent, row)
    return str(row["hash"])


def quickly_masked(complaint: MadeUp) -> tuple[str, dict[str, Any]]:
    """What masking.masked() gives for these complaints, whose only personal values are the names in their
    facts.
    """
    text = complaint.narrative
    for person in complaint.facts.people:
        text = text.replace(person.name, re.sub(r"\S", "▇", person.name))
    return text, complaint.facts.model_dump(mode="json", exclude=_PERSONAL)
