"""The whole way over the interface, with the real models: recording, draft, case, history."""

import json

import pytest
from tests.api.support import COMPLAINT, SAMPLES, Bearer, Client, OpenDraft

from tala.services.actors import Role
from tala.services.context import Context
from tala.services.processing import process_recording
from tala.settings import Settings

SPOKEN = SAMPLES / "en-lto-fixer.mp3"


async def upload(client: Client, ticket: Bearer, name: str) -> dict[str, str]:
    answer = await client.post(
        "/api/v1/recordings",
        headers=ticket.headers,
        data={"consent": "self"},
        files={"file": (name, (SAMPLES / name).read_bytes(), "audio/mpeg")},
    )
    assert answer.status_code == 202, answer.text
    found: dict[str, str] = answer.json()
    return found


@pytest.mark.model
@pytest.mark.timeout(300)
class TestSpoken:
    @pytest.fixture(params=["sqlite", "postgres"])
    def app_settings(self, request: pytest.FixtureRequest) -> Settings:
        found: Settings = request.getfixturevalue(f"{request.param}_settings")
        return found

    async def test_a_recording_becomes_a_case(
        self, client: Client, ctx: Context, ticket: Bearer, keys_of: dict[Role, Bearer]
    ) -> None:
        accepted = await upload(client, ticket, SPOKEN.name)
        mine = Bearer(accepted["capability"]).headers
        url = accepted["status_url"]
        early = await client.get(accepted["transcript_url"], headers=mine)
        assert (early.status_code, early.json()["code"]) == (409, "draft_not_ready")

        await process_recording(ctx, accepted["id"])

        stream = (await client.get(accepted["events_url"], headers=mine)).text
        last = json.loads(stream.strip().rsplit("data: ", 1)[1])
        assert last["state"] == "ready"
        assert last["percent"] == 100

        heard = await self.transcripts(client, accepted["transcript_url"], mine)
        sound = await self.parts_of_the_sound(client, url, mine)
        assert sound == SPOKEN.read_bytes()

        got = await client.get(f"/api/v1/drafts/{last['draft_id']}", headers=mine)
        draft = got.json()
        assert got.headers["etag"] == f'"{draft["version"]}"'
        assert draft["transcript"]["text"] == heard
        assert draft["facts"]["agency"]["code"] == "LTO"
        evidence = draft["facts"]["agency"]
        assert heard[evidence["start"] : evidence["end"]] == evidence["text"]
        assert 0 <= evidence["start_ms"] < evidence["end_ms"]

        filed = await self.file(client, mine, draft["id"])
        await self.follow(client, keys_of, filed, accepted["id"])

    async def transcripts(self, client: Client, url: str, mine: dict[str, str]) -> str:
        as_json = (await client.get(url, headers=mine)).json()
        assert as_json["segments"][0]["words"][0]["end_ms"] > 0
        vtt = await client.get(url, headers={**mine, "Accept": "text/vtt"})
        assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
        assert vtt.text.startswith("WEBVTT")
        srt = await client.get(url + "?format=srt", headers=mine)
        assert srt.headers["content-type"].startswith("application/x-subrip")
        assert " --> " in srt.text
        plain = await client.get(url, headers={**mine, "Accept": "text/html;q=0.9, text/plain;q=0.5"})
        assert plain.headers["content-type"] == "text/plain; charset=utf-8"
        refused = await client.get(url, headers={**mine, "Accept": "image/png"})
        assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
        assert (await client.get(url + "?format=doc", headers=mine)).status_code == 422
        return str(as_json["text"])

    async def parts_of_the_sound(self, client: Client, url: str, mine: dict[str, str]) -> bytes:
        whole = await client.get(url + "/audio", headers=mine)
        assert whole.headers["accept-ranges"] == "bytes"
        assert whole.headers["content-type"] == "audio/mpeg"
        size = len(whole.content)
        first = await client.get(url + "/audio", headers={**mine, "Range": "bytes=0-65535"})
        rest = await client.get(url + "/audio", headers={**mine, "Range": "bytes=65536-"})
        end = await client.get(url + "/audio", headers={**mine, "Range": "bytes=-100"})
        assert first.status_code == rest.status_code == end.status_code == 206
        assert first.headers["content-range"] == f"bytes 0-65535/{size}"
        assert end.content == whole.content[-100:]
        beyond = await client.get(url + "/audio", headers={**mine, "Range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
        # A player cannot send the header: a cookie for this one address does it.
        allowed = await client.post(url + "/playback", headers=mine)
        cookie = allowed.headers["set-cookie"]
        assert f"Path={url}/audio" in cookie
        assert "HttpOnly" in cookie
        token = cookie.split("tala_playback=")[1].split(";")[0]
        by_cookie = await client.get(url + "/audio", headers={"Cookie": f"tala_playback={token}"})
        assert by_cookie.status_code == 200
        elsewhere = await client.get(url, headers={"Cookie": f"tala_playback={token}"})
        assert elsewhere.status_code == 401
        return first.content + rest.content

    async def file(self, client: Client, mine: dict[str, str], draft_id: str) -> dict[str, str]:
        first = await client.post("/api/v1/cases", headers=mine, json={"draft_id": draft_id})
        assert first.status_code == 201
        filed: dict[str, str] = first.json()
        assert first.headers["location"] == filed["case_url"] == f"/api/v1/cases/{filed['ctn']}"
        assert len(filed["receipt_secret"]) == 16
        again = (await client.post("/api/v1/cases", headers=mine, json={"draft_id": draft_id})).json()
        assert (again["ctn"], again["receipt_secret"], again["replayed"]) == (filed["ctn"], None, True)
        return filed

    async def follow(
        self, client: Client, keys_of: dict[Role, Bearer], filed: dict[str, str], recording: str
    ) -> None:
        secret = {"Tala-Receipt": filed["receipt_secret"]}
        mine = (await client.get(filed["case_url"], headers=secret)).json()
        assert (mine["state"], mine["level"]) == ("submitted", "own")
        head, auditor = keys_of[Role.HEAD].headers, keys_of[Role.AUDITOR].headers
        listed = (await client.get("/api/v1/cases?agency=LTO", headers=head)).json()
        assert [row["ctn"] for row in listed["items"]] == [filed["ctn"]]
        assert (await client.get("/api/v1/cases?agency=SSS", headers=head)).json()["items"] == []
        assert (await client.get(f"/api/v1/recordings/{recording}/audio", headers=head)).status_code == 200
        masked = await client.get(f"/api/v1/recordings/{recording}/audio", headers=auditor)
        assert masked.status_code == 403

        url = f"{filed['case_url']}/transitions"
        step = {"action": "begin_evaluation", "note": "Read."}
        moved = await client.post(url, headers={**head, "If-Match": f'"{mine["version"]}"'}, json=step)
        assert (moved.status_code, moved.json()["state"]) == (200, "evaluation")
        leave = {"action": "withdraw", "reason": "settled"}
        late = await client.post(url, headers={**head, "If-Match": '"1"'}, json=leave)
        assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
        blind = await client.post(url, headers=head, json={"action": "confirm_fixed"})
        assert blind.status_code == 428
        refused = await client.post(
            url, headers={**head, "If-Match": moved.headers["etag"]}, json={"action": "confirm_fixed"}
        )
        assert refused.status_code in (403, 409)
        told = await client.post(f"{filed['case_url']}/messages", headers=secret, json={"text": "When?"})
        assert told.status_code == 201
        events = (await client.get(f"{filed['case_url']}/events", headers=secret)).json()["items"]
        assert [event["kind"] for event in events][:2] == ["case.submit", "case.begin_evaluation"]
        assert all(event["actor_id"] is None for event in events)
        withdrawn = await client.post(url, headers=secret, json=leave)
        assert withdrawn.json()["state"] == "withdrawn"


@pytest.mark.model
@pytest.mark.timeout(120)
async def test_silence_is_refused_in_words(client: Client, ctx: Context, ticket: Bearer) -> None:
    accepted = await upload(client, ticket, "nonspeech-silence.wav")
    await process_recording(ctx, accepted["id"])
    status = (await client.get(accepted["status_url"], headers=Bearer(accepted["capability"]).headers)).json()
    assert status["state"] == "failed"
    assert status["error"]["code"] == "no_speech"
    assert len(status["error"]["message"]) > 20


@pytest.mark.model
@pytest.mark.timeout(120)
async def test_a_call_without_everyones_agreement_is_set_aside_and_not_written_down(
    client: Client, ctx: Context, ticket: Bearer
) -> None:
    accepted = await upload(client, ticket, "call-philhealth-contributions.wav")
    await process_recording(ctx, accepted["id"])
    opener = Bearer(accepted["capability"]).headers
    assert (await client.get(accepted["status_url"], headers=opener)).json()["state"] == "quarantined"
    refused = await client.get(accepted["transcript_url"], headers=opener)
    assert refused.json()["code"] == "recording_quarantined"


class TestDrafts:
    async def test_a_correction_is_kept_beside_what_the_machine_read(
        self, client: Client, draft: OpenDraft
    ) -> None:
        url = f"/api/v1/drafts/{draft.id}"
        merge = {"Content-Type": "application/merge-patch+json"}
        changed = await client.patch(
            url,
            headers={**draft.bearer.headers, "If-Match": draft.etag, **merge},
            json={"facts": {"agency": {"code": "LTFRB"}, "wants_callback": True}},
        )
        assert changed.status_code == 200, changed.text
        body = changed.json()
        assert body["version"] == 2
        assert changed.headers["etag"] == '"2"'
        assert body["facts"]["agency"]["code"] == "LTFRB"
        assert body["facts"]["agency"]["entered_by"] == "citizen"
        correction = next(c for c in body["corrections"] if c["field"] == "agency")
        assert correction["old"]["code"] == "LTO"
        assert correction["new"]["code"] == "LTFRB"
        bare = await client.patch(
            url, headers={**draft.bearer.headers, "If-Match": '"2"'}, json={"agency": None}
        )
        assert bare.json()["facts"]["agency"] is None

    @pytest.mark.parametrize(
        ("patch", "member", "value"),
        [
            ({"service": {"text": "a passport"}}, "text", "a passport"),
            ({"respondent_description": {"position": "guard"}}, "position", "guard"),
            ({"incident_date": {"date": "2026-01-31"}}, "date", "2026-01-31"),
            ({"location": {"psgc": "1381200000", "name": "City of Pasig"}}, "name", "City of Pasig"),
            ({"amounts": [{"php": 500, "improper": True}]}, "php", 500),
            ({"people": [{"name": "Rosa Reyes", "role": "respondent"}]}, "name", "Rosa Reyes"),
            ({"reference_numbers": [{"value": "OR-77", "kind": "receipt"}]}, "value", "OR-77"),
            ({"categories": [{"code": "discourtesy", "score": 1, "evidence": []}]}, "code", "discourtesy"),
        ],
    )
    async def test_every_kind_of_fact_takes_what_a_person_enters(
        self, client: Client, draft: OpenDraft, patch: dict[str, object], member: str, value: object
    ) -> None:
        url, headers = f"/api/v1/drafts/{draft.id}", {**draft.bearer.headers, "If-Match": draft.etag}
        assert (await client.patch(url, headers=headers, json={"facts": patch})).status_code == 200
        fact = (await client.get(url, headers=headers)).json()["facts"][next(iter(patch))]
        fact = fact[0] if isinstance(fact, list) else fact
        assert fact[member] == value
        assert fact["entered_by"] == "citizen"
        assert fact.get("start") is None

    @pytest.mark.parametrize(
        ("if_match", "status", "code"),
        [
            (None, 428, "precondition_required"),
            ('"7"', 412, "version_mismatch"),
            ("garbage", 412, "version_mismatch"),
            ("*", 200, None),
            ('W/"1"', 200, None),
            ("1", 200, None),
        ],
    )
    async def test_a_correction_names_the_version_it_was_made_on(
        self, client: Client, draft: OpenDraft, if_match: str | None, status: int, code: str | None
    ) -> None:
        headers = draft.bearer.headers | ({"If-Match": if_match} if if_match else {})
        answer = await client.patch(
            f"/api/v1/drafts/{draft.id}", headers=headers, json={"wants_anonymity": True}
        )
        assert answer.status_code == status
        assert code is None or answer.json()["code"] == code

    @pytest.mark.parametrize(
        "patch",
        [
            {"facts": 3},
            {"facts": {"nothing": 1}},
            {"facts": {"urgency": "very"}},
            {"facts": {"amounts": [{"php": "x"}]}},
            {"facts": {"categories": [{"code": "nonsense", "score": 1}]}},
        ],
    )
    async def test_a_correction_that_makes_no_sense_is_pointed_at(
        self, client: Client, draft: OpenDraft, patch: dict[str, object]
    ) -> None:
        headers = {**draft.bearer.headers, "If-Match": draft.etag}
        answer = await client.patch(f"/api/v1/drafts/{draft.id}", headers=headers, json=patch)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
        assert answer.json()["errors"][0]["pointer"].startswith("/facts")

    async def test_an_erased_draft_is_gone(self, client: Client, draft: OpenDraft) -> None:
        url = f"/api/v1/drafts/{draft.id}"
        assert (await client.request("DELETE", url, headers=draft.bearer.headers)).status_code == 204
        assert (await client.get(url, headers=draft.bearer.headers)).status_code == 410

    async def test_a_filed_draft_cannot_be_changed_or_erased(self, client: Client, draft: OpenDraft) -> None:
        url, headers = f"/api/v1/drafts/{draft.id}", {**draft.bearer.headers, "If-Match": "*"}
        assert (
            await client.post("/api/v1/cases", headers=headers, json={"draft_id": draft.id})
        ).status_code == 201
        assert (await client.patch(url, headers=headers, json={"agency": None})).status_code == 409
        assert (await client.request("DELETE", url, headers=headers)).status_code == 409

    async def test_one_key_is_one_typed_draft(self, client: Client, ticket: Bearer) -> None:
        headers = {**ticket.headers, "Idempotency-Key": "typed-once"}
        first = (await client.post("/api/v1/drafts", headers=headers, json={"text": COMPLAINT})).json()
        again = (await client.post("/api/v1/drafts", headers=headers, json={"text": COMPLAINT})).json()
        assert (again["id"], again["replayed"]) == (first["id"], True)

    async def test_a_blank_text_is_refused(self, client: Client, ticket: Bearer) -> None:
        answer = await client.post("/api/v1/drafts", headers=ticket.headers, json={"text": "  "})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/text")


async def test_the_list_is_read_page_by_page(
    client: Client, ticket: Bearer, keys_of: dict[Role, Bearer]
) -> None:
    filed = []
    for _ in range(5):
        draft = (await client.post("/api/v1/drafts", headers=ticket.headers, json={"text": COMPLAINT})).json()
        opener = Bearer(draft["capability"]).headers
        filed.append(
            (await client.post("/api/v1/cases", headers=opener, json={"draft_id": draft["id"]})).json()["ctn"]
        )
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"/api/v1/cases?limit=2{cursor}", headers=keys_of[Role.HEAD].headers)).json()
        seen += [row["ctn"] for row in page["items"]]
        assert all("Santos" not in row["excerpt"] for row in page["items"])
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == filed[::-1]
    wrong = await client.get("/api/v1/cases?cursor=nonsense", headers=keys_of[Role.HEAD].headers)
    assert wrong.status_code in (400, 422)
