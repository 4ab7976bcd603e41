"""Work on a case through the interface: versions, repeats, queues, views, bulk, files, need to know."""

import asyncio
from typing import Any

import pytest
from tests.api.support import Bearer, Client

from tala.services import accounts, apikeys
from tala.services.actors import Role, operator
from tala.services.context import Context
from tala.services.filing import Filed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Key:
    """A client that acts with one key."""

    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def get(self, path: str, **params: Any) -> Any:
        return await self.client.get(f"/api/v1{path}", headers=self.headers, params=params)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(f"/api/v1{path}", headers=self.headers | sent, json=body)


@pytest.fixture
def officer(client: Client, keys_of: dict[Role, Bearer]) -> Key:
    return Key(client, keys_of[Role.OFFICER].headers)


@pytest.fixture
def head(client: Client, keys_of: dict[Role, Bearer]) -> Key:
    return Key(client, keys_of[Role.HEAD].headers)


@pytest.fixture
def citizen(client: Client, filed: Filed) -> Key:
    return Key(client, {"Tala-Receipt": filed.receipt_secret or ""})


async def test_staff_must_say_which_version_they_read(officer: Key, filed: Filed) -> None:
    step = {"action": "begin_evaluation"}
    blind = await officer.post(f"/cases/{filed.ctn}/transitions", step)
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    stale = await officer.post(f"/cases/{filed.ctn}/transitions", step, If_Match='"7"')
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    tag = (await officer.get(f"/cases/{filed.ctn}")).headers["etag"]
    moved = await officer.post(f"/cases/{filed.ctn}/transitions", step, If_Match=tag)
    assert (moved.status_code, moved.headers["etag"]) == (200, '"2"')


async def test_two_officers_at_once_make_one_change(officer: Key, head: Key, filed: Filed) -> None:
    answers = await asyncio.gather(
        officer.post(f"/cases/{filed.ctn}/transitions", {"action": "begin_evaluation"}, If_Match='"1"'),
        head.post(
            f"/cases/{filed.ctn}/transitions", {"action": "withdraw", "reason": "other"}, If_Match='"1"'
        ),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    events = (await officer.get(f"/cases/{filed.ctn}/events")).json()["items"]
    assert len(events) == 2


async def test_a_repeated_write_is_done_once(officer: Key, citizen: Key, filed: Filed) -> None:
    for who, body in ((citizen, {"text": "When?"}), (officer, {"text": "Called.", "to": "inside"})):
        first = await who.post(f"/cases/{filed.ctn}/messages", body, Idempotency_Key="k1")
        again = await who.post(f"/cases/{filed.ctn}/messages", body, Idempotency_Key="k1")
        other = await who.post(f"/cases/{filed.ctn}/messages", {"text": "Else"}, Idempotency_Key="k1")
        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
        assert first.json()["id"] == again.json()["id"]
        assert other.json()["code"] == "idempotency_mismatch"
    assert len((await officer.get(f"/cases/{filed.ctn}/messages")).json()["items"]) == 2
    assert [one["body"] for one in (await citizen.get(f"/cases/{filed.ctn}/messages")).json()["items"]] == [
        "When?"
    ]
    step = {"action": "withdraw", "reason": "settled"}
    for _ in range(2):
        moved = await citizen.post(f"/cases/{filed.ctn}/transitions", step, Idempotency_Key="k2")
        assert (moved.status_code, moved.json()["state"]) == (200, "withdrawn")


async def test_queues_and_filters(officer: Key, head: Key, filed: Filed) -> None:
    def counts(answer: Any) -> dict[str, int]:
        return {row["queue"]: row["count"] for row in answer.json()["items"]}

    before = counts(await officer.get("/queues"))
    assert (before["new"], before["unassigned"], before["mine"]) == (1, 1, 0)
    taken = await officer.post(f"/cases/{filed.ctn}/assignment", {"user_id": "me"}, If_Match='"1"')
    assert taken.status_code == 422  # a key is no member of staff
    listed = await officer.get("/cases", queue="new", fields="state,agency_code", sort="next_due_at")
    assert listed.json() == {
        "items": [{"ctn": filed.ctn, "state": "submitted", "agency_code": "LTO"}],
        "next": None,
    }
    assert (await officer.get("/cases", text="fixer")).json()["items"][0]["ctn"] == filed.ctn
    assert (await officer.get("/cases", text="fixer", agency="BIR")).json()["items"] == []
    assert (await officer.get("/cases", queue="new", state="closed")).json()["items"] == []
    for wrong in (
        {"state": "lost"},
        {"clock": "late"},
        {"urgency": "x"},
        {"category": "x"},
        {"fields": "secret"},
        {"sort": "name"},
        {"queue": "x"},
        {"text": "?"},
        {"text": "fixer", "sort": "filed_at"},
        {"psgc": "x"},
        {"filed_to": "9999-12-31"},
    ):
        assert (await officer.get("/cases", **wrong)).status_code == 422, wrong


async def test_every_order_gives_every_case_once(
    client: Client, officer: Key, filed: Filed, ctx: Context
) -> None:
    from tala.services import demo

    await demo.make_cases(ctx, 6, seed=3)
    everything = {row["ctn"] for row in (await officer.get("/cases")).json()["items"]}
    for sort in ("-filed_at", "filed_at", "-updated_at"):
        seen, cursor = [], None
        while True:
            page = (
                await officer.get("/cases", sort=sort, limit=2, **({"cursor": cursor} if cursor else {}))
            ).json()
            seen += [row["ctn"] for row in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen))
        assert set(seen) == everything
    first = (await officer.get("/cases", limit=1)).json()["next"]
    assert (await officer.get("/cases", sort="filed_at", cursor=first)).status_code == 400


