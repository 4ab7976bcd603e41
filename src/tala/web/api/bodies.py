"""Bodies of calls that work on cases."""

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tala.web.api.schemas import Body

TEXT = 20_000


class Transition(Body):
    """A step of a case's life and what it needs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "endorse", "reason": "first_action_by_agency", "agency_code": "LTO"}]
        },
    )

    action: str = Field(max_length=60, description="One of the case's `actions`.")
    reason: str | None = Field(
        None, max_length=60, description="One of the step's reasons, where it has some."
    )
    note: str | None = Field(None, max_length=TEXT, description="Why, in words; shown inside only.")
    agency_code: str | None = Field(None, max_length=40)
    office: str | None = Field(None, max_length=200)
    disclose_identity: bool = Field(False, description="The complainant agreed to be named to the agency.")
    reply: str | None = Field(None, max_length=TEXT, description="What the agency answered.")
    message: str | None = Field(None, max_length=TEXT, description="What is said to the other side.")


class NewMessage(Body):
    """A message or a note."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "When will I hear?"}]})

    text: str = Field(max_length=TEXT)
    to: Literal["citizen", "inside"] = Field("inside", description="Staff only: to whom it goes.")


class Written(BaseModel):
    """A message or note that was written."""

    id: str
    at: dt.datetime
    direction: str
    status: Literal["written"] = "written"


class Assignment(Body):
    """To whom a case goes."""

    user_id: str | None = Field(None, max_length=64, description="An id, `me`, or null for nobody.")
    team: str | None = Field(None, max_length=60)


class Classification(Body):
    """The class of a transaction."""

    transaction_class: Literal["simple", "complex", "highly_technical"]


class ClockDay(BaseModel):
    """A line of a clock's account; `number` is null for a day that was skipped."""

    date: dt.date
    number: int | None
    reason: str
    law: str


class Reason(Body):
    """Why."""

    reason: str = Field(min_length=1, max_length=2000)


class Rectification(Body):
    """Facts put right, as a JSON merge patch, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"facts": {"agency": {"code": "BIR"}}, "reason": "Another agency was meant."}]
        },
    )

    facts: dict[str, Any] = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=1, max_length=TEXT)


class Merge(Body):
    """The case a duplicate is merged into."""

    into: str = Field(max_length=40)


class Split(Body):
    """Further agencies a complaint is about."""

    agencies: list[str] = Field(min_length=1, max_length=10)


class SplitCase(BaseModel):
    """A case opened by splitting."""

    ctn: str
    agency_code: str


class NewLink(Body):
    """Another case that belongs with this one."""

    other: str = Field(max_length=40)


class Exclusion(Body):
    """Who is kept away from a case and why."""

    user_id: str = Field(max_length=64, description="An id, or `me` to step back.")
    reason: str = Field(min_length=1, max_length=2000)


class LegalHold(Body):
    """Whether a case is held, and why."""

    held: bool
    reason: str = Field(min_length=1, max_length=2000)


class SelectedCase(Body):
    """A case of a bulk action at the version that was read."""

    ctn: str = Field(max_length=40)
    version: int | None = Field(None, ge=1)


class BulkOrder(Body):
    """One thing to do to many cases."""

    items: list[SelectedCase] = Field(min_length=1, max_length=100)
    action: str = Field(max_length=60, description="`assign`, `note`, or a step of the lifecycle.")
    user_id: str | None = Field(None, max_length=64, description="assign: an id, `me`, or null for nobody.")
    text: str | None = Field(None, max_length=TEXT, description="note: its words; a step: a note with it.")
    reason: str | None = Field(None, max_length=60, description="One of the step's reasons.")
