"""The ledger on both databases: what is written verifies, and every kind of tampering is found."""

import asyncio
import datetime as dt
import json
import re
import time

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from tala.cases.people import SYSTEM, Actor
from tala.errors import TalaError
from tala.settings import Settings
from tala.store import anchors, ledger
from tala.store.anchors import Signer
from tala.store.canonical import GENESIS, canonical, chain_hash, timestamp
from tala.store.columns import new_id
from tala.store.database import Database
from tala.store.keys import Keys
from tala.store.tables import EVIDENCE_TABLES, CaseEvent, LedgerHead
from tala.store.verify import Report, export_lines, verify, verify_export

OFFICER = Actor("staff", "officer", "u1")


async def write(db: Database, ledger_id: str, count: int) -> None:
    async with db.write() as session:
        for number in range(count):
            await ledger.append(session, ledger_id, "test.happened", OFFICER, {"number": number, "ñ": "₱é"})


async def check(db: Database, **options: object) -> Report:
    async with db.read() as session:
        return await verify(session, **options)  # type: ignore[arg-type]


async def tamper(db: Database, *statements: str) -> None:
    """What somebody with the database's password and no scruples does: triggers off, change, triggers on."""
    async with db.write() as session:
        connection = await session.connection()
        triggers: list[tuple[str, str]] = []
        if db.is_sqlite:
            found = await session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
            triggers = [(name, sql) for name, sql in found.all()]
            for name, _ in triggers:
                await connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in [*statements, *(sql for _, sql in triggers)]:
            await connection.exec_driver_sql(statement)


async def test_events_follow_each_other(db: Database) -> None:
    await write(db, "a", 3)
    await write(db, "b", 2)
    report = await check(db)
    assert (report.ok, report.events, report.ledgers) == (True, 5, 2)
    async with db.read() as session:
        rows = [await session.get(CaseEvent, ("a", seq)) for seq in (1, 2, 3)]
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0].prev_hash == GENESIS
    assert rows[1].prev_hash == rows[0].hash == chain_hash(GENESIS, rows[0].record)
    record = json.loads(rows[0].record)
    assert record["body"] == {"number": 0, "ñ": "₱é"}
    assert rows[0].record == canonical(record)
    assert record["at"] == timestamp(rows[0].at)


async def test_a_rolled_back_event_leaves_no_trace(db: Database) -> None:
    await write(db, "a", 1)
    with pytest.raises(RuntimeError):
        await fail(db)
    await write(db, "a", 1)
    report = await check(db)
    assert (report.ok, report.events) == (True, 2)


async def fail(db: Database) -> None:
    async with db.write() as session:
        await ledger.append(session, "a", "test.happened", OFFICER)
        raise RuntimeError


async def test_writers_at_once_make_one_chain(db: Database) -> None:
    await write(db, "a", 1)
    await asyncio.gather(
        *(write(db, "a", 3) for _ in range(8)), *(write(db, f"other-{n}", 2) for n in range(4))
    )
    report = await check(db)
    assert (report.ok, report.events) == (True, 1 + 24 + 8)


async def test_expected_number(db: Database) -> None:
    await write(db, "a", 2)
    with pytest.raises(TalaError) as refused:
        await append_expecting(db, 1)
    assert (refused.value.code, refused.value.data) == ("version_mismatch", {"version": 2})
    await append_expecting(db, 2)


async def append_expecting(db: Database, seq: int) -> None:
    async with db.write() as session:
        await ledger.append(session, "a", "test.happened", OFFICER, expected_seq=seq)


async def test_personal_values_are_ciphertext_and_erasing_leaves_the_chain_whole(
    db: Database, keys: Keys
) -> None:
    async with db.write() as session:
        key = await keys.create(session, "case")
        event = await ledger.append(
            session, "a", "test.happened", OFFICER, {"plain": 1}, personal={"name": "Juan dela Cruz"}, key=key
        )
    assert "Juan" not in event.record
    body = json.loads(event.record)["body"]
    assert ledger.open_personal(body, event.id, key) == {"plain": 1, "name": "Juan dela Cruz"}
    async with db.write() as session:
        await keys.destroy(session, key.id)
    assert (await check(db)).ok
    with pytest.raises(TalaError, match="erased"):
        await load(db, keys, key.id)


