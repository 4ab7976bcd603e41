"""Bodies that only the interface knows, and how refusals look in its description."""

import datetime as dt
from typing import Literal

from litestar.openapi.datastructures import ResponseSpec
from pydantic import BaseModel, ConfigDict, Field

from tala.facts import Facts
from tala.services.filing import Filed
from tala.services.intake import Received
from tala.store.tables import Case

INTAKE: list[dict[str, list[str]]] = [{"ticket": []}, {"key": []}, {"session": []}]
CAPABILITY: list[dict[str, list[str]]] = [{"capability": []}, {"key": []}, {"session": []}]
RECEIPT: list[dict[str, list[str]]] = [{"receipt": []}, {"key": []}, {"session": []}]
SESSION: list[dict[str, list[str]]] = [{"session": []}]
STAFF: list[dict[str, list[str]]] = [{"key": []}, {"session": []}]


class Body(BaseModel):
    """Base of bodies: unknown members are refused, so that a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems#recording_empty",
                    "title": "The recording is empty",
                    "status": 422,
                    "detail": "The file holds nothing. Record again and send the new file.",
                    "code": "recording_empty",
                    "instance": "urn:uuid:6f2c1f0e-6c1a-4a54-9f0b-0f6b6f1f9c11",
                }
            ]
        }
    )

    type: str = Field(description="Address of what the code means.")
    title: str
    status: int
    detail: str = Field(description="A sentence that says what to do next.")
    code: str = Field(description="Stable code.")
    instance: str | None = Field(None, description="This very answer, for support.")
    retryable: bool | None = Field(None, description="Whether the same call may succeed later.")
    errors: list[dict[str, str]] | None = Field(None, description="JSON pointers to members at fault.")


_SENTENCES = {
    400: "The request cannot be read.",
    401: "No valid token came with it.",
    403: "The role does not allow it.",
    404: "There is nothing there, or this token does not open it.",
    406: "No such format.",
    409: "Not possible in this state.",
    410: "It was erased.",
    412: "Somebody changed it in the meantime.",
    413: "Too large.",
    416: "The range lies outside.",
    422: "Some of the input is not valid.",
    428: "If-Match is missing.",
    429: "Too many requests.",
    503: "Not ready.",
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Descriptions of the refusals that a route may answer with."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_SENTENCES[status],
            media_type="application/problem+json",
            generate_examples=False,
        )
        for status in statuses
    }


class RecordingAccepted(BaseModel):
    """The answer to an upload."""

    id: str
    recording_id: str
    state: str
    capability: str = Field(
        description="Opens this recording, its transcript and its draft. Keep it; it is not shown again."
    )
    status_url: str
    events_url: str
    transcript_url: str
    message: str | None = Field(None, description="Why it was set aside, if it was.")
    replayed: bool = Field(
        False, description="True where the Idempotency-Key had been used for the same upload."
    )

    @classmethod
    def of(cls, received: Received) -> "RecordingAccepted":
        """With the addresses to go on from."""
        url = f"/api/v1/recordings/{received.recording_id}"
        return cls(
            id=received.recording_id,
            recording_id=received.recording_id,
            state=received.state,
            capability=received.capability,
            status_url=url,
            events_url=f"{url}/events",
            transcript_url=f"{url}/transcript",
            message=received.message,
            replayed=received.replayed,
        )


class Attestation(Body):
    """Who is on the recording."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"consent": "all-parties"}]})

    consent: Literal["all-parties"] = Field(description="The statement that everyone on it agreed.")


class TypedComplaint(Body):
    """A complaint without sound."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "The fixer at the LTO in Pasig asked me for 3,000 pesos for a licence last Friday."}
            ]
        },
    )

    text: str = Field(description="What happened, in the citizen's own words.")


class DraftToFile(Body):
    """Which draft to file."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"draft_id": "01936f3e-7c2a-7b51-9d0e-3c1f5b6a7d88"}]}
    )

    draft_id: str = Field(max_length=64)


class FiledCase(BaseModel):
    """A filed case. The receipt's secret is shown once."""

    ctn: str
    receipt_secret: str | None = Field(description="16 digits; null where the draft had been filed before.")
    case_url: str
    filed_at: dt.datetime
    facts: Facts
    replayed: bool = Field(False, description="True where the draft had been filed before.")

    @classmethod
    def of(cls, filed: Filed) -> "FiledCase":
        """With the address of the case."""
        return cls(
            ctn=filed.ctn,
            receipt_secret=filed.receipt_secret,
            case_url=f"/api/v1/cases/{filed.ctn}",
            filed_at=filed.filed_at,
            facts=filed.facts,
            replayed=filed.replayed,
        )


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
    note: str | None = Field(None, description="Why, in words; shown inside only.")
    agency_code: str | None = Field(None, max_length=40)
    office: str | None = Field(None, max_length=200)
    disclose_identity: bool = Field(False, description="The complainant agreed to be named to the agency.")
    reply: str | None = Field(None, description="What the agency answered.")
    message: str | None = Field(None, description="What is said to the other side.")


class NewMessage(Body):
    """A message or a note."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "When will I hear?"}]})

    text: str
    to: Literal["citizen", "inside"] = Field("inside", description="Staff only: to whom it goes.")


class CaseRow(BaseModel):
    """A case in a list: nothing in it names anybody."""

    model_config = ConfigDict(from_attributes=True)

    ctn: str
    state: str
    filed_at: dt.datetime
    updated_at: dt.datetime
    agency_code: str | None
    main_category: str | None
    psgc: str | None
    incident_date: dt.date | None
    urgency: str
    language: str
    channel: str
    anonymous: bool
    assignee_id: str | None
    clock_state: str
    next_due_at: dt.datetime | None
    excerpt: str = Field("", description="The beginning of the complaint, with names and numbers hidden.")

    @classmethod
    def of(cls, case: Case, masked_text: str) -> "CaseRow":
        """A row of the list."""
        return cls.model_validate(case).model_copy(update={"excerpt": masked_text[:200]})


class CasePage(BaseModel):
    """A page of cases, newest first."""

    items: list[CaseRow]
    next: str | None = Field(description="Cursor of the next page; null on the last.")
