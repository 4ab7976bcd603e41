"""What every answer carries: headers, limits, and a log that names nobody."""

import json

import pytest
import structlog
from structlog.testing import capture_logs
from tests.api.support import COMPLAINT, NO_LIMIT, Bearer, Client, OpenDraft, started

from tala.settings import Settings
from tala.web.app import create_app
from tala.web.transport import RateLimit

PATHS = ["/", "/track", "/desk", "/docs", "/openapi.json", "/healthz", "/api/v1/nothing", "/api/v1/cases"]


@pytest.mark.parametrize("path", PATHS)
async def test_security_headers_are_on_every_answer(client: Client, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"


async def test_static_files_are_kept_by_browsers_for_good(client: Client) -> None:
    page = (await client.get("/")).text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = await client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    stale = await client.get(address.replace(address.split("/")[2], "000000000000"))
    assert "immutable" not in stale.headers["cache-control"]


async def test_strict_transport_is_asked_for_only_behind_https(settings: Settings) -> None:
    for url, expected in (("http://tala.example", False), ("https://tala.example", True)):
        app = create_app(settings.model_copy(update={"public_url": url}), rate_limit=NO_LIMIT)
        async with started(app) as client:
            assert ("strict-transport-security" in (await client.get("/")).headers) is expected


async def test_too_many_requests_from_one_address_are_told_when_to_come_back(settings: Settings) -> None:
    app = create_app(settings, rate_limit=RateLimit(per_second=0.5, burst=3))
    async with started(app) as client:
        statuses = [(await client.get("/healthz")).status_code for _ in range(4)]
        refused = await client.get("/healthz")
    assert statuses == [200, 200, 200, 429]
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["code"] == "rate_limited"
    assert "default-src" in refused.headers["content-security-policy"]


def test_a_bucket_fills_again_and_forgets_addresses() -> None:
    limit = RateLimit(per_second=2.0, burst=4, remembered=2)
    assert [limit.wait_seconds("a", 0.0) for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert limit.wait_seconds("a", 0.5) == 0
    assert limit.wait_seconds("a", 0.5) == 0.5
    assert limit.wait_seconds("b", 0.5, cost=4) == 0
    limit.wait_seconds("c", 0.5)
    assert limit.wait_seconds("a", 0.5, cost=4) == 0  # remembered no more


async def test_guessing_a_receipt_is_dear(settings: Settings) -> None:
    app = create_app(settings, rate_limit=RateLimit(per_second=0.1, burst=30))
    async with started(app) as client:
        statuses = []
        for guess in range(5):
            answer = await client.get(
                "/api/v1/cases/TALA-2026-0000001-2", headers={"Tala-Receipt": f"{guess:016d}"}
            )
            statuses.append(answer.status_code)
    assert statuses == [404, 404, 404, 429, 429]


async def test_the_log_names_routes_and_nobody(client: Client, ticket: Bearer, draft: OpenDraft) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        await client.get(f"/api/v1/drafts/{draft.id}?who=Ana+Santos", headers=draft.bearer.headers)
        await client.post("/api/v1/drafts", json={"text": COMPLAINT}, headers=ticket.headers)
        await client.get("/api/v1/reference/places?q=Quezon")
    told = json.dumps(lines, default=str)
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["route"] for line in requests] == [
        "/api/v1/drafts/{draft_id}",
        "/api/v1/drafts",
        "/api/v1/reference/places",
    ]
    assert [line["status"] for line in requests] == [200, 201, 200]
    for secret in ("Ana", "Santos", "0917", "Quezon", "127.0.0.1", ticket.token, draft.bearer.token):
        assert secret not in told


async def test_an_unexpected_failure_tells_its_reference_and_keeps_its_words(
    client: Client, ticket: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Ana Santos, 0917 555 1234")

    monkeypatch.setattr("tala.services.drafts.draft_from_text", broken)
    structlog.reset_defaults()
    with capture_logs() as lines:
        answer = await client.post("/api/v1/drafts", json={"text": "x"}, headers=ticket.headers)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "Ana" not in answer.text
    logged = next(line for line in lines if line["event"] == "unexpected")
    assert answer.json()["instance"] == f"urn:uuid:{logged['request_id']}"
    assert "RuntimeError" in logged["where"]
    assert "Ana" not in json.dumps(lines, default=str)
