"""For those who check the record: verifying, anchoring, reading the ledger and the log of who read what."""

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, literal, not_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import reading, statistics
from tala.services.context import Context
from tala.store import anchors, queries, verify
from tala.store import cursor as cursors
from tala.store.anchors import Signer
from tala.store.columns import Moment
from tala.store.tables import AccessLog, Case, CaseEvent, Recording
from tala.store.verify import Report
from tala.transcript import Value

AUDITING = ("auditor", "administrator")


class AccessLine(Value):
    """One reading, or refused reading, of a case or recording."""

    id: str
    at: dt.datetime
    actor_kind: str
    actor_id: str | None
    role: str
    subject_kind: str
    subject_id: str
    action: str
    level: str
    reason: str | None
    allowed: bool


class LedgerLine(Value):
    """One event as the ledger holds it; personal values stand in `record` as ciphertext."""

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
class AccessFilter:
    """Which lines of the access log; empty means any."""

    actor_id: str | None = None
    subject_id: str | None = None
    action: str | None = None
    allowed: bool | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events; empty means any. `ledger_id` is a case's id or the name of a ledger."""

    ledger_id: str | None = None
    kind: str | None = None
    actor_id: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


async def verify_ledger(
    ctx: Context, actor: Actor, *, ledger_id: str | None = None, trusted: Iterable[dict[str, Any]] = ()
) -> Report:
    """Verify one ledger, or all with cases and anchors.

    Args:
        trusted: anchors kept outside the house; each must still stand here.

    Raises:
        TalaError: forbidden; not_found, where the ledger is that of a case one may not know of.
    """
    must_audit(actor)
    signer = Signer.open_folder(ctx.settings)
    async with ctx.database.read() as session:
        await _must_see(session, actor, ledger_id)
        return await verify.verify(
            session, ledger_id=ledger_id, public_keys=[signer.public_key], trusted_anchors=trusted
        )


async def anchor(ctx: Context) -> str | None:
    """Sign where the ledgers end now and keep the statement as a line of `data_dir/anchors.jsonl`.

    Run daily, and as often as the house likes; send the file somewhere the database's keepers cannot write.
    The line is answered; None where no ledger moved.
    """
    signer = Signer.open_folder(ctx.settings)
    async with ctx.database.write() as session:
        stated = await anchors.anchor(session, signer, ctx.clock())
    if stated is None:
        return None
    line = anchors.as_sent(stated, signer.public_key)
    _keep(ctx, line)
    return line