async def test_files_of_a_case(client: Client, officer: Key, citizen: Key, filed: Filed) -> None:
    path = f"/api/v1/cases/{filed.ctn}/attachments"
    form = {"data": {"kind": "evidence"}, "files": {"file": ("resibo ñ.png", PNG, "image/png")}}
    added = await client.post(path, headers=citizen.headers, **form)
    assert (added.status_code, added.json()["filename"]) == (201, "resibo ñ.png")
    assert [row["id"] for row in (await officer.get(f"/cases/{filed.ctn}/attachments")).json()["items"]] == [
        added.json()["id"]
    ]
    read = await officer.get(f"/cases/{filed.ctn}/attachments/{added.json()['id']}")
    assert (read.content, read.headers["content-type"]) == (PNG, "image/png")
    assert read.headers["content-disposition"].startswith("attachment;")
    for name, content, kind, status in (
        ("a.png", b"not a picture", "image/png", 422),
        ("a.exe", b"MZ", "application/x-msdownload", 422),
        ("a.txt", b"", "text/plain", 422),
    ):
        refused = await client.post(path, headers=citizen.headers, files={"file": (name, content, kind)})
        assert refused.status_code == status, name


async def test_clocks_links_splits_and_bulk(officer: Key, head: Key, citizen: Key, filed: Filed) -> None:
    ctn = filed.ctn
    clocks = (await citizen.get(f"/cases/{ctn}/clocks")).json()["items"]
    assert [clock["code"] for clock in clocks] == ["ra6713_reply"]
    days = (await citizen.get(f"/cases/{ctn}/clocks/ra6713_reply")).json()["items"]
    assert days[-1]["number"] == 15
    assert all(day["law"] for day in days)
    classed = await officer.post(
        f"/cases/{ctn}/classification", {"transaction_class": "simple"}, If_Match='"1"'
    )
    assert classed.status_code == 200
    longer = await head.post(
        f"/cases/{ctn}/clocks/ra11032_simple/extension", {"reason": "Papers are elsewhere."}, If_Match='"2"'
    )
    assert [c["extended"] for c in longer.json()["clocks"] if c["code"] == "ra11032_simple"] == [True]
    split = await officer.post(f"/cases/{ctn}/split", {"agencies": ["BIR", "SSS"]}, If_Match='"3"')
    made = [one["ctn"] for one in split.json()["items"]]
    assert (split.status_code, len(made)) == (201, 2)
    assert (
        await officer.post(f"/cases/{ctn}/split", {"agencies": ["XX"]}, If_Match='"5"')
    ).status_code == 422
    # The citizen's receipt opens what was split from their complaint, and names it.
    own = (await citizen.get(f"/cases/{ctn}")).json()
    assert {link["ctn"] for link in own["links"]} == set(made)
    assert (await citizen.get(f"/cases/{made[0]}")).status_code == 200
    linked = await officer.post(f"/cases/{made[0]}/links", {"other": made[1]}, If_Match='"1"')
    assert {link["kind"] for link in linked.json()["links"]} == {"split", "related"}
    away = await officer.client.delete(
        f"/api/v1/cases/{made[0]}/links/{made[1]}", headers=officer.headers | {"If-Match": '"2"'}
    )
    assert {link["kind"] for link in away.json()["links"]} == {"split"}
    done = await officer.post(
        "/cases/bulk",
        {
            "action": "begin_evaluation",
            "items": [{"ctn": ctn}, {"ctn": made[0], "version": 99}, {"ctn": "TALA-2026-0000009-1"}],
        },
    )
    assert [(one["status"], one["code"]) for one in done.json()["items"]] == [
        ("done", None),
        ("refused", "version_mismatch"),
        ("refused", "not_found"),
    ]
    merged = await officer.post(f"/cases/{made[1]}/merge", {"into": ctn}, If_Match='"3"')
    assert merged.json()["merged_into"] == ctn
    alike = (await officer.get(f"/cases/{ctn}/similar")).json()["items"]
    assert isinstance(alike, list)


