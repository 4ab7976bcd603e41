"""A typed client of Tala's API.

    with Tala("http://127.0.0.1:8000") as tala:
        sent = tala.send("complaint.wav", consent="self")
        draft = tala.wait_for_draft(sent)
        filed = tala.file(draft)
        print(filed.ctn, filed.receipt_secret)

Without a key it acts for a citizen, with an intake ticket of its own; with `key="tk_…"` for a machine. What
the server refuses is raised as TalaError with the server's code and sentence.
"""

import datetime as dt
import mimetypes
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast

import httpx
from pydantic import BaseModel, ConfigDict

from tala.errors import CATALOGUE, TalaError
from tala.facts import Facts
from tala.transcript import Transcript, Warning_

type Consent = Literal["self", "all-parties", "unknown"]

SETTLED = frozenset({"quarantined", "ready", "failed", "erased"})
_ATTEMPTS = 4
_POLL_SECONDS = 0.5
_PAGE = 200


class _Answer(BaseModel):
    """What the server answers; members this version does not know are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Refusal(_Answer):
    """Why a recording was refused or set aside."""

    code: str
    message: str


class Sent(_Answer):
    """A recording that was sent in. `capability` alone opens it and its draft."""

    recording_id: str
    state: str
    capability: str
    message: str | None = None
    replayed: bool = False


class Recording(_Answer):
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


class Draft(_Answer):
    """A complaint before it is filed, with the token that opens it."""

    id: str
    version: int
    state: str
    recording_ids: tuple[str, ...] = ()
    transcript: Transcript
    facts: Facts
    missing: tuple[str, ...] = ()
    capability: str = ""


class Filed(_Answer):
    """A filed case; the receipt's 16 digits are told once."""

    ctn: str
    receipt_secret: str | None = None
    case_url: str
    filed_at: dt.datetime
    facts: Facts
    replayed: bool = False


class CaseRow(_Answer):
    """A case in a list."""

    ctn: str
    state: str
    filed_at: dt.datetime
    agency_code: str | None = None
    main_category: str | None = None
    urgency: str = "low"
    clock_state: str = "none"
    next_due_at: dt.datetime | None = None


class Case(_Answer):
    """A case as far as the reader may see it."""

    ctn: str
    version: int
    level: str
    state: str
    filed_at: dt.datetime
    agency_code: str | None = None
    categories: tuple[str, ...] = ()
    narrative: str = ""


