"""Errors as people and programs meet them: RFC 9457 problem+json, and the same sentences as a page."""

import traceback
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import structlog
from litestar import Request
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect, Response
from litestar.types import ExceptionHandlersMap
from pydantic import ValidationError

from tala.errors import CATALOGUE, TalaError
from tala.web.i18n import Connection, Messages, language_of, messages

MEDIA_TYPE = "application/problem+json"
_CODE_OF_STATUS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    422: "invalid_input",
    429: "rate_limited",
    503: "storage_unavailable",
}
_MOST_FRAMES = 40
_log = structlog.get_logger("tala.web")
AnyRequest = Request[Any, Any, Any]


def body_of(connection: Connection, error: TalaError) -> dict[str, Any]:
    """The members of the problem, in the language of the person asking."""
    t = messages(language_of(connection))
    translated = t.get(f"error.{error.code}") if t.language != "en" else None
    # A message written for this one occasion says more than the catalogue, in English only.
    detail = translated or error.message
    members: dict[str, Any] = {
        "type": f"/problems#{error.code}",
        "title": t.get(f"error_title.{error.code}") or error.title,
        "status": error.status,
        "detail": detail,
        "code": error.code,
    }
    if request_id := connection.scope.get("state", {}).get("request_id"):
        members["instance"] = f"urn:uuid:{request_id}"
    if error.retryable:
        members["retryable"] = True
    members |= {k: v for k, v in error.data.items() if k not in ("headers", "page")}
    return members | _told_of_values(t, error)


def _told_of_values(t: Messages, error: TalaError) -> dict[str, Any]:
    """Values that were refused with a code: what to do about each, in the language of `t`."""
    errors = error.data.get("errors", ())
    told = [t.get(f"invalid.{item.get('code')}") for item in errors]
    if not errors or None in told:
        return {}
    return {
        "detail": " ".join(dict.fromkeys(sentence for sentence in told if sentence)),
        "errors": [item | {"detail": sentence} for item, sentence in zip(errors, told, strict=True)],
    }


def wants_page(connection: Connection) -> bool:
    """Whether a person's browser asked, rather than a program."""
    if connection.scope["path"].startswith("/api/"):
        return False
    return "text/html" in connection.headers.get("accept", "")


def respond(request: AnyRequest, error: TalaError) -> Response[Any]:
    """The answer to an error."""
    headers: dict[str, str] = {"Cache-Control": "no-store", **error.data.get("headers", {})}
    if error.status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="tala"')
    members = body_of(request, error)
    if wants_page(request):
        from tala.web.pages.shell import (
            page,
        )  # the shell of pages shows errors too, so it is below this module

        if "page" in error.data:
            return Redirect(error.data["page"], status_code=303)
        if error.status == 401:
            return Redirect("/sign-in?" + urlencode({"next": request.scope["path"]}), status_code=303)
        return page(
            request,
            "problem.html",
            status=error.status,
            headers=headers,
            title=members["title"],
            problem=members,
        )
    return Response(members, status_code=error.status, media_type=MEDIA_TYPE, headers=headers)


def on_tala_error(request: AnyRequest, error: TalaError) -> Response[Any]:
    """A refusal or failure of our own."""
    if error.status >= 500:
        _log.error("failed", code=error.code, where=_where(error))
    return respond(request, error)


def on_http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """Litestar's own refusals: unknown address, wrong method, unreadable body."""
    if error.status_code >= 500:
        return on_unexpected(request, error)
    if isinstance(error, ValidationException):
        return respond(request, _several(_pointers(error.extra)))
    code = _CODE_OF_STATUS.get(error.status_code, "bad_request")
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() in ("allow", "retry-after")}
    # The framework's own sentences may quote input, so only their titles are passed on.
    return respond(request, TalaError(code, messages("en").get(f"error.{code}") or "", headers=headers))


def on_invalid_value(request: AnyRequest, error: ValidationError) -> Response[Any]:
    """A value that a model refused while a handler read it."""
    return respond(request, invalid(error))


def invalid(error: ValidationError, prefix: str = "") -> TalaError:
    """A model's refusal as ours, with a pointer to each member at fault; the input itself is not repeated."""
    found = [
        {"pointer": prefix + "".join(f"/{part}" for part in item["loc"]), "detail": f"{item['msg']}."}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return _several(found)


def _several(found: list[dict[str, str]]) -> TalaError:
    told = "; ".join(f"{item['pointer'].lstrip('/') or 'body'}: {item['detail']}" for item in found[:5])
    return TalaError("invalid_input", told or "Some of the input is not valid.", errors=found)


def on_unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    """A mistake of ours: logged with where it happened, told without it."""
    reference = request.scope.get("state", {}).get("request_id") or str(uuid4())
    _log.error("unexpected", request_id=reference, error=type(error).__name__, where=_where(error))
    return respond(
        request, TalaError("internal", CATALOGUE["internal"].title + ". Please try again in a minute.")
    )


def _where(error: BaseException) -> list[str]:
    """The way to an error, without its message and values: they may be somebody's words."""
    frames: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(frames) < _MOST_FRAMES:
        frames.append(type(seen).__name__)
        frames += [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(seen.__traceback__)[-8:]]
        seen = seen.__cause__ or seen.__context__
    return frames


def _pointers(extra: Any) -> list[dict[str, str]]:
    items = extra if isinstance(extra, list) else []
    found = []
    for item in items:
        if isinstance(item, dict):
            key, source = str(item.get("key", "")), str(item.get("source", "body"))
            pointer = "".join(f"/{part}" for part in key.split(".") if part)
            found.append({"pointer": pointer, "in": source, "detail": str(item.get("message", "Not valid."))})
    return found


HANDLERS: ExceptionHandlersMap = {
    TalaError: on_tala_error,
    HTTPException: on_http_error,
    ValidationError: on_invalid_value,
    Exception: on_unexpected,
}
