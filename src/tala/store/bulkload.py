"""Writing very many rows at once, in ways too coarse for anything but filling an empty database."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from tala.store.database import Database
from tala.store.tables import Row

_SEARCH = """INSERT INTO case_search (case_id, position, words)
    SELECT case_id, CAST(year AS bigint) * 10000000 + sequence, to_tsvector('simple', text || ' ' || words)
    FROM case_texts JOIN cases ON cases.id = case_id
    WHERE NOT EXISTS (SELECT 1 FROM case_search s WHERE s.case_id = case_texts.case_id)"""
_INDEXES = """SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = ANY(:tables)
      AND indexname NOT IN (SELECT conname FROM pg_constraint)"""


async def add(session: AsyncSession, table: type[Row], columns: Sequence[str], rows: list[Any]) -> None:
    """Add rows, each a tuple in the order of `columns`; lists and dicts are JSON."""
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        await session.execute(insert(table.__table__), values)  # type: ignore[attr-defined]
        return
    as_json = [place for place, value in enumerate(rows[0]) if isinstance(value, list | dict)]
    if as_json:
        rows = [_with_json(row, as_json) for row in rows]
    connection = await (await session.connection()).get_raw_connection()
    driver: Any = connection.driver_connection
    if not driver.is_in_transaction():  # begun by the first statement, which copying does not count as
        await session.execute(text("SELECT 1"))
    await driver.copy_records_to_table(table.__tablename__, records=rows, columns=columns)


def _with_json(row: tuple[Any, ...], places: Sequence[int]) -> tuple[Any, ...]:
    changed = list(row)
    for place in places:
        changed[place] = json.dumps(changed[place])
    return tuple(changed)


@asynccontextmanager
async def without_indexes(database: Database, tables: Sequence[str]) -> AsyncIterator[None]:
    """PostgreSQL alone: take the indexes of tables and of the search away while they are filled, and make
    them anew afterwards, also when filling broke off.
    """
    async with database.engine.begin() as connection:
        found = await connection.execute(text(_INDEXES), {"tables": [*tables, "case_search"]})
        indexes = [(str(name), str(made)) for name, made in found.all()]
        for name, _ in indexes:
            await connection.exec_driver_sql(f'DROP INDEX "{name}"')
        await connection.exec_driver_sql("ALTER TABLE case_texts DISABLE TRIGGER case_texts_search")
    try:
        yield
    finally:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
            await connection.exec_driver_sql(_SEARCH)
            await connection.exec_driver_sql("ALTER TABLE case_texts ENABLE TRIGGER case_texts_search")
            for _, made in indexes:
                await connection.exec_driver_sql(made)


async def settle(database: Database) -> None:
    """Tell the planner what there is now."""
    if database.is_sqlite:
        async with database.write() as session:
            await session.execute(text("ANALYZE"))
        return
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM (ANALYZE)"))
