"""How long things are kept: the rules in force, what comes to its end, warnings before it, and the erasing.

What is erased stands in the disposal log; a case under legal hold is passed over, and so are its recordings.
"""

import datetime as dt
from typing import Any

import structlog
from sqlalchemy import Select, delete, func, select
from sqlmodel import col

from tala.cases import retention as rules
from tala.cases.people import SYSTEM, Actor
from tala.errors import TalaError
from tala.services import alerts, disposing, erasure
from tala.services.context import Context
from tala.services.sweeping import UNFILED
from tala.store import cursor as cursors
from tala.store import ledger, queries
from tala.store.office import Alert, Notice, RetentionRule, RetentionWarning
from tala.store.tables import Case, Disposal, Draft, Recording
from tala.transcript import Value

log = structlog.get_logger(__name__)

LEDGER = "retention"
LONGEST_DAYS = 36_500
_AT_ONCE = 200
_LATE = dt.timedelta(days=2)
_MOST_COUNTED = 1000


class RuleView(Value):
    """How long a kind is kept; `days` 0 for good, `shipped_days` where nobody changed it."""

    kind: str
    en: str
    fil: str
    after: str
    days: int
    shipped_days: int
    warn_days: int


class DisposalView(Value):
    """A line of the disposal log."""

    id: str
    at: dt.datetime
    kind: str
    subject_id: str
    actor_kind: str
    actor_id: str | None
    reason: str


async def in_force(ctx: Context) -> list[RuleView]:
    """The rules: the shipped ones with an administrator's changes over them."""
    async with ctx.database.read() as session:
        changed = {row.kind: row.days for row in await session.scalars(select(RetentionRule))}
    return [
        RuleView(
            kind=kind.code,
            en=kind.en,
            fil=kind.fil,
            after=kind.after,
            days=kind.days if (days := changed.get(kind.code)) is None else days,
            shipped_days=kind.days,
            warn_days=kind.warn,
        )
        for kind in rules.load().kind
    ]


async def change(ctx: Context, actor: Actor, kind: str, days: int | None) -> RuleView:
    """Keep a kind for so many days, for good (0), or as shipped (None); an event of the ledger "retention".

    Raises:
        TalaError: forbidden, not_found, invalid_input.
    """
    if actor.role != "administrator":
        raise TalaError("forbidden", "Only an administrator decides how long things are kept.")
    if rules.load().find(kind) is None:
        raise TalaError("not_found", "There is no such kind.")
    if days is not None and not 0 <= days <= LONGEST_DAYS:
        detail = f"0 (for good) to {LONGEST_DAYS} days."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/days", "detail": detail}])
    at = ctx.clock()
    async with ctx.database.write() as session:
        row = await session.get(RetentionRule, kind) or RetentionRule(kind=kind)
        body = {"kind": kind, "old": row.days, "new": days}
        row.days, row.changed_at = days, at
        session.add(row)
        await session.execute(delete(RetentionWarning).where(col(RetentionWarning.kind) == kind))
        await ledger.append(session, LEDGER, "retention.change", actor, body, at=at)
    return next(one for one in await in_force(ctx) if one.kind == kind)


async def disposals(
    ctx: Context, actor: Actor, *, limit: int = 100, cursor: str | None = None
) -> queries.Page[DisposalView]:
    """The disposal log, newest first. Raises TalaError(forbidden, bad_request, invalid_input)."""
    if actor.role not in ("auditor", "administrator", "head"):
        raise TalaError("forbidden", "The disposal log is for heads, auditors and administrators.")
    limit = queries.limited(limit)
    statement = select(Disposal).order_by(col(Disposal.id).desc()).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(col(Disposal.id) < cursors.decode(cursor, "disposals")[1])
    async with ctx.database.read() as session:
        rows = list(await session.scalars(statement))
    shown = [DisposalView.model_validate(row, from_attributes=True) for row in rows[:limit]]
    more = len(rows) > limit
    return queries.Page(shown, cursors.encode(shown[-1].at, shown[-1].id, "disposals") if more else None)


class Held(Value):
    """A case that is kept for a court or an inquiry, whatever the rules say."""

    ctn: str
    state: str
    filed_at: dt.datetime
    closed_at: dt.datetime | None


async def held(ctx: Context, actor: Actor, *, limit: int = 100) -> list[Held]:
    """Cases under legal hold, newest first. Heads of office set and lift it. Raises TalaError(forbidden)."""
    if actor.role not in ("auditor", "administrator"):
        raise TalaError("forbidden", "The list of legal holds is for auditors and administrators.")
    statement = (
        select(Case)
        .where(col(Case.legal_hold).is_(True), col(Case.erased_at).is_(None))
        .where(queries.visible_to(actor))
        .order_by(col(Case.id).desc())
        .limit(queries.limited(limit))
    )
    async with ctx.database.read() as session:
        rows = await session.scalars(statement)
        return [Held.model_validate(row, from_attributes=True) for row in rows]