async def test_views_and_alerts_belong_to_people(client: Client, ctx: Context, password: str) -> None:
    await client.post("/sign-in", data={"username": "cora", "password": password})
    csrf = (await client.get("/api/v1/session")).json()["csrf"]
    strong = "a long new pass phrase"
    headers = {"X-CSRF-Token": csrf}
    await client.post("/api/v1/session/password", json={"old": password, "new": strong}, headers=headers)
    view = {"name": "Mine in Pasig", "query": {"state": ["submitted"]}, "shared": True}
    saved = await client.post("/api/v1/views", json=view, headers=headers)
    assert saved.status_code == 201, saved.text
    assert [one["name"] for one in (await client.get("/api/v1/views")).json()["items"]] == ["Mine in Pasig"]
    assert (await client.get("/api/v1/alerts")).json() == {"items": [], "unread": 0}
    assert (await client.post("/api/v1/alerts/read", headers=headers)).status_code == 204
    gone = await client.delete(f"/api/v1/views/{saved.json()['id']}", headers=headers)
    assert gone.status_code == 204
    assert (await client.delete("/api/v1/views/x", headers=headers)).status_code == 404


async def test_a_key_limited_to_reading_writes_nothing(client: Client, ctx: Context, filed: Filed) -> None:
    made = await apikeys.add_key(ctx, "reader", Role.OFFICER, actor=operator("tests"), scopes=("cases:read",))
    reader = Key(client, Bearer(made.token).headers)
    assert (await reader.get(f"/cases/{filed.ctn}")).status_code == 200
    step = await reader.post(
        f"/cases/{filed.ctn}/transitions", {"action": "begin_evaluation"}, If_Match='"1"'
    )
    assert (step.status_code, step.json()["code"]) == (403, "forbidden")
    assert (
        await client.post("/api/v1/drafts", json={"text": "x"}, headers=reader.headers)
    ).status_code == 403


async def test_the_office_complained_of_and_the_named_see_nothing(
    client: Client, ctx: Context, filed: Filed
) -> None:
    """Keys of the agency complained of, on every route of the case: not even that it exists."""
    for role in (Role.OFFICER, Role.HEAD, Role.AUDITOR):
        made = await apikeys.add_key(ctx, "lto", role, actor=operator("tests"), agency_code="LTO")
        there = Key(client, Bearer(made.token).headers)
        for path in (
            "", "/events", "/messages", "/clocks", "/clocks/ra6713_reply", "/attachments", "/similar",
            "/assignees",
        ):  # fmt: skip
            answer = await there.get(f"/cases/{filed.ctn}{path}")
            assert answer.status_code in (403, 404), (role, path)
        assert filed.ctn not in (await there.get("/cases")).text
        assert filed.ctn not in (await there.get("/cases", text="fixer")).text
        assert sum(row["count"] for row in (await there.get("/queues")).json()["items"]) == 0


async def test_a_new_assignee_and_a_message_raise_alerts(
    client: Client, ctx: Context, filed: Filed, password: str
) -> None:
    from tala.cases.people import Actor
    from tala.services import alerts, casework, messages
    from tala.services.actors import Caller

    added = await accounts.add_user(ctx, "ana", Role.OFFICER, actor=operator("tests"), display_name="Ana Go")
    head = Actor("staff", "head", "someone", None)
    await casework.assign(ctx, filed.ctn, added.user.id, head)
    await messages.message_from_citizen(
        ctx, filed.ctn, "New papers.", Actor("citizen", "citizen"), receipt=filed.receipt_secret or ""
    )
    ana = Caller("staff", Role.OFFICER, added.user.id)
    found = await alerts.list_alerts(ctx, ana)
    assert [(one.kind, one.ctn) for one in found.items] == [
        ("message", filed.ctn),
        ("assigned", filed.ctn),
    ]
    await alerts.mark_read(ctx, ana, found.items[0].id)
    assert (await alerts.list_alerts(ctx, ana, unread_only=True)).unread == 1
