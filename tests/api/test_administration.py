"""People, keys, calendar, retention, records, statistics and what citizens do with their receipt."""

import hashlib
import io
import json
from typing import Any

import pyotp
import pytest
from tests.api.support import Bearer, Client
from tests.api.test_casework import Key

from tala.services import sessions
from tala.services.actors import Role
from tala.services.context import Context
from tala.services.filing import Filed


@pytest.fixture
def admin(client: Client, keys_of: dict[Role, Bearer]) -> Key:
    return Key(client, keys_of[Role.ADMINISTRATOR].headers)


@pytest.fixture
def auditor(client: Client, keys_of: dict[Role, Bearer]) -> Key:
    return Key(client, keys_of[Role.AUDITOR].headers)


@pytest.fixture
def head(client: Client, keys_of: dict[Role, Bearer]) -> Key:
    return Key(client, keys_of[Role.HEAD].headers)


@pytest.fixture
def citizen(client: Client, filed: Filed) -> Key:
    return Key(client, {"Tala-Receipt": filed.receipt_secret or ""})


async def events_of(auditor: Key, ledger: str) -> list[str]:
    found = (await auditor.get("/ledger/events", ledger=ledger)).json()["items"]
    return [event["kind"] for event in found][::-1]


async def test_people_and_keys_leave_a_ledger(client: Client, admin: Key, auditor: Key) -> None:
    added = await admin.post("/users", {"username": "lea", "role": "officer", "display_name": "Lea Go"})
    assert added.status_code == 201
    assert added.json()["one_time_password"]
    again = await admin.post("/users", {"username": "lea", "role": "officer"})
    assert again.status_code == 409
    changed = await client.patch(
        "/api/v1/users/lea",
        headers=admin.headers,
        json={"role": "head", "office": "Pasig", "email": "lea@example.ph"},
    )
    assert (changed.json()["role"], changed.json()["office"]) == ("head", "Pasig")
    for wrong in ({"role": "citizen"}, {"email": "lea"}, {"email": "a@b"}, {"username": "x"}):
        refused = await client.patch("/api/v1/users/lea", headers=admin.headers, json=wrong)
        assert refused.status_code == 422, wrong
    made = await admin.post("/keys", {"name": "reader", "role": "auditor", "scopes": ["audit"]})
    token = Bearer(made.json()["token"])
    assert (await client.get("/api/v1/access-log", headers=token.headers)).status_code == 200
    assert (await client.get("/api/v1/cases", headers=token.headers)).status_code == 403
    key = made.json()["key"]["id"]
    assert (await client.delete(f"/api/v1/keys/{key}", headers=admin.headers)).status_code == 200
    assert (await client.get("/api/v1/access-log", headers=token.headers)).status_code == 401
    kinds = await events_of(auditor, "accounts")
    assert kinds[-4:] == ["user.add", "user.change", "key.add", "key.revoke"]
    assert (await auditor.get("/ledger/verification")).json()["ok"] is True


