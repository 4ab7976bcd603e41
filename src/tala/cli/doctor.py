"""`tala doctor`: what is wrong with this installation, and what to do about it."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from tala.cli import terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.settings import Settings

_SCARCE_BYTES = 2 << 30
type Check = Callable[["Settings"], Awaitable[str]]


def doctor(as_json: terminal.AsJson = False) -> None:
    """Check this installation, piece by piece, and say what to do where something is wrong."""
    chosen = terminal.settings()
    from tala import logs

    logs.configure(chosen.model_copy(update={"log_level": "error"}))

    async def all_checks() -> list[dict[str, str]]:
        return [await _run(name, check, chosen) for name, check in CHECKS]

    with terminal.exits(as_json):
        found = asyncio.run(all_checks())
        for one in found:
            if as_json:
                terminal.answer(one)
            else:
                print(f"{_SIGNS[one['state']]} {one['check']:<12} {one['message']}")
        if any(one["state"] == "wrong" for one in found):
            raise typer.Exit(terminal.REFUSED)


_SIGNS = {"good": "ok   ", "note": "note ", "wrong": "WRONG"}


class _Note(Exception):
    """Worth knowing, not wrong."""


async def _run(name: str, check: Check, chosen: "Settings") -> dict[str, str]:
    try:
        return {"check": name, "state": "good", "message": await check(chosen)}
    except _Note as note:
        return {"check": name, "state": "note", "message": str(note)}
    except TalaError as error:
        return {"check": name, "state": "wrong", "message": error.message}
    except Exception as error:
        return {"check": name, "state": "wrong", "message": f"{type(error).__name__}: {error}"}


async def _python(_: "Settings") -> str:
    return f"Python {sys.version.split()[0]}, {os.cpu_count()} cores"


async def _data_folder(chosen: "Settings") -> str:
    folder = chosen.data_dir.resolve()
    if not folder.exists():
        raise _Note(f"{folder} is made on first start")
    if not os.access(folder, os.W_OK):
        raise TalaError("storage_unavailable", f"{folder} cannot be written to; check its owner and rights.")
    if folder.stat().st_mode & 0o077:
        raise TalaError("storage_unavailable", f"Others can look into {folder}: run chmod 700 on it.")
    free = shutil.disk_usage(folder).free
    if free < _SCARCE_BYTES:
        raise TalaError(
            "storage_unavailable", f"Only {free / 1e9:.1f} GB are free under {folder}; make room."
        )
    return f"{folder}, {free / 1e9:.0f} GB free"


async def _database(chosen: "Settings") -> str:
    from tala.store import migrate

    kind = chosen.resolved_database_url.partition("+")[0]
    if kind == "sqlite" and not (chosen.data_dir / "tala.sqlite3").exists() and not chosen.database_url:
        raise _Note("SQLite, made on first start")
    revision, newest = await migrate.current(chosen), migrate.head()
    if revision != newest:
        raise _Note(f"{kind} has schema {revision or 'none'}; the next start brings it to {newest}")
    return f"{kind}, schema {revision}"


async def _keys(chosen: "Settings") -> str:
    from tala.store.keys import Keys

    if not (chosen.data_dir / "keys").is_dir():
        raise _Note("The master key is made on first start; back it up apart from the database")
    keys = await asyncio.to_thread(Keys.open_folder, chosen)
    return f"{keys.current_master}; back it up apart from the database"


async def _recordings(chosen: "Settings") -> str:
    from tala.store.recordings import RecordingStore

    kind = chosen.resolved_recordings_url.partition(":")[0]
    if kind == "file" and not chosen.recordings_url and not (chosen.data_dir / "recordings").exists():
        raise _Note("A folder, made on first start")
    await RecordingStore(chosen).check()
    return f"{kind}: written to, read and deleted from"


async def _queue(chosen: "Settings") -> str:
    from tala.services.queue import Queue

    queue = Queue(chosen)
    if await queue.reachable():
        return "answers"
    if not chosen.queue_url:
        raise _Note("Not running; `tala run` starts it. `tala file` needs none")
    raise TalaError("queue_unavailable", "TALA_QUEUE_URL does not answer; check the address and the server.")


async def _weights(chosen: "Settings") -> str:
    from tala.speech import weights

    return str(await asyncio.to_thread(weights.ensure, chosen))


async def _pipeline(chosen: "Settings") -> str:
    from tala.extract.pipeline import load

    meta = (await asyncio.to_thread(load, chosen)).nlp.meta
    return f"{meta['name']} {meta['version']}"


async def _mail(chosen: "Settings") -> str:
    from tala.services import notices

    if not chosen.smtp_url:
        raise _Note("Off: nobody is told by mail; TALA_SMTP_URL names a server")
    return await notices.check_mail(chosen)


async def _sms(chosen: "Settings") -> str:
    from tala.services import notices

    if not chosen.sms_url:
        raise _Note("Off: nobody is told by short message; TALA_SMS_URL names a gateway")
    return await notices.check_sms(chosen)


async def _retention(chosen: "Settings") -> str:
    from tala.services import retention
    from tala.services.context import Context
    from tala.store import migrate

    if not (chosen.data_dir / "keys").is_dir() or await migrate.current(chosen) != migrate.head():
        raise _Note("Checked once the database is there")
    ctx = await Context.open(chosen)
    try:
        late = await retention.overdue(ctx)
        rules = await retention.in_force(ctx)
    finally:
        await ctx.close()
    if any(late.values()):
        said = ", ".join(f"{number} {kind}" for kind, number in late.items() if number)
        raise TalaError(
            "storage_unavailable", f"Kept beyond their time: {said}. Start `tala worker`, which erases them."
        )
    kept = ", ".join(f"{rule.kind} {rule.days or 'for good'}" for rule in rules)
    return f"nothing kept beyond its time; days: {kept}; unfiled {chosen.draft_days}"


async def _port(chosen: "Settings") -> str:
    try:
        _, writer = await asyncio.open_connection(chosen.host, chosen.port)
    except OSError:
        raise _Note(f"Nothing answers at {chosen.base_url}; `tala run` starts it") from None
    writer.close()
    return f"{chosen.base_url} answers"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("python", _python),
    ("data folder", _data_folder),
    ("database", _database),
    ("keys", _keys),
    ("recordings", _recordings),
    ("queue", _queue),
    ("weights", _weights),
    ("pipeline", _pipeline),
    ("mail", _mail),
    ("sms", _sms),
    ("retention", _retention),
    ("web", _port),
)
