"""Engines and sessions. SQLite writers begin IMMEDIATE, so that they wait in line instead of failing
half-way.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.util import await_only

import tala.store.arriving
import tala.store.figures
import tala.store.office  # noqa: F401 - its tables are part of every database
from tala.settings import Settings
from tala.store import guard

BUSY_MILLISECONDS = 15_000
_PAUSE_MILLISECONDS = 50
_WRITER = "tala_writer"
_ALONE = "tala_no_transaction"
_NEXT_NUMBER = text(
    "INSERT INTO ctn_sequences (year, last) VALUES (:year, 1) "
    "ON CONFLICT (year) DO UPDATE SET last = ctn_sequences.last + 1 RETURNING last"
)


def make_engine(settings: Settings) -> AsyncEngine:
    """The engine for `settings.resolved_database_url`: SQLite with WAL and foreign keys, or PostgreSQL."""
    url = make_url(settings.resolved_database_url)
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            pool_recycle=1800,
            # Plans are made for the words and dates at hand: a plan for any word is wrong for rare and
            # frequent ones.
            connect_args={"server_settings": {"plan_cache_mode": "force_custom_plan", "jit": "off"}},
        )
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_async_engine(url, pool_size=8, max_overflow=8)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    _keep_a_log(cursor)
    for pragma in (
        "synchronous=FULL",  # a case that was acknowledged survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # erased values are overwritten, not only unlinked
        "temp_store=MEMORY",
        "cache_size=-8192",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_a_log(cursor: Any) -> None:
    """Write ahead: the one setting that SQLite refuses at once, without waiting, while another changes it."""
    for _ in range(BUSY_MILLISECONDS // _PAUSE_MILLISECONDS):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as refused:
            if "locked" not in str(refused):
                raise
            await_only(asyncio.sleep(_PAUSE_MILLISECONDS / 1000))
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get(_ALONE, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITER, False) else "BEGIN")


def writer_options() -> dict[str, Any]:
    """Execution options of an engine whose transactions are going to write."""
    return {_WRITER: True}


class Database:
    """One engine and its sessions.

    `read()` gives a session that is rolled back at the end; `write()` one that commits when the block ends
    well and rolls back when it raises. Do not open a `write()` inside another one.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(settings)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        writers = self.engine.execution_options(**writer_options())
        self._read = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)
        self._write = async_sessionmaker(
            writers, class_=AsyncSession, expire_on_commit=False, sync_session_class=guard.GuardedSession
        )
        # Numbers are drawn outside the filing transaction, or filings would wait for each other's commits.
        self._numbers = (
            None if self.is_sqlite else create_async_engine(self.engine.url, pool_size=2, max_overflow=0)
        )
        # SQLite has one writer at a time; waiting here is fair and costs nothing, waiting in SQLite is
        # neither.
        self._turn: contextlib.AbstractAsyncContextManager[Any] | None = (
            asyncio.Lock() if self.is_sqlite else None
        )

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading: one consistent view, never committed."""
        async with self._read() as session:
            yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that commits at the end of the block."""
        async with self._turn or contextlib.nullcontext(), self._write() as session, session.begin():
            yield session

    async def scrub(self, tables: Sequence[str]) -> None:
        """Take deleted rows out of the files: index segments, free pages, the write-ahead log.

        Runs outside any transaction. On SQLite readers that are still at work keep their part of the log
        until the next time.
        """
        if self.is_sqlite:
            alone = self.engine.execution_options(**{_ALONE: True})
            async with self._turn or contextlib.nullcontext(), alone.connect() as connection:
                await connection.exec_driver_sql("INSERT INTO case_search(case_search) VALUES ('optimize')")
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        async with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for table in tables:
                await connection.exec_driver_sql(f"VACUUM {table}")

    async def next_number(self, session: AsyncSession, year: int) -> int:
        """The next sequence number of a year, counted from 1; `session` is the write() session that will use
        it.

        A filing that fails afterwards leaves a gap on PostgreSQL, never a number used twice.
        """
        if self._numbers is None:
            return int((await session.execute(_NEXT_NUMBER, {"year": year})).scalar_one())
        async with self._numbers.begin() as connection:
            # The case's own commit comes later in the same log, so flushing that one flushes this one.
            await connection.execute(text("SET LOCAL synchronous_commit = off"))
            return int((await connection.execute(_NEXT_NUMBER, {"year": year})).scalar_one())

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()
        if self._numbers is not None:
            await self._numbers.dispose()
