"""Tables of the office around the cases: offices, second factors, views, alerts, notices, surveys, rights.

As in tables.py columns named `sealed…` open with a data key only; of the others users alone name anybody.
"""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field

from tala.store.columns import Json, Moment, new_id, now
from tala.store.tables import Row


class Office(Row, table=True):
    """An office of an agency, as an administrator keeps them: staff work in one, cases are about one."""

    __tablename__ = "offices"

    id: str = Field(default_factory=new_id, primary_key=True)
    agency_code: str = Field(index=True)
    name: str
    psgc: str | None = None
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    closed_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class SuspensionRow(Row, table=True):
    """Days without work that an administrator entered; the ledger "system" holds who and when."""

    __tablename__ = "suspensions"

    id: str = Field(default_factory=new_id, primary_key=True)
    first: dt.date
    last: dt.date
    scope: str = ""
    name: str
    source: str
    half_day: bool = False
    entered_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    withdrawn_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class SecondFactor(Row, table=True):
    """What a member of staff shows beside the password: the sealed secret of a one-time-code app, counted
    from `since` once a first code proved it. `last_step` is the time step of the newest code, which is never
    taken twice; recovery codes are known by their hashes, each good once.
    """

    __tablename__ = "second_factors"

    user_id: str = Field(primary_key=True, foreign_key="users.id")
    data_key_id: str = Field(foreign_key="data_keys.id")
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    made_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    since: dt.datetime | None = Field(default=None, sa_type=Moment)
    last_step: int = 0
    recovery_hashes: list[str] = Field(default_factory=list, sa_type=Json)


class SavedView(Row, table=True):
    """A filter somebody keeps under a name; a shared one is seen by all who work for the same agency."""

    __tablename__ = "saved_views"

    id: str = Field(default_factory=new_id, primary_key=True)
    owner_id: str = Field(index=True)
    agency_code: str = Field(index=True)
    name: str
    shared: bool = False
    query: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    created_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Alert(Row, table=True):
    """Something a member of staff should look at. Kinds: due_soon, breached, assigned, message, reply,
    rights_request, retention.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_user_id_read_at_id", "user_id", "read_at", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    user_id: str = Field(foreign_key="users.id")
    case_id: str | None = Field(default=None, foreign_key="cases.id")
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    kind: str
    read_at: dt.datetime | None = Field(default=None, sa_type=Moment)


class NoticeContact(Row, table=True):
    """Where a citizen asked to be told that something happened; sealed with the case's key."""

    __tablename__ = "notice_contacts"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    sealed_email: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_phone: bytes | None = Field(default=None, sa_type=LargeBinary)
    language: str = "en"
    since: dt.datetime = Field(default_factory=now, sa_type=Moment)


class Notice(Row, table=True):
    """A notice on its way: to the citizen of a case, or to a member of staff. States: waiting, sent, failed,
    dropped. Its words are made when it is sent and hold no content of the case.
    """

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_state_next_try_at", "state", "next_try_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    case_id: str = Field(foreign_key="cases.id", index=True)
    user_id: str | None = Field(default=None, foreign_key="users.id")
    medium: str
    kind: str
    state: str = "waiting"
    attempts: int = 0
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    next_try_at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    sent_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    error_code: str | None = None


class SurveyAnswer(Row, table=True):
    """A citizen's answers after a case, in the shape of the Client Satisfaction Measurement; and what the
    service cost beside its fees.
    """

    __tablename__ = "survey_answers"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    at: dt.datetime = Field(default_factory=now, sa_type=Moment, index=True)
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    paid: bool | None = None
    paid_php: int | None = Field(default=None, sa_type=BigInteger)
    paid_to: str | None = None
    sealed_comment: bytes | None = Field(default=None, sa_type=LargeBinary)


class HiddenCost(Row, table=True):
    """What was asked for or taken beside the fees, as told in a complaint, in whole pesos."""

    __tablename__ = "hidden_costs"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    php: int = Field(sa_type=BigInteger)


class RetentionRule(Row, table=True):
    """An administrator's change of how long a kind is kept, in days after its last use; None keeps it."""

    __tablename__ = "retention_rules"

    kind: str = Field(primary_key=True)
    days: int | None = None
    changed_at: dt.datetime = Field(default_factory=now, sa_type=Moment)


class RetentionWarning(Row, table=True):
    """That the end of something's time was announced, and for which moment."""

    __tablename__ = "retention_warnings"

    kind: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    due_at: dt.datetime = Field(sa_type=Moment)


class RightsRequest(Row, table=True):
    """What a citizen asks for of their own data: copy, rectify, erase, object. States: open, granted,
    refused.
    """

    __tablename__ = "rights_requests"
    __table_args__ = (Index("ix_rights_requests_state_due_at", "state", "due_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    case_id: str = Field(foreign_key="cases.id", index=True)
    kind: str
    state: str = "open"
    at: dt.datetime = Field(default_factory=now, sa_type=Moment)
    due_at: dt.datetime = Field(sa_type=Moment)
    decided_at: dt.datetime | None = Field(default=None, sa_type=Moment)
    decided_by: str | None = None
    sealed_text: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_answer: bytes | None = Field(default=None, sa_type=LargeBinary)
