"""No case changes without its event: a session that refuses to write one.

The database refuses it as well, by trigger; here the caller learns it in words, before anything is sent.
"""

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from tala.store.tables import Case, CaseEvent

EVENTS = "ledger_events"


class MissingEvent(RuntimeError):
    """A case was changed and no event of it was appended before, in the same transaction: a bug in the
    caller.
    """


class GuardedSession(Session):
    """The session of every writer; AsyncSession hands its work to it."""


def record_event(session: Session, ledger_id: str) -> None:
    """Note that an event of this ledger was appended in the running transaction."""
    session.info.setdefault(EVENTS, set()).add(ledger_id)


@event.listens_for(GuardedSession, "before_flush")
def _check(session: Session, _context: Any, _instances: Any) -> None:
    events: set[str] = session.info.get(EVENTS, set())
    for row in session.deleted:
        if isinstance(row, Case | CaseEvent):
            raise MissingEvent("cases and events are never deleted")
    for row in [*session.new, *session.dirty]:
        if row in session.dirty and not session.is_modified(row):
            continue
        if isinstance(row, CaseEvent):
            raise MissingEvent("events come from ledger.append() alone")
        if isinstance(row, Case):
            if row.id not in events:
                raise MissingEvent(f"case {row.id} changes without an event")
            events.discard(row.id)  # the next change of the case needs an event of its own


@event.listens_for(GuardedSession, "do_orm_execute")
def _refuse_bulk_changes(state: ORMExecuteState) -> None:
    # Statements such as update(Case) pass by the unit of work, so nothing could be checked at commit.
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return
    if inspect(state.bind_mapper).class_ in (Case, CaseEvent):
        raise MissingEvent("cases are changed row by row, together with their event")


@event.listens_for(GuardedSession, "after_transaction_end")
def _forget(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(EVENTS, None)