async def test_a_second_factor(client: Client, ctx: Context, password: str, admin: Key) -> None:
    await client.post("/api/v1/session", json={"username": "cora", "password": password})
    csrf = {"X-CSRF-Token": (await client.get("/api/v1/session")).json()["csrf"]}
    own = "a long new pass phrase"
    await client.post("/api/v1/session/password", json={"old": password, "new": own}, headers=csrf)
    enrolled = await client.post("/api/v1/session/second-factor", json={"password": own}, headers=csrf)
    app = pyotp.TOTP(enrolled.json()["secret"])
    wrong = await client.post(
        "/api/v1/session/second-factor/confirmation", json={"code": "000000"}, headers=csrf
    )
    assert wrong.status_code == 401
    step = int(ctx.clock().timestamp()) // 30
    confirmed = await client.post(
        "/api/v1/session/second-factor/confirmation", json={"code": app.generate_otp(step)}, headers=csrf
    )
    codes = confirmed.json()["codes"]
    assert len(codes) == 10
    assert (await client.get("/api/v1/session")).json()["second_factor"] is True
    client.cookies.clear()

    async def sign_in(code: str) -> Any:
        client.cookies.clear()
        body = {"username": "cora", "password": own, "code": code}
        return await client.post("/api/v1/session", json=body)

    asked = await sign_in("")
    assert (asked.status_code, asked.json()["second_factor"]) == (401, True)
    assert (await sign_in(app.generate_otp(step))).status_code == 401  # shown before, so it opens no more
    assert (await sign_in(codes[0])).status_code == 201
    assert (await sign_in(codes[0])).status_code == 401
    assert (await sign_in(app.generate_otp(step + 1))).status_code == 201
    devices = (await client.get("/api/v1/session/devices")).json()["items"]
    assert [one["current"] for one in devices].count(True) == 1
    users = {one["username"]: one["id"] for one in (await admin.get("/users")).json()["items"]}
    removed = await client.delete(
        f"/api/v1/users/{users['cora']}/second-factor", headers=admin.headers, cookies={}
    )
    assert removed.status_code == 204
    assert (await sign_in("")).status_code == 201


async def test_wrong_codes_lock_like_wrong_passwords(client: Client, ctx: Context, password: str) -> None:
    for _ in range(5):
        await client.post("/api/v1/session", json={"username": "cora", "password": "wrong wrong wrong"})
    locked = await client.post("/api/v1/session", json={"username": "cora", "password": password})
    assert (locked.status_code, locked.json()["code"]) == (429, "rate_limited")


