"""Behind a reverse proxy the visitor's own address counts, and nobody else's word for it."""

from typing import Any

import httpx
import pytest
from litestar import Litestar
from pydantic import ValidationError
from sqlalchemy import select
from tests.api.support import NO_LIMIT, started

from tala.settings import Settings
from tala.store.tables import IntakeTicket
from tala.web.app import create_app
from tala.web.proxies import restore
from tala.web.transport import RateLimit

PROXY = "10.0.0.7"
TRUSTED = "10.0.0.0/8, 2001:db8::7"


def behind(settings: Settings, trusted: str = TRUSTED, limit: RateLimit = NO_LIMIT) -> Litestar:
    return create_app(settings.model_copy(update={"trusted_proxies": trusted}), rate_limit=limit)


def caller(app: Litestar, peer: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(peer, 4000))
    return httpx.AsyncClient(transport=transport, base_url="http://tala.test")


def seen(peer: str, *forwarded: str, trusted: str = TRUSTED, proto: str = "") -> tuple[str, str]:
    """Address and scheme after a request from this peer with these headers."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    if proto:
        headers.append((b"x-forwarded-proto", proto.encode()))
    scope: dict[str, Any] = {"client": (peer, 1), "scheme": "http", "headers": headers}
    restore(scope, Settings(trusted_proxies=trusted).proxy_networks)
    return scope["client"][0], scope["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PROXY, ["203.0.113.9"], "203.0.113.9"),
        (PROXY, ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),  # the first was written by the visitor
        (PROXY, ["198.51.100.1", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        (PROXY, ["203.0.113.9:5123"], "203.0.113.9"),
        (PROXY, ["[2001:db8:1::9]:5123"], "2001:db8:1::9"),
        ("2001:db8::7", ["203.0.113.9"], "203.0.113.9"),
        (f"::ffff:{PROXY}", ["203.0.113.9"], "203.0.113.9"),
        (PROXY, ["10.2.2.2"], "10.2.2.2"),
        (PROXY, ["203.0.113.9, unknown"], PROXY),
        (PROXY, ["203.0.113.9, unknown, 10.1.1.1"], "10.1.1.1"),
        (PROXY, [""], PROXY),
        (PROXY, [], PROXY),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
    ],
)
def test_the_last_address_that_is_no_proxy_is_the_visitor(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert seen(peer, *forwarded)[0] == address


def test_the_scheme_is_believed_only_of_a_proxy() -> None:
    assert seen(PROXY, proto="https")[1] == "https"
    assert seen(PROXY, proto="https, http")[1] == "http"
    assert seen("203.0.113.5", proto="https")[1] == "http"
    assert seen(PROXY, proto="https", trusted="")[1] == "http"


def test_a_setting_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies="10.0.0.0/8, proxy.example")


async def test_visitors_behind_a_proxy_have_a_limit_each(settings: Settings) -> None:
    app = behind(settings, limit=RateLimit(per_second=0.01, burst=2))
    async with started(app), caller(app, PROXY) as client:
        statuses = [
            (await client.get("/healthz", headers={"X-Forwarded-For": address})).status_code
            for address in ("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2")
        ]
    assert statuses == [200, 200, 429, 200]


async def test_nobody_escapes_the_limit_with_a_header_of_their_own(settings: Settings) -> None:
    app = behind(settings, limit=RateLimit(per_second=0.01, burst=2))
    async with started(app), caller(app, "203.0.113.5") as client:
        statuses = [
            (await client.get("/healthz", headers={"X-Forwarded-For": f"198.51.100.{n}"})).status_code
            for n in range(4)
        ]
    assert statuses == [200, 200, 429, 429]


async def test_a_ticket_belongs_to_the_visitor_not_to_the_proxy(settings: Settings) -> None:
    app = behind(settings)
    async with started(app), caller(app, PROXY) as client:
        owner, other = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.2"}
        await client.post("/api/v1/intake/tickets", headers=owner)
        ctx = app.state.context
        async with ctx.database.read() as session:
            row = (await session.execute(select(IntakeTicket))).scalars().one()
        assert row.ip_hash == ctx.hash_address(owner["X-Forwarded-For"])
        assert row.ip_hash not in (ctx.hash_address(PROXY), ctx.hash_address(other["X-Forwarded-For"]))


@pytest.mark.parametrize(("peer", "secure"), [(PROXY, True), ("203.0.113.5", False)])
async def test_cookies_are_secure_where_a_trusted_proxy_speaks_tls(
    settings: Settings, peer: str, secure: bool
) -> None:
    app = behind(settings)
    async with started(app), caller(app, peer) as client:
        answer = await client.get("/language/fil", headers={"X-Forwarded-Proto": "https"})
    assert ("secure" in answer.headers["set-cookie"].lower()) is secure
    assert ("strict-transport-security" in answer.headers) is secure
