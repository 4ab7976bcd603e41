"""Migrations: from nothing, back again, with data, with two processes at once, and in step with the
tables.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from tests.conftest import make_settings

from tala.settings import Settings
from tala.store import migrate
from tala.store.database import Database
from tala.store.tables import DataKeyRow, Recording, Row, User


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return make_settings(tmp_path)
    make: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return make_settings(tmp_path, database_url=make())


async def table_names(settings: Settings) -> set[str]:
    db = Database(settings)
    try:
        async with db.read() as session:
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'table'"
                if db.is_sqlite
                else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            return {row[0] for row in (await session.execute(text(query))).all()}
    finally:
        await db.close()


async def test_from_nothing_to_head_and_back(empty: Settings) -> None:
    assert await migrate.current(empty) is None
    assert await migrate.upgrade(empty) == migrate.head()
    assert set(Row.metadata.tables) <= await table_names(empty)
    assert await migrate.downgrade(empty, "base") is None
    assert not set(Row.metadata.tables) & await table_names(empty)
    assert await migrate.upgrade(empty) == migrate.head()


async def test_upgrade_twice_changes_nothing(empty: Settings) -> None:
    await migrate.upgrade(empty)
    before = await table_names(empty)
    assert await migrate.upgrade(empty) == migrate.head()
    assert await table_names(empty) == before


async def test_two_processes_starting_at_once(empty: Settings) -> None:
    results = await asyncio.gather(*(migrate.upgrade(empty) for _ in range(4)))
    assert results == [migrate.head()] * 4


async def test_tables_and_migrations_agree(any_settings: Settings) -> None:
    assert await migrate.differences(any_settings) == []


def test_one_head() -> None:
    assert len(ScriptDirectory.from_config(migrate._config()).get_heads()) == 1


async def test_rows_survive_every_step_down_and_up(any_settings: Settings) -> None:
    db = Database(any_settings)
    async with db.write() as session:
        session.add(DataKeyRow(id="k", purpose="recording", master_id="master-0001", wrapped=b"w"))
        session.add(User(id="u", username="ana", role="officer", password_hash="h"))
        await session.flush()
        session.add(Recording(id="r", data_key_id="k", filename=None, byte_count=3))
    await db.close()
    revisions = [
        script.revision for script in ScriptDirectory.from_config(migrate._config()).walk_revisions()
    ][1:]  # newest first
    for revision in revisions:
        await migrate.downgrade(any_settings, revision)
        assert await migrate.current(any_settings) == revision
    await migrate.upgrade(any_settings)
    db = Database(any_settings)
    async with db.read() as session:
        found = await session.get(Recording, "r")
        assert found is not None
        assert found.byte_count == 3
        user = await session.get(User, "u")
        assert user is not None
        assert user.username == "ana"
    await db.close()
