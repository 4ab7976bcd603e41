"""Who works here, as colleagues see each other: names beside the ids that records carry, and who may be given
a case.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlmodel import col

from tala.cases import access
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.context import Context
from tala.services.desk import for_staff
from tala.store import queries
from tala.store.tables import User
from tala.transcript import Value

MOST_NAMES = 200


class Colleague(Value):
    """A member of staff as colleagues see them."""

    id: str
    name: str
    role: str
    office: str | None = None
    active: bool = True


async def assignees(ctx: Context, ctn: str, actor: Actor) -> list[Colleague]:
    """Who may be given a case: active officers and heads of its authority who are not kept away from it.

    Raises:
        TalaError: not_found, forbidden.
    """
    async with ctx.database.read() as session:
        case, role = await for_staff(session, ctn, actor)
        if role not in ("officer", "head"):
            raise TalaError("forbidden", "Cases are given out by those who handle them.")
        standing = await queries.standing(session, case)
        rows = await session.scalars(
            select(User)
            .where(col(User.state) == "active", col(User.role).in_(("officer", "head")))
            .order_by(col(User.display_name), col(User.id))
        )
        return [
            _colleague(row)
            for row in rows
            if access.level(Actor("staff", row.role, row.id, row.agency_code, row.office), standing) == "full"
        ]


async def names(ctx: Context, actor: Actor, ids: Iterable[str]) -> dict[str, str]:
    """Names of colleagues of one's own agency by id; an auditor and an administrator know everybody's."""
    wanted = list(dict.fromkeys(ids))[:MOST_NAMES]
    if not wanted or not actor.is_staff:
        return {}
    async with ctx.database.read() as session:
        rows = await session.scalars(select(User).where(col(User.id).in_(wanted)))
        everybody = actor.role in ("auditor", "administrator")
        return {
            row.id: row.display_name or row.username
            for row in rows
            if everybody or (row.agency_code or access.home()) == access.employer(actor)
        }


def _colleague(row: User) -> Colleague:
    return Colleague(
        id=row.id,
        name=row.display_name or row.username,
        role=row.role,
        office=row.office,
        active=row.state == "active",
    )
