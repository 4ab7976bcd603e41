"""Telling members of staff what they should look at: a list of their own, marked read by them.

Who is told follows need to know: nobody hears of a case that they may not open.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import access
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.actors import Caller
from tala.services.context import Context
from tala.store import queries
from tala.store.office import Alert
from tala.store.tables import Case, User
from tala.transcript import Value

if TYPE_CHECKING:
    from tala.services.desk import Desk

MOST_SHOWN = 200
_STEPS_TO_TELL = {"give_information": "message", "record_reply": "reply", "reopen": "reopened"}


class AlertView(Value):
    """Something to look at. Kinds: due_soon, breached, assigned, message, reply, reopened, rights_request,
    retention.
    """

    id: str
    at: dt.datetime
    kind: str
    ctn: str | None = None
    read_at: dt.datetime | None = None


class Alerts(Value):
    """The newest alerts and how many are unread."""

    items: tuple[AlertView, ...]
    unread: int


def tell(
    session: AsyncSession, user_ids: Iterable[str], case_id: str | None, kind: str, at: dt.datetime
) -> None:
    """Put an alert on people's lists, in the running transaction."""
    session.add_all(
        Alert(user_id=user_id, case_id=case_id, at=at, kind=kind) for user_id in dict.fromkeys(user_ids)
    )


async def tell_of_step(desk: "Desk", action: str) -> None:
    """Tell the office where a step was taken outside of it: information given, a reply, a reopening."""
    kind = _STEPS_TO_TELL.get(action)
    if kind is not None and desk.role in ("citizen", "agent", "agency"):
        await tell_the_office(desk, kind)


async def tell_the_office(desk: "Desk", kind: str) -> None:
    """Tell the officer a case is assigned to, or the heads of the authority where it is nobody's yet."""
    people = await responsible(desk.session, desk.case, ("officer",))
    tell(
        desk.session,
        people or await responsible(desk.session, desk.case, ("head",)),
        desk.case.id,
        kind,
        desk.at,
    )


async def responsible(session: AsyncSession, case: Case, who: Iterable[str]) -> list[str]:
    """Ids of the officer a case is assigned to, of the heads of the authority that handles it, or both."""
    wanted = set(who)
    statement = select(User).where(col(User.state) == "active")
    if wanted == {"officer"}:
        statement = statement.where(col(User.id) == case.assignee_id)
    else:
        statement = statement.where((col(User.role) == "head") | (col(User.id) == case.assignee_id))
    with session.no_autoflush:
        standing = await queries.standing(session, case)
        rows = list(await session.scalars(statement))
    return [
        row.id
        for row in rows
        if (row.id == case.assignee_id or "head" in wanted)
        and access.level(Actor("staff", row.role, row.id, row.agency_code, row.office), standing) == "full"
    ]


async def list_alerts(ctx: Context, actor: Caller, *, unread_only: bool = False) -> Alerts:
    """One's own alerts, newest first. Raises TalaError(forbidden) for whoever is not a signed-in person."""
    own = _own(actor)
    statement = (
        select(Alert, col(Case.ctn))
        .join(Case, col(Case.id) == col(Alert.case_id), isouter=True)
        .where(col(Alert.user_id) == own, or_(col(Alert.case_id).is_(None), queries.visible_to(actor)))
    )
    if unread_only:
        statement = statement.where(col(Alert.read_at).is_(None))
    counting = select(func.count()).select_from(Alert)
    counting = counting.where(col(Alert.user_id) == own, col(Alert.read_at).is_(None))
    async with ctx.database.read() as session:
        rows = (await session.execute(statement.order_by(col(Alert.id).desc()).limit(MOST_SHOWN))).all()
        unread = int((await session.execute(counting)).scalar_one())
    items = tuple(
        AlertView(id=row.id, at=row.at, kind=row.kind, ctn=number, read_at=row.read_at)
        for row, number in rows
    )
    return Alerts(items=items, unread=unread)


async def mark_read(ctx: Context, actor: Caller, alert_id: str | None = None) -> None:
    """Mark one of one's own alerts read, or all. Raises TalaError(forbidden, not_found)."""
    own = _own(actor)
    async with ctx.database.write() as session:
        statement = update(Alert).where(col(Alert.user_id) == own, col(Alert.read_at).is_(None))
        if alert_id is not None:
            row = await session.get(Alert, alert_id)
            if row is None or row.user_id != own:
                raise TalaError("not_found", "There is no such alert of yours.")
            statement = statement.where(col(Alert.id) == alert_id)
        await session.execute(statement.values(read_at=ctx.clock()))


def _own(actor: Caller) -> str:
    if actor.kind != "staff" or actor.id is None:
        raise TalaError("forbidden", "Alerts are for people who signed in.")
    return actor.id
