"""Recordings in parts, by the tus protocol; then correcting words, setting aside, splitting and attaching."""

import base64
from typing import Any

import pytest
from tests.api.support import SAMPLES, Bearer, Client

from tala.services import drafts, filing, uploads
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.services.filing import Filed
from tala.store.columns import new_id
from tala.store.tables import Recording
from tala.transcript import Segment, Transcript, Word

SOUND = (SAMPLES / "en-lto-fixer.mp3").read_bytes()
TUS = {"Tus-Resumable": "1.0.0"}
PART = TUS | {"Content-Type": "application/offset+octet-stream"}


def metadata(**values: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


@pytest.fixture
def agent(keys_of: dict[Role, Bearer]) -> dict[str, str]:
    return keys_of[Role.AGENT].headers


async def begin(client: Client, agent: dict[str, str], length: int = len(SOUND), **values: str) -> Any:
    said = metadata(**({"consent": "all-parties", "filename": "tawag.mp3"} | values))
    sent = agent | TUS | {"Upload-Length": str(length), "Upload-Metadata": said}
    return await client.post("/api/v1/uploads", headers=sent)


async def test_a_recording_comes_in_parts_over_a_line_that_drops(
    client: Client, ctx: Context, agent: dict[str, str]
) -> None:
    told = await client.request("OPTIONS", "/api/v1/uploads", headers=agent)
    assert (told.status_code, told.headers["tus-version"]) == (204, "1.0.0")
    assert "termination" in told.headers["tus-extension"]
    made = await begin(client, agent)
    assert made.status_code == 201
    where = made.headers["location"]
    first = await client.patch(where, content=SOUND[:7000], headers=agent | PART | {"Upload-Offset": "0"})
    assert (first.status_code, first.headers["upload-offset"]) == (204, "7000")
    again = await client.patch(where, content=SOUND[:7000], headers=agent | PART | {"Upload-Offset": "0"})
    assert again.status_code == 409
    asked = await client.head(where, headers=agent | TUS)
    assert (asked.status_code, asked.headers["upload-offset"], asked.content) == (200, "7000", b"")
    assert asked.headers["upload-length"] == str(len(SOUND))
    rest = await client.patch(where, content=SOUND[7000:], headers=agent | PART | {"Upload-Offset": "7000"})
    assert rest.status_code == 204, rest.text
    recording = rest.headers["tala-recording"]
    sound = await client.get(f"/api/v1/recordings/{recording}", headers=agent)
    assert (sound.json()["state"], sound.json()["bytes"]) == ("received", len(SOUND))
    stored = ctx.settings.data_dir / "recordings"
    assert [path for path in stored.rglob("*") if "uploads" in str(path) and path.is_file()] == []


async def test_an_upload_is_its_owners_alone(
    client: Client, agent: dict[str, str], keys_of: dict[Role, Bearer]
) -> None:
    where = (await begin(client, agent)).headers["location"]
    other = keys_of[Role.OFFICER].headers
    for method in ("GET", "PATCH", "DELETE"):
        answer = await client.request(method, where, headers=other | PART | {"Upload-Offset": "0"})
        assert answer.status_code == 404
    assert (await client.delete(where, headers=agent | TUS)).status_code == 204
    assert (await client.get(where, headers=agent)).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "many"}, 400),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": str(1 << 50)}, 413),
        ({"Upload-Metadata": "consent ???"}, 400),
        ({"Upload-Metadata": metadata(filename="a.mp3")}, 422),
    ],
)
async def test_what_cannot_begin_says_why(
    client: Client, agent: dict[str, str], change: dict[str, str], status: int
) -> None:
    sent = agent | TUS | {"Upload-Length": "9", "Upload-Metadata": metadata(consent="self")} | change
    answer = await client.post("/api/v1/uploads", headers=sent)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_more_than_was_announced_and_no_sound_are_refused(
    client: Client, agent: dict[str, str]
) -> None:
    where = (await begin(client, agent, length=10)).headers["location"]
    sent = agent | PART | {"Upload-Offset": "0"}
    assert (await client.patch(where, content=b"x" * 11, headers=sent)).status_code == 413
    refused = await client.patch(where, content=b"not sound!", headers=sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "recording_not_audio")
    assert (await client.get(where, headers=agent)).json()["error_code"] == "recording_not_audio"