async def keep_house(ctx: Context) -> int:
    """Warn of what comes to its end and erase what has; how many things were erased. Run by the worker."""
    at, erased = ctx.clock(), 0
    for rule in await in_force(ctx):
        if rule.days == 0:
            continue
        ended = at - dt.timedelta(days=rule.days)
        if rule.kind in ("cases", "recordings") and rule.warn_days:
            await _warn(ctx, rule, ended + dt.timedelta(days=rule.warn_days), at)
        erased += await _ENDINGS[rule.kind](ctx, ended, f"kept {rule.days} days after {rule.after}")
    if erased:
        log.info("retention.erased", count=erased)
    return erased


async def overdue(ctx: Context) -> dict[str, int]:
    """How much should have been erased two days ago and was not, by kind: then no worker runs. Counted up to
    a thousand.
    """
    late = ctx.clock() - _LATE
    found: dict[str, Select[Any]] = {}
    for rule in await in_force(ctx):
        if rule.kind in ("cases", "recordings") and rule.days:
            statement = _closed_before(late - dt.timedelta(days=rule.days))
            if rule.kind == "recordings":
                statement = _with_sound(statement)
            found[rule.kind] = statement
    unfiled = late - dt.timedelta(days=ctx.settings.draft_days)
    drafts = select(col(Draft.id)).where(col(Draft.state).in_(UNFILED), col(Draft.updated_at) <= unfiled)
    counted = {}
    async with ctx.database.read() as session:
        for kind, statement in (found | {"drafts": drafts}).items():
            some = statement.limit(_MOST_COUNTED).subquery()
            counted[kind] = int((await session.execute(select(func.count()).select_from(some))).scalar_one())
    return counted


async def _warn(ctx: Context, rule: RuleView, soon: dt.datetime, at: dt.datetime) -> None:
    """Tell the heads, once for each case, that its time is nearly over."""
    warned = select(col(RetentionWarning.subject_id)).where(col(RetentionWarning.kind) == rule.kind)
    statement = _closed_before(soon).where(col(Case.id).not_in(warned)).limit(_AT_ONCE)
    async with ctx.database.read() as session:
        cases = list(await session.scalars(statement))
    for case in cases:
        async with ctx.database.write() as session:
            due = (case.closed_at or at) + dt.timedelta(days=rule.days)
            session.add(RetentionWarning(kind=rule.kind, subject_id=case.id, at=at, due_at=due))
            heads = await alerts.responsible(session, case, ("officer", "head"))
            alerts.tell(session, heads, case.id, "retention", at)


def _closed_before(moment: dt.datetime) -> Select[Any]:
    return select(Case).where(
        col(Case.state) == "closed",
        col(Case.closed_at) <= moment,
        col(Case.erased_at).is_(None),
        col(Case.legal_hold).is_(False),
    )


async def _cases(ctx: Context, ended: dt.datetime, reason: str) -> int:
    async with ctx.database.read() as session:
        cases = list(await session.scalars(_closed_before(ended).limit(_AT_ONCE)))
    for case in cases:
        await erasure.erase_case(ctx, case.ctn, SYSTEM, reason=reason)
    return len(cases)


async def _recordings(ctx: Context, ended: dt.datetime, reason: str) -> int:
    """Sound and word times go; what the case says stays."""
    statement = _with_sound(_closed_before(ended)).limit(_AT_ONCE)
    async with ctx.database.read() as session:
        found = list(await session.scalars(statement))
    for recording_id in found:
        await disposing.erase_recording(ctx, recording_id, SYSTEM, reason)
    return len(found)


def _with_sound(cases: Select[Any]) -> Select[Any]:
    """Ids of the recordings of cases that can still be heard."""
    return (
        cases.with_only_columns(col(Recording.id))
        .select_from(Case)
        .join(Recording, col(Recording.case_id) == col(Case.id))
        .where(col(Recording.state) != "erased")
    )


async def _alerts(ctx: Context, ended: dt.datetime, reason: str) -> int:
    async with ctx.database.write() as session:
        await session.execute(delete(Alert).where(col(Alert.at) <= ended))
    return 0


async def _notices(ctx: Context, ended: dt.datetime, reason: str) -> int:
    async with ctx.database.write() as session:
        await session.execute(delete(Notice).where(col(Notice.at) <= ended, col(Notice.state) != "waiting"))
    return 0


_ENDINGS = {
    "cases": _cases,
    "recordings": _recordings,
    "alerts": _alerts,
    "notices": _notices,
}
