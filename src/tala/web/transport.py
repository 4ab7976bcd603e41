"""What every answer carries, whatever the route: request id, security headers, rate limit, one log line.

Plain ASGI, outside the framework, so that errors and streams pass through it too.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import msgspec
import structlog
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tala.web import head, i18n
from tala.web import proxies as forwarded
from tala.web.denial import denying
from tala.web.proxies import Networks

_Scope = MutableMapping[str, Any]
_log = structlog.get_logger("tala.access")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
SECURITY_HEADERS: dict[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    # not no-referrer: browsers then send `Origin: null` with forms, and the origin check would refuse them
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
_GUESS_COST = 10.0
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


@dataclass
class RateLimit:
    """A bucket an address: `burst` requests at once, `per_second` in the long run.

    Addresses are kept as keyed hashes that live and die with the process.
    """

    per_second: float = 20.0
    burst: int = 120
    remembered: int = 50_000
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _buckets: OrderedDict[bytes, tuple[float, float]] = field(default_factory=OrderedDict)

    def digest(self, address: str) -> bytes:
        """A name for an address that cannot be turned back."""
        return hashlib.blake2b(address.encode(), key=self._salt, digest_size=12).digest()

    def wait_seconds(self, address: str, now: float, cost: float = 1.0) -> float:
        """Take `cost` from the bucket: 0 when there was enough, else seconds until there is."""
        key = self.digest(address)
        level, at = self._buckets.pop(key, (float(self.burst), now))
        level = min(float(self.burst), level + (now - at) * self.per_second)
        enough = level >= cost
        self._buckets[key] = (level - cost if enough else level, now)
        while len(self._buckets) > self.remembered:
            self._buckets.popitem(last=False)
        return 0.0 if enough else (cost - level) / self.per_second


class Transport:
    """ASGI wrapper around the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        secure: bool,
        rate_limit: RateLimit,
        proxies: Networks = (),
        measured: Callable[[str, str, int, float], None] | None = None,
    ) -> None:
        self.app = app
        self.rate_limit = rate_limit
        self.secure = secure
        self.proxies = proxies
        self.measured = measured
        self._headers = [(k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = str(scope["type"])
        if kind not in ("http", "websocket"):  # the servers' own "lifespan" among them
            await self.app(scope, receive, send)
            return
        forwarded.restore(cast(_Scope, scope), self.proxies)
        secure = self.secure or scope["scheme"] in ("https", "wss")
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._decorate(cast(_Scope, message), request_id, secure=secure)
            await send(message)

        try:
            if kind == "websocket":
                await self._socket(scope, receive, denying(scope, send, request_id))
            elif wait := self._refused(cast(_Scope, scope)):
                await _too_many(scope, send_with_headers, wait)
            elif scope.get("method") == "HEAD":
                await head.answer(self.app, scope, receive, send_with_headers)
            else:
                await self.app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            if self.measured is not None:
                method, route = str(scope.get("method", "WEBSOCKET")), str(scope.get("path_template", ""))
                self.measured(method, route, status, seconds)
            # The template of the route, never the address itself: ids and queries may say who somebody is.
            _log.info(
                "request",
                request_id=request_id,
                method=scope.get("method", "WEBSOCKET"),
                route=scope.get("path_template", ""),
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._refused(cast(_Scope, scope)):
            refusal = {"type": "websocket.close", "code": 4429, "reason": "Too many requests."}
            await send(cast(Message, refusal))
        else:
            await self.app(scope, receive, send)

    def _refused(self, scope: _Scope) -> float:
        if scope["path"].startswith("/static/"):
            return 0.0
        client = scope.get("client")
        return self.rate_limit.wait_seconds(client[0] if client else "", time.monotonic(), _cost(scope))

    def _decorate(self, message: _Scope, request_id: str, *, secure: bool) -> None:
        present = {name.lower() for name, _ in message["headers"]}
        headers = list(message["headers"])
        headers += [(k, v) for k, v in self._headers if k not in present]
        if secure and b"strict-transport-security" not in present:
            headers.append((b"strict-transport-security", STRICT_TRANSPORT.encode()))
        if b"cache-control" not in present:
            headers.append((b"cache-control", b"no-store"))
        headers.append((b"x-request-id", request_id.encode()))
        message["headers"] = headers


def _cost(scope: _Scope) -> float:
    """Guessing a secret is made dear: passwords, and receipts that open a case."""
    path = scope["path"]
    if scope.get("method") == "POST" and path in ("/sign-in", "/api/v1/session"):
        return _GUESS_COST
    if path.startswith("/api/v1/cases/") and any(name == b"tala-receipt" for name, _ in scope["headers"]):
        return _GUESS_COST
    return 1.0


async def _too_many(scope: Scope, send: Send, wait: float) -> None:
    seconds = str(int(wait) + 1)
    t = i18n.messages(i18n.language_of(ASGIConnection(scope)))
    body = msgspec.json.encode(
        {
            "type": "/problems#rate_limited",
            "title": t("error_title.rate_limited"),
            "status": 429,
            "code": "rate_limited",
            "detail": t("error.too_many", seconds=seconds),
            "retryable": True,
        }
    )
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", seconds.encode())]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    shown = b"" if scope.get("method") == "HEAD" else body
    await send({"type": "http.response.body", "body": shown, "more_body": False})
