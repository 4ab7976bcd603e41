"""Keeps a few processes running together.

Starts them in order, restarts one that dies, stops them all cleanly.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tala.cli import terminal

_STOP_SECONDS = 15.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30.0
_STABLE_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Service:
    """One process to keep running.

    Attributes:
        log: file its output goes to; None: this process's stderr.
        before_restart: called with how often it died in a row, before it is started again.
        deaths: how often it died in a row, each time soon after it was started.
    """

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    log: Path | None = None
    before_restart: Callable[[int], None] | None = None
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0


class Supervisor:
    """Runs services until told to stop."""

    def __init__(self) -> None:
        self._services: list[Service] = []
        self._watching: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    async def start(self, service: Service) -> None:
        """Start a service and keep it running from now on."""
        await _spawn(service)
        self._services.append(service)
        self._watching.append(asyncio.create_task(self._watch(service)))

    async def wait(self) -> None:
        """Until SIGINT or SIGTERM."""
        await self._stopping.wait()

    def stop_on_signals(self) -> None:
        """From now on SIGINT and SIGTERM end wait()."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)

    @property
    def stopping(self) -> asyncio.Event:
        """Set when it is time to end."""
        return self._stopping

    async def stop(self) -> None:
        """Stop the services, the last started first; one that does not heed is killed."""
        self._stopping.set()
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for service in reversed(self._services):
            await _end(service)

    async def _watch(self, service: Service) -> None:
        while True:
            assert service.process is not None
            started = time.monotonic()
            code = await service.process.wait()
            if self._stopping.is_set():
                return
            _kill_group(service.process.pid)
            soon = time.monotonic() - started < _STABLE_SECONDS
            service.deaths = service.deaths + 1 if soon else 1
            pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (service.deaths - 1))
            terminal.say(f"{service.name} ended ({_told(code)}); starting it again in {pause:g} s.")
            await asyncio.sleep(pause)
            if service.before_restart is not None:
                service.before_restart(service.deaths)
            await _spawn(service)


async def _spawn(service: Service) -> None:
    output = await asyncio.to_thread(service.log.open, "wb") if service.log is not None else None
    try:
        service.process = await asyncio.create_subprocess_exec(
            *service.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output or sys.stderr,
            stderr=asyncio.subprocess.STDOUT if output else None,
            env={**os.environ, **service.environment},
            # A group of its own: Ctrl-C reaches only us, and we stop them in order.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    finally:
        if output is not None:
            output.close()


async def _end(service: Service) -> None:
    process = service.process
    if process is None:
        return
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            terminal.say(f"{service.name} does not stop; ending it.")
    _kill_group(process.pid)
    await process.wait()


def _kill_group(leader: int) -> None:
    """End what a process left running of its own children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def _die_with_parent() -> None:
    # Should the supervisor itself be killed, nothing of it stays behind.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
