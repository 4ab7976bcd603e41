"""What a monitoring system reads (Prometheus): requests by route and time, and how much waits."""

import hmac
from ipaddress import ip_address
from typing import Any

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from tala import __version__
from tala.errors import TalaError
from tala.services import measuring
from tala.web.api.schemas import problems
from tala.web.auth import address_of, context_of

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measures:
    """The measures of one process; of several each is asked by itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tala_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "tala_request_seconds",
            "How long answers took",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._waiting = Gauge("tala_waiting", "What waits, by kind", ("kind",), registry=self.registry)
        self._cases = Gauge("tala_open_cases", "Open cases by clock", ("clock",), registry=self.registry)
        version = Gauge("tala_info", "Version of the program", ("version",), registry=self.registry)
        version.labels(__version__).set(1)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of its address."""
        known = route or "none"
        self._requests.labels(method, known, str(status)).inc()
        self._seconds.labels(method, known).observe(seconds)

    def text(self, found: measuring.Waiting) -> bytes:
        """The exposition format."""
        for kind, number in found.waiting.items():
            self._waiting.labels(kind).set(number)
        for clock, number in found.open_cases.items():
            self._cases.labels(clock).set(number)
        return generate_latest(self.registry)


# The server adds the character set itself.
_EXPOSITION = CONTENT_TYPE_LATEST.partition("; charset")[0]


@get(
    "/metrics",
    operation_id="metrics",
    summary="Measures for Prometheus",
    tags=["System"],
    responses={
        200: ResponseSpec(data_container=str, media_type=_EXPOSITION, description="The exposition format."),
        **problems(401),
    },
)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To whoever holds TALA_METRICS_TOKEN; without one to this machine alone."""
    ctx = context_of(request)
    token = ctx.settings.metrics_token
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    # Behind a proxy of this machine everybody's address may look like ours.
    passed_on = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "via"))
    here = not passed_on and _is_here(address_of(request))
    allowed = hmac.compare_digest(sent.encode(), token.encode()) if token else here
    if not allowed:
        raise TalaError("unauthenticated", "Send TALA_METRICS_TOKEN as a bearer token.")
    measures: Measures = request.app.state.measures
    return Response(measures.text(await measuring.waiting(ctx)), media_type=_EXPOSITION)


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