class Tala:
    """A connection to one server; use it in a `with` block, or close() it."""

    def __init__(
        self,
        server: str,
        *,
        key: str | None = None,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=server.rstrip("/") + "/api/v1", timeout=timeout, transport=transport
        )
        self._key = key
        self._ticket = ""
        self._ticket_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    # -- sending in --

    def send(
        self,
        recording: Path | str,
        *,
        consent: Consent,
        language: str = "auto",
        idempotency_key: str | None = None,
    ) -> Sent:
        """Send a recording; a line that drops is tried again under one key, so that it arrives once."""
        path = Path(recording)
        key = idempotency_key or str(uuid.uuid4())
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        for attempt in range(_ATTEMPTS):
            try:
                with path.open("rb") as file:
                    answer = self._http.post(
                        "/recordings",
                        headers=self._may_send() | {"Idempotency-Key": key},
                        data={"consent": consent, "language": language},
                        files={"file": (path.name, file, kind)},
                    )
                return Sent.model_validate(_checked(answer))
            except (httpx.TransportError, TalaError) as error:
                if attempt == _ATTEMPTS - 1 or (isinstance(error, TalaError) and not error.retryable):
                    raise
                time.sleep(2.0**attempt)
        raise AssertionError  # the last attempt returns or raises

    def recording(self, sent: Sent) -> Recording:
        """How far a recording is."""
        answer = self._http.get(f"/recordings/{sent.recording_id}", headers=_bearer(sent.capability))
        return Recording.model_validate(_checked(answer))

    def watch(self, sent: Sent) -> Iterator[Recording]:
        """The recording's state, now and whenever it changes, until nothing more happens by itself."""
        last: Recording | None = None
        while last is None or not last.settled:
            if last is not None:
                time.sleep(_POLL_SECONDS)
            now = self.recording(sent)
            if now != last:
                yield now
            last = now

    def wait_for_draft(self, sent: Sent) -> Draft:
        """Wait until a recording has become a draft.

        Raises:
            TalaError: why it was refused or set aside.
        """
        for state in self.watch(sent):
            if state.error is not None:
                raise _error(state.error.code, state.error.message)
            if state.draft_id is not None:
                return self.draft(state.draft_id, sent.capability)
        raise TalaError("erased", "The recording was erased.")

    def attest(self, sent: Sent) -> Recording:
        """State that everyone on a recording that was set aside agreed to it."""
        answer = self._http.post(
            f"/recordings/{sent.recording_id}/attestation",
            headers=_bearer(sent.capability),
            json={"consent": "all-parties"},
        )
        return Recording.model_validate(_checked(answer))

    def transcript(self, sent: Sent) -> Transcript:
        """What was heard."""
        answer = self._http.get(
            f"/recordings/{sent.recording_id}/transcript",
            headers=_bearer(sent.capability),
            params={"format": "json"},
        )
        return Transcript.model_validate(_checked(answer))

    def captions(self, sent: Sent, format: Literal["vtt", "srt", "text"] = "vtt") -> str:
        """What was heard, as WebVTT, SubRip or plain text."""
        answer = self._http.get(
            f"/recordings/{sent.recording_id}/transcript",
            headers=_bearer(sent.capability),
            params={"format": format},
        )
        if answer.is_error:
            _checked(answer)
        return answer.text

    # -- drafts and filing --

    def write(self, text: str, *, idempotency_key: str | None = None) -> Draft:
        """Send a complaint that was typed."""
        headers = self._may_send() | {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return Draft.model_validate(
            _checked(self._http.post("/drafts", headers=headers, json={"text": text}))
        )

    def draft(self, draft_id: str, capability: str) -> Draft:
        """Read a draft."""
        found = _checked(self._http.get(f"/drafts/{draft_id}", headers=_bearer(capability)))
        return Draft.model_validate({**found, "capability": capability})

    def correct(self, draft: Draft, **facts: Any) -> Draft:
        """Change facts, as `correct(draft, agency={"code": "LTO"}, urgency="high")`; None removes.

        Raises:
            TalaError: version_mismatch where somebody changed it since it was read; invalid_input.
        """
        answer = self._http.patch(
            f"/drafts/{draft.id}",
            headers=_bearer(draft.capability) | {"If-Match": f'"{draft.version}"'},
            json={"facts": facts},
        )
        return Draft.model_validate({**_checked(answer), "capability": draft.capability})

    def file(self, draft: Draft, *, idempotency_key: str | None = None) -> Filed:
        """File a draft as a case."""
        answer = self._http.post(
            "/cases",
            headers=_bearer(draft.capability) | {"Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            json={"draft_id": draft.id},
        )
        return Filed.model_validate(_checked(answer))

    # -- cases --

    def case(self, ctn: str, *, receipt: str | None = None, reason: str | None = None) -> Case:
        """Read a case: a citizen with the receipt's secret, a machine by the role of its key."""
        headers = {"Tala-Receipt": receipt} if receipt else self._own()
        params = {"reason": reason} if reason else {}
        return Case.model_validate(_checked(self._http.get(f"/cases/{ctn}", headers=headers, params=params)))

    def cases(self, *, most: int | None = None, **filters: str | list[str]) -> Iterator[CaseRow]:
        """The cases this key may see, newest first, page after page; filters as of `GET /api/v1/cases`."""
        cursor: str | None = None
        given = 0
        while True:
            size = _PAGE if most is None else min(_PAGE, most - given)
            params: dict[str, Any] = {**filters, "limit": size} | ({"cursor": cursor} if cursor else {})
            page = _checked(self._http.get("/cases", headers=self._own(), params=params))
            for row in page["items"]:
                given += 1
                yield CaseRow.model_validate(row)
            cursor = page["next"]
            if cursor is None or (most is not None and given >= most):
                return

    def _own(self) -> dict[str, str]:
        if self._key is None:
            raise TalaError("unauthenticated", "Give an API key: `tala keys add` makes one.")
        return _bearer(self._key)

    def _may_send(self) -> dict[str, str]:
        if self._key is not None:
            return _bearer(self._key)
        if time.monotonic() > self._ticket_until:
            ticket = _checked(self._http.post("/intake/tickets"))
            self._ticket = ticket["ticket"]
            self._ticket_until = time.monotonic() + ticket["expires_s"] / 2
        return _bearer(self._ticket)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _checked(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON, or the refusal it holds."""
    if not answer.is_error:
        return cast(dict[str, Any], answer.json())
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    detail = str(problem.get("detail") or f"The server answered {answer.status_code}.")
    error = _error(str(problem.get("code", "")), detail)
    error.retryable = bool(problem.get("retryable", answer.status_code in (429, 502, 503, 504)))
    error.data = {"errors": problem["errors"]} if "errors" in problem else {}
    raise error


def _error(code: str, message: str) -> TalaError:
    return TalaError(code if code in CATALOGUE else "internal", message)
