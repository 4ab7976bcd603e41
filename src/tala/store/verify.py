"""Verifying ledgers: any change, deletion, insertion, reordering or cut-off tail is found.

The same checks run on the database and, with nothing but this module and a public key, on an exported file of
JSON lines: `{"type": "event", …}` in order of ledger and number, `{"type": "head", …}`, `{"type":
"anchor_head", …}` and `{"type": "anchor", …}`.
"""

import datetime as dt
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import and_, collate, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.store import anchors
from tala.store.canonical import GENESIS, canonical, chain_hash, timestamp
from tala.store.tables import Case, CaseEvent, LedgerAnchor, LedgerAnchorHead, LedgerHead

MOST_PROBLEMS = 1000


class EventRow(NamedTuple):
    """An event as stored."""

    ledger_id: str
    seq: int
    id: str
    at: dt.datetime
    kind: str
    actor_kind: str
    actor_id: str | None
    record: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: where, and in words."""

    ledger_id: str
    seq: int | None
    message: str


@dataclass(slots=True)
class Report:
    """What verifying found; `ok` where nothing is wrong. `anchored` counts events an anchor vouches for."""

    events: int = 0
    ledgers: int = 0
    anchors: int = 0
    anchored: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything verified."""
        return not self.problems

    def add(self, ledger_id: str, seq: int | None, message: str) -> None:
        """Note a finding; beyond a thousand they are only noise."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(ledger_id, seq, message))


class ChainCheck:
    """Follows chains event by event; events come in order of ledger and number."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.ledger_id: str | None = None
        self.seq = 0
        self.hash = GENESIS
        self.state: str | None = None

    def feed(self, event: EventRow) -> None:
        """Check one event against the one before it."""
        report = self.report
        report.events += 1
        if event.ledger_id != self.ledger_id:
            self.ledger_id, self.seq, self.hash, self.state = event.ledger_id, 0, GENESIS, None
            report.ledgers += 1
        if event.seq != self.seq + 1:
            report.add(
                event.ledger_id,
                event.seq,
                f"number {self.seq + 1} should come here: events are missing or out of order",
            )
        if event.prev_hash != self.hash:
            report.add(event.ledger_id, event.seq, "the event does not follow from the one before")
        self.seq, self.hash = event.seq, event.hash
        if _recomputed(event) != event.hash:
            report.add(event.ledger_id, event.seq, "the event was changed")
            return
        record, difference = _read(event)
        if difference:
            message = f"the column {difference} does not say what the record says"
            report.add(event.ledger_id, event.seq, message)
        self.state = record.get("body", {}).get("state", self.state)


def _recomputed(event: EventRow) -> str | None:
    try:
        return chain_hash(event.prev_hash, event.record)
    except ValueError:  # the hash before is no hash at all
        return None


def _read(event: EventRow) -> tuple[dict[str, Any], str | None]:
    """The record, and the first column that does not repeat it."""
    try:
        record = json.loads(event.record)
        if canonical(record) != event.record:
            return {}, "record"
        actor = record["actor"]
        said = {name: record[name] for name in ("seq", "id", "at", "kind")}
        said |= {"ledger_id": record["ledger"], "actor_kind": actor["kind"], "actor_id": actor["id"]}
    except (ValueError, KeyError, TypeError):
        return {}, "record"
    stored = event._asdict() | {"at": timestamp(event.at)}
    return record, next((name for name, value in said.items() if stored[name] != value), None)


_EVENT_COLUMNS = tuple(col(getattr(CaseEvent, name)) for name in EventRow._fields)


async def verify(
    session: AsyncSession,
    *,
    ledger_id: str | None = None,
    public_keys: Sequence[str] = (),
    trusted_anchors: Iterable[dict[str, Any]] = (),
) -> Report:
    """Verify one ledger or, without an id, all of them with their heads, cases and anchors.

    Args:
        public_keys: hex of the keys anchors may be signed with.
        trusted_anchors: anchors kept outside this database (lines of anchors.as_sent(), parsed): each must
        still stand here unchanged.
    """
    report = Report()
    await _verify_chains(session, report, ledger_id)
    if ledger_id is None:
        await _verify_heads_without_events(session, report)
        await _verify_anchors(session, report, public_keys, trusted_anchors)
    await _verify_case_versions(session, report, ledger_id)
    await _verify_anchored_heads(session, report, ledger_id)
    return report


