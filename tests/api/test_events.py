"""Progress as server-sent events: in order, resumed, kept alive, ended."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

from tala.services.intake import RecordingStatus
from tala.web.events import progress_events


def status(state: str, progress: float = 0.0) -> RecordingStatus:
    return RecordingStatus.model_validate(
        {
            "id": "r",
            "state": state,
            "progress": progress,
            "created_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            "consent": "self",
            "attested_by": "citizen",
            "channel_count": 1,
            "media_type": "audio/wav",
            "bytes": 1,
            "sha256": "",
            "language": "auto",
        }
    )


WAY = [
    status("received"),
    status("decoding"),
    status("transcribing", 0.42),
    status("understanding", 1),
    status("ready", 1),
]


async def walk(*steps: RecordingStatus, pause: float = 0.0) -> AsyncIterator[RecordingStatus]:
    for step in steps:
        await asyncio.sleep(pause)
        yield step


async def events(stream: AsyncIterator[bytes]) -> list[dict[str, str]]:
    found = []
    async for chunk in stream:
        for block in chunk.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in fields:
                found.append(fields)
    return found


async def test_the_way_of_a_recording_in_order() -> None:
    told = await events(progress_events(walk(*WAY)))
    assert [event["event"] for event in told] == [
        "received",
        "decoding",
        "transcribing",
        "understanding",
        "ready",
    ]
    assert json.loads(told[2]["data"])["percent"] == 42
    ids = [event["id"] for event in told]
    assert len(set(ids)) == len(ids)


async def test_who_comes_back_is_not_told_again() -> None:
    told = await events(progress_events(walk(*WAY)))
    again = await events(progress_events(walk(*WAY[2:]), told[2]["id"]))
    assert [event["event"] for event in again] == ["understanding", "ready"]


async def test_who_missed_the_end_is_told_it_once_more() -> None:
    end = (await events(progress_events(walk(*WAY))))[-1]["id"]
    assert [e["event"] for e in await events(progress_events(walk(WAY[-1]), end))] == ["ready"]


async def test_silence_is_filled_so_that_nobody_hangs_up() -> None:
    chunks = [c async for c in progress_events(walk(WAY[0], WAY[-1], pause=0.05), keep_alive_seconds=0.01)]
    assert any(chunk.startswith(b":") for chunk in chunks)
    assert chunks[-1].startswith(b"id: ")


async def test_a_watcher_who_leaves_ends_the_watching() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[RecordingStatus]:
        try:
            yield WAY[0]
            await asyncio.sleep(3600)
        finally:
            ended.set()

    stream = progress_events(endless(), keep_alive_seconds=0.01)
    async for _ in stream:
        if ended.is_set():
            break
        await stream.aclose()  # type: ignore[attr-defined]
        break
    await asyncio.sleep(0.01)
    assert not [task for task in asyncio.all_tasks() if "anext" in str(task.get_coro())]
