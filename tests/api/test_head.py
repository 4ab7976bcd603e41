"""HEAD answers as GET does, without a body."""

import asyncio

import pytest
from tests.api.support import SAMPLES, Bearer, Client, OpenDraft

PATHS = ["/", "/track", "/docs", "/healthz", "/nothing", "/api/v1/cases", "/api/v1/reference/agencies"]
# names of one answer, not of the resource
OWN = {"x-request-id"}


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    plain = {"Accept-Encoding": "identity"}  # so that the length is that of what the client hands over
    got, head = await client.get(path, headers=plain), await client.head(path, headers=plain)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert got.content
    if got.status_code < 400:
        assert head.headers["content-length"] == str(len(got.content))
    assert {k: v for k, v in head.headers.items() if k not in OWN and k != "content-length"} == {
        k: v for k, v in got.headers.items() if k not in OWN and k != "content-length"
    }


async def test_head_of_a_draft_tells_its_version(client: Client, draft: OpenDraft) -> None:
    head = await client.head(f"/api/v1/drafts/{draft.id}", headers=draft.bearer.headers)
    assert (head.status_code, head.headers["etag"], head.content) == (200, draft.etag, b"")


async def test_head_where_only_post_is_taken_is_refused(client: Client) -> None:
    head = await client.head("/api/v1/intake/tickets")
    assert (head.status_code, head.content) == (405, b"")


async def test_head_of_a_stream_ends(client: Client, ticket: Bearer) -> None:
    form = {"file": ("a.mp3", (SAMPLES / "en-lto-fixer.mp3").read_bytes(), "audio/mpeg")}
    sent = await client.post(
        "/api/v1/recordings", files=form, data={"consent": "self"}, headers=ticket.headers
    )
    opened = sent.json()
    bearer = Bearer(opened["capability"])
    url = f"/api/v1/recordings/{opened['recording_id']}/events"
    async with asyncio.timeout(5):
        head = await client.head(url, headers=bearer.headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
