"""The tables. Nothing here validates: rows are made by services from values that were validated before.

Columns named `sealed…` hold bytes that only a data key opens (see keys.py). Every other column is free of
names, phones, addresses and the words of the complaint. Times are UTC, dates Asia/Manila, ids UUIDs of
version 7.
"""

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from tala.store.columns import Json, Moment, new_id, now

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_COUNTED_BY_DAY = (
    "filed_at", "id", "authority", "agency_code", "office", "channel", "main_category", "psgc", "state",
    "outcome", "reopen_count",
)  # fmt: skip
_COUNTED_BY_STATE = ("state", "filed_at", "id", "authority", "agency_code", "office", "clock_state", "psgc")
_SOMEBODY: Any = dict.fromkeys(("postgresql_where", "sqlite_where"), text("actor_id IS NOT NULL"))


class Row(SQLModel):
    """Base of every table, so that no other library's tables mix with ours."""

    metadata = MetaData(naming_convention=CONVENTION)

    def __init__(self, **values: Any) -> None:
        # Left to pydantic, every factory's signature is inspected again for every row: most of the time it
        # takes.
        for name, make in _factories(type(self)):
            if name not in values:
                values[name] = make()
        super().__init__(**values)


@cache
def _factories(table: type[Row]) -> tuple[tuple[str, Callable[[], Any]], ...]:
    return tuple(
        (name, cast(Callable[[], Any], field.default_factory))
        for name, field in table.model_fields.items()
        if field.default_factory is not None
    )


# --- keys and erasure ---------------------------------------------------------------------------------------


class DataKeyRow(Row, table=True):
    """A data key, wrapped by the master key; destroying it is how sealed values are erased."""

    __tablename__ = "data_keys"

    id: str = Field(default_factory=new_id, primary_key=True)
    purpose: str
    master_id: str
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    destroyed_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class Disposal(Row, table=True):
    """The disposal log: what was erased, when, by whom, on what ground. Restoring a back-up replays it."""

    __tablename__ = "disposals"

    id: str = Field(default_factory=new_id, primary_key=True)
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    kind: str
    subject_id: str = Field(index=True)
    data_key_id: str | None = None
    object_key: str | None = None
    actor_kind: str = "system"
    actor_id: str | None = None
    reason: str


# --- intake -------------------------------------------------------------------------------------------------


