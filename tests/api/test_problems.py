"""Refusals: problem details for programs, the same sentence as a page, nothing of ours or theirs leaked."""

import pytest
from tests.api.support import Bearer, Client, OpenDraft, started

from tala.settings import Settings
from tala.web.app import create_app
from tala.web.i18n import messages
from tala.web.transport import RateLimit

HTML = {"Accept": "text/html"}


async def problem(answer: object) -> dict[str, object]:
    assert answer.headers["content-type"].startswith("application/problem+json")  # type: ignore[attr-defined]
    body: dict[str, object] = answer.json()  # type: ignore[attr-defined]
    assert {"type", "title", "status", "detail", "code", "instance"} <= set(body)
    assert body["status"] == answer.status_code  # type: ignore[attr-defined]
    assert body["type"] == f"/problems#{body['code']}"
    return body


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/nothing", "not_found"),
        ("GET", "/nothing", "not_found"),
        ("DELETE", "/api/v1/intake/tickets", "method_not_allowed"),
        ("GET", "/api/v1/recordings/x", "unauthenticated"),
        ("POST", "/api/v1/recordings", "unauthenticated"),
        ("GET", "/api/v1/cases", "unauthenticated"),
        ("GET", "/static/x/none.css", "not_found"),
        ("GET", "/qr/TALA-2026-0000001-9", "not_found"),
    ],
)
async def test_refusals_are_problem_details(client: Client, method: str, path: str, code: str) -> None:
    assert (await problem(await client.request(method, path)))["code"] == code


async def test_a_wrong_method_names_the_right_ones(client: Client) -> None:
    answer = await client.delete("/api/v1/intake/tickets")
    assert "POST" in answer.headers["allow"]


async def test_a_refusal_without_a_token_says_how_to_send_one(client: Client) -> None:
    answer = await client.get("/api/v1/drafts/x")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_members_at_fault_are_pointed_at_and_not_repeated(client: Client, ticket: Bearer) -> None:
    answer = await client.post("/api/v1/drafts", json={"txt": "SECRET-INPUT"}, headers=ticket.headers)
    body = await problem(answer)
    assert body["code"] == "invalid_input"
    assert {error["pointer"] for error in body["errors"]} == {"/text", "/txt"}  # type: ignore[attr-defined]
    assert "SECRET-INPUT" not in answer.text


async def test_a_body_that_is_no_json_is_refused(client: Client, ticket: Bearer) -> None:
    assert (await problem(await client.post("/api/v1/drafts", content=b"{", headers=ticket.headers)))[
        "code"
    ] == "bad_request"


async def test_a_body_that_is_too_large_is_refused(client: Client, ticket: Bearer) -> None:
    answer = await client.post("/api/v1/drafts", json={"text": "x" * 300_000}, headers=ticket.headers)
    assert (await problem(answer))["code"] == "payload_too_large"


async def test_a_query_that_is_wrong_is_pointed_at(client: Client) -> None:
    body = await problem(await client.get("/api/v1/reference/places?q=a"))
    assert body["errors"][0]["pointer"] == "/q"  # type: ignore[index]


async def test_people_get_a_page_with_the_same_sentence(client: Client) -> None:
    told = (await client.get("/nothing")).json()["detail"]
    shown = await client.get("/nothing", headers=HTML)
    assert shown.status_code == 404
    assert shown.headers["content-type"].startswith("text/html")
    assert told in shown.text


async def test_a_page_for_staff_sends_strangers_to_the_sign_in(client: Client) -> None:
    answer = await client.get("/desk/cases/TALA-1", headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fdesk%2Fcases%2FTALA-1"


async def test_refusals_speak_filipino_when_asked(client: Client) -> None:
    english = (await client.get("/api/v1/nothing")).json()
    filipino = (await client.get("/api/v1/nothing", headers={"Accept-Language": "fil-PH,en;q=0.5"})).json()
    assert filipino["code"] == english["code"]
    assert filipino["detail"] != english["detail"]
    assert filipino["detail"].startswith("Walang laman")


async def test_every_code_is_explained_where_its_type_leads(client: Client) -> None:
    from tala.errors import CATALOGUE

    shown = (await client.get("/problems", headers=HTML)).text
    assert [code for code in CATALOGUE if f'id="{code}"' not in shown] == []


async def test_a_page_is_answered_in_its_own_language(client: Client, draft: OpenDraft) -> None:
    """Whatever was chosen since in another tab, which the cookie tells."""
    headers = {**draft.bearer.headers, "If-Match": draft.etag, "Accept-Language": "fil"}
    patch = {"facts": {"phones": [{"value": "12345"}], "emails": [{"value": "x"}]}}
    answer = await client.patch(
        f"/api/v1/drafts/{draft.id}", json=patch, headers=headers, cookies={"tala_language": "en"}
    )
    body = await problem(answer)
    fil = messages("fil")
    assert answer.status_code == 422
    assert body["detail"] == f"{fil('invalid.phone')} {fil('invalid.email')}"
    assert body["errors"] == [
        {"pointer": "/facts/phones/0/value", "code": "phone", "detail": fil("invalid.phone")},
        {"pointer": "/facts/emails/0/value", "code": "email", "detail": fil("invalid.email")},
    ]


async def test_failures_and_limits_are_told_in_filipino_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("tala.services.intake.open_ticket", broken)
    app = create_app(settings, rate_limit=RateLimit(per_second=0.01, burst=1))
    async with started(app) as client:
        headers = {"Accept-Language": "fil-PH"}
        failed = await problem(await client.post("/api/v1/intake/tickets", headers=headers))
        limited = (await client.post("/api/v1/intake/tickets", headers=headers)).json()
    fil = messages("fil")
    assert (failed["status"], failed["detail"]) == (500, fil("error.internal"))
    assert limited["title"] == fil("error_title.rate_limited")
    assert limited["detail"].startswith("Napakaraming kahilingan")
