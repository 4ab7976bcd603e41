"""The doorbell: one way to ask the workers for something. Arguments are ids; the database says what is to be
done.

Ringing twice is harmless (job ids follow from the arguments) and so is a bell that was not heard: the sweeper
rings again for rows left waiting.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from tala.errors import TalaError
from tala.services import embedded
from tala.settings import Settings

if TYPE_CHECKING:
    from arq.connections import ArqRedis, RedisSettings

QUEUE_NAME = "tala:jobs"

log = structlog.get_logger(__name__)


def serialize(job: dict[str, Any]) -> bytes:
    """A job as JSON. An exception, which the queue may be handed as a result, is told by its kind alone."""
    return json.dumps(job, default=lambda value: type(value).__name__, separators=(",", ":")).encode()


def deserialize(data: bytes) -> dict[str, Any]:
    """A job from JSON: nothing in the queue is ever executed by being read."""
    job: dict[str, Any] = json.loads(data)
    return job


def address(settings: Settings) -> str:
    """Where the queue is: the setting, or the embedded server of this data folder."""
    return settings.queue_url or embedded.url(settings)


def redis_settings(settings: Settings) -> "RedisSettings":
    """What arq wants to know to reach the queue."""
    from urllib.parse import unquote, urlparse

    from arq.connections import RedisSettings

    url = address(settings)
    parsed = RedisSettings.from_dsn(url)
    parsed.password = unquote(parsed.password) if parsed.password else None
    if urlparse(url).scheme == "unix":
        parsed.unix_socket_path = unquote(urlparse(url).path)
    parsed.conn_retries, parsed.conn_timeout = 0, 2
    return parsed


def in_progress_key(job_id: str) -> str:
    """Where the queue notes that a worker is at a job."""
    from arq.constants import in_progress_key_prefix

    return in_progress_key_prefix + job_id


@dataclass(frozen=True, slots=True)
class State:
    """How many jobs stand in the queue, and whether a worker said within half a minute that it is there."""

    bells: int
    worker: bool


class Queue:
    """A lazily opened connection to the queue, shared by one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ArqRedis | None = None
        self._connecting = asyncio.Lock()

    async def enqueue(self, job: str, row_id: str, *, abandoned: bool = False) -> bool:
        """Ring for `job` on a row. While a bell for the same row hangs in the queue, no second one is added.

        Args:
            abandoned: nobody is at it any more, whatever the queue believes.

        Returns:
            whether the queue was reached; where it was not, the sweeper will ring.
        """
        from redis.exceptions import RedisError

        try:
            pool = await self._connected()
            job_id = f"{job}:{row_id}"
            if abandoned:
                await pool.delete(in_progress_key(job_id))
            await pool.enqueue_job(job, row_id, _job_id=job_id, _queue_name=QUEUE_NAME)
        except (RedisError, OSError, TalaError) as error:
            log.warning("queue.unreachable", job=job, id=row_id, error=type(error).__name__)
            return False
        return True

    async def reachable(self) -> bool:
        """Whether the queue answers just now."""
        try:
            return await embedded.answers(address(self._settings))
        except TalaError:
            return False

    async def state(self) -> State | None:
        """How the queue stands; None where it does not answer."""
        from arq.constants import health_check_key_suffix
        from redis.exceptions import RedisError

        try:
            pool = await self._connected()
            bells = await pool.zcard(QUEUE_NAME)
            heard = await pool.exists(QUEUE_NAME + health_check_key_suffix)
        except (RedisError, OSError, TalaError):
            return None
        return State(bells=int(bells), worker=bool(heard))

    async def close(self) -> None:
        """Let go of the connection."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def _connected(self) -> "ArqRedis":
        from arq.connections import create_pool

        async with self._connecting:
            if self._pool is None:
                self._pool = await create_pool(
                    redis_settings(self._settings),
                    job_serializer=serialize,
                    job_deserializer=deserialize,
                    default_queue_name=QUEUE_NAME,
                )
            return self._pool