class Recording(Row, table=True):
    """A recording as received: the evidence. States: receiving (live), received, quarantined, decoding,
    transcribing, understanding, ready, failed, erased. `progress` runs from 0 to 1. A worker holds it until
    `lease_until`. `taken_by` is the member of staff who took it in; `peaks` are the loudest moments of each
    channel for drawing, from 0 to 100.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_state_lease_until", "state", "lease_until"),
        Index("ix_recordings_taken_by_id", "taken_by", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    state: str = "received"
    progress: float = 0.0
    consent: str = "unknown"
    attested_by: str | None = None
    channel: str = "web"
    channel_count: int = 0
    sealed_filename: bytes | None = Field(default=None, sa_type=LargeBinary)
    media_type: str = "application/octet-stream"
    byte_count: int = Field(default=0, sa_type=BigInteger)
    sha256: str = ""
    object_key: str = ""
    data_key_id: str = Field(foreign_key="data_keys.id")
    language: str = "auto"
    capability_hash: str | None = Field(default=None, index=True)
    draft_id: str | None = Field(default=None, index=True)
    case_id: str | None = Field(default=None, index=True)
    error_code: str | None = None
    error_message: str | None = None
    attempts: int = 0
    lease_owner: str | None = None
    lease_until: dt.datetime | None = Field(default=None, sa_type=Moment)
    sealed_checkpoint: bytes | None = Field(default=None, sa_type=LargeBinary)
    source: dict[str, Any] | None = Field(default=None, sa_type=Json)
    quality: dict[str, Any] | None = Field(default=None, sa_type=Json)
    warnings: list[dict[str, Any]] | None = Field(default=None, sa_type=Json)
    duration_ms: int | None = None
    taken_by: str | None = None
    peaks: list[list[int]] | None = Field(default=None, sa_type=Json)


class LiveSessionRow(Row, table=True):
    """A citizen speaking live, or a caller whom staff listen to; its id is that of the recording it becomes.
    States: open, closed.

    `connection` counts the sockets it has had, the newest of which counts; `ticket_hash` opens the next one,
    once. `sealed_talk` is what was said so far and where the conversation stands.
    """

    __tablename__ = "live_sessions"
    __table_args__ = (Index("ix_live_sessions_state_seen_at", "state", "seen_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    seen_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    state: str = "open"
    connection: int = 0
    ticket_hash: str | None = Field(default=None, unique=True)
    ticket_expires_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    language: str = "auto"
    consent: str = "self"
    channel: str = "web"
    attested_by: str
    capability_hash: str
    sealed_capability: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_talk: bytes | None = Field(default=None, sa_type=LargeBinary)
    data_key_id: str = Field(foreign_key="data_keys.id")
    draft_id: str | None = None


class TranscriptRow(Row, table=True):
    """What was heard in a recording: the sealed JSON of a Transcript and the hash of its plain bytes."""

    __tablename__ = "transcripts"

    recording_id: str = Field(primary_key=True, foreign_key="recordings.id")
    sealed: bytes = Field(sa_type=LargeBinary)
    sha256: str
    model: str
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Draft(Row, table=True):
    """A complaint before it is filed. States: open, filed, attached (to a case that was there before),
    no_complaint, discarded, erased. `taken_by` is the member of staff who took it in.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        Index("ix_drafts_state_updated_at", "state", "updated_at"),
        Index("ix_drafts_taken_by_id", "taken_by", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    version: int = 1
    state: str = "open"
    recording_ids: list[str] = Field(default_factory=list, sa_type=Json)
    sealed_transcript: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_facts: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_corrections: bytes | None = Field(default=None, sa_type=LargeBinary)
    data_key_id: str = Field(foreign_key="data_keys.id")
    capability_hash: str | None = Field(default=None, index=True)
    channel: str = "web"
    taken_by: str | None = None
    machine: dict[str, Any] | None = Field(default=None, sa_type=Json)
    filed_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    case_id: str | None = None


class IntakeTicket(Row, table=True):
    """A citizen's short-lived permission to file; known by the hash of its token."""

    __tablename__ = "intake_tickets"

    hash: str = Field(primary_key=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment, index=True)
    ip_hash: str | None = Field(default=None, index=True)
    uses: int = 0


class IdempotencyKey(Row, table=True):
    """The answer given once under an Idempotency-Key. States: running, done."""

    __tablename__ = "idempotency_keys"

    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    state: str = "running"
    status: int | None = None
    sealed_response: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment, index=True)


# --- cases --------------------------------------------------------------------------------------------------


