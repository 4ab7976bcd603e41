"""`tala run`, `tala serve`, `tala worker`: the processes of an installation."""

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.cli.supervisor import Service, Supervisor
    from tala.settings import Settings

_READY_SECONDS = 120.0
_GIVEN_UP_AFTER = 3
# Restarts in a row after which the embedded queue's own data is taken for what ends it.
_DAMAGED_AFTER = 3

Host = Annotated[str | None, typer.Option(help="Address to listen on (TALA_HOST).")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on (TALA_PORT).")]
Prepared = Annotated[bool, typer.Option("--prepared", hidden=True)]
DataDir = Annotated[
    Path | None, typer.Option(help="Folder of database, recordings, keys, queue (TALA_DATA_DIR).")
]


def run(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Run everything on this machine: database, queue, web pages and worker. Ctrl-C stops it all."""
    chosen = terminal.settings(host=host, port=port, data_dir=data_dir)
    terminal.keep_private()
    with terminal.exits(), _only_one(chosen):
        _check_port(chosen)
        asyncio.run(_run(chosen))


def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
    prepared: Prepared = False,
) -> None:
    """Run the web server alone; workers run elsewhere, on the same database, queue and object store."""
    chosen = terminal.settings(host=host, port=port, data_dir=data_dir)
    terminal.keep_private()
    with terminal.exits():
        _check_port(chosen)
        os.environ.update(_environment(chosen))
        if not prepared:
            _tell_password(asyncio.run(_prepare({})))
        from granian import Granian
        from granian.constants import Interfaces

        from tala import logs

        logs.configure(chosen)
        Granian(
            "tala.cli.run:application",
            address=chosen.host,
            port=chosen.port,
            interface=Interfaces.ASGI,
            workers=workers,
            factory=True,
            log_access=False,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
        ).serve()


def application() -> Any:
    """The web application of this process, from the settings in its environment."""
    from tala import logs
    from tala.settings import Settings
    from tala.web.app import create_app

    chosen = Settings()
    logs.configure(chosen)
    return create_app(chosen)


def worker(data_dir: DataDir = None, prepared: Prepared = False) -> None:
    """Run a worker alone: it turns recordings into drafts. As many as you like, on as many machines."""
    chosen = terminal.settings(data_dir=data_dir)
    terminal.keep_private()
    with terminal.exits():
        os.environ.update(_environment(chosen))
        if not prepared:
            _tell_password(asyncio.run(_prepare({})))
        from tala import logs
        from tala import worker as tala_worker

        logs.configure(chosen)
        asyncio.run(tala_worker.run(chosen))


def prepare() -> None:
    """Bring database, keys and weights into place; print what `tala run` has to say about it, in JSON."""
    chosen = terminal.settings()

    async def inside() -> dict[str, Any]:
        from tala.services import accounts
        from tala.speech import weights

        async with terminal.open_context(chosen) as ctx:
            await asyncio.to_thread(weights.ensure, chosen)
            first = await accounts.ensure_first_administrator(ctx)
        if first is None:
            return {}
        return {"username": first.user.username, "one_time_password": first.one_time_password}

    with terminal.exits(as_json=True):
        terminal.answer(asyncio.run(inside()))


async def _run(chosen: "Settings") -> None:
    from tala.cli.supervisor import Service, Supervisor

    started = time.monotonic()
    environment = _environment(chosen)
    supervisor = Supervisor()
    supervisor.stop_on_signals()
    try:
        preparing = asyncio.create_task(_prepare(environment))
        if not chosen.queue_url:
            await _start_queue(supervisor, chosen)
        _tell_password(await preparing)
        python = (sys.executable, "-m", "tala")
        web = Service("The web server", (*python, "serve", "--prepared"), environment)
        await supervisor.start(web)
        await supervisor.start(Service("The worker", (*python, "worker", "--prepared"), environment))
        await _until_ready(supervisor, web, chosen)
        if not supervisor.stopping.is_set():
            _tell(chosen, time.monotonic() - started)
            await supervisor.wait()
            terminal.say("Stopping …")
    finally:
        await supervisor.stop()


async def _prepare(environment: dict[str, str]) -> dict[str, Any]:
    """Run `tala prepare` beside us: what it needs in memory is given back when it ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tala",
        "prepare",
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    out, _ = await process.communicate()
    try:
        answer: dict[str, Any] = json.loads(out)
    except json.JSONDecodeError:
        raise TalaError("internal", "The installation could not be prepared; see the lines above.") from None
    if "error" in answer:
        raise TalaError(answer["error"]["code"], answer["error"]["message"])
    return answer


async def _start_queue(supervisor: "Supervisor", chosen: "Settings") -> None:
    from tala.cli.supervisor import Service
    from tala.services import embedded

    await embedded.stop_left_over(chosen)
    launch = embedded.prepare(chosen)

    def before_restart(deaths: int) -> None:
        if deaths >= _DAMAGED_AFTER and embedded.set_aside_damaged(chosen):
            terminal.say("The queue's data cannot be read; it was set aside. Nothing is lost with it.")

    await supervisor.start(Service("The queue", launch.argv, log=launch.log, before_restart=before_restart))
    for _ in range(200):
        if await embedded.answers(launch.url):
            return
        await asyncio.sleep(0.05)
    raise TalaError("queue_unavailable", f"The queue does not start; {launch.log} says why.")


async def _until_ready(supervisor: "Supervisor", web: "Service", chosen: "Settings") -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)  # noqa: S104 - not bound to
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until and web.deaths < _GIVEN_UP_AFTER and not supervisor.stopping.is_set():
        try:
            _, writer = await asyncio.open_connection(host, chosen.port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    if not supervisor.stopping.is_set():
        raise TalaError("internal", "The web server does not answer; see the lines above.")


def _tell_password(first: dict[str, Any]) -> None:
    """At once: should anything fail from here on, it would be lost."""
    if first:
        print(f"First sign-in: user {first['username']}, one-time password {first['one_time_password']}")
        print("It is shown this once and has to be changed on first sign-in.", flush=True)


def _tell(chosen: "Settings", seconds: float) -> None:
    print(f"Tala is ready at {chosen.base_url} ({seconds:.1f} s)")
    print(f"  Citizens   {chosen.base_url}/")
    print(f"  API        {chosen.base_url}/docs")
    print(f"  Data       {chosen.data_dir.resolve()}")
    print("Ctrl-C stops it.", flush=True)


def _environment(chosen: "Settings") -> dict[str, str]:
    """The settings as the environment of child processes.

    Paths absolute, so that they mean the same everywhere.
    """
    changed = chosen.model_dump(mode="json", exclude_unset=True) | {
        "data_dir": str(chosen.data_dir.resolve())
    }
    return {f"TALA_{name.upper()}": str(value) for name, value in changed.items()}


@contextlib.contextmanager
def _only_one(chosen: "Settings") -> Iterator[None]:
    """Hold the data folder's lock; refuse where another `tala run` holds it."""
    chosen.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (chosen.data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TalaError(
                "conflict",
                f"Tala already runs on {chosen.data_dir.resolve()}. Stop it, or use another --data-dir.",
            ) from None
        yield


def _check_port(chosen: "Settings") -> None:
    """Refuse in words where the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                said = (
                    f"Port {chosen.port} is taken by another program. Stop it, or choose another port: "
                    f"--port {chosen.port + 1 if chosen.port < 65535 else 8080}, or TALA_PORT."
                )
            elif error.errno == errno.EACCES:
                said = (
                    f"Port {chosen.port} needs more rights. Choose one above 1023: --port 8000, or TALA_PORT."
                )
            else:
                said = f"{chosen.host} is no address of this machine. Check --host or TALA_HOST."
            raise TalaError("settings_invalid", said) from None
