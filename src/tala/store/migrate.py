"""Bring a database to the newest schema; safe when several processes start at once."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tala.settings import PROJECT_ROOT, Settings
from tala.store.database import make_engine, writer_options
from tala.store.schema import belongs_to_models
from tala.store.tables import Row

_LOCK = 0x54414C41  # "TALA": the advisory lock that keeps two starting processes apart


def _config() -> Config:
    config = Config()
    packaged = Path(__file__).resolve().parents[1] / "migrations"
    config.set_main_option(
        "script_location", str(packaged if packaged.is_dir() else PROJECT_ROOT / "alembic")
    )
    return config


def head() -> str:
    """The newest revision there is."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


async def upgrade(settings: Settings, revision: str = "head") -> str | None:
    """Upgrade to a revision, in one transaction; the revision the database then has."""
    return await _run(settings, lambda config: command.upgrade(config, revision))


async def downgrade(settings: Settings, revision: str) -> str | None:
    """Go back to a revision, in one transaction; the revision the database then has."""
    return await _run(settings, lambda config: command.downgrade(config, revision))


async def current(settings: Settings) -> str | None:
    """The revision the database has; None for an empty one."""
    engine = make_engine(settings)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision)
    finally:
        await engine.dispose()


async def differences(settings: Settings) -> list[Any]:
    """What autogenerate would still change; empty when database and tables agree."""
    engine = make_engine(settings)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_compare)
    finally:
        await engine.dispose()


async def _run(settings: Settings, action: Any) -> str | None:
    engine = make_engine(settings)
    try:
        async with engine.execution_options(**writer_options()).begin() as connection:
            await _wait_for_turn(connection)
            return await connection.run_sync(_act, action)
    finally:
        await engine.dispose()


async def _wait_for_turn(connection: AsyncConnection) -> None:
    # On SQLite BEGIN IMMEDIATE is the lock.
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _act(connection: Connection, action: Any) -> str | None:
    config = _config()
    config.attributes["connection"] = connection
    action(config)
    return _revision(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _compare(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": True,
            "include_name": belongs_to_models,
            "target_metadata": Row.metadata,
        },
    )
    return list(compare_metadata(context, Row.metadata))