async def test_calendar_offices_and_retention(client: Client, admin: Key, auditor: Key) -> None:
    day = {"first": "2026-12-01", "last": "2026-12-01", "name": "Typhoon", "source": "Memorandum 1"}
    entered = await admin.post("/calendar/suspensions", day)
    assert entered.status_code == 201
    assert (await admin.post("/calendar/suspensions", day | {"last": "2026-11-01"})).status_code == 422
    entry = entered.json()["id"]
    gone = await client.delete(f"/api/v1/calendar/suspensions/{entry}", headers=admin.headers)
    assert gone.status_code == 204
    office = await admin.post("/offices", {"agency_code": "LTO", "name": "Pasig", "psgc": "1381200000"})
    assert office.status_code == 201
    assert (await admin.post("/offices", {"agency_code": "LTO", "name": "Pasig"})).status_code == 409
    assert (await admin.post("/offices", {"agency_code": "NOPE", "name": "Pasig"})).status_code == 422
    closed = await client.delete(f"/api/v1/offices/{office.json()['id']}", headers=admin.headers)
    assert closed.json()["closed_at"] is not None
    kept = await client.put("/api/v1/retention/recordings", headers=admin.headers, json={"days": 90})
    assert kept.json()["days"] == 90
    assert (
        await client.put("/api/v1/retention/nothing", headers=admin.headers, json={"days": 1})
    ).status_code == 404
    assert await events_of(auditor, "retention") == ["retention.change"]
    assert await events_of(auditor, "offices") == ["office.add", "office.close"]
    assert await events_of(auditor, "calendar") == ["calendar.enter", "calendar.withdraw"]


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
async def test_exports_prove_what_they_held(head: Key, auditor: Key, filed: Filed, format_: str) -> None:
    answer = await head.get("/exports/cases", format=format_, agency="LTO")
    assert answer.status_code == 200
    manifest = (await head.get(f"/exports/{answer.headers['tala-export']}/manifest")).json()
    assert manifest["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert (manifest["rows"], manifest["format"], manifest["redaction_level"]) == (1, format_, "masked")
    assert manifest["filter"] == {"agency_code": "LTO"}
    assert b"Santos" not in answer.content
    if format_ == "jsonl":
        assert json.loads(answer.content)["ctn"] == filed.ctn
    if format_ == "parquet":
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
        row = table.to_pylist()[0]
        assert (row["ctn"], row["filed_at"].utcoffset().total_seconds()) == (filed.ctn, 0)
        assert "Santos" not in row["narrative"]
    assert (await auditor.get("/exports/nothing/manifest")).status_code == 404
    assert (await head.get("/exports/cases", format="xml")).status_code == 422


async def test_statistics_leave_small_numbers_out(ctx: Context, head: Key, filed: Filed) -> None:
    counted = (await head.get("/statistics/cases", by="agency")).json()
    assert counted["counts"] == [{"value": "LTO", "count": None}]
    for path in ("/statistics/clocks", "/statistics/hidden-costs", "/statistics/cases/over-time"):
        assert (await head.get(path)).status_code == 200
    costs = (await head.get("/statistics/hidden-costs")).json()["items"]
    assert costs[0].pop("as_of")
    assert costs == [{"agency": "LTO", "cases": None, "total_php": None, "median_php": None}]
    assert (await head.get("/statistics/outcomes")).json()["reopen_rate"] is None
    assert (await head.get("/statistics/surveys")).json()["answers"] == 0
    assert (await head.get("/statistics/cases", by="name")).status_code == 422


async def test_survey_rights_and_copy_by_receipt(
    client: Client, citizen: Key, head: Key, admin: Key, filed: Filed
) -> None:
    path = f"/api/v1/cases/{filed.ctn}"

    async def put(what: str, body: Any) -> Any:
        return await client.put(f"{path}/{what}", headers=citizen.headers, json=body)

    answers = {"cc1": 1, "sqd0": 5, "sqd1": 2, "paid": True, "paid_php": 3000, "comment": "Salamat po."}
    assert (await put("survey", answers)).status_code == 409  # not decided yet
    await citizen.post(f"/cases/{filed.ctn}/transitions", {"action": "withdraw", "reason": "settled"})
    assert (await put("survey", answers)).status_code == 204
    assert (await put("survey", {"cc1": 9})).status_code == 422
    told = (await head.get(f"/cases/{filed.ctn}/survey")).json()["items"][0]
    assert (told["comment"], told["paid_php"], told["sqd2"]) == ("Salamat po.", 3000, None)
    copy = (await citizen.get(f"/cases/{filed.ctn}/copy")).json()
    assert "Ana Santos" in copy["case"]["narrative"]
    assert (await put("notices", {"email": "ana@example.ph"})).status_code == 409  # no mail server is set
    asked = await citizen.post(f"/cases/{filed.ctn}/rights-requests", {"kind": "erase", "text": "Please."})
    assert asked.status_code == 201
    assert [one["kind"] for one in (await admin.get("/rights-requests")).json()["items"]] == ["erase"]
    decided = await head.post(
        f"/cases/{filed.ctn}/rights-requests/{asked.json()['id']}/decision",
        {"granted": True, "answer": "Done as you asked."},
    )
    assert decided.json()["state"] == "granted"
    assert (await citizen.get(f"/cases/{filed.ctn}")).status_code == 404  # the receipt went with it
    gone = await head.get(f"/cases/{filed.ctn}")
    assert gone.json()["erased_at"] is not None
    disposed = (await admin.get("/disposals")).json()["items"]
    assert "case" in {one["kind"] for one in disposed}


async def test_metrics_name_routes_and_nobody(client: Client, filed: Filed, admin: Key) -> None:
    await admin.get(f"/cases/{filed.ctn}")
    told = (await client.get("/metrics")).text
    assert 'tala_requests_total{method="GET",route="/api/v1/cases/{number}",status="200"}' in told
    assert 'tala_open_cases{clock="running"} 1.0' in told
    assert filed.ctn not in told
    passed_on = await client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert passed_on.status_code == 401


async def test_an_unknown_user_and_a_wrong_password_sound_alike(ctx: Context) -> None:
    from tala.errors import TalaError

    with pytest.raises(TalaError, match="unauthenticated"):
        await sessions.sign_in(ctx, "nobody", "x", code="123456")