class CtnSequence(Row, table=True):
    """The last sequence number given out in a year."""

    __tablename__ = "ctn_sequences"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class Case(Row, table=True):
    """A filed case. `version` is the sequence number of its last event: the database refuses a case that
    moves on without one. Plain columns are for filters and statistics and name nobody."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("year", "sequence"),
        # Beyond the order of lists these two hold what the board counts by: it never reads the wide rows.
        Index("ix_cases_filed_at_id", *_COUNTED_BY_DAY),
        Index("ix_cases_updated_at", "updated_at"),
        Index("ix_cases_state_filed_at_id", *_COUNTED_BY_STATE),
        Index("ix_cases_agency_code_filed_at_id", "agency_code", "filed_at", "id"),
        Index("ix_cases_main_category_filed_at_id", "main_category", "filed_at", "id"),
        Index("ix_cases_psgc_filed_at_id", "psgc", "filed_at", "id"),
        Index("ix_cases_assignee_id_state", "assignee_id", "state"),
        Index("ix_cases_clock_state_next_due_at", "clock_state", "next_due_at"),
        Index("ix_cases_next_due_at_id", "next_due_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    ctn: str = Field(unique=True)
    year: int
    sequence: int
    state: str = "submitted"
    version: int = 1
    filed_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    updated_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    erased_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    legal_hold: bool = False
    receipt_hash: str | None = None
    draft_id: str | None = Field(default=None, unique=True)
    parent_id: str | None = Field(default=None, index=True)
    merged_into_id: str | None = Field(default=None, index=True)
    recording_ids: list[str] = Field(default_factory=list, sa_type=Json)
    data_key_id: str = Field(foreign_key="data_keys.id")
    sealed_narrative: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_facts: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_complainant: bytes | None = Field(default=None, sa_type=LargeBinary)
    identity_disclosed: bool = False
    anonymous: bool = False
    filer_relation: str | None = None
    agency_code: str | None = None
    office: str | None = None
    authority: str | None = None
    main_category: str | None = None
    language: str = "en"
    psgc: str | None = None
    incident_date: dt.date | None = None
    urgency: str = "low"
    channel: str = "web"
    assignee_id: str | None = None
    team: str | None = None
    transaction_class: str | None = None
    outcome: str | None = None
    reopen_count: int = 0
    clock_state: str = "none"
    next_due_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class CaseCategory(Row, table=True):
    """One ground of complaint of a case; rank 0 is the main one."""

    __tablename__ = "case_categories"
    __table_args__ = (Index("ix_case_categories_code_case_id", "code", "case_id"),)

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    code: str = Field(primary_key=True)
    rank: int = 0
    score: float = 1.0


class CaseText(Row, table=True):
    """The masked narrative and the JSON of the masked facts, for reading, searching and exporting without a
    key; `words` are what else the case is found by. The search index follows this table by trigger.
    """

    __tablename__ = "case_texts"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    text: str = Field(sa_type=Text)
    facts: str = Field(default="{}", sa_type=Text)
    words: str = Field(default="", sa_type=Text)


class CaseClock(Row, table=True):
    """A clock of a case. States: running, due_soon, breached, paused, met, missed. `check_at` is when the
    state may change by itself."""

    __tablename__ = "case_clocks"
    __table_args__ = (
        Index("ix_case_clocks_state_due_at", "state", "due_at"),
        Index(
            "ix_case_clocks_going",
            "calendar_version",
            postgresql_where=text("stopped_at IS NULL"),
            sqlite_where=text("stopped_at IS NULL"),
        ),
    )

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    code: str = Field(primary_key=True)
    round: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: str = "running"
    started_at: dt.datetime = Field(sa_type=Moment)
    due_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    stopped_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    pauses: list[list[str | None]] = Field(default_factory=list, sa_type=Json)
    extended: bool = False
    psgc: str | None = None
    calendar_version: str = ""
    check_at: dt.datetime | None = Field(default=None, sa_type=Moment, index=True)


class CaseLink(Row, table=True):
    """Two cases that belong together: duplicate, split, related."""

    __tablename__ = "case_links"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    other_id: str = Field(primary_key=True, foreign_key="cases.id", index=True)
    kind: str
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class CaseMessage(Row, table=True):
    """A note or a message. Directions: internal, to_citizen, from_citizen."""

    __tablename__ = "case_messages"
    __table_args__ = (Index("ix_case_messages_case_id_at", "case_id", "at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    case_id: str = Field(foreign_key="cases.id")
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    direction: str
    author_kind: str
    author_id: str | None = None
    sealed_body: bytes | None = Field(default=None, sa_type=LargeBinary)
    read_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class Endorsement(Row, table=True):
    """A case shown to the agency complained of: facts and masked text, no identity and no sound unless
    agreed. States: sent, replied, withdrawn."""

    __tablename__ = "endorsements"
    __table_args__ = (Index("ix_endorsements_agency_code_office_state", "agency_code", "office", "state"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    case_id: str = Field(foreign_key="cases.id", index=True)
    agency_code: str
    office: str | None = None
    kind: str = "endorsement"
    state: str = "sent"
    sent_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    due_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    replied_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    identity_disclosed: bool = False
    sealed_reply: bytes | None = Field(default=None, sa_type=LargeBinary)


class CaseExclusion(Row, table=True):
    """A member of staff who may not see a case: named in it, or recused."""

    __tablename__ = "case_exclusions"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    user_id: str = Field(primary_key=True, index=True)
    reason: str
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Attachment(Row, table=True):
    """A file that belongs to a case, in the object store under a key of its own."""

    __tablename__ = "attachments"

    id: str = Field(default_factory=new_id, primary_key=True)
    case_id: str = Field(foreign_key="cases.id", index=True)
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    kind: str
    sealed_filename: bytes | None = Field(default=None, sa_type=LargeBinary)
    media_type: str
    byte_count: int = Field(sa_type=BigInteger)
    sha256: str
    object_key: str
    data_key_id: str = Field(foreign_key="data_keys.id")
    author_kind: str
    author_id: str | None = None


# --- ledger -------------------------------------------------------------------------------------------------


class CaseEvent(Row, table=True):
    """One event of a ledger. `record` is the canonical JSON that is hashed; the other columns repeat it for
    queries and are checked against it. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "case_events"
    __table_args__ = (
        Index("ix_case_events_kind_at", "kind", "at"),
        Index("ix_case_events_at_id", "at", "id"),
        Index("ix_case_events_actor_id_at", "actor_id", "at", **_SOMEBODY),
    )

    ledger_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str = Field(default_factory=new_id, unique=True)
    at: dt.datetime = Field(sa_type=Moment)
    kind: str
    actor_kind: str
    actor_id: str | None = None
    record: str = Field(sa_type=Text)
    prev_hash: str
    hash: str