async def load(db: Database, keys: Keys, key_id: str) -> None:
    async with db.read() as session:
        await keys.load(session, key_id)


async def test_personal_values_without_a_key_are_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="data key"):
        await append_personal(db)


async def append_personal(db: Database) -> None:
    async with db.write() as session:
        await ledger.append(session, "a", "test.happened", OFFICER, personal={"name": "x"})


@pytest.mark.parametrize("table", EVIDENCE_TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"])
async def test_the_database_refuses_changes(
    db: Database, settings: Settings, table: str, statement: str
) -> None:
    await write(db, "a", 1)
    async with db.write() as session:
        await anchors.anchor(session, Signer.open_folder(settings))
        await session.execute(
            text(
                "INSERT INTO access_log "
                "(id, at, actor_kind, role, subject_kind, subject_id, action, level, allowed) "
                "VALUES ('x', '2026-01-01 00:00:00', 'staff', 'officer', 'case', 'a', 'read', 'full', true)"
            )
        )
    column = "seq = seq" if table == "ledger_anchor_heads" else "at = at"
    with pytest.raises(DBAPIError, match="only ever appended to"):
        await run(db, statement.replace("at = at", column).format(table))


async def run(db: Database, statement: str) -> None:
    async with db.write() as session:
        await session.execute(text(statement))


TAMPERINGS: dict[str, tuple[str, ...]] = {
    "a changed record": (
        "UPDATE case_events SET record = replace(record, '\"number\":1', '\"number\":9') "
        "WHERE ledger_id = 'a' AND seq = 2",
    ),
    "a changed time": (
        "UPDATE case_events SET at = '2020-01-01 00:00:00' WHERE ledger_id = 'a' AND seq = 2",
    ),
    "a changed kind": ("UPDATE case_events SET kind = 'test.other' WHERE ledger_id = 'a' AND seq = 2",),
    "a changed actor": ("UPDATE case_events SET actor_id = 'u2' WHERE ledger_id = 'a' AND seq = 2",),
    "a changed hash": ("UPDATE case_events SET hash = prev_hash WHERE ledger_id = 'a' AND seq = 2",),
    "no hash at all": ("UPDATE case_events SET prev_hash = 'x' WHERE ledger_id = 'a' AND seq = 2",),
    "a deleted event": ("DELETE FROM case_events WHERE ledger_id = 'a' AND seq = 2",),
    "a deleted first event": ("DELETE FROM case_events WHERE ledger_id = 'a' AND seq = 1",),
    "a cut-off tail": ("DELETE FROM case_events WHERE ledger_id = 'a' AND seq = 4",),
    "a ledger that is gone": ("DELETE FROM case_events WHERE ledger_id = 'a'",),
    "a ledger that is gone with its end": (
        "DELETE FROM case_events WHERE ledger_id = 'a'",
        "DELETE FROM ledger_heads WHERE ledger_id = 'a'",
    ),
    "an end that was moved back": (
        "DELETE FROM case_events WHERE ledger_id = 'a' AND seq = 4",
        "UPDATE ledger_heads SET seq = 3, "
        "hash = (SELECT hash FROM case_events WHERE ledger_id = 'a' AND seq = 3) WHERE ledger_id = 'a'",
    ),
    "two events in each other's place": (
        "UPDATE case_events SET seq = 99 WHERE ledger_id = 'a' AND seq = 2",
        "UPDATE case_events SET seq = 2 WHERE ledger_id = 'a' AND seq = 3",
        "UPDATE case_events SET seq = 3 WHERE ledger_id = 'a' AND seq = 99",
    ),
    "an inserted event": (
        "UPDATE case_events SET seq = 5 WHERE ledger_id = 'a' AND seq = 4",
        "INSERT INTO case_events SELECT ledger_id, 4, 'new', at, kind, actor_kind, actor_id, record, "
        "prev_hash, hash FROM case_events WHERE ledger_id = 'a' AND seq = 3",
    ),
    "an event of another ledger": (
        "UPDATE case_events SET ledger_id = 'b', seq = 3 WHERE ledger_id = 'a' AND seq = 4",
    ),
    "an anchor that is gone": ("DELETE FROM ledger_anchors",),
    "an anchor that was changed": (
        "UPDATE ledger_anchors SET record = replace(record, '\"ledgers\":2', '\"ledgers\":1')",
    ),
    "an anchor signed by somebody else": ("UPDATE ledger_anchors SET signature = '" + "00" * 64 + "'",),
    "a ledger's end that the anchor did not state": (
        "UPDATE ledger_anchor_heads SET seq = 3 WHERE ledger_id = 'a'",
    ),
    "an end taken off the anchor": ("DELETE FROM ledger_anchor_heads WHERE ledger_id = 'a'",),
}


@pytest.mark.parametrize("statements", TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_is_found(db: Database, settings: Settings, statements: tuple[str, ...]) -> None:
    """Here and, from an export of the same rows, without any database."""
    await write(db, "a", 4)
    await write(db, "b", 2)
    signer = Signer.open_folder(settings)
    async with db.write() as session:
        sent_out = await anchors.anchor(session, signer)
    assert sent_out is not None
    trusted = [json.loads(anchors.as_sent(sent_out, signer.public_key))]
    options = {"public_keys": [signer.public_key], "trusted_anchors": trusted}
    before = await check(db, **options)
    assert (before.problems, before.anchors, before.anchored) == ([], 1, 6)
    async with db.read() as session:
        lines = [line async for line in export_lines(session)]
    assert verify_export(lines, **options).problems == []  # type: ignore[arg-type]

    await tamper(db, *statements)
    assert not (await check(db, **options)).ok
    async with db.read() as session:
        lines = [line async for line in export_lines(session)]
    assert not verify_export(lines, **options).ok  # type: ignore[arg-type]


async def rewrite(db: Database, new: int = 9) -> None:
    """Make ledger "a" anew, valid in itself, with one number changed: what no chain alone shows."""
    async with db.read() as session:
        rows = [await session.get(CaseEvent, ("a", seq)) for seq in range(1, 5)]
    statements, previous = [], GENESIS
    for row in rows:
        assert row is not None
        record = re.sub('"number":[^023]', f'"number":{new}', row.record)
        digest = chain_hash(previous, record)
        quoted = record.replace("'", "''")
        statements.append(
            f"UPDATE case_events SET record = '{quoted}', prev_hash = '{previous}', hash = '{digest}' "
            f"WHERE ledger_id = 'a' AND seq = {row.seq}"
        )
        previous = digest
    statements.append(f"UPDATE ledger_heads SET hash = '{previous}' WHERE ledger_id = 'a'")
    await tamper(db, *statements)


async def test_a_whole_rewrite_is_found_by_its_anchor(db: Database, settings: Settings) -> None:
    await write(db, "a", 4)
    await rewrite(db)
    assert (await check(db)).ok, "without an anchor a consistent rewrite cannot be told"
    async with db.write() as session:
        await anchors.anchor(session, Signer.open_folder(settings))
    await rewrite(db, 8)
    found = {problem.message for problem in (await check(db)).problems}
    assert any("anchor 1 vouches for another event" in message for message in found)


async def test_a_rewrite_with_its_anchors_is_found_by_the_key_and_by_what_was_sent_out(
    db: Database, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await write(db, "a", 4)
    ours = Signer.open_folder(settings)
    async with db.write() as session:
        sent_out = await anchors.anchor(session, ours)
    assert sent_out is not None
    trusted = [json.loads(anchors.as_sent(sent_out, ours.public_key))]
    await rewrite(db)
    await tamper(
        db,
        "DELETE FROM ledger_anchors",
        "DELETE FROM ledger_anchor_heads",
        "UPDATE ledger_heads SET anchored_seq = 0",
    )
    elsewhere = settings.model_copy(update={"data_dir": tmp_path_factory.mktemp("theirs")})
    theirs = Signer.open_folder(elsewhere)
    async with db.write() as session:
        await anchors.anchor(session, theirs)
    messages = {p.message for p in (await check(db, public_keys=[ours.public_key])).problems}
    assert messages == {"the anchor was signed with a key that is not known here"}
    report = await check(db, public_keys=[theirs.public_key], trusted_anchors=trusted)
    assert [problem.seq for problem in report.problems] == [1]


async def test_anchors_cover_what_moved(db: Database, settings: Settings) -> None:
    signer = Signer.open_folder(settings)
    assert Signer.open_folder(settings).public_key == signer.public_key
    for ledger_id, count in (("a", 2), ("b", 1), ("a", 1)):
        await write(db, ledger_id, count)
        async with db.write() as session:
            stated = await anchors.anchor(session, signer)
        assert stated is not None
        assert json.loads(stated.record)["ledgers"] == 1
    async with db.write() as session:
        assert await anchors.anchor(session, signer) is None
        heads = [await session.get(LedgerHead, name) for name in ("a", "b")]
    assert [head.anchored_seq for head in heads if head] == [3, 1]
    report = await check(db, public_keys=[signer.public_key])
    assert (report.ok, report.anchors, report.anchored) == (True, 3, 4)


def test_an_export_nobody_can_read_is_a_finding() -> None:
    report = verify_export(["{", "[]", '{"type":"event"}', '{"type":"anchor","seq":1}', "null"])
    assert [problem.seq for problem in report.problems] == [1, 2, 3, 4, 5]


async def fill(db: Database, count: int, *, per_ledger: int = 5) -> None:
    """Many events, as append() would write them."""
    at, events, heads = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), [], []
    for number in range(count // per_ledger):
        ledger_id, previous = f"case-{number:07d}", GENESIS
        for seq in range(1, per_ledger + 1):
            event_id = new_id()
            record = canonical(
                {
                    "v": 1,
                    "ledger": ledger_id,
                    "seq": seq,
                    "id": event_id,
                    "at": timestamp(at),
                    "kind": "case.note",
                    "actor": {"kind": "system", "id": None, "role": ""},
                    "body": {"text": "x" * 200},
                }
            )
            digest = chain_hash(previous, record)
            events.append(
                {
                    "ledger_id": ledger_id,
                    "seq": seq,
                    "id": event_id,
                    "at": at,
                    "kind": "case.note",
                    "actor_kind": SYSTEM.kind,
                    "actor_id": None,
                    "record": record,
                    "prev_hash": previous,
                    "hash": digest,
                }
            )
            previous = digest
        heads.append({"ledger_id": ledger_id, "seq": per_ledger, "hash": previous, "anchored_seq": 0})
    async with db.write() as session:
        for start in range(0, len(events), 2000):
            await session.execute(insert(CaseEvent), events[start : start + 2000])
        for start in range(0, len(heads), 2000):
            await session.execute(insert(LedgerHead), heads[start : start + 2000])


@pytest.mark.slow
async def test_a_hundred_thousand_events_verify_in_five_seconds(db: Database) -> None:
    await fill(db, 100_000)
    started = time.process_time()
    began = time.monotonic()
    report = await check(db)
    elapsed, used = time.monotonic() - began, time.process_time() - started
    print(f"verified {report.events} events in {elapsed:.2f} s ({used:.2f} s of processor)")
    assert (report.ok, report.events, report.ledgers) == (True, 100_000, 20_000)
    assert used < 5.0
    await tamper(
        db, "UPDATE case_events SET record = replace(record, 'xxx', 'xyx') WHERE ledger_id = 'case-0012345'"
    )
    report = await check(db)
    assert {problem.ledger_id for problem in report.problems} == {"case-0012345"}
