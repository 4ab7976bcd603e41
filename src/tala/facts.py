"""Facts of a complaint, each with the span of text it came from.

A fact without a span was entered by a person, named in `entered_by`. Spans are Unicode code points, end
exclusive, into the transcript's text; `start_ms`, `end_ms` and `confidence` are there where it was spoken.
"""

import datetime as dt
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tala.transcript import Transcript, Value

Language = Literal["en", "fil", "taglish"]
Urgency = Literal["low", "medium", "high"]
Role = Literal["complainant", "respondent", "other"]

_ONLY_WHEN_SET = ("start_ms", "end_ms", "confidence", "entered_by", "barangay", "candidates")


class Span(Value):
    """A stretch of the transcript's text."""

    start: int | None = None
    end: int | None = None
    text: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    confidence: float | None = None
    entered_by: str | None = None

    @model_serializer(mode="wrap")
    def _lean(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        return {k: v for k, v in data.items() if v is not None or k not in _ONLY_WHEN_SET}


class Category(Value):
    """A ground of complaint from the taxonomy, with a calibrated score from 0 to 1."""

    code: str
    score: float
    evidence: tuple[Span, ...] = ()
    entered_by: str | None = None

    @model_serializer(mode="wrap")
    def _lean(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        return {k: v for k, v in data.items() if v is not None or k not in _ONLY_WHEN_SET}


class Agency(Span):
    """The agency complained of; `code` is the name people use (LTO, SSS, LGU)."""

    code: str
    name: str
    score: float = 1.0


class Location(Span):
    """City or municipality by PSGC code of 10 digits; `name` is null while several candidates fit."""

    psgc: str | None
    name: str | None
    barangay: str | None = None
    candidates: tuple[str, ...] | None = None


class Service(Span):
    """The service or document sought."""


class DateFact(Span):
    """A day, in Asia/Manila."""

    date: dt.date
    kind: str = "other"


class Amount(Span):
    """A sum in Philippine pesos."""

    php: float
    improper: bool


class Person(Span):
    """A person whose name was spoken."""

    name: str
    role: Role


class RespondentDescription(Span):
    """The person complained of where no name was spoken."""

    position: str | None = None


class Reference(Span):
    """A number somebody may look up: reference, plate, receipt, queue."""

    value: str
    kind: str


class Contact(Span):
    """A phone (E.164) or an e-mail address."""

    value: str


class TurnTo(Value):
    """Where to turn when this is not a complaint Tala can file."""

    name: str
    contact: str


class Facts(Value):
    """Everything understood from one complaint."""

    id: str | None = None
    is_complaint: bool = False
    language: Language = "en"
    categories: tuple[Category, ...] = ()
    agency: Agency | None = None
    location: Location | None = None
    service: Service | None = None
    incident_date: DateFact | None = None
    amounts: tuple[Amount, ...] = ()
    people: tuple[Person, ...] = ()
    respondent_description: RespondentDescription | None = None
    reference_numbers: tuple[Reference, ...] = ()
    phones: tuple[Contact, ...] = ()
    emails: tuple[Contact, ...] = ()
    dates: tuple[DateFact, ...] = ()
    urgency: Urgency = "low"
    wants_anonymity: bool = False
    wants_callback: bool = False
    emergency: bool = False
    evidence: dict[str, tuple[Span, ...]] = Field(default_factory=dict)
    turn_to: tuple[TurnTo, ...] = ()
    missing: tuple[str, ...] = ()

    def grounded(self, transcript: Transcript) -> "Facts":
        """The same facts with the milliseconds and confidence of the words each came from."""
        if not transcript.segments:
            return self
        return Facts.model_validate(_ground(self.model_dump(), transcript))


def _ground(node: Any, transcript: Transcript) -> Any:
    if isinstance(node, dict):
        grown = {key: _ground(value, transcript) for key, value in node.items()}
        start, end = grown.get("start"), grown.get("end")
        if isinstance(start, int) and isinstance(end, int):
            located = transcript.locate(start, end)
            if located is not None:
                grown |= {
                    "start_ms": located.start_ms,
                    "end_ms": located.end_ms,
                    "confidence": located.confidence,
                }
        return grown
    if isinstance(node, list | tuple):
        return [_ground(value, transcript) for value in node]
    return node
