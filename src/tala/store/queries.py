"""Reading cases: by number, in filtered lists with cursors, and who may see which."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, exists, false, func, literal, not_, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement
from sqlmodel import col

from tala.cases import access, ctn
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.store import cursor as cursors
from tala.store.columns import Moment
from tala.store.tables import Case, CaseCategory, CaseExclusion, CaseText, Endorsement

MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What to list; empty means any. Dates are days in Manila turned into moments by the caller.

    Args:
        psgc: prefix of a PSGC code: 2 digits a region, 5 a province, 7 or 10 a city or municipality.
        category: a ground the case bears, whether or not it is the main one.
        filed_from, filed_to: filed at or after, and before.
    """

    states: Sequence[str] = ()
    agency_code: str | None = None
    office: str | None = None
    authority: str | None = None
    team: str | None = None
    category: str | None = None
    main_category: str | None = None
    psgc: str | None = None
    language: str | None = None
    channel: str | None = None
    urgency: str | None = None
    clock_states: Sequence[str] = ()
    assignee_id: str | None = None
    unassigned: bool = False
    filed_from: dt.datetime | None = None
    filed_to: dt.datetime | None = None
    incident_from: dt.date | None = None
    incident_to: dt.date | None = None
    due_before: dt.datetime | None = None
    updated_from: dt.datetime | None = None
    outcome: str | None = None
    anonymous: bool | None = None
    reopened: bool | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """A page of rows, newest first, and the cursor of the next one."""

    rows: list[T] = field(default_factory=list)
    next: str | None = None


async def case_by_ctn(session: AsyncSession, text: str) -> Case | None:
    """The case of a tracking number, however it was typed; None where it is not one or there is none."""
    number = ctn.normalise(text)
    if number is None:
        return None
    return (await session.scalars(select(Case).where(col(Case.ctn) == number))).one_or_none()


