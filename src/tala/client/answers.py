"""What the server answers, as values; members this version does not know are kept."""

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict

from tala.facts import Facts
from tala.transcript import Transcript, Warning_

SETTLED = frozenset({"quarantined", "ready", "failed", "erased"})


class Answer(BaseModel):
    """What the server answers; members this version does not know are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Refusal(Answer):
    """Why a recording was refused or set aside."""

    code: str
    message: str


class Sent(Answer):
    """A recording that was sent in. `capability` alone opens it and its draft."""

    recording_id: str
    state: str
    capability: str
    message: str | None = None
    replayed: bool = False


class Recording(Answer):
    """How far a recording is; `progress` runs from 0 to 1."""

    id: str
    state: str
    progress: float
    duration_ms: int | None = None
    draft_id: str | None = None
    error: Refusal | None = None
    warnings: tuple[Warning_, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in SETTLED


class Draft(Answer):
    """A complaint before it is filed, with the token that opens it."""

    id: str
    version: int
    state: str
    recording_ids: tuple[str, ...] = ()
    transcript: Transcript
    facts: Facts
    missing: tuple[str, ...] = ()
    capability: str = ""


class Filed(Answer):
    """A filed case; the receipt's 16 digits are told once."""

    ctn: str
    receipt_secret: str | None = None
    case_url: str
    filed_at: dt.datetime
    facts: Facts
    replayed: bool = False


class CaseRow(Answer):
    """A case in a list."""

    ctn: str
    state: str
    filed_at: dt.datetime
    agency_code: str | None = None
    main_category: str | None = None
    urgency: str = "low"
    clock_state: str = "none"
    next_due_at: dt.datetime | None = None


class Case(Answer):
    """A case as far as the reader may see it."""

    ctn: str
    version: int
    level: str
    state: str
    filed_at: dt.datetime
    agency_code: str | None = None
    categories: tuple[str, ...] = ()
    narrative: str = ""
    facts: dict[str, Any] = {}
    actions: tuple[str, ...] = ()


class Message(Answer):
    """A note or message; `direction` is internal, to_citizen or from_citizen."""

    id: str
    at: dt.datetime
    direction: str
    body: str = ""


class Event(Answer):
    """A step in a case's history."""

    seq: int
    at: dt.datetime
    kind: str
    body: dict[str, Any] = {}


class Attachment(Answer):
    """A file of a case."""

    id: str
    at: dt.datetime
    kind: str
    filename: str
    media_type: str
    byte_count: int
    sha256: str


class ClockDay(Answer):
    """A day a clock counted, or (`number` None) skipped, and by what law."""

    date: dt.date
    number: int | None
    reason: str
    law: str


class Similar(Answer):
    """A case that may tell of the same, and what speaks for it."""

    ctn: str
    state: str
    score: float
    reasons: tuple[str, ...] = ()


class Outcome(Answer):
    """What came of one case of a bulk action."""

    ctn: str
    status: str
    version: int | None = None
    code: str | None = None
    message: str | None = None


class Request(Answer):
    """A request of the data subject."""

    id: str
    ctn: str
    kind: str
    state: str
    due_at: dt.datetime
    text: str = ""
    answer: str = ""


class Counts(Answer):
    """Cases by one dimension; a count is None where it is too small to be told."""

    dimension: str
    total: int
    counts: tuple[dict[str, Any], ...]
    as_of: dt.datetime


class Verification(Answer):
    """What checking the ledger found."""

    ok: bool
    events: int
    ledgers: int
    anchors: int
    anchored: int
    problems: tuple[dict[str, Any], ...] = ()


class LedgerEvent(Answer):
    """An event as the ledger holds it."""

    ledger_id: str
    seq: int
    at: dt.datetime
    kind: str
    record: str
    hash: str


class AccessLine(Answer):
    """One reading, or refused reading, of a case or recording."""

    at: dt.datetime
    actor_kind: str
    actor_id: str | None
    role: str
    subject_kind: str
    subject_id: str
    action: str
    allowed: bool


class User(Answer):
    """A member of staff."""

    id: str
    username: str
    display_name: str
    role: str
    state: str
    agency_code: str | None = None
    office: str | None = None
    last_sign_in_at: dt.datetime | None = None


class NewUser(Answer):
    """A member of staff with a one-time password, told once."""

    user: User
    one_time_password: str


class ApiKey(Answer):
    """A key for machines; the key itself is not kept."""

    id: str
    name: str
    prefix: str
    role: str
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


class NewApiKey(Answer):
    """A key just added; `token` is told once."""

    key: ApiKey
    token: str