async def _verify_chains(session: AsyncSession, report: Report, ledger_id: str | None) -> None:
    statement = (
        select(
            *_EVENT_COLUMNS,
            col(LedgerHead.seq),
            col(LedgerHead.hash),
            col(LedgerHead.anchored_seq),
            col(Case.state),
        )
        .join_from(CaseEvent, LedgerHead, col(LedgerHead.ledger_id) == col(CaseEvent.ledger_id), isouter=True)
        .join_from(CaseEvent, Case, col(Case.id) == col(CaseEvent.ledger_id), isouter=True)
        .order_by(col(CaseEvent.ledger_id), col(CaseEvent.seq))
        .execution_options(yield_per=2000)
    )
    if ledger_id is not None:
        statement = statement.where(col(CaseEvent.ledger_id) == ledger_id)
    check = ChainCheck(report)
    width = len(_EVENT_COLUMNS)
    end: tuple[Any, ...] = ()
    async for rows in (await session.stream(statement)).partitions(2000):
        for row in rows:
            event = EventRow._make(row[:width])
            if check.ledger_id not in (None, event.ledger_id):
                _compare_end(check, *end)
            end = (row[width], row[width + 1], row[width + 3])
            report.anchored += event.seq <= (row[width + 2] or 0)
            check.feed(event)
    if check.ledger_id is not None:
        _compare_end(check, *end)


def _compare_end(check: ChainCheck, seq: int | None, head: str | None, state: str | None) -> None:
    assert check.ledger_id is not None
    if (seq, head) != (check.seq, check.hash):
        message = "the ledger's end is not where it was last written: its tail was cut off or added to"
        check.report.add(check.ledger_id, check.seq, message)
    if state != check.state:
        message = f"the case is in state {state}, its last event says {check.state}"
        check.report.add(check.ledger_id, check.seq, message)


async def _verify_heads_without_events(session: AsyncSession, report: Report) -> None:
    missing = (
        select(col(LedgerHead.ledger_id))
        .join_from(
            LedgerHead,
            CaseEvent,
            and_(col(CaseEvent.ledger_id) == col(LedgerHead.ledger_id), col(CaseEvent.seq) == 1),
            isouter=True,
        )
        .where(col(CaseEvent.ledger_id).is_(None))
        .limit(MOST_PROBLEMS)
    )
    for found in await session.scalars(missing):
        report.add(found, None, "the ledger's events are gone")


async def _verify_case_versions(session: AsyncSession, report: Report, ledger_id: str | None) -> None:
    statement = (
        select(col(Case.id), col(Case.version), col(LedgerHead.seq))
        .join_from(Case, LedgerHead, col(LedgerHead.ledger_id) == col(Case.id), isouter=True)
        .where(or_(col(LedgerHead.seq).is_(None), col(LedgerHead.seq) != col(Case.version)))
        .limit(MOST_PROBLEMS)
    )
    if ledger_id is not None:
        statement = statement.where(col(Case.id) == ledger_id)
    for case_id, version, seq in (await session.execute(statement)).all():
        report.add(case_id, seq, f"the case is at version {version} but its ledger ends elsewhere")


async def _verify_anchored_heads(session: AsyncSession, report: Report, ledger_id: str | None) -> None:
    same = and_(
        col(CaseEvent.ledger_id) == col(LedgerAnchorHead.ledger_id),
        col(CaseEvent.seq) == col(LedgerAnchorHead.seq),
    )
    statement = (
        select(col(LedgerAnchorHead.ledger_id), col(LedgerAnchorHead.seq), col(LedgerAnchorHead.anchor_seq))
        .join_from(LedgerAnchorHead, CaseEvent, same, isouter=True)
        .where(or_(col(CaseEvent.hash).is_(None), col(CaseEvent.hash) != col(LedgerAnchorHead.hash)))
        .limit(MOST_PROBLEMS)
    )
    if ledger_id is not None:
        statement = statement.where(col(LedgerAnchorHead.ledger_id) == ledger_id)
    for found, seq, anchor_seq in (await session.execute(statement)).all():
        report.add(found, seq, f"anchor {anchor_seq} vouches for another event than the one that stands here")


async def _verify_anchors(
    session: AsyncSession, report: Report, public_keys: Sequence[str], trusted: Iterable[dict[str, Any]]
) -> None:
    stated = list(await session.scalars(select(LedgerAnchor).order_by(col(LedgerAnchor.seq))))
    report.anchors = len(stated)
    for number, message in anchors.check_anchors(stated, public_keys):
        report.add("anchors", number, message)
    for one in stated:
        digest = anchors.HeadDigest()
        async for ledger_id, seq, head in await session.stream(anchors.heads_of(session, one.seq)):
            digest.add(ledger_id, seq, head)
        _compare_digest(report, one, digest)
    _compare_trusted(report, {one.seq: one.hash for one in stated}, trusted)


def _compare_digest(report: Report, stated: LedgerAnchor, digest: anchors.HeadDigest) -> None:
    said = json.loads(stated.record)
    if (said.get("heads"), said.get("ledgers")) != (digest.hexdigest(), digest.count):
        report.add("anchors", stated.seq, "the ledger ends listed under the anchor are not those it states")


