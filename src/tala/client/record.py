"""The record and the installation: statistics, ledger, access log, exports, people and keys."""

import hashlib
from collections.abc import Iterator
from typing import IO, Any, Literal

from tala.client.answers import (
    AccessLine,
    ApiKey,
    Counts,
    LedgerEvent,
    NewApiKey,
    NewUser,
    User,
    Verification,
)
from tala.client.line import Line
from tala.errors import TalaError


class Record(Line):
    """For auditors and administrators; statistics also for officers and heads."""

    def count(self, by: str = "agency", **filters: str | list[str]) -> Counts:
        """Cases by one dimension; filters as of `GET /api/v1/statistics/cases`."""
        return Counts.model_validate(self._call("GET", "/statistics/cases", params={"by": by, **filters}))

    def export_cases(
        self,
        out: IO[bytes],
        format: Literal["jsonl", "csv", "parquet"] = "jsonl",
        **filters: str | list[str],
    ) -> dict[str, Any]:
        """Write cases into an open file as they come in; the manifest with the SHA-256 of its bytes.

        Raises:
            TalaError: internal, where what came in is not what the server sent.
        """
        digest = hashlib.sha256()
        with self._stream("/exports/cases", {"format": format, **filters}) as answer:
            for piece in answer.iter_bytes():
                digest.update(piece)
                out.write(piece)
            export_id = answer.headers["Tala-Export"]
        manifest = dict(self._call("GET", f"/exports/{export_id}/manifest"))
        if manifest["sha256"] != digest.hexdigest():
            raise TalaError("internal", "The export did not arrive whole. Export again.", retryable=True)
        return manifest

    # -- the ledger --

    def verify_ledger(self, ledger: str | None = None) -> Verification:
        """Check that nothing was changed, in one ledger or all."""
        params = {"ledger": ledger} if ledger else {}
        return Verification.model_validate(self._call("GET", "/ledger/verification", params=params))

    def ledger_events(self, *, most: int | None = None, **filters: str) -> Iterator[LedgerEvent]:
        """Events of the ledgers, newest first."""
        for row in self._pages("/ledger/events", most, filters):
            yield LedgerEvent.model_validate(row)

    def stream_ledger(self, ledger: str | None = None) -> Iterator[bytes]:
        """The ledger piece by piece, as JSON lines that can be verified anywhere."""
        with self._stream("/ledger/export", {"ledger": ledger} if ledger else {}) as answer:
            yield from answer.iter_bytes()

    def access_log(self, *, most: int | None = None, **filters: str) -> Iterator[AccessLine]:
        """Who read what, newest first."""
        for row in self._pages("/access-log", most, filters):
            yield AccessLine.model_validate(row)

    # -- people and keys --

    def users(self) -> list[User]:
        """Members of staff, by name."""
        return [User.model_validate(one) for one in self._call("GET", "/users")["items"]]

    def add_user(self, username: str, role: str, **more: str | None) -> NewUser:
        """Add a member of staff (display_name, agency_code, office, email)."""
        body = {"username": username, "role": role, **more}
        return NewUser.model_validate(self._call("POST", "/users", json=body))

    def change_user(self, username: str, **changes: Any) -> User:
        """Change a member of staff, as `change_user("cora", role="head")` or `active=False`."""
        return User.model_validate(self._call("PATCH", f"/users/{username}", json=changes))

    def reset_password(self, username: str) -> NewUser:
        """A new one-time password."""
        return NewUser.model_validate(self._call("POST", f"/users/{username}/password"))

    def api_keys(self) -> list[ApiKey]:
        """API keys, newest first."""
        return [ApiKey.model_validate(one) for one in self._call("GET", "/keys")["items"]]

    def add_key(
        self,
        name: str,
        role: str,
        *,
        days: int | None = 365,
        scopes: tuple[str, ...] = (),
        **more: str | None,
    ) -> NewApiKey:
        """Add an API key (agency_code, office)."""
        body = {"name": name, "role": role, "days": days, "scopes": list(scopes), **more}
        return NewApiKey.model_validate(self._call("POST", "/keys", json=body))

    def revoke_key(self, key_id: str) -> ApiKey:
        """Revoke an API key, at once."""
        return ApiKey.model_validate(self._call("DELETE", f"/keys/{key_id}"))
