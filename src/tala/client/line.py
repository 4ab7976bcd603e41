"""The connection: who asks, and refusals as errors."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, cast

import httpx

from tala.errors import CATALOGUE, TalaError

PAGE = 200


class Line:
    """A connection to one server."""

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

    def _own(self) -> dict[str, str]:
        if self._key is None:
            raise TalaError("unauthenticated", "Give an API key: `tala keys add` makes one.")
        return bearer(self._key)

    def _who(self, receipt: str | None) -> dict[str, str]:
        return {"Tala-Receipt": receipt} if receipt else self._own()

    def _may_send(self) -> dict[str, str]:
        if self._key is not None:
            return bearer(self._key)
        if time.monotonic() > self._ticket_until:
            ticket = checked(self._http.post("/intake/tickets"))
            self._ticket = ticket["ticket"]
            self._ticket_until = time.monotonic() + ticket["expires_s"] / 2
        return bearer(self._ticket)

    def _call(
        self,
        method: str,
        path: str,
        *,
        receipt: str | None = None,
        once: str | None = None,
        version: int | None = None,
        **sent: Any,
    ) -> Any:
        """One call as whoever holds the receipt or this key; its JSON, or None where there is none."""
        headers = self._who(receipt)
        if once is not None:
            headers["Idempotency-Key"] = once
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        answer = self._http.request(method, path, headers=headers, **sent)
        if answer.status_code == 204:
            return None
        return checked(answer)

    def _pages(self, path: str, most: int | None, filters: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Rows of a list, page after page."""
        cursor: str | None = None
        given = 0
        while True:
            size = PAGE if most is None else min(PAGE, most - given)
            params: dict[str, Any] = {**filters, "limit": size} | ({"cursor": cursor} if cursor else {})
            page = self._call("GET", path, params=params)
            for row in page["items"]:
                given += 1
                yield row
            cursor = page["next"]
            if cursor is None or (most is not None and given >= most):
                return

    @contextmanager
    def _stream(self, path: str, params: dict[str, Any]) -> Iterator[httpx.Response]:
        """An answer as it comes in."""
        with self._http.stream("GET", path, headers=self._own(), params=params) as answer:
            if answer.is_error:
                answer.read()
                checked(answer)
            yield answer


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def checked(answer: httpx.Response) -> dict[str, Any]:
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
    error = error_of(str(problem.get("code", "")), detail)
    error.retryable = bool(problem.get("retryable", answer.status_code in (429, 502, 503, 504)))
    error.data = {"errors": problem["errors"]} if "errors" in problem else {}
    raise error


def error_of(code: str, message: str) -> TalaError:
    """A refusal of the server as an error; one this version does not know is internal."""
    return TalaError(code if code in CATALOGUE else "internal", message)
