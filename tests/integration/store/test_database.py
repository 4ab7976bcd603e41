"""Engines and sessions: pragmas, waiting writers, numbers that are given out once."""

import asyncio
import datetime as dt
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import argon2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from tala.settings import Settings
from tala.store import receipts
from tala.store.columns import new_id
from tala.store.database import Database, make_engine
from tala.store.tables import IntakeTicket


async def test_sqlite_is_set_up_for_evidence(sqlite_settings: Settings) -> None:
    db = Database(sqlite_settings)
    async with db.read() as session:
        found = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "secure_delete", "busy_timeout")
        }
    await db.close()
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,
        "secure_delete": 1,
        "busy_timeout": 15000,
    }


async def test_numbers_are_given_out_once(db: Database) -> None:
    async def one(year: int) -> tuple[int, int]:
        async with db.write() as session:
            return year, await db.next_number(session, year)

    numbers = await asyncio.gather(*(one(2026 + n % 2) for n in range(60)))
    assert sorted(numbers) == [(year, n) for year in (2026, 2027) for n in range(1, 31)]


async def test_writers_of_two_processes_wait_for_each_other(any_settings: Settings) -> None:
    one, two = Database(any_settings), Database(any_settings)

    async def count(db: Database) -> None:
        async with db.write() as session:
            await session.execute(
                text(
                    "INSERT INTO ctn_sequences (year, last) VALUES (1, 1) ON CONFLICT (year) "
                    "DO UPDATE SET last = ctn_sequences.last + 1"
                )
            )
            await asyncio.sleep(0.002)

    await asyncio.gather(*(count(db) for db in (one, two) for _ in range(20)))
    async with one.read() as session:
        assert (await session.execute(text("SELECT last FROM ctn_sequences"))).scalar() == 40
    await one.close()
    await two.close()


async def test_the_first_connection_waits_while_another_begins(sqlite_settings: Settings) -> None:
    file = sqlite_settings.resolved_database_url.partition(":///")[2]
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(Path(file).with_name("new.sqlite3"), isolation_level=None)) as other:
        other.execute("CREATE TABLE things (id)")
        other.execute("BEGIN EXCLUSIVE")
        fresh = sqlite_settings.model_copy(
            update={"database_url": f"sqlite+aiosqlite:///{Path(file).with_name('new.sqlite3')}"}
        )
        engine = make_engine(fresh)

        async def mode() -> str:
            async with engine.connect() as connection:
                return str(await connection.scalar(text("PRAGMA journal_mode")))

        asked = asyncio.create_task(mode())
        await asyncio.sleep(0.3)
        assert not asked.done()
        other.execute("COMMIT")
        assert await asked == "wal"
        await engine.dispose()


async def test_moments_keep_their_zone_and_naive_ones_are_refused(db: Database) -> None:
    manila = dt.timezone(dt.timedelta(hours=8))
    at = dt.datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=manila)
    async with db.write() as session:
        session.add(IntakeTicket(hash="h", expires_at=at))
    async with db.read() as session:
        row = await session.get(IntakeTicket, "h")
    assert row is not None
    assert row.expires_at == at
    assert row.expires_at.tzinfo == dt.UTC
    with pytest.raises(StatementError, match="time zone"):
        await add_naive(db)


async def add_naive(db: Database) -> None:
    async with db.write() as session:
        session.add(IntakeTicket(hash="n", expires_at=dt.datetime(2026, 1, 1)))  # noqa: DTZ001


async def test_a_block_that_raises_changes_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await add_and_fail(db)
    async with db.read() as session:
        assert await session.get(IntakeTicket, "h") is None


async def add_and_fail(db: Database) -> None:
    async with db.write() as session:
        session.add(IntakeTicket(hash="h", expires_at=dt.datetime.now(dt.UTC)))
        await session.flush()
        raise ZeroDivisionError


def test_ids_sort_by_time_and_are_unique() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)
    assert all(len(one) == 36 and one[14] == "7" and one[19] in "89ab" for one in ids)


def test_receipts() -> None:
    secrets = [receipts.make() for _ in range(200)]
    assert all(len(secret) == 16 and secret.isdecimal() for secret in secrets)
    assert len(set(secrets)) == 200
    assert len(Counter(secret[0] for secret in secrets)) == 10, "a leading zero is as likely as any digit"
    hashed = receipts.hash_of(secrets[0])
    assert secrets[0] not in hashed
    assert hashed.startswith("$argon2id$")
    costs = argon2.extract_parameters(hashed)
    assert (costs.memory_cost, costs.time_cost, costs.parallelism) >= (19 * 1024, 2, 1)
    assert receipts.matches(receipts.shown(secrets[0]), hashed)
    assert receipts.matches(secrets[0].replace(secrets[0][:4], secrets[0][:4] + "-", 1), hashed)
    assert not receipts.matches(secrets[1], hashed)
    assert not receipts.matches("", hashed)
    assert not receipts.matches(secrets[0], None)
    assert not receipts.matches(secrets[0], "not a hash")
