"""Work to do: queues as named filters, how much is in each, and filters that people keep under a name."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, literal, or_, select
from sqlmodel import col

from tala.cases import access, lifecycle
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.actors import Caller
from tala.services.context import Context
from tala.store import queries
from tala.store.office import SavedView
from tala.store.queries import CaseFilter
from tala.store.tables import Case
from tala.transcript import Value

QUEUES = (
    "mine",
    "unassigned",
    "office",
    "new",
    "due_soon",
    "breached",
    "waiting_for_citizen",
    "waiting_for_agency",
    "agency_replied",
    "feedback",
)
MOST_COUNTED = 1000
MOST_VIEWS = 50
_LONGEST_NAME = 80
_WAITING_FOR_AGENCY = ("endorsed_to_agency", "notice_to_explain")


class QueueCount(Value):
    """How many cases are in a queue; `more` where there are more than `count`."""

    queue: str
    count: int
    more: bool = False


class View(Value):
    """A filter kept under a name; `query` holds the parameters of a list."""

    id: str
    name: str
    shared: bool
    own: bool
    query: dict[str, Any]
    created_at: dt.datetime


def filter_of(queue: str, actor: Actor) -> CaseFilter:
    """A queue of somebody's as a filter.

    Raises:
        TalaError: invalid_input, where there is no such queue.
    """
    open_states = lifecycle.load().groups["open"]
    filters = {
        "mine": CaseFilter(states=open_states, assignee_id=actor.id or ""),
        "unassigned": CaseFilter(states=open_states, unassigned=True),
        "office": CaseFilter(states=open_states),
        "new": CaseFilter(states=("submitted", "reopened")),
        "due_soon": CaseFilter(states=open_states, clock_states=("due_soon",)),
        "breached": CaseFilter(states=open_states, clock_states=("breached",)),
        "waiting_for_citizen": CaseFilter(states=("needs_info",)),
        "waiting_for_agency": CaseFilter(states=_WAITING_FOR_AGENCY),
        "agency_replied": CaseFilter(states=("agency_replied",)),
        "feedback": CaseFilter(states=("feedback",)),
    }
    if queue not in filters:
        said = ", ".join(QUEUES)
        raise TalaError(
            "invalid_input", f"The queues are: {said}.", errors=[{"pointer": "/queue", "detail": said}]
        )
    return filters[queue]


async def counts(ctx: Context, actor: Actor) -> list[QueueCount]:
    """How much is in each queue of somebody's; beyond a thousand nobody counts on."""
    found = []
    async with ctx.database.read() as session:
        for queue in QUEUES:
            some = (
                select(literal(1))
                .select_from(Case)
                .where(queries.visible_to(actor), *queries.conditions(filter_of(queue, actor)))
                .limit(MOST_COUNTED + 1)
                .subquery()
            )
            number = int((await session.execute(select(func.count()).select_from(some))).scalar_one())
            found.append(QueueCount(queue=queue, count=min(number, MOST_COUNTED), more=number > MOST_COUNTED))
    return found


async def save_view(
    ctx: Context, actor: Caller, name: str, query: Mapping[str, Any], *, shared: bool = False
) -> View:
    """Keep a filter under a name; the same name again replaces it.

    Raises:
        TalaError: forbidden (no signed-in person), invalid_input (name, too many).
    """
    owner = _person(actor)
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST_NAME:
        detail = f"A view has a name of 1 to {_LONGEST_NAME} characters."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/name", "detail": detail}])
    async with ctx.database.write() as session:
        own = select(SavedView).where(col(SavedView.owner_id) == owner)
        row = await session.scalar(own.where(col(SavedView.name) == name))
        if row is None:
            kept = len((await session.scalars(own)).all())
            if kept >= MOST_VIEWS:
                raise TalaError("conflict", f"You keep {MOST_VIEWS} views; delete one first.")
            row = SavedView(
                owner_id=owner, agency_code=access.employer(actor), name=name, created_at=ctx.clock()
            )
        row.shared, row.query = shared, dict(query)
        session.add(row)
        await session.flush()
        return _view(row, owner)


async def list_views(ctx: Context, actor: Caller) -> list[View]:
    """One's own views and those that colleagues of the same agency share, by name."""
    owner = _person(actor)
    shared = col(SavedView.shared).is_(True) & (col(SavedView.agency_code) == access.employer(actor))
    statement = select(SavedView).where(or_(col(SavedView.owner_id) == owner, shared))
    async with ctx.database.read() as session:
        rows = await session.scalars(statement.order_by(col(SavedView.name), col(SavedView.id)))
        return [_view(row, owner) for row in rows]


async def delete_view(ctx: Context, actor: Caller, view_id: str) -> None:
    """Forget a view of one's own. Raises TalaError(forbidden, not_found)."""
    owner = _person(actor)
    async with ctx.database.write() as session:
        row = await session.get(SavedView, view_id)
        if row is None or row.owner_id != owner:
            raise TalaError("not_found", "There is no such view of yours.")
        await session.delete(row)


def _view(row: SavedView, owner: str) -> View:
    return View(
        id=row.id,
        name=row.name,
        shared=row.shared,
        own=row.owner_id == owner,
        query=dict(row.query),
        created_at=row.created_at,
    )


def _person(actor: Caller) -> str:
    if actor.kind != "staff" or actor.id is None:
        raise TalaError("forbidden", "Views are kept for people who signed in.")
    return actor.id
