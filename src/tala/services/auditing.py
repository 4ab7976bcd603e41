"""What auditors look at beside lists: one ledger whole with its verification, numbers behind ids, exports
that were made, and how often people correct what the machine read.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, literal, select
from sqlmodel import col

from tala.cases import access
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import audit, reading
from tala.services.audit import LedgerLine
from tala.services.context import Context
from tala.store import queries, verify
from tala.store.anchors import Signer
from tala.store.tables import Case, CaseEvent, LedgerHead
from tala.store.verify import Report
from tala.transcript import Value

NAMED = ("accounts", "calendar", "offices", "retention", "system")
PREFIXED = ("export:", "sample:")
MOST_COUNTED = 10_000
MOST_READ = 2000
MOST_SHOWN = 1000


class Ledger(Value):
    """One ledger whole: `ctn` where it is a case's, events oldest first; a signed anchor vouches for those up
    to `anchored`.
    """

    id: str
    ctn: str | None
    events: tuple[LedgerLine, ...]
    count: int
    head: str
    anchored: int


class Found(Value):
    """How many cases are under a filter; `more` where there are more than `count`."""

    count: int
    more: bool


class Corrected(Value):
    """How often people changed a fact before filing, of so many filed; with the interval that holds the rate
    in 19 of 20 cases (Wilson).
    """

    field: str
    corrected: int
    filed: int
    low: float
    high: float


async def ledger_of(ctx: Context, actor: Actor, name: str) -> tuple[Ledger, Report]:
    """A ledger by the number of its case or by its name, and what verifying it finds; a line of the access
    log.

    Raises:
        TalaError: forbidden, not_found, also where the case may not be known.
    """
    audit.must_audit(actor)
    ledger_id, ctn = await _resolved(ctx, actor, name)
    statement = (
        select(CaseEvent)
        .where(col(CaseEvent.ledger_id) == ledger_id)
        .order_by(col(CaseEvent.seq))
        .limit(MOST_SHOWN)
    )
    signer = Signer.open_folder(ctx.settings)
    async with ctx.database.read() as session:
        rows = list(await session.scalars(statement))
        head = await session.get(LedgerHead, ledger_id)
        if head is None or not rows:
            raise TalaError("not_found", "There is no such ledger. Give a case's number or a ledger's name.")
        report = await verify.verify(session, ledger_id=ledger_id, public_keys=[signer.public_key])
    found = Ledger(
        id=ledger_id,
        ctn=ctn,
        events=tuple(LedgerLine.model_validate(row.model_dump()) for row in rows),
        count=head.seq,
        head=head.hash,
        anchored=head.anchored_seq,
    )
    return found, report


async def _resolved(ctx: Context, actor: Actor, name: str) -> tuple[str, str | None]:
    if name in NAMED or name.startswith(PREFIXED):
        return name, None
    async with ctx.database.write() as session:
        case = await queries.case_by_ctn(session, name) or await session.get(Case, name)
        if case is not None:
            level = access.level(actor, await queries.standing(session, case))
            reading.log_access(
                session,
                ctx.clock(),
                actor,
                "ledger",
                case.id,
                "read",
                level or "none",
                allowed=level is not None,
            )
            if level is not None:
                return case.id, case.ctn
    raise TalaError("not_found", reading.NOT_THERE)


async def case_id_of(ctx: Context, actor: Actor, number: str) -> str:
    """The id of a case by its number. Raises TalaError(forbidden, not_found)."""
    audit.must_audit(actor)
    async with ctx.database.read() as session:
        case = await queries.case_by_ctn(session, number)
        if case is None or access.level(actor, await queries.standing(session, case)) is None:
            raise TalaError("not_found", reading.NOT_THERE)
        return case.id


async def numbers_of(ctx: Context, actor: Actor, ids: Iterable[str]) -> dict[str, str]:
    """Numbers of the cases behind ids, as far as somebody may know of them."""
    audit.must_audit(actor)
    wanted = list(dict.fromkeys(ids))[: queries.MOST_ROWS]
    statement = select(col(Case.id), col(Case.ctn)).where(col(Case.id).in_(wanted), queries.visible_to(actor))
    async with ctx.database.read() as session:
        return {str(case_id): str(ctn) for case_id, ctn in (await session.execute(statement)).all()}


async def how_many(ctx: Context, actor: Actor, wanted: queries.CaseFilter) -> Found:
    """How many cases are under a filter; beyond ten thousand nobody counts on."""
    audit.must_audit(actor)
    some = (
        select(literal(1))
        .select_from(Case)
        .where(queries.visible_to(actor), *queries.conditions(wanted))
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    async with ctx.database.read() as session:
        number = int((await session.execute(select(func.count()).select_from(some))).scalar_one())
    return Found(count=min(number, MOST_COUNTED), more=number > MOST_COUNTED)


async def exports(ctx: Context, actor: Actor, *, limit: int = 50) -> list[tuple[LedgerLine, dict[str, Any]]]:
    """The newest exports that were made, each with its manifest."""
    found = await audit.list_events(ctx, actor, audit.EventFilter(kind="export.done"), limit=limit)
    return [(line, json.loads(line.record)["body"]) for line in found.rows]


async def corrections(ctx: Context, actor: Actor) -> list[Corrected]:
    """How often people corrected each fact of the newest complaints, most often first.

    Cases whose ledger does not say which facts were corrected are left out.
    """
    audit.must_audit(actor)
    statement = (
        select(col(CaseEvent.record))
        .where(col(CaseEvent.kind) == "case.submit")
        .order_by(col(CaseEvent.at).desc())
        .limit(MOST_READ)
    )
    async with ctx.database.read() as session:
        records = [str(record) for record in await session.scalars(statement)]
    told = [
        fields for record in records if (fields := json.loads(record)["body"].get("corrected")) is not None
    ]
    counted = Counter(field for fields in told for field in fields)
    return [_corrected(field, number, len(told)) for field, number in counted.most_common()]


def _corrected(field: str, number: int, filed: int) -> Corrected:
    low, high = wilson(number, filed)
    return Corrected(field=field, corrected=number, filed=filed, low=low, high=high)


def wilson(number: int, of: int) -> tuple[float, float]:
    """Between what a share lies in 19 of 20 cases, seen so many times of so many."""
    z, share = 1.96, number / of
    middle = share + z * z / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