def _compare_trusted(report: Report, here: dict[int, str], trusted: Iterable[dict[str, Any]]) -> None:
    for kept in trusted:
        if here.get(int(kept["seq"])) != kept["hash"]:
            report.add(
                "anchors",
                int(kept["seq"]),
                "the anchor kept outside does not stand here: the ledger was rewritten or cut off",
            )


async def export_lines(session: AsyncSession, ledger_id: str | None = None) -> AsyncIterator[str]:
    """Everything verify_export() needs, one JSON object a line."""

    def ordered(column: Any) -> Any:
        return collate(column, "C") if session.get_bind().dialect.name == "postgresql" else column

    events = select(*_EVENT_COLUMNS).order_by(ordered(col(CaseEvent.ledger_id)), col(CaseEvent.seq))
    heads = select(col(LedgerHead.ledger_id), col(LedgerHead.seq), col(LedgerHead.hash))
    if ledger_id is not None:
        events = events.where(col(CaseEvent.ledger_id) == ledger_id)
        heads = heads.where(col(LedgerHead.ledger_id) == ledger_id)
    async for row in await session.stream(events.execution_options(yield_per=2000)):
        event = EventRow._make(row)._asdict()
        yield canonical({"type": "event", **event, "at": timestamp(event["at"])})
    async for name, seq, head in await session.stream(heads.execution_options(yield_per=5000)):
        yield canonical({"type": "head", "ledger_id": name, "seq": seq, "hash": head})
    if ledger_id is not None:
        return
    for one in await session.scalars(select(LedgerAnchor).order_by(col(LedgerAnchor.seq))):
        async for name, seq, head in await session.stream(anchors.heads_of(session, one.seq)):
            yield canonical(
                {"type": "anchor_head", "anchor_seq": one.seq, "ledger_id": name, "seq": seq, "hash": head}
            )
        yield canonical(
            {
                "type": "anchor",
                "seq": one.seq,
                "at": timestamp(one.at),
                "record": one.record,
                "hash": one.hash,
                "signature": one.signature,
                "key_id": one.key_id,
            }
        )


def verify_export(
    lines: Iterable[str], *, public_keys: Sequence[str] = (), trusted_anchors: Iterable[dict[str, Any]] = ()
) -> Report:
    """Verify an export without any database. Lines that cannot be read are findings, not errors."""
    report = Report()
    check = ChainCheck(report)
    ends: dict[str, tuple[int, str]] = {}
    hashes: dict[tuple[str, int], str] = {}
    stated: list[LedgerAnchor] = []
    digests: dict[int, anchors.HeadDigest] = {}
    for number, line in enumerate(lines, start=1):
        try:
            item = json.loads(line)
            kind = item.pop("type")
            if kind == "event":
                event = EventRow(**(item | {"at": dt.datetime.fromisoformat(item["at"])}))
                check.feed(event)
                ends[event.ledger_id] = (event.seq, event.hash)
                hashes[event.ledger_id, event.seq] = event.hash
            elif kind == "head":
                _compare_exported_head(report, ends, item)
            elif kind == "anchor_head":
                digest = digests.setdefault(item["anchor_seq"], anchors.HeadDigest())
                digest.add(item["ledger_id"], item["seq"], item["hash"])
                if hashes.get((item["ledger_id"], item["seq"])) != item["hash"]:
                    report.add(
                        item["ledger_id"],
                        item["seq"],
                        f"anchor {item['anchor_seq']} vouches for another "
                        "event than the one that stands here",
                    )
            elif kind == "anchor":
                stated.append(LedgerAnchor(**(item | {"at": dt.datetime.fromisoformat(item["at"])})))
        except (ValueError, KeyError, TypeError, AttributeError):
            report.add("export", number, "the line cannot be read")
    for ledger_id in ends:
        report.add(ledger_id, ends[ledger_id][0], "the export does not say where this ledger ends")
    report.anchors = len(stated)
    for anchor_number, message in anchors.check_anchors(stated, public_keys):
        report.add("anchors", anchor_number, message)
    for one in stated:
        _compare_digest(report, one, digests.get(one.seq, anchors.HeadDigest()))
    _compare_trusted(report, {one.seq: one.hash for one in stated}, trusted_anchors)
    return report


def _compare_exported_head(report: Report, ends: dict[str, tuple[int, str]], head: dict[str, Any]) -> None:
    end = ends.pop(head["ledger_id"], None)
    if end != (head["seq"], head["hash"]):
        report.add(
            head["ledger_id"],
            head["seq"],
            "the ledger's end is not where it was last written: its tail was cut off or added to",
        )
