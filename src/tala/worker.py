"""The worker: jobs that call services, ids as their only arguments, and the sweeper.

As many as you like, on as many machines as you like. One loads the speech engine once; the work itself is
done in threads, so that the queue is heard meanwhile. The queue may go away and come back.
"""

import asyncio
import contextlib
import datetime as dt
import signal
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.exceptions import ConnectionError as QueueConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as QueueTimeoutError

from tala.errors import TalaError
from tala.services import queue, scratch
from tala.services.audit import anchor
from tala.services.clockwork import catch_up
from tala.services.context import Context
from tala.services.intake import PROCESS
from tala.services.live import finish_left
from tala.services.notices import send_waiting
from tala.services.processing import process_recording
from tala.services.retention import keep_house
from tala.services.statistics import refresh
from tala.services.sweeping import clear_away, clear_orphans, sweep
from tala.services.uploads import expire
from tala.settings import Settings

log = structlog.get_logger(__name__)

# How long the queue holds a job for a worker that stopped saying it is at it.
_HELD_SECONDS = 60
# No job of ours is ever ended by a clock: a long recording takes what it takes. The lease in the database
# decides whether its worker is still there.
_NO_TIME_OUT = dt.timedelta(days=365)
_CLEAR_AWAY_SECONDS = 3600.0
_ORPHANS_SECONDS = 6 * 3600.0
_TICK_SECONDS = 60.0
_ANCHOR_SECONDS = 86_400.0
_STATISTICS_SECONDS = 20.0
_NOTICE_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 5.0


async def _process(ctx: dict[Any, Any], recording_id: str) -> None:
    key = queue.in_progress_key(ctx["job_id"])

    async def alive() -> None:
        with contextlib.suppress(RedisError, OSError):
            await ctx["redis"].psetex(key, _HELD_SECONDS * 1000, b"1")

    await process_recording(ctx["tala"], recording_id, alive=alive)


class _PatientWorker(Worker):
    """A worker that outlives its queue: it waits for it to come back and goes on with what it has."""

    _pause_seconds = 0.0

    async def _poll_iteration(self) -> None:
        try:
            await super()._poll_iteration()
        except (QueueConnectionError, QueueTimeoutError, OSError) as error:
            if not self._pause_seconds:
                log.warning("worker.queue_away", error=type(error).__name__)
            self._pause_seconds = min(_LONGEST_PAUSE_SECONDS, self._pause_seconds * 2 or 0.25)
            await asyncio.sleep(self._pause_seconds)
        else:
            if self._pause_seconds:
                self._pause_seconds = 0.0
                log.info("worker.queue_back")


def make_worker(ctx: Context, *, burst: bool = False, handle_signals: bool = False) -> Worker:
    """A worker on the queue of these settings. `burst`: stop when the queue is empty."""
    worker = _PatientWorker(
        functions=[func(_process, name=PROCESS)],
        queue_name=queue.QUEUE_NAME,
        redis_settings=queue.redis_settings(ctx.settings),
        job_serializer=queue.serialize,
        job_deserializer=queue.deserialize,
        ctx={"tala": ctx},
        burst=burst,
        handle_signals=handle_signals,
        max_jobs=ctx.settings.worker_jobs,
        job_timeout=_NO_TIME_OUT,
        keep_result=0,
        # How often a recording is tried is counted in the database.
        max_tries=1_000_000_000,
        poll_delay=0.1,
        health_check_interval=30,
        log_results=False,
    )
    worker.in_progress_timeout_s = _HELD_SECONDS
    return worker


async def run(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM: then stop taking jobs, hand back those at hand, leave."""
    ctx = await Context.open(settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    cleared = scratch.clear_left_over(ctx)
    log.info("worker.started", jobs=settings.worker_jobs, scratch_cleared=cleared)
    tasks = [
        asyncio.create_task(asyncio.to_thread(_warm_up, ctx)),
        asyncio.create_task(_every(settings.sweep_seconds, sweep, ctx)),
        asyncio.create_task(_every(settings.sweep_seconds, finish_left, ctx)),
        asyncio.create_task(_every(_CLEAR_AWAY_SECONDS, clear_away, ctx)),
        asyncio.create_task(_every(_ORPHANS_SECONDS, clear_orphans, ctx)),
        asyncio.create_task(_every(_CLEAR_AWAY_SECONDS, expire, ctx)),
        asyncio.create_task(_every(_TICK_SECONDS, catch_up, ctx)),
        asyncio.create_task(_every(_ANCHOR_SECONDS, anchor, ctx)),
        asyncio.create_task(_every(_STATISTICS_SECONDS, refresh, ctx)),
        asyncio.create_task(_every(_NOTICE_SECONDS, send_waiting, ctx)),
        asyncio.create_task(_every(_CLEAR_AWAY_SECONDS, keep_house, ctx)),
    ]
    try:
        while not stopping.is_set():
            await _serve_until(ctx, stopping)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await ctx.close()
        log.info("worker.stopped")


async def _serve_until(ctx: Context, stopping: asyncio.Event) -> None:
    """One worker, from the queue's answering to the signal.

    Returns early when the queue cannot be reached.
    """
    try:
        worker = make_worker(ctx)
        serving = asyncio.create_task(worker.async_run())
    except Exception as error:
        log.warning("worker.no_queue", error=type(error).__name__)
        await _pause(stopping, _LONGEST_PAUSE_SECONDS)
        return
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if serving.done() and (failure := serving.exception()) is not None:
        log.warning("worker.queue_lost", error=type(failure).__name__)
    # close() cancels the jobs at hand; each hands its recording back with its last checkpoint.
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    with contextlib.suppress(RedisError, OSError, asyncio.CancelledError):
        await worker.close()
    if not stopping.is_set():
        await _pause(stopping, 1.0)


def _warm_up(ctx: Context) -> None:
    """Load the models before the first recording comes, and say at once what is missing."""
    try:
        _ = ctx.engine().model
        ctx.understander()
    except TalaError as error:
        log.error("worker.not_ready", code=error.code, message=error.message)
    else:
        log.info("worker.warm")


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


async def _every(seconds: float, task: Any, ctx: Context) -> None:
    while True:
        try:
            await task(ctx)
        except Exception as error:  # the database may be away; the next round will tell
            log.warning("worker.sweep_failed", task=task.__name__, error=type(error).__name__)
        await asyncio.sleep(seconds)