async def standing(session: AsyncSession, case: Case) -> access.Standing:
    """What decides who may see a case."""
    sent = await session.execute(
        select(col(Endorsement.agency_code), col(Endorsement.office)).where(
            col(Endorsement.case_id) == case.id, col(Endorsement.state) != "withdrawn"
        )
    )
    excluded = await session.scalars(
        select(col(CaseExclusion.user_id)).where(col(CaseExclusion.case_id) == case.id)
    )
    return access.Standing(
        authority=case.authority or "",
        agency_code=case.agency_code,
        office=case.office,
        endorsed_to=tuple((agency, office) for agency, office in sent.all()),
        excluded=frozenset(excluded.all()),
        identity_disclosed=case.identity_disclosed,
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on cases that `access.level` is not None: the same rules, for lists and counts."""
    if actor.kind in ("system", "machine"):
        return true()
    if not actor.is_staff or actor.role not in ("agent", "officer", "head", "auditor", "administrator"):
        return false()
    home = access.employer(actor)
    office = col(Case.office)
    concerned: ColumnElement[bool] = func.coalesce(col(Case.agency_code) == home, false())
    if actor.office is not None:
        concerned = and_(concerned, or_(office.is_(None), office == actor.office))
    seen = not_(concerned)
    if actor.role in ("agent", "officer", "head"):
        seen = and_(seen, col(Case.authority) == home)
    if actor.role in ("officer", "head"):
        seen = or_(seen, _endorsed_to(home, actor.office))
    if actor.id is None:
        return seen
    # The few cases of one person are found once, not asked for at every case that is counted.
    excluded = select(col(CaseExclusion.case_id)).where(col(CaseExclusion.user_id) == actor.id)
    return and_(seen, col(Case.id).not_in(excluded))


def _endorsed_to(agency: str, office: str | None) -> ColumnElement[bool]:
    sent = and_(
        col(Endorsement.case_id) == col(Case.id),
        col(Endorsement.agency_code) == agency,
        col(Endorsement.state) != "withdrawn",
    )
    if office is not None:
        sent = and_(sent, or_(col(Endorsement.office).is_(None), col(Endorsement.office) == office))
    return exists().where(sent)


_EQUAL = (
    "agency_code",
    "office",
    "authority",
    "team",
    "main_category",
    "language",
    "channel",
    "urgency",
    "assignee_id",
    "outcome",
    "anonymous",
)
# order: (column, newest or latest first, whether cases without a value are left out)
_ORDERS: dict[str, tuple[str, bool, bool]] = {
    "-filed_at": ("filed_at", True, False),
    "filed_at": ("filed_at", False, False),
    "-updated_at": ("updated_at", True, False),
    "next_due_at": ("next_due_at", False, True),
}
ORDERS = tuple(_ORDERS)
"""How lists are sorted; `next_due_at` holds only cases with a running clock."""


def conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    """A filter as conditions on cases."""
    found: list[ColumnElement[bool]] = [
        col(getattr(Case, name)) == value for name in _EQUAL if (value := getattr(wanted, name)) is not None
    ]
    if wanted.states:
        found.append(_one_of(col(Case.state), wanted.states))
    if wanted.clock_states:
        found.append(_one_of(col(Case.clock_state), wanted.clock_states))
    if wanted.unassigned:
        found.append(col(Case.assignee_id).is_(None))
    if wanted.reopened is not None:
        found.append(col(Case.reopen_count) > 0 if wanted.reopened else col(Case.reopen_count) == 0)
    if wanted.category is not None:
        found.append(
            exists().where(
                col(CaseCategory.case_id) == col(Case.id), col(CaseCategory.code) == wanted.category
            )
        )
    if wanted.psgc is not None:
        found.append(_under(col(Case.psgc), wanted.psgc))
    bounds = (
        (col(Case.filed_at), wanted.filed_from, wanted.filed_to),
        (col(Case.incident_date), wanted.incident_from, wanted.incident_to),
        (col(Case.next_due_at), None, wanted.due_before),
        (col(Case.updated_at), wanted.updated_from, None),
    )
    for column, first, last in bounds:
        if first is not None:
            found.append(column >= first)
        if last is not None:
            found.append(column < last)
    return found


def _one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column == values[0] if len(values) == 1 else column.in_(values)
    return condition


def _under(column: Any, prefix: str) -> ColumnElement[bool]:
    """A code at or below a PSGC prefix, as a range that an index serves in every collation."""
    if not prefix.isdecimal() or not prefix.isascii() or not 1 <= len(prefix) <= 10:
        raise TalaError(
            "invalid_input",
            "A PSGC code has up to ten digits.",
            errors=[{"pointer": "/psgc", "detail": "1 to 10 digits"}],
        )
    lowest, highest = prefix.ljust(10, "0"), prefix.ljust(10, "9")
    condition: ColumnElement[bool] = (
        column == prefix if len(prefix) == 10 else column.between(lowest, highest)
    )
    return condition


def limited(limit: int) -> int:
    """A page's size, or TalaError("invalid_input")."""
    if not 1 <= limit <= MOST_ROWS:
        raise TalaError(
            "invalid_input",
            f"Ask for 1 to {MOST_ROWS} rows.",
            errors=[{"pointer": "/limit", "detail": f"1 to {MOST_ROWS}"}],
        )
    return limit


async def list_cases(
    session: AsyncSession,
    wanted: CaseFilter,
    actor: Actor,
    *,
    limit: int = 50,
    cursor: str | None = None,
    order: str = "-filed_at",
) -> Page[Case]:
    """A page of the cases somebody may see, newest first or in one of `ORDERS`.

    Raises:
        TalaError: bad_request (no such cursor), invalid_input (limit, order or PSGC code).
    """
    limit = limited(limit)
    name, descending, needed = _ordered(order)
    column, own = col(getattr(Case, name)), "" if order == "-filed_at" else order
    statement = select(Case).where(visible_to(actor), *conditions(wanted))
    if needed:
        statement = statement.where(column.is_not(None))
    if cursor is not None:
        at, case_id = cursors.decode(cursor, own)
        place, here = tuple_(column, col(Case.id)), tuple_(literal(at, Moment()), literal(case_id))
        statement = statement.where(place < here if descending else place > here)
    by = (column.desc(), col(Case.id).desc()) if descending else (column.asc(), col(Case.id).asc())
    rows = list(await session.scalars(statement.order_by(*by).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, cursors.encode(getattr(rows[-1], name), rows[-1].id, own) if more else None)


def _ordered(order: str) -> tuple[str, bool, bool]:
    if order not in _ORDERS:
        said = ", ".join(_ORDERS)
        raise TalaError(
            "invalid_input", f"Sort by one of: {said}.", errors=[{"pointer": "/sort", "detail": said}]
        )
    return _ORDERS[order]


async def texts_of(session: AsyncSession, case_ids: Sequence[str]) -> dict[str, CaseText]:
    """The masked texts of cases."""
    rows = await session.scalars(select(CaseText).where(col(CaseText.case_id).in_(case_ids)))
    return {row.case_id: row for row in rows}


async def categories_of(session: AsyncSession, case_ids: Sequence[str]) -> dict[str, list[CaseCategory]]:
    """The grounds of cases, the main one first."""
    statement = (
        select(CaseCategory)
        .where(col(CaseCategory.case_id).in_(case_ids))
        .order_by(col(CaseCategory.case_id), col(CaseCategory.rank))
    )
    found: dict[str, list[CaseCategory]] = {}
    for row in await session.scalars(statement):
        found.setdefault(row.case_id, []).append(row)
    return found
