"""What was changed in how the installation is run: people, keys, offices, calendar, keeping, back-ups. Read
from the ledgers that hold it, newest first, with names beside the ids.
"""

import datetime as dt
import json
from typing import Any

from sqlalchemy import literal, select, tuple_
from sqlmodel import col

from tala.errors import TalaError
from tala.services import offices, retention, suspensions
from tala.services.accountledger import ACCOUNTS
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.store import cursor as cursors
from tala.store import queries
from tala.store.columns import Moment
from tala.store.tables import ApiKey, CaseEvent, User
from tala.transcript import Value

LEDGERS = (ACCOUNTS, offices.LEDGER, suspensions.LEDGER, retention.LEDGER)
_IDS = ("user", "key")


class Change(Value):
    """One change. `subject` is the name of the person or key it is about, `body` what the ledger says."""

    ledger: str
    seq: int
    at: dt.datetime
    kind: str
    actor_kind: str
    actor: str
    subject: str
    body: dict[str, Any]
    hash: str


async def listed(
    ctx: Context, actor: Caller, *, ledger: str | None = None, limit: int = 50, cursor: str | None = None
) -> queries.Page[Change]:
    """Changes, newest first.

    Raises:
        TalaError: forbidden, not_found (ledger), bad_request (cursor), invalid_input (limit).
    """
    actor.require(Role.ADMINISTRATOR, Role.AUDITOR)
    if ledger is not None and ledger not in LEDGERS:
        raise TalaError("not_found", f"There is no such ledger. There are: {', '.join(LEDGERS)}.")
    limit = queries.limited(limit)
    order = (col(CaseEvent.at), col(CaseEvent.id))
    statement = select(CaseEvent).where(col(CaseEvent.ledger_id).in_([ledger] if ledger else LEDGERS))
    if cursor is not None:
        at, row_id = cursors.decode(cursor, "changes")
        statement = statement.where(tuple_(*order) < tuple_(literal(at, Moment()), literal(row_id)))
    statement = statement.order_by(*(column.desc() for column in order)).limit(limit + 1)
    async with ctx.database.read() as session:
        rows = list(await session.scalars(statement))
        shown = rows[:limit]
        bodies = [json.loads(row.record)["body"] for row in shown]
        wanted = {row.actor_id for row in shown} | {body.get(name) for body in bodies for name in _IDS}
        ids = [one for one in wanted if isinstance(one, str)]
        users = await session.scalars(select(User).where(col(User.id).in_(ids)))
        names = {row.id: row.display_name or row.username for row in users}
        keys = await session.scalars(select(ApiKey).where(col(ApiKey.id).in_(ids)))
        names |= {row.id: row.name for row in keys}
    changes = [_change(row, body, names) for row, body in zip(shown, bodies, strict=True)]
    more = len(rows) > limit
    return queries.Page(changes, cursors.encode(shown[-1].at, shown[-1].id, "changes") if more else None)


def _change(row: CaseEvent, body: dict[str, Any], names: dict[str, str]) -> Change:
    subject = next((names[body[one]] for one in _IDS if body.get(one) in names), "")
    return Change(
        ledger=row.ledger_id,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor_kind=row.actor_kind,
        actor=names.get(row.actor_id or "", row.actor_id or ""),
        subject=subject,
        body=body,
        hash=row.hash,
    )
