"""Hundreds of thousands of made-up cases for measuring: the rows the services would write, many at a time.

Every hash, key and event is real and the ledger verifies. One thing is not: all these cases share one
receipt, because an argon2 hash each would take the machine an hour.
"""

import asyncio
import contextlib
import datetime as dt
import multiprocessing
import os
import threading
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases.calendar import manila_date
from tala.services import demo_rows, statistics
from tala.services.context import Context
from tala.services.demo_rows import Rows
from tala.services.demo_texts import made_up
from tala.settings import Settings
from tala.store import bulkload, receipts
from tala.store.keys import Keys


@dataclass(frozen=True, slots=True)
class _Order:
    """What to make. A case's place among those of its year follows from its number: they are in the order
    of filing.

    Args:
        first: the number of the first case of each year; last: the last place taken before, by year.
    """

    count: int
    seed: int
    until: dt.datetime
    receipt_hash: str
    first: dict[int, int]
    last: dict[int, int]

    def rows(self, keys: Keys, begin: int, end: int) -> Rows:
        """The rows of the cases from number `begin` to before `end`."""
        rows: Rows = {}
        for number in range(begin, end):
            complaint = made_up(number, self.until, seed=self.seed, count=self.count)
            sequence = self.place(manila_date(complaint.filed_at).year, number)
            demo_rows.write(rows, keys, complaint, number, sequence, self.until, self.receipt_hash)
        return rows

    def place(self, year: int, number: int) -> int:
        """The place of a case among those of its year."""
        return self.last.get(year, 0) + number - self.first[year] + 1


async def make_bulk(
    ctx: Context,
    count: int,
    *,
    seed: int = 1,
    batch: int = 2000,
    many: int = 20_000,
    progress: Callable[[int], None] | None = None,
) -> str:
    """Write `count` cases of the last five years; the receipt that opens every one of them.

    Args:
        many: from so many on they are made by a process per core, and an empty PostgreSQL goes without its
        indexes meanwhile.
        progress: told after each batch how many there are.
    """
    secret = receipts.make()
    last = await _sequences(ctx)
    until = ctx.clock()
    hashed = await asyncio.to_thread(receipts.hash_of, secret)
    order = _Order(count, seed, until, hashed, _first_numbers(count, seed, until), last)
    async with contextlib.AsyncExitStack() as stack:
        if count >= many and not last and not ctx.database.is_sqlite:
            tables = [str(table.__tablename__) for table in demo_rows.TABLES]
            await stack.enter_async_context(bulkload.without_indexes(ctx.database, tables))
        making = _in_processes(ctx, order, batch) if count >= many else _here(ctx, order, batch)
        async for end, rows in making:
            async with ctx.database.write() as session:
                for table in demo_rows.TABLES:
                    made = rows.get(str(table.__tablename__), [])
                    await bulkload.add(session, table, demo_rows.columns_of(table), made)
                await _keep_sequences(session, order, end)
            if progress is not None:
                progress(end)
    await bulkload.settle(ctx.database)
    # Rows of the past do not look changed to a server that counts beside this.
    await statistics.refresh(ctx, all_days=True)
    return secret


async def _here(ctx: Context, order: _Order, batch: int) -> AsyncIterator[tuple[int, Rows]]:
    for begin in range(0, order.count, batch):
        end = min(begin + batch, order.count)
        yield end, order.rows(ctx.keys, begin, end)


async def _in_processes(ctx: Context, order: _Order, batch: int) -> AsyncIterator[tuple[int, Rows]]:
    """The same by a process per core, a few batches ahead of whoever writes them."""
    cores = os.cpu_count() or 1
    pool = ProcessPoolExecutor(
        cores, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(ctx.settings, order)
    )
    try:
        waiting: list[tuple[int, Future[Rows]]] = []
        for begin in range(0, order.count, batch):
            end = min(begin + batch, order.count)
            waiting.append((end, pool.submit(_make, begin, end)))
            if len(waiting) > cores:
                done, rows = waiting.pop(0)
                yield done, await asyncio.wrap_future(rows)
        for done, rows in waiting:
            yield done, await asyncio.wrap_future(rows)
    finally:
        pool.shutdown(cancel_futures=True)


_process: tuple[Keys, _Order] | None = None


def _begin(settings: Settings, order: _Order) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _process  # a pool's process is set up once
    _process = Keys.open_folder(settings), order


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(begin: int, end: int) -> Rows:
    assert _process is not None
    keys, order = _process
    return order.rows(keys, begin, end)


def _first_numbers(count: int, seed: int, until: dt.datetime) -> dict[int, int]:
    def year(number: int) -> int:
        return manila_date(made_up(number, until, seed=seed, count=count).filed_at).year

    years = range(year(0), year(count - 1) + 1)
    return {one: bisect_left(range(count), one, key=year) for one in years}


async def _sequences(ctx: Context) -> dict[int, int]:
    async with ctx.database.read() as session:
        rows = await session.execute(text("SELECT year, last FROM ctn_sequences"))
        return {int(year): int(last) for year, last in rows.all()}


async def _keep_sequences(session: AsyncSession, order: _Order, end: int) -> None:
    statement = text(
        "INSERT INTO ctn_sequences (year, last) VALUES (:year, :last) "
        "ON CONFLICT (year) DO UPDATE SET last = excluded.last"
    )
    ends = {**order.first, max(order.first) + 1: order.count}
    reached = [
        {"year": year, "last": order.place(year, min(end, ends[year + 1]) - 1)}
        for year, first in order.first.items()
        if first < end
    ]
    await session.execute(statement, reached)
