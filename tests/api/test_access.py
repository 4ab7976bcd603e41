"""Who is let in where: every route by every kind of visitor, written out by hand."""

import re
from typing import Any

import pytest
from tests.api.support import Bearer, Client, OpenDraft

from tala.services.actors import Role
from tala.services.filing import Filed

ANYBODY = "anybody"
STAFF = {"agent", "officer", "head", "auditor", "administrator"}
MOVERS = STAFF - {"auditor"}
TAKERS = MOVERS
HANDLERS = {"officer", "head"}
COUNTERS = STAFF - {"agent"}
AUDITORS = {"auditor", "administrator"}

# method, path, visitors whom the guard lets in; the use case behind it may still say no with another code
TABLE: list[tuple[str, str, set[str]]] = [
    ("POST", "/api/v1/intake/tickets", {ANYBODY}),
    ("POST", "/api/v1/recordings", {"ticket"} | TAKERS),
    ("GET", "/api/v1/recordings/{recording_id}", {"capability"} | STAFF),
    ("DELETE", "/api/v1/recordings/{recording_id}", {"capability"} | STAFF),
    ("GET", "/api/v1/recordings/{recording_id}/events", {"capability"} | STAFF),
    ("GET", "/api/v1/recordings/{recording_id}/transcript", {"capability"} | STAFF),
    ("GET", "/api/v1/recordings/{recording_id}/audio", {"capability"} | STAFF),
    ("POST", "/api/v1/recordings/{recording_id}/attestation", {"capability"} | STAFF),
    ("POST", "/api/v1/recordings/{recording_id}/playback", {"capability"} | STAFF),
    ("POST", "/api/v1/live/tickets", {"ticket", "capability"} | TAKERS),
    ("POST", "/api/v1/uploads", TAKERS),
    ("GET", "/api/v1/uploads/{upload_id}", TAKERS),
    ("PATCH", "/api/v1/uploads/{upload_id}", TAKERS),
    ("DELETE", "/api/v1/uploads/{upload_id}", TAKERS),
    ("POST", "/api/v1/drafts", {"ticket"} | TAKERS),
    ("GET", "/api/v1/drafts/{draft_id}", {"capability"} | STAFF),
    ("PATCH", "/api/v1/drafts/{draft_id}", {"capability"} | STAFF),
    ("DELETE", "/api/v1/drafts/{draft_id}", {"capability"} | STAFF),
    ("PATCH", "/api/v1/drafts/{draft_id}/words", {"capability"} | STAFF),
    ("POST", "/api/v1/drafts/{draft_id}/split", TAKERS),
    ("POST", "/api/v1/drafts/{draft_id}/no-complaint", TAKERS),
    ("POST", "/api/v1/drafts/{draft_id}/attach", TAKERS),
    ("POST", "/api/v1/cases", {"capability"} | STAFF),
    ("GET", "/api/v1/cases", STAFF),
    ("GET", "/api/v1/cases/{number}", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/events", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/{number}/transitions", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/{number}/messages", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/messages", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/{number}/assignment", HANDLERS),
    ("GET", "/api/v1/cases/{number}/assignees", HANDLERS),
    ("POST", "/api/v1/cases/{number}/classification", HANDLERS),
    ("PATCH", "/api/v1/cases/{number}/facts", HANDLERS),
    ("GET", "/api/v1/cases/{number}/clocks", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/clocks/{code}", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/{number}/clocks/{code}/extension", HANDLERS),
    ("GET", "/api/v1/cases/{number}/similar", MOVERS),
    ("POST", "/api/v1/cases/{number}/merge", HANDLERS),
    ("POST", "/api/v1/cases/{number}/split", HANDLERS),
    ("POST", "/api/v1/cases/{number}/links", HANDLERS),
    ("DELETE", "/api/v1/cases/{number}/links/{other}", HANDLERS),
    ("POST", "/api/v1/cases/{number}/exclusions", HANDLERS),
    ("PUT", "/api/v1/cases/{number}/legal-hold", HANDLERS),
    ("POST", "/api/v1/cases/{number}/erasure", {"head", "administrator"}),
    ("GET", "/api/v1/cases/{number}/attachments", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/{number}/attachments", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/attachments/{file_id}", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/bulk", HANDLERS),
    ("GET", "/api/v1/cases/{number}/documents/{kind}", {"receipt"} | STAFF),
    ("PUT", "/api/v1/cases/{number}/survey", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/survey", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/notices", {"receipt"}),
    ("PUT", "/api/v1/cases/{number}/notices", {"receipt"}),
    ("GET", "/api/v1/cases/{number}/copy", {"receipt"}),
    ("POST", "/api/v1/cases/{number}/rights-requests", {"receipt"} | STAFF),
    ("GET", "/api/v1/cases/{number}/rights-requests", {"receipt"} | STAFF),
    ("POST", "/api/v1/cases/{number}/rights-requests/{request_id}/decision", {"head", "administrator"}),
    ("GET", "/api/v1/rights-requests", {"head", "administrator"}),
    ("GET", "/api/v1/statistics/cases", COUNTERS),
    ("GET", "/api/v1/statistics/cases/over-time", COUNTERS),
    ("GET", "/api/v1/statistics/clocks", COUNTERS),
    ("GET", "/api/v1/statistics/outcomes", COUNTERS),
    ("GET", "/api/v1/statistics/hidden-costs", COUNTERS),
    ("GET", "/api/v1/statistics/surveys", COUNTERS),
    ("GET", "/api/v1/statistics/board", {"head", "administrator"}),
    ("GET", "/api/v1/ledger/events", AUDITORS),
    ("GET", "/api/v1/ledger/verification", AUDITORS),
    ("GET", "/api/v1/ledger/export", AUDITORS),
    ("GET", "/api/v1/access-log", AUDITORS),
    ("GET", "/api/v1/disposals", AUDITORS),
    ("GET", "/api/v1/samples", AUDITORS),
    ("POST", "/api/v1/samples", AUDITORS),
    ("GET", "/api/v1/samples/{sample_id}", AUDITORS),
    ("GET", "/api/v1/exports/cases", AUDITORS | {"head"}),
    ("GET", "/api/v1/exports/{export_id}/manifest", AUDITORS | {"head"}),
    ("GET", "/api/v1/users", {"administrator"}),
    ("POST", "/api/v1/users", {"administrator"}),
    ("PATCH", "/api/v1/users/{username}", {"administrator"}),
    ("POST", "/api/v1/users/{username}/password", {"administrator"}),
    ("DELETE", "/api/v1/users/{user_id}/second-factor", {"administrator"}),
    ("GET", "/api/v1/keys", {"administrator"}),
    ("POST", "/api/v1/keys", {"administrator"}),
    ("DELETE", "/api/v1/keys/{key_id}", {"administrator"}),
    ("GET", "/api/v1/offices", STAFF),
    ("POST", "/api/v1/offices", {"administrator"}),
    ("DELETE", "/api/v1/offices/{office_id}", {"administrator"}),
    ("GET", "/api/v1/calendar/suspensions", STAFF),
    ("POST", "/api/v1/calendar/suspensions", {"administrator"}),
    ("DELETE", "/api/v1/calendar/suspensions/{entry_id}", {"administrator"}),
    ("GET", "/api/v1/retention", STAFF),
    ("PUT", "/api/v1/retention/{kind}", {"administrator"}),
    ("GET", "/api/v1/session/devices", {"session"}),
    ("DELETE", "/api/v1/session/devices/{session_id}", {"session"}),
    ("POST", "/api/v1/session/second-factor", {"session"}),
    ("POST", "/api/v1/session/second-factor/confirmation", {"session"}),
    ("POST", "/api/v1/session/second-factor/removal", {"session"}),
    ("GET", "/metrics", {ANYBODY}),
    ("GET", "/api/v1/queues", STAFF),
    ("GET", "/api/v1/colleagues", STAFF),
    ("GET", "/api/v1/views", {"session"}),
    ("POST", "/api/v1/views", {"session"}),
    ("DELETE", "/api/v1/views/{view_id}", {"session"}),
    ("GET", "/api/v1/alerts", {"session"}),
    ("POST", "/api/v1/alerts/read", {"session"}),
    ("POST", "/api/v1/alerts/{alert_id}/read", {"session"}),
    ("POST", "/api/v1/live/tickets", {"ticket", "capability"} | TAKERS),
    ("GET", "/api/v1/reference/agencies", {ANYBODY}),
    ("GET", "/api/v1/reference/categories", {ANYBODY}),
    ("GET", "/api/v1/reference/places", {ANYBODY}),
    ("POST", "/api/v1/session", {ANYBODY}),
    ("GET", "/api/v1/session", {"session"}),
    ("DELETE", "/api/v1/session", {"session"}),
    ("POST", "/api/v1/session/password", {"session"}),
    ("GET", "/", {ANYBODY}),
    ("GET", "/track", {ANYBODY}),
    ("GET", "/privacy", {ANYBODY}),
    ("GET", "/problems", {ANYBODY}),
    ("GET", "/docs", {ANYBODY}),
    ("GET", "/openapi.json", {ANYBODY}),
    ("GET", "/language/{code}", {ANYBODY}),
    ("GET", "/manifest.webmanifest", {ANYBODY}),
    ("GET", "/sw.js", {ANYBODY}),
    ("GET", "/qr/{number}", {ANYBODY}),
    ("GET", "/static/{digest}/{name}", {ANYBODY}),
    ("GET", "/healthz", {ANYBODY}),
    ("GET", "/readyz", {ANYBODY}),
    ("GET", "/sign-in", {ANYBODY}),
    ("POST", "/sign-in", {ANYBODY}),
    ("GET", "/sign-in/password", {"session"}),
    ("POST", "/sign-in/password", {"session"}),
    ("POST", "/sign-out", {"session"}),
    ("GET", "/desk", STAFF),
    ("GET", "/desk/intake", TAKERS),
    ("GET", "/desk/intake/events", TAKERS),
    ("GET", "/desk/intake/{recording_id}", TAKERS),
    ("GET", "/desk/cases/{number}", STAFF),
    ("GET", "/desk/account", {"session"}),
    ("POST", "/desk/account/sessions/{session_id}/end", {"session"}),
    ("POST", "/desk/account/theme", {"session"}),
    ("GET", "/desk/rows", STAFF),
    ("GET", "/desk/board", {"head", "administrator"}),
    ("GET", "/desk/board/figures", {"head", "administrator"}),
    ("GET", "/desk/board/files/{figure}", {"head", "administrator"}),
    ("GET", "/desk/audit", AUDITORS),
    ("GET", "/desk/audit/ledger", AUDITORS),
    ("GET", "/desk/audit/ledger/{name}", AUDITORS),
    ("GET", "/desk/audit/access", AUDITORS),
    ("GET", "/desk/audit/exports", AUDITORS),
    ("GET", "/desk/audit/samples", AUDITORS),
    ("POST", "/desk/audit/samples", AUDITORS),
    ("GET", "/desk/audit/samples/{sample_id}", AUDITORS),
    ("POST", "/desk/audit/samples/{sample_id}/verdicts", AUDITORS),
    ("GET", "/desk/audit/accuracy", AUDITORS),
    ("POST", "/desk/bulk", MOVERS),
    ("POST", "/desk/views", {"session"}),
    ("POST", "/desk/views/{view_id}/forget", {"session"}),
    ("GET", "/desk/cases/{number}/events", STAFF),
    ("POST", "/desk/cases/{number}/steps", MOVERS),
    ("POST", "/desk/cases/{number}/do/{doing}", MOVERS),
    ("POST", "/desk/cases/{number}/files", MOVERS),
    ("GET", "/desk/intake/call", TAKERS),
    ("POST", "/desk/account/app", {"session"}),
    ("POST", "/desk/account/app/confirm", {"session"}),
    ("POST", "/desk/account/app/remove", {"session"}),
    ("GET", "/desk/cases/{number}/letters/{kind}", HANDLERS),
    ("POST", "/desk/cases/{number}/letters/{kind}", HANDLERS),
    ("POST", "/desk/cases/{number}/letters/{kind}/pdf", HANDLERS),
    ("POST", "/desk/cases/{number}/requests/{request_id}", {"head", "administrator"}),
    ("GET", "/desk/admin", {"administrator"}),
    ("GET", "/desk/admin/users", {"administrator"}),
    ("POST", "/desk/admin/users", {"administrator"}),
    ("GET", "/desk/admin/users/{username}", {"administrator"}),
    ("POST", "/desk/admin/users/{username}/change", {"administrator"}),
    ("POST", "/desk/admin/users/{username}/password", {"administrator"}),
    ("POST", "/desk/admin/users/{username}/second-factor", {"administrator"}),
    ("GET", "/desk/admin/offices", {"administrator"}),
    ("POST", "/desk/admin/offices", {"administrator"}),
    ("POST", "/desk/admin/offices/{office_id}/close", {"administrator"}),
    ("GET", "/desk/admin/keys", {"administrator"}),
    ("POST", "/desk/admin/keys", {"administrator"}),
    ("POST", "/desk/admin/keys/{key_id}/revoke", {"administrator"}),
    ("GET", "/desk/admin/calendar", {"administrator"}),
    ("POST", "/desk/admin/calendar", {"administrator"}),
    ("POST", "/desk/admin/calendar/{entry_id}/withdraw", {"administrator"}),
    ("GET", "/desk/admin/requests", {"administrator"}),
    ("GET", "/desk/admin/retention", {"administrator"}),
    ("POST", "/desk/admin/retention/{kind}", {"administrator"}),
    ("GET", "/desk/admin/lists", {"administrator"}),
    ("GET", "/desk/admin/models", {"administrator"}),
    ("GET", "/desk/admin/changes", {"administrator"}),
]
ENDLESS = {"/desk/intake/events", "/desk/cases/{number}/events"}
VISITORS = ["nobody", "ticket", "capability", "receipt", *sorted(STAFF)]


@pytest.fixture
def visitors(
    ticket: Bearer, draft: OpenDraft, filed: Filed, keys_of: dict[Role, Bearer]
) -> dict[str, dict[str, str]]:
    """What each kind of visitor sends along."""
    return {
        "nobody": {},
        "ticket": ticket.headers,
        "capability": draft.bearer.headers,
        "receipt": {"Tala-Receipt": filed.receipt_secret or ""},
        **{role.value: bearer.headers for role, bearer in keys_of.items()},
    }


async def test_every_route_by_every_visitor(
    client: Client, visitors: dict[str, dict[str, str]], filed: Filed
) -> None:
    client.follow_redirects = False
    wrong: list[str] = []
    for method, template, allowed in TABLE:
        path = template.replace("{number}", filed.ctn).replace("{code}", "en")
        path = re.sub(r"\{\w+\}", "00000000-0000-7000-8000-000000000000", path)
        for visitor in VISITORS:
            # What streams without end is asked for its head alone.
            asked = "HEAD" if template in ENDLESS else method
            answer = await client.request(asked, path, headers=visitors[visitor])
            refused = answer.status_code in (401, 403) and "problem" in answer.headers["content-type"]
            # 403 to somebody the guard lets in: the case's own rules said no.
            turned_away = refused and not (answer.status_code == 403 and visitor in allowed)
            expected = ANYBODY in allowed or visitor in allowed
            if path == "/api/v1/session" and method == "POST":
                turned_away = False  # 401 is its own answer to no credentials
            if turned_away is expected:
                wrong.append(f"{visitor}: {method} {template} answered {answer.status_code}")
    assert wrong == []


async def test_the_table_names_every_route(client: Client) -> None:
    served = set()
    for route in client.app.routes:
        for method in getattr(route, "methods", ()):
            if method not in ("OPTIONS", "HEAD") and not route.path.startswith("/openapi.json/"):
                served.add((method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)))
    assert served == {(method, path) for method, path, _ in TABLE}


async def test_a_capability_opens_its_own_draft_only(
    client: Client, ticket: Bearer, draft: OpenDraft
) -> None:
    other = (
        await client.post("/api/v1/drafts", json={"text": "Another one."}, headers=ticket.headers)
    ).json()
    opened = await client.get(f"/api/v1/drafts/{draft.id}", headers=draft.bearer.headers)
    assert opened.status_code == 200
    for id_, bearer in ((other["id"], draft.bearer), (draft.id, Bearer(other["capability"]))):
        assert (await client.get(f"/api/v1/drafts/{id_}", headers=bearer.headers)).status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer it_unknown_token",
        "Bearer cap",
        "Bearer tk_nothing_at_all",
        "Bearer é",
        "Bearer " + "x" * 500,
        "st_abcdefgh",
    ],
)
async def test_tokens_that_are_none_are_refused(client: Client, header: str) -> None:
    answer = await client.get("/api/v1/cases", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


async def test_a_receipt_opens_its_own_case_only(client: Client, filed: Filed) -> None:
    async def read(ctn: str, secret: str) -> Any:
        return await client.get(f"/api/v1/cases/{ctn}", headers={"Tala-Receipt": secret})

    assert filed.receipt_secret is not None
    mine = await read(filed.ctn, filed.receipt_secret)
    assert mine.status_code == 200
    assert mine.json()["level"] == "own"
    assert "Ana Santos" in mine.json()["narrative"]
    assert (await read(filed.ctn, "0" * 16)).status_code == 404
    assert (await read("TALA-2026-0000009-1", filed.receipt_secret)).status_code == 404


async def test_a_receipt_counts_also_where_a_session_ended(client: Client, filed: Filed) -> None:
    headers = {"Tala-Receipt": filed.receipt_secret or "", "Cookie": "tala_session=st_ended_long_ago"}
    answer = await client.get(f"/api/v1/cases/{filed.ctn}", headers=headers)
    assert (answer.status_code, answer.json()["level"]) == (200, "own")
    told = await client.post(f"/api/v1/cases/{filed.ctn}/messages", headers=headers, json={"text": "When?"})
    assert told.status_code == 201


async def test_an_auditor_sees_a_case_masked(
    client: Client, filed: Filed, keys_of: dict[Role, Bearer]
) -> None:
    seen = await client.get(f"/api/v1/cases/{filed.ctn}", headers=keys_of[Role.AUDITOR].headers)
    assert seen.status_code == 200
    assert seen.json()["level"] == "masked"
    assert "Santos" not in seen.text
    assert "5551234" not in seen.text
