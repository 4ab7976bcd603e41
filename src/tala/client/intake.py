"""Sending in and filing, as a citizen or as a machine that takes complaints."""

import mimetypes
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx

from tala.client.answers import Draft, Filed, Recording, Sent
from tala.client.line import Line, bearer, checked, error_of
from tala.errors import TalaError
from tala.transcript import Transcript

type Consent = Literal["self", "all-parties", "unknown"]

_ATTEMPTS = 4
_POLL_SECONDS = 0.5


class Intake(Line):
    """Recordings and drafts."""

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
                return Sent.model_validate(checked(answer))
            except (httpx.TransportError, TalaError) as error:
                if attempt == _ATTEMPTS - 1 or (isinstance(error, TalaError) and not error.retryable):
                    raise
                time.sleep(2.0**attempt)
        raise AssertionError  # the last attempt returns or raises

    def recording(self, sent: Sent) -> Recording:
        """How far a recording is."""
        answer = self._http.get(f"/recordings/{sent.recording_id}", headers=bearer(sent.capability))
        return Recording.model_validate(checked(answer))

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
                raise error_of(state.error.code, state.error.message)
            if state.draft_id is not None:
                return self.draft(state.draft_id, sent.capability)
        raise TalaError("erased", "The recording was erased.")

    def attest(self, sent: Sent) -> Recording:
        """State that everyone on a recording that was set aside agreed to it."""
        answer = self._http.post(
            f"/recordings/{sent.recording_id}/attestation",
            headers=bearer(sent.capability),
            json={"consent": "all-parties"},
        )
        return Recording.model_validate(checked(answer))

    def transcript(self, sent: Sent) -> Transcript:
        """What was heard."""
        answer = self._http.get(
            f"/recordings/{sent.recording_id}/transcript",
            headers=bearer(sent.capability),
            params={"format": "json"},
        )
        return Transcript.model_validate(checked(answer))

    def captions(self, sent: Sent, format: Literal["vtt", "srt", "text"] = "vtt") -> str:
        """What was heard, as WebVTT, SubRip or plain text."""
        answer = self._http.get(
            f"/recordings/{sent.recording_id}/transcript",
            headers=bearer(sent.capability),
            params={"format": format},
        )
        if answer.is_error:
            checked(answer)
        return answer.text

    # -- drafts and filing --

    def write(self, text: str, *, idempotency_key: str | None = None) -> Draft:
        """Send a complaint that was typed."""
        headers = self._may_send() | {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return Draft.model_validate(checked(self._http.post("/drafts", headers=headers, json={"text": text})))

    def draft(self, draft_id: str, capability: str) -> Draft:
        """Read a draft."""
        found = checked(self._http.get(f"/drafts/{draft_id}", headers=bearer(capability)))
        return Draft.model_validate({**found, "capability": capability})

    def correct(self, draft: Draft, **facts: Any) -> Draft:
        """Change facts, as `correct(draft, agency={"code": "LTO"}, urgency="high")`; None removes.

        Raises:
            TalaError: version_mismatch where somebody changed it since it was read; invalid_input.
        """
        answer = self._http.patch(
            f"/drafts/{draft.id}",
            headers=bearer(draft.capability) | {"If-Match": f'"{draft.version}"'},
            json={"facts": facts},
        )
        return Draft.model_validate({**checked(answer), "capability": draft.capability})

    def file(self, draft: Draft, *, idempotency_key: str | None = None) -> Filed:
        """File a draft as a case."""
        answer = self._http.post(
            "/cases",
            headers=bearer(draft.capability) | {"Idempotency-Key": idempotency_key or str(uuid.uuid4())},
            json={"draft_id": draft.id},
        )
        return Filed.model_validate(checked(answer))