async def test_uploads_whose_time_is_over_are_erased(
    client: Client, ctx: Context, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = (await begin(client, agent)).headers["location"]
    await client.patch(where, content=SOUND[:7000], headers=agent | PART | {"Upload-Offset": "0"})
    now = ctx.clock()
    monkeypatch.setattr(ctx, "clock", lambda: now + uploads.LIFE * 1.01)
    assert (await client.get(where, headers=agent)).status_code == 404
    assert await uploads.expire(ctx) == 1
    assert await uploads.expire(ctx) == 0


def spoken(*utterances: str) -> Transcript:
    """Each utterance a segment, a word every 400 ms."""
    segments, at = [], 0
    for text in utterances:
        words = []
        for word in text.split():
            words.append(Word(start_ms=at, end_ms=at + 350, text=word, confidence=0.4))
            at += 400
        start = words[0].start_ms
        segments.append(Segment(channel=0, start_ms=start, end_ms=at, text=text, words=tuple(words)))
    return Transcript.of(segments, seconds=at / 1000, language="en", language_probability=0.9)


@pytest.fixture
async def heard(client: Client, ctx: Context, agent: dict[str, str]) -> tuple[str, str]:
    """A recording that the agent took in, and its draft, as a worker would have left them."""
    where = (await begin(client, agent)).headers["location"]
    done = await client.patch(where, content=SOUND, headers=agent | PART | {"Upload-Offset": "0"})
    recording_id = done.headers["tala-recording"]
    words = spoken(
        "On the third of November a fixer at the LTU in Quezon City asked me for 3,000 pesos.",
        "Also the clerk at the SSS in Makati refused my complete papers on the fourth of November.",
    )
    from tala.services import understanding

    read = understanding.read_transcript(ctx, words, ctx.clock())
    async with ctx.database.write() as session:
        row = await session.get(Recording, recording_id)
        assert row is not None
        key = await ctx.keys.create(session, "draft")
        made = drafts.new_draft(
            key,
            words,
            read.facts,
            moment=ctx.clock(),
            channel="agent",
            recording_ids=[recording_id],
            capability_hash=None,
            taken_by=row.taken_by,
            machine={},
        )
        session.add(made)
        await session.flush()
        row.state, row.draft_id = "ready", made.id
        session.add(row)
    return recording_id, made.id


async def test_a_corrected_word_keeps_its_time_and_is_read_again(
    client: Client, agent: dict[str, str], heard: tuple[str, str]
) -> None:
    draft = f"/api/v1/drafts/{heard[1]}"
    before = await client.get(draft, headers=agent)
    assert before.status_code == 200
    place = before.json()["transcript"]["segments"][0]["words"]
    index = next(i for i, word in enumerate(place) if word["text"] == "LTU")
    entered = await client.patch(
        draft,
        headers=agent | {"If-Match": before.headers["etag"]},
        json={"facts": {"service": {"text": "license"}}},
    )
    assert entered.status_code == 200, entered.text
    sent = {"edits": [{"segment": 0, "word": index, "text": "LTO office"}]}
    stale = await client.patch(f"{draft}/words", headers=agent | {"If-Match": '"1"'}, json=sent)
    assert stale.status_code == 412
    after = await client.patch(
        f"{draft}/words", headers=agent | {"If-Match": entered.headers["etag"]}, json=sent
    )
    assert after.status_code == 200, after.text
    words = after.json()["transcript"]["segments"][0]["words"]
    assert [w["text"] for w in words[index : index + 2]] == ["LTO", "office"]
    assert words[index]["raw"] == "LTU"
    assert words[index]["start_ms"] == place[index]["start_ms"]
    assert words[index + 1]["end_ms"] == place[index]["end_ms"]
    facts = after.json()["facts"]
    assert facts["agency"]["code"] == "LTO"
    assert facts["service"]["text"] == "license"
    assert [c["field"] for c in after.json()["corrections"]] == ["service", "transcript"]


async def test_one_recording_becomes_two_complaints(
    client: Client, agent: dict[str, str], heard: tuple[str, str]
) -> None:
    draft = f"/api/v1/drafts/{heard[1]}"
    match = agent | {"If-Match": '"1"'}
    all_of_it = await client.post(f"{draft}/split", headers=match, json={"segments": [0, 1]})
    assert all_of_it.status_code == 422
    made = await client.post(f"{draft}/split", headers=match, json={"segments": [1]})
    assert made.status_code == 201, made.text
    stays, new = made.json()["draft"], made.json()["new"]
    assert new["facts"]["agency"]["code"] == "SSS"
    assert "SSS" not in stays["transcript"]["text"]
    numbers = set()
    for one in (stays, new):
        filed = await client.post("/api/v1/cases", headers=agent, json={"draft_id": one["id"]})
        assert filed.status_code == 201, filed.text
        numbers.add(filed.json()["ctn"])
    assert len(numbers) == 2


async def test_no_complaint_is_a_mark_that_comes_off_again(
    client: Client, agent: dict[str, str], heard: tuple[str, str]
) -> None:
    draft = f"/api/v1/drafts/{heard[1]}"
    marked = await client.post(f"{draft}/no-complaint", headers=agent | {"If-Match": '"1"'})
    assert marked.json()["state"] == "no_complaint"
    refused = await client.post("/api/v1/cases", headers=agent, json={"draft_id": heard[1]})
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_not_ready")
    back = await client.post(f"{draft}/no-complaint", headers=agent | {"If-Match": marked.headers["etag"]})
    assert back.json()["state"] == "open"


async def test_a_recording_is_added_to_a_case_that_is_there(
    client: Client, ctx: Context, agent: dict[str, str], heard: tuple[str, str], filed: Filed,
    keys_of: dict[Role, Bearer],
) -> None:  # fmt: skip
    added = await client.post(f"/api/v1/drafts/{heard[1]}/attach", headers=agent, json={"ctn": filed.ctn})
    assert (added.status_code, added.json()["ctn"]) == (200, filed.ctn), added.text
    case = (await client.get(f"/api/v1/cases/{filed.ctn}", headers=keys_of[Role.OFFICER].headers)).json()
    assert case["recording_ids"] == [heard[0]]
    assert case["events"][-1]["kind"] == "case.add_recording"
    sound = await client.get(f"/api/v1/recordings/{heard[0]}/audio", headers=keys_of[Role.OFFICER].headers)
    assert sound.content == SOUND
    twice = await client.post(f"/api/v1/drafts/{heard[1]}/attach", headers=agent, json={"ctn": filed.ctn})
    assert twice.status_code == 409


async def test_what_an_agent_took_in_is_not_another_ones(
    client: Client, ctx: Context, heard: tuple[str, str], keys_of: dict[Role, Bearer]
) -> None:
    other = keys_of[Role.OFFICER].headers
    for path in (f"/api/v1/recordings/{heard[0]}", f"/api/v1/drafts/{heard[1]}"):
        assert (await client.get(path, headers=other)).status_code == 404
    stranger = Caller("staff", Role.AGENT, new_id())
    with pytest.raises(Exception, match="not_found"):
        await filing.file_case(ctx, heard[1], actor=stranger)
