"""One error class and the catalogue of its codes.

Each front door maps the class once: problem+json, a socket event, a job's retry, an exit code.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means to HTTP, and the title a person reads."""

    status: int
    title: str


CATALOGUE: dict[str, Code] = {
    # input
    "bad_request": Code(400, "The request cannot be read"),
    "invalid_input": Code(422, "Some of the input is not valid"),
    "unauthenticated": Code(401, "Please sign in"),
    "forbidden": Code(403, "Not allowed"),
    "not_found": Code(404, "Not found"),
    "method_not_allowed": Code(405, "This address does not take that method"),
    "not_acceptable": Code(406, "Not available in that format"),
    "conflict": Code(409, "This is already being done"),
    "idempotency_mismatch": Code(422, "This Idempotency-Key was used for something else"),
    "version_mismatch": Code(412, "Somebody changed this in the meantime"),
    "precondition_required": Code(428, "Send If-Match with the version you read"),
    "rate_limited": Code(429, "Too many requests"),
    "payload_too_large": Code(413, "The upload is too large"),
    "bad_range": Code(416, "There is nothing in that range"),
    # recordings
    "recording_empty": Code(422, "The recording is empty"),
    "recording_too_long": Code(422, "The recording is too long"),
    "recording_not_audio": Code(422, "The file is not a recording that can be read"),
    "recording_truncated": Code(422, "The recording is cut off"),
    "recording_encrypted": Code(422, "The recording is encrypted"),
    "recording_too_many_channels": Code(422, "The recording has too many channels"),
    "recording_too_complex": Code(422, "The recording takes too much time or memory to decode"),
    "recording_quarantined": Code(409, "The recording is set aside until everyone on it has agreed"),
    "consent_required": Code(422, "Say who is on the recording and that they agreed"),
    "no_speech": Code(422, "No speech was heard"),
    # cases
    "draft_not_ready": Code(409, "The draft is not ready to be filed"),
    "transition_not_allowed": Code(409, "The case cannot take this step now"),
    "ledger_broken": Code(500, "The ledger does not verify"),
    "erased": Code(410, "This was erased"),
    # the installation
    "settings_invalid": Code(500, "A setting is not valid"),
    "model_missing": Code(503, "The speech model is not there"),
    "model_damaged": Code(503, "The speech model does not match its checksum"),
    "pipeline_missing": Code(503, "The language pipeline is not there"),
    "storage_unavailable": Code(503, "Storage cannot be reached"),
    "queue_unavailable": Code(503, "The queue cannot be reached"),
    "key_missing": Code(503, "The master key is not there"),
    "internal": Code(500, "Something went wrong here"),
}


class TalaError(Exception):
    """A refusal or failure with a stable code.

    Args:
        code: a key of CATALOGUE.
        message: a sentence for the person who meets it, saying what to do next. No personal data.
        retryable: whether the same call may succeed later.
        data: further members for problem+json, such as `errors=[{"pointer", "detail"}]`.
    """

    def __init__(self, code: str, message: str = "", *, retryable: bool = False, **data: Any) -> None:
        self.code = code
        self.message = message or CATALOGUE[code].title
        self.retryable = retryable
        self.data = data
        super().__init__(f"{code}: {self.message}")

    @property
    def status(self) -> int:
        """HTTP status of this code."""
        return CATALOGUE[self.code].status

    @property
    def title(self) -> str:
        """Short title of this code."""
        return CATALOGUE[self.code].title

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders (decoder, worker) with their members.
        return _rebuild, (self.code, self.message, self.retryable, self.data)


def _rebuild(code: str, message: str, retryable: bool, data: dict[str, Any]) -> TalaError:
    return TalaError(code, message, retryable=retryable, **data)
