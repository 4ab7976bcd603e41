"""How the installation stands, for its administrator: what waits, who works, what was backed up, what is
left of the disk.
"""

import datetime as dt
import json
import shutil

from sqlalchemy import select
from sqlmodel import col

from tala.services import backup, clockwork, measuring
from tala.services.accountledger import ACCOUNTS
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.store import migrate
from tala.store.tables import CaseEvent, LedgerAnchor
from tala.transcript import Value


class LastBackUp(Value):
    """The newest back-up: when it was made and what it holds."""

    at: dt.datetime
    cases: int
    objects: int


class Condition(Value):
    """How the installation stands.

    Attributes:
        queue: whether the queue answers; `bells` wait in it.
        worker: whether one was heard from within the last half minute.
        waiting: numbers by kind, as services.measuring counts them.
        clocks_behind: running clocks that are still as an older calendar had them.
        free_bytes: room on the disk of the data folder.
        schema_now: version of the database; `schema_wanted` is that of this program.
    """

    queue: bool
    bells: int
    worker: bool
    waiting: dict[str, int]
    clocks_behind: int
    last_backup: LastBackUp | None
    last_anchor: dt.datetime | None
    database: str
    schema_now: str
    schema_wanted: str
    free_bytes: int
    mail: bool
    short_messages: bool


async def read(ctx: Context, *, actor: Caller) -> Condition:
    """How the installation stands just now. Raises TalaError(forbidden)."""
    actor.require(Role.ADMINISTRATOR)
    state = await ctx.queue.state()
    made = (
        select(CaseEvent)
        .where(col(CaseEvent.ledger_id) == ACCOUNTS, col(CaseEvent.kind) == backup.MADE)
        .order_by(col(CaseEvent.seq).desc())
        .limit(1)
    )
    anchored = select(col(LedgerAnchor.at)).order_by(col(LedgerAnchor.seq).desc()).limit(1)
    async with ctx.database.read() as session:
        event = (await session.scalars(made)).first()
        anchor = (await session.scalars(anchored)).first()
    settings = ctx.settings
    return Condition(
        queue=state is not None,
        bells=state.bells if state else 0,
        worker=bool(state and state.worker),
        waiting=(await measuring.waiting(ctx)).waiting,
        clocks_behind=await clockwork.behind(ctx),
        last_backup=_last(event) if event else None,
        last_anchor=anchor,
        database=settings.resolved_database_url.partition("+")[0],
        schema_now=await migrate.current(settings) or "",
        schema_wanted=migrate.head(),
        free_bytes=shutil.disk_usage(settings.data_dir).free,
        mail=bool(settings.smtp_url),
        short_messages=bool(settings.sms_url),
    )


def _last(event: CaseEvent) -> LastBackUp:
    body = json.loads(event.record)["body"]
    return LastBackUp(at=event.at, cases=body["cases"], objects=body["objects"])