def _keep(ctx: Context, line: str) -> None:
    with (ctx.settings.data_dir / "anchors.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


async def export_ledger(ctx: Context, actor: Actor, ledger_id: str | None = None) -> AsyncIterator[str]:
    """Lines that `store.verify.verify_export` checks without this installation.

    The whole ledger holds the steps of every case, also of those one may not see, or it could not be checked
    against its signed heads: it is given to those of the authority alone.

    Raises:
        TalaError: forbidden; not_found, where the ledger is that of a case one may not know of.
    """
    await may_export(ctx, actor, ledger_id)
    async with ctx.database.read() as session:
        async for line in verify.export_lines(session, ledger_id):
            yield line


async def may_export(ctx: Context, actor: Actor, ledger_id: str | None) -> None:
    """Raise what `export_ledger` raises, before an answer begins."""
    must_audit(actor)
    if ledger_id is None and not statistics.sees_all(actor):
        raise TalaError("forbidden", "The whole ledger is for auditors of the authority. Name one ledger.")
    async with ctx.database.read() as session:
        await _must_see(session, actor, ledger_id)


async def list_events(
    ctx: Context, actor: Actor, wanted: EventFilter, *, limit: int = 100, cursor: str | None = None
) -> queries.Page[LedgerLine]:
    """Events of the ledgers, newest first; none of a case one may not know of.

    Raises:
        TalaError: forbidden, bad_request (cursor), invalid_input (limit).
    """
    must_audit(actor)
    conditions = _between(col(CaseEvent.at), wanted.since, wanted.until)
    for name in ("ledger_id", "kind", "actor_id"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(col(getattr(CaseEvent, name)) == value)
    conditions.append(not_(_of_unseen(actor, col(CaseEvent.ledger_id))))
    order = (col(CaseEvent.at), col(CaseEvent.id))
    statement = select(CaseEvent).where(*conditions)
    async with ctx.database.read() as session:
        rows = list(await session.scalars(_page(statement, order, limit, cursor)))
    return _as_page([LedgerLine.model_validate(row.model_dump()) for row in rows], limit)


async def list_access(
    ctx: Context, actor: Actor, wanted: AccessFilter, *, limit: int = 100, cursor: str | None = None
) -> queries.Page[AccessLine]:
    """Who read what, newest first; nothing about a case one may not know of. Reading the log is itself a line
    of it.

    Raises:
        TalaError: forbidden, bad_request (cursor), invalid_input (limit).
    """
    must_audit(actor)
    conditions = _between(col(AccessLog.at), wanted.since, wanted.until)
    for name in ("actor_id", "subject_id", "action", "allowed"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(col(getattr(AccessLog, name)) == value)
    subject = col(AccessLog.subject_id)
    for hidden in (_of_unseen(actor, subject), _of_unseen_recording(actor, subject)):
        conditions.append(not_(hidden))
    if not statistics.sees_all(actor):
        # A line about a page of a list names the first and the last number on it.
        pages = col(AccessLog.subject_kind) == "cases"
        conditions.append(not_(pages) | (col(AccessLog.actor_id) == (actor.id or "")))
    order = (col(AccessLog.at), col(AccessLog.id))
    statement = _page(select(AccessLog).where(*conditions), order, limit, cursor)
    async with ctx.database.write() as session:
        rows = list(await session.scalars(statement))
        reading.log_access(
            session, ctx.clock(), actor, "access_log", wanted.subject_id or "all", "read", "full"
        )
    return _as_page([AccessLine.model_validate(row.model_dump()) for row in rows], limit)


def _of_unseen(actor: Actor, ledger_id: Any) -> ColumnElement[bool]:
    """Whether something belongs to a case that somebody may not know of."""
    return exists().where(col(Case.id) == ledger_id, not_(queries.visible_to(actor)))


def _of_unseen_recording(actor: Actor, recording_id: Any) -> ColumnElement[bool]:
    of_case = col(Case.id) == col(Recording.case_id)
    return exists().where(col(Recording.id) == recording_id, of_case, not_(queries.visible_to(actor)))


async def _must_see(session: AsyncSession, actor: Actor, ledger_id: str | None) -> None:
    if ledger_id is not None and await session.scalar(select(_of_unseen(actor, literal(ledger_id)))):
        raise TalaError("not_found", "There is no such ledger, or it is not yours to read.")


def _between(column: Any, since: dt.datetime | None, until: dt.datetime | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if since is not None:
        found.append(column >= since)
    if until is not None:
        found.append(column < until)
    return found


def _page(statement: Select[Any], order: tuple[Any, Any], limit: int, cursor: str | None) -> Select[Any]:
    if cursor is not None:
        at, row_id = cursors.decode(cursor)
        statement = statement.where(tuple_(*order) < tuple_(literal(at, Moment()), literal(row_id)))
    return statement.order_by(*(column.desc() for column in order)).limit(queries.limited(limit) + 1)


def _as_page[T: (AccessLine, LedgerLine)](rows: Sequence[T], limit: int) -> queries.Page[T]:
    shown = list(rows[:limit])
    more = len(rows) > limit
    return queries.Page(shown, cursors.encode(shown[-1].at, shown[-1].id) if more else None)


def must_audit(actor: Actor) -> None:
    """Raise TalaError("forbidden") for roles that do not check the record."""
    if actor.kind != "system" and actor.role not in AUDITING:
        raise TalaError("forbidden", f"This is for: {', '.join(AUDITING)}.")
