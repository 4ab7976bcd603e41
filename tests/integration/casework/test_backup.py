"""A back-up restores on an empty machine, on either database, and is checked; without its keys it tells
nothing.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.conftest import make_settings

from tala.errors import TalaError
from tala.services import audit, backup, erasure, reading
from tala.services.context import Context
from tala.settings import Settings
from tala.store import search
from tala.store.tables import Case, Recording

from .conftest import CITIZEN, HEAD, NARRATIVE, OFFICER, Opener

PASSPHRASE = "correct horse battery"
SOUND = os.urandom(300_000)


async def pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(SOUND), 10_000):
        yield SOUND[start : start + 10_000]


async def recorded(ctx: Context, case: Case) -> str:
    """A recording of a case; its id."""
    async with ctx.database.write() as session:
        key = await ctx.keys.create(session, "recording")
        row = Recording(data_key_id=key.id, case_id=case.id, state="ready")
        row.object_key = f"2026/{row.id}"
        row.byte_count, row.sha256 = await ctx.recordings.put_stream(row.object_key, pieces(), key)
        session.add(row)
    return row.id


@pytest.fixture(params=["sqlite", "postgres"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An empty machine."""
    url = ""
    if request.param == "postgres":
        make: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        url = make()
    return make_settings(tmp_path / "elsewhere", database_url=url)


async def test_there_and_back_while_people_work(
    ctx: Context, file: Opener, elsewhere: Settings, tmp_path: Path
) -> None:
    opened = await file()
    await recorded(ctx, opened.case)
    await audit.anchor(ctx)
    busy = asyncio.gather(*(file() for _ in range(20)))
    folder = tmp_path / "backup"
    made = await backup.back_up(ctx, folder, PASSPHRASE)
    await busy
    assert 1 <= made.rows["cases"] <= 21
    assert made.rows["cases"] == made.rows["case_texts"] == made.rows["ledger_heads"]
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"Maria" not in path.read_bytes(), path.name
    restored = await backup.restore(elsewhere, folder, PASSPHRASE)
    assert restored.problems == ()
    assert (restored.objects, restored.recordings_checked) == (1, 1)
    assert restored.rows["cases"] == made.rows["cases"]
    there = await Context.open(elsewhere, clock=ctx.clock)
    try:
        shown = await reading.read_case(there, opened.case.ctn, CITIZEN, receipt=opened.receipt_secret)
        assert shown.narrative == NARRATIVE
        async with there.database.read() as session:
            found, _ = await search.search(session, "limang daan", OFFICER)
        assert len(found) == made.rows["cases"]
    finally:
        await there.close()
    with pytest.raises(TalaError, match="conflict"):
        await backup.restore(elsewhere, folder, PASSPHRASE)


async def test_what_was_erased_since_is_erased_again(
    ctx: Context, file: Opener, elsewhere: Settings, tmp_path: Path
) -> None:
    opened, kept = await file(), await file()
    await recorded(ctx, opened.case)
    folder = tmp_path / "backup"
    await backup.back_up(ctx, folder, PASSPHRASE)
    await erasure.erase_case(ctx, opened.case.ctn, HEAD, reason="Request of the data subject")
    log = ctx.settings.data_dir / "disposals.jsonl"
    restored = await backup.restore(elsewhere, folder, PASSPHRASE, disposals=log)
    assert restored.problems == ()
    assert (restored.erased_again, restored.recordings_checked) == (2, 0)
    there = await Context.open(elsewhere, clock=ctx.clock)
    try:
        assert (await reading.read_case(there, opened.case.ctn, OFFICER)).narrative == ""
        assert (await reading.read_case(there, kept.case.ctn, OFFICER)).narrative == NARRATIVE
        assert [name async for name in there.recordings.names()] == []
    finally:
        await there.close()


async def test_a_backup_that_cannot_be_trusted(
    ctx: Context, file: Opener, elsewhere: Settings, tmp_path: Path
) -> None:
    await file()
    folder = tmp_path / "backup"
    with pytest.raises(TalaError, match="12 characters"):
        await backup.back_up(ctx, folder, "short")
    await backup.back_up(ctx, folder, PASSPHRASE)
    with pytest.raises(TalaError, match="there already"):
        await backup.back_up(ctx, folder, PASSPHRASE)
    with pytest.raises(TalaError, match="passphrase"):
        await backup.restore(elsewhere, folder, "another passphrase")
    cases = folder / "tables" / "cases.jsonl"
    before = cases.read_bytes()
    cases.write_bytes(before.replace(b'"urgency": "high"', b'"urgency": "low"'))
    with pytest.raises(TalaError, match=r"cases\.jsonl is missing or was changed"):
        await backup.restore(elsewhere, folder, PASSPHRASE)
    cases.write_bytes(before)
    with pytest.raises(TalaError, match="no back-up"):
        await backup.restore(elsewhere, tmp_path / "nothing", PASSPHRASE)
    assert (await backup.restore(elsewhere, folder, PASSPHRASE)).problems == ()


async def test_a_backup_whose_hashes_were_made_anew_is_found_by_the_ledger(
    ctx: Context, file: Opener, elsewhere: Settings, tmp_path: Path
) -> None:
    opened = await file()
    folder = tmp_path / "backup"
    await backup.back_up(ctx, folder, PASSPHRASE)
    events = folder / "tables" / "case_events.jsonl"
    events.write_bytes(events.read_bytes().replace(b"LTO", b"BIR"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["tables/case_events.jsonl"] = backup._sha256(events)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    restored = await backup.restore(elsewhere, folder, PASSPHRASE)
    assert any(opened.case.id in problem for problem in restored.problems)
