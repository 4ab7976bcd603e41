"""No case changes without its event: a session that refuses to commit one."""

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from tala.store.tables import Case, CaseEvent

CHANGED = "changed_cases"
EVENTS = "ledger_events"


class MissingEvent(RuntimeError):
    """A case was changed and no event of it was appended in the same transaction: a bug in the caller."""


class GuardedSession(Session):
    """The session of every writer; AsyncSession hands its work to it."""


def record_event(session: Session, ledger_id: str) -> None:
    """Note that an event of this ledger was appended in the running transaction."""
    session.info.setdefault(EVENTS, set()).add(ledger_id)


@event.listens_for(GuardedSession, "before_flush")
def _note_changes(session: Session, _context: Any, _instances: Any) -> None:
    changed: set[str] = session.info.setdefault(CHANGED, set())
    for row in [*session.new, *session.dirty]:
        if isinstance(row, Case) and (row in session.new or session.is_modified(row)):
            changed.add(row.id)
    for row in [*session.dirty, *session.deleted]:
        if isinstance(row, CaseEvent) and (row in session.deleted or session.is_modified(row)):
            raise MissingEvent("events are only ever appended")
    for row in session.deleted:
        if isinstance(row, Case):
            raise MissingEvent(f"a case is never deleted: {row.id}")


@event.listens_for(GuardedSession, "do_orm_execute")
def _refuse_bulk_changes(state: ORMExecuteState) -> None:
    # Statements such as update(Case) pass by the unit of work, so nothing could be checked at commit.
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return
    if inspect(state.bind_mapper).class_ in (Case, CaseEvent):
        raise MissingEvent("cases are changed row by row, together with their event")


@event.listens_for(GuardedSession, "before_commit")
def _check(session: Session) -> None:
    session.flush()
    missing = session.info.get(CHANGED, set()) - session.info.get(EVENTS, set())
    if missing:
        raise MissingEvent(f"changed without an event: {', '.join(sorted(missing))}")


@event.listens_for(GuardedSession, "after_transaction_end")
def _forget(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(CHANGED, None)
        session.info.pop(EVENTS, None)
