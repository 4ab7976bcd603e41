"""Bodies that only the interface knows, and how refusals look in its description."""

import datetime as dt
from typing import Any, Literal

from litestar.openapi.datastructures import ResponseSpec
from pydantic import BaseModel, ConfigDict, Field

from tala.errors import TalaError
from tala.facts import Facts
from tala.services.filing import Filed
from tala.services.intake import Received
from tala.services.wording import MOST_EDITS, WordEdit
from tala.store.tables import Case

INTAKE: list[dict[str, list[str]]] = [{"ticket": []}, {"key": []}, {"session": []}]
CAPABILITY: list[dict[str, list[str]]] = [{"capability": []}, {"key": []}, {"session": []}]
RECEIPT: list[dict[str, list[str]]] = [{"receipt": []}, {"key": []}, {"session": []}]
SESSION: list[dict[str, list[str]]] = [{"session": []}]
STAFF: list[dict[str, list[str]]] = [{"key": []}, {"session": []}]


class Body(BaseModel):
    """Base of bodies: unknown members are refused, so that a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid")


class WordEdits(Body):
    """Words as they should be."""

    edits: tuple[WordEdit, ...] = Field(min_length=1, max_length=MOST_EDITS)


class SplitDraft(Body):
    """Which utterances tell of another complaint."""

    segments: tuple[int, ...] = Field(min_length=1, max_length=10_000, description="Places from 0.")


class DraftForCase(Body):
    """The case a draft belongs to."""

    ctn: str = Field(max_length=40, description="Control Tracking Number.")


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


class Items[T](BaseModel):
    """A list in full."""

    items: list[T]


class CaseRow(BaseModel):
    """A case in a list: nothing in it names anybody. With `fields` only those and the number are there."""

    model_config = ConfigDict(from_attributes=True)

    ctn: str
    state: str = ""
    version: int = 0
    filed_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    agency_code: str | None = None
    office: str | None = None
    authority: str | None = None
    team: str | None = None
    main_category: str | None = None
    psgc: str | None = None
    incident_date: dt.date | None = None
    urgency: str = ""
    language: str = ""
    channel: str = ""
    anonymous: bool = False
    assignee_id: str | None = None
    transaction_class: str | None = None
    outcome: str | None = None
    reopen_count: int = 0
    clock_state: str = ""
    next_due_at: dt.datetime | None = None
    excerpt: str = Field("", description="The beginning of the complaint, with names and numbers hidden.")

    @classmethod
    def of(cls, case: Case, masked_text: str, *, inside: bool) -> "CaseRow":
        """A row of the list; who handles the case is told `inside` alone."""
        hidden = {} if inside else {"team": None, "assignee_id": None}
        return cls.model_validate(case).model_copy(update={"excerpt": masked_text[:200], **hidden})


class CasePage(BaseModel):
    """A page of cases, newest first."""

    items: list[CaseRow]
    next: str | None = Field(description="Cursor of the next page; null on the last.")

    def with_fields(self, fields: str | None) -> "CasePage | dict[str, Any]":
        """The page with these members of each row alone.

        Raises:
            TalaError: invalid_input, where there is no such member.
        """
        if fields is None:
            return self
        kept = chosen(fields, CaseRow) | {"ctn"}
        items = [row.model_dump(mode="json", include=kept) for row in self.items]
        return {"items": items, "next": self.next}


def chosen(fields: str, of: type[BaseModel]) -> set[str]:
    """Members named by commas. Raises TalaError(invalid_input) for one that does not exist."""
    names = {name.strip() for name in fields.split(",") if name.strip()}
    if unknown := sorted(names - set(of.model_fields)):
        detail = f"No such member: {', '.join(unknown)[:100]}. There are: {', '.join(of.model_fields)}."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/fields", "detail": detail}])
    return names
