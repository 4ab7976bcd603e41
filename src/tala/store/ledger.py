"""The ledger: append-only, hash-chained, and the only way a case gets an event.

One chain per ledger id: a case's id, or a name such as "system" or "accounts". An event's canonical record is
hashed together with the hash before it. Personal values enter a record only as ciphertext under the case's
data key, so that destroying the key later leaves every hash as it was.
"""

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.store.canonical import GENESIS, canonical, chain_hash, timestamp
from tala.store.columns import new_id, now
from tala.store.guard import record_event
from tala.store.keys import DataKey
from tala.store.tables import Case, CaseEvent, LedgerHead

VERSION = 1
_EVENTS: Any = CaseEvent.__table__  # type: ignore[attr-defined]
_HEADS: Any = LedgerHead.__table__  # type: ignore[attr-defined]


class Event(NamedTuple):
    """An event just appended."""

    ledger_id: str
    seq: int
    id: str
    at: dt.datetime
    kind: str
    actor_kind: str
    actor_id: str | None
    record: str
    prev_hash: str
    hash: str


class _Head(NamedTuple):
    seq: int
    hash: str


async def append(
    session: AsyncSession,
    ledger_id: str,
    kind: str,
    actor: Actor,
    body: Mapping[str, Any] | None = None,
    *,
    personal: Mapping[str, Any] | None = None,
    key: DataKey | None = None,
    at: dt.datetime | None = None,
    expected_seq: int | None = None,
    new: bool = False,
) -> Event:
    """Append one event in the running transaction of a `Database.write()` session.

    Args:
        body: what happened, free of personal values; JSON types only.
        personal: values that name or quote somebody, each sealed with `key` and put into the body under its
            name.
        at: when it happened; the present by default.
        expected_seq: number the caller last saw; TalaError("version_mismatch") where the ledger moved on.
        new: the ledger is known to be new, which saves looking for its end.

    Appending happens at once, before any other pending change of the session is written: the database refuses
    a case whose version has no event.
    """
    with session.no_autoflush:
        head = None if new else await _lock_head(session, ledger_id)
        seq, prev_hash = (head.seq + 1, head.hash) if head else (1, GENESIS)
        if expected_seq is not None and expected_seq != seq - 1:
            raise TalaError(
                "version_mismatch",
                "Somebody changed this in the meantime. Read it again, then repeat.",
                version=seq - 1,
            )
        event_id = new_id()
        at = at or now()
        record = canonical(
            {
                "v": VERSION,
                "ledger": ledger_id,
                "seq": seq,
                "id": event_id,
                "at": timestamp(at),
                "kind": kind,
                "actor": {"kind": actor.kind, "id": actor.id, "role": actor.role},
                "body": dict(body or {}) | _sealed(personal or {}, key, event_id),
            }
        )
        event = Event(
            ledger_id,
            seq,
            event_id,
            at,
            kind,
            actor.kind,
            actor.id,
            record,
            prev_hash,
            chain_hash(prev_hash, record),
        )
        # Tables, not classes: the unit of work has no part in the ledger, and filing is faster without it.
        await session.execute(_EVENTS.insert(), [event._asdict()])
        if head is None:
            end = {"ledger_id": ledger_id, "seq": seq, "hash": event.hash, "anchored_seq": 0}
            await session.execute(_HEADS.insert(), [end])
        else:
            await session.execute(
                _HEADS.update().where(_HEADS.c.ledger_id == ledger_id).values(seq=seq, hash=event.hash)
            )
    record_event(session.sync_session, ledger_id)
    return event


async def append_to_case(
    session: AsyncSession,
    case: Case,
    kind: str,
    actor: Actor,
    body: Mapping[str, Any] | None = None,
    *,
    personal: Mapping[str, Any] | None = None,
    key: DataKey | None = None,
    at: dt.datetime | None = None,
    expected_version: int | None = None,
) -> Event:
    """Append an event to a case's ledger and carry the case's version and time of change along.

    Change the case first, then call this: the event states the case's new state. A new case (never stored,
    version 0) gets its first event here; add it to the session afterwards.
    """
    body = {
        **(body or {}),
        "state": case.state,
    }  # so that verifying finds a state set behind the ledger's back
    if case.version == 0:
        event = await append(session, case.id, kind, actor, body, personal=personal, key=key, at=at, new=True)
    else:
        expected = case.version if expected_version is None else expected_version
        event = await append(
            session, case.id, kind, actor, body, personal=personal, key=key, at=at, expected_seq=expected
        )
    case.version = event.seq
    case.updated_at = event.at
    return event


def open_personal(body: Mapping[str, Any], event_id: str, key: DataKey) -> dict[str, Any]:
    """A body with its sealed values opened, as far as this key opens them."""
    return {name: _open_one(name, value, event_id, key) for name, value in body.items()}


def _open_one(name: str, value: Any, event_id: str, key: DataKey) -> Any:
    if isinstance(value, dict) and value.get("key") == key.id and "sealed" in value:
        return json.loads(key.open(base64.b64decode(value["sealed"]), "case_events", event_id, name))
    return value


def _sealed(personal: Mapping[str, Any], key: DataKey | None, event_id: str) -> dict[str, Any]:
    if not personal:
        return {}
    if key is None:
        raise ValueError("personal values need the data key of their case")
    return {
        name: {
            "sealed": base64.b64encode(key.seal(canonical(value), "case_events", event_id, name)).decode(),
            "key": key.id,
        }
        for name, value in personal.items()
    }


async def _lock_head(session: AsyncSession, ledger_id: str) -> _Head | None:
    # A plain row, not an entity: the session must not keep an end that others move.
    columns = (col(LedgerHead.seq), col(LedgerHead.hash))
    found = await session.execute(
        select(*columns).where(col(LedgerHead.ledger_id) == ledger_id).with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else _Head(*row)