class LedgerHead(Row, table=True):
    """The end of each ledger; `anchored_seq` is how far a signed anchor reaches."""

    __tablename__ = "ledger_heads"
    __table_args__ = (
        Index(
            "ix_ledger_heads_unanchored",
            "ledger_id",
            postgresql_where=text("anchored_seq < seq"),
            sqlite_where=text("anchored_seq < seq"),
        ),
    )

    ledger_id: str = Field(primary_key=True)
    seq: int
    hash: str
    anchored_seq: int = 0


class LedgerAnchor(Row, table=True):
    """A signed statement of where the ledgers that had moved ended. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "ledger_anchors"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: dt.datetime = Field(sa_type=Moment)
    record: str = Field(sa_type=Text)
    hash: str
    signature: str
    key_id: str


class LedgerAnchorHead(Row, table=True):
    """One ledger's end as an anchor states it. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "ledger_anchor_heads"

    anchor_seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ledger_id: str = Field(primary_key=True)
    seq: int
    hash: str


class AccessLog(Row, table=True):
    """One reading of a case or recording by staff. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_subject_id_at", "subject_id", "at"),
        Index("ix_access_log_actor_id_at", "actor_id", "at"),
        Index("ix_access_log_at_id", "at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    actor_kind: str
    actor_id: str | None = None
    role: str
    subject_kind: str
    subject_id: str
    action: str
    level: str = "masked"
    reason: str | None = None
    allowed: bool = True


# --- people and keys of the installation --------------------------------------------------------------------


class User(Row, table=True):
    """A member of staff. States: active, disabled. `agency_code` and `office` say where the person works."""

    __tablename__ = "users"

    id: str = Field(default_factory=new_id, primary_key=True)
    username: str = Field(unique=True)
    display_name: str = ""
    role: str
    state: str = "active"
    agency_code: str | None = None
    office: str | None = None
    team: str | None = None
    password_hash: str
    must_change_password: bool = False
    email: str | None = None
    failed_attempts: int = 0
    locked_until: dt.datetime | None = Field(default=None, sa_type=Moment)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    last_sign_in_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class StaffSession(Row, table=True):
    """A signed-in browser; the token and the CSRF token are known by their hashes."""

    __tablename__ = "sessions"

    id: str = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(unique=True)
    csrf_hash: str
    user_id: str = Field(foreign_key="users.id", index=True)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    last_seen_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime = Field(sa_type=Moment)
    revoked_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    device: str = ""


class ApiKey(Row, table=True):
    """A key for machines: shown once, known by its hash."""

    __tablename__ = "api_keys"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str
    prefix: str
    hash: str = Field(unique=True)
    role: str
    agency_code: str | None = None
    office: str | None = None
    scopes: list[str] = Field(default_factory=list, sa_type=Json)
    user_id: str | None = Field(default=None, foreign_key="users.id")
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    expires_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    last_used_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    revoked_at: dt.datetime | None = Field(default=None, sa_type=Moment)


EVIDENCE_TABLES = ("case_events", "ledger_anchors", "ledger_anchor_heads", "access_log")
"""Tables that are only ever appended to."""
