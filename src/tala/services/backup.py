"""Backing up and restoring: rows and recordings in one folder, every key in a file of its own under a
passphrase.

The folder without the keys file tells nobody's name: data keys, master keys and the disposal log are only in
`keys.tala`. Rows are written as they are, table by table, so that a back-up of SQLite restores into
PostgreSQL.
"""

import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from itertools import batched, groupby
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import Date, LargeBinary, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from tala.cases.people import SYSTEM, Actor
from tala.errors import TalaError
from tala.services import erasure
from tala.services.accountledger import record
from tala.services.context import Context
from tala.services.disposallog import DisposalLog
from tala.settings import Settings
from tala.store import migrate, verify
from tala.store.anchors import Signer
from tala.store.canonical import timestamp
from tala.store.columns import Moment
from tala.store.keyfiles import read_secret, write_secret
from tala.store.keys import DataKey
from tala.store.recordings import open_file, seal_stream
from tala.store.tables import Case, CaseEvent, DataKeyRow, LedgerHead, Recording, Row
from tala.transcript import Value

FORMAT = 1
KEYS_FILE = "keys.tala"
MADE = "backup.made"
_SALT_BYTES = 16
_LEAST_PASSPHRASE = 12
_SECRET_TABLES = ("data_keys", "disposals")
_PASSING_TABLES = ("intake_tickets", "idempotency_keys", "sessions", "case_rollups", "rollup_states")
_AT_ONCE = 1000


class BackedUp(Value):
    """What was written: rows by table, objects, and where."""

    folder: str
    rows: dict[str, int]
    objects: int


class Restored(Value):
    """What was put back and found when checking it."""

    rows: dict[str, int]
    objects: int
    events: int
    recordings_checked: int
    erased_again: int
    problems: tuple[str, ...]


async def back_up(ctx: Context, folder: Path, passphrase: str, *, actor: Actor = SYSTEM) -> BackedUp:
    """Write everything into a new folder while the system runs: the rows are those of one moment. That it was
    done stands in the ledger of the accounts, afterwards.

    Raises:
        TalaError: invalid_input (the passphrase is short, the folder is there already).
    """
    _check_passphrase(passphrase)
    _new_folder(folder)
    counts: dict[str, int] = {}
    files: dict[str, str] = {}
    async with _one_moment(ctx) as connection:
        for table in _tables():
            if table.name not in _SECRET_TABLES:
                name = f"tables/{table.name}.jsonl"
                counts[table.name], files[name] = await _dump(connection, table, folder / name)
        salt = os.urandom(_SALT_BYTES)
        secrets = _secret_lines(ctx, connection)
        files[KEYS_FILE] = await _seal(folder / KEYS_FILE, secrets, _derived(passphrase, salt), salt)
    # After the rows: an object that is newer than they are does no harm, one that is missing would.
    objects = 0
    for name in [name async for name in ctx.recordings.names()]:
        try:
            files[f"objects/{name}"] = await ctx.recordings.copy_out(name, folder / "objects" / name)
            objects += 1
        except TalaError as error:
            # The pieces of a live session are gone once it has become a recording.
            if error.code != "not_found" or not name.startswith("live/"):
                raise
    manifest = {
        "format": FORMAT,
        "made_at": timestamp(ctx.clock()),
        "revision": await migrate.current(ctx.settings),
        "rows": counts,
        "objects": objects,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    async with ctx.database.write() as session:
        told = {"rows": sum(counts.values()), "cases": counts["cases"], "objects": objects}
        await record(session, ctx, MADE, actor, told)
    return BackedUp(folder=str(folder), rows=counts, objects=objects)


async def restore(
    settings: Settings, folder: Path, passphrase: str, *, disposals: Path | None = None
) -> Restored:
    """Put a back-up back into an empty installation and check it: file hashes, ledger, sound of every
    recording.

    Args:
        disposals: a newer disposal log (`disposals.jsonl` of the data folder): what it lists is erased again.

    Raises:
        TalaError: invalid_input (not a back-up, not whole, wrong passphrase), conflict (this place is not
        empty).
    """
    manifest = _checked_manifest(folder)
    secrets = _opened_secrets(folder, passphrase)
    await _must_be_empty(settings)
    first = next(secrets)
    for name, secret in first["files"].items():
        write_secret(settings.data_dir / "keys" / name, bytes.fromhex(secret))
    await migrate.upgrade(settings, manifest["revision"])
    ctx = await Context.open(settings)
    try:
        rows = await _load(ctx, folder, secrets)
        await migrate.upgrade(settings)
        for name in manifest["files"]:
            if name.startswith("objects/"):
                await ctx.recordings.copy_in(name.removeprefix("objects/"), folder / name)
        erased = await _erase_again(ctx, disposals)
        return await _checked(ctx, rows, manifest["objects"], erased)
    finally:
        await ctx.close()


def _tables() -> list[Table]:
    """Every table worth keeping, in the order in which rows need each other: events come before their
    cases.
    """
    first = [CaseEvent.__tablename__, LedgerHead.__tablename__]
    names = [*first, *(table.name for table in Row.metadata.sorted_tables if table.name not in first)]
    return [Row.metadata.tables[str(name)] for name in names if name not in _PASSING_TABLES]


@contextlib.asynccontextmanager
async def _one_moment(ctx: Context) -> AsyncIterator[AsyncConnection]:
    """A connection that sees the rows of one moment, whoever writes meanwhile."""
    engine = ctx.database.engine
    if not ctx.database.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    async with engine.connect() as connection:
        yield connection


async def _dump(connection: AsyncConnection, table: Table, path: Path) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    _folder_of(path)
    with path.open("wb") as file:
        async for line in _lines(connection, table):
            digest.update(line)
            file.write(line)
            count += 1
    return count, digest.hexdigest()


async def _lines(connection: AsyncConnection, table: Table) -> AsyncIterator[bytes]:
    """A table's rows as JSON lines; bytes as base64, times with their zone."""
    async with connection.stream(select(table).execution_options(yield_per=_AT_ONCE)) as result:
        async for row in result.mappings():
            yield json.dumps(dict(row), default=_written, ensure_ascii=False).encode() + b"\n"


def _written(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.datetime):
        return timestamp(value)
    return str(value)


async def _secret_lines(ctx: Context, connection: AsyncConnection) -> AsyncIterator[bytes]:
    """The key files, then the rows that hold keys and what was erased."""
    files = {path.name: read_secret(path).hex() for path in sorted(ctx.keys.folder.glob("*.key"))}
    yield json.dumps({"files": files}).encode() + b"\n"
    for name in _SECRET_TABLES:
        async for line in _lines(connection, Row.metadata.tables[name]):
            yield b'{"table":"%s","row":%s}\n' % (name.encode(), line.strip())


async def _seal(path: Path, chunks: AsyncIterator[bytes], key: DataKey, salt: bytes) -> str:
    digest = hashlib.sha256(salt)
    with path.open("wb") as file:
        file.write(salt)
        async for piece in seal_stream(chunks, key, KEYS_FILE):
            digest.update(piece)
            file.write(piece)
    os.chmod(path, 0o600)
    return digest.hexdigest()


def _derived(passphrase: str, salt: bytes) -> DataKey:
    return DataKey(KEYS_FILE, Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(passphrase.encode()))


def _opened_secrets(folder: Path, passphrase: str) -> Iterator[dict[str, Any]]:
    """The lines of the keys file; TalaError("invalid_input") for another passphrase."""
    path = folder / KEYS_FILE
    with path.open("rb") as file:
        key = _derived(passphrase, file.read(_SALT_BYTES))
    pending = b""
    try:
        for piece in open_file(path, key, KEYS_FILE, skip=_SALT_BYTES):
            *lines, pending = (pending + piece).split(b"\n")
            yield from (json.loads(line) for line in lines)
    except TalaError:
        message = "The passphrase is not the one this back-up was made with, or its keys file is damaged."
        raise TalaError("invalid_input", message) from None


def _checked_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        files: dict[str, str] = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise TalaError("invalid_input", f"There is no back-up in {folder.name}.") from None
    if manifest.get("format") != FORMAT:
        raise TalaError(
            "invalid_input", "This back-up was made by another version of Tala; restore it with that."
        )
    for name, expected in files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != expected:
            raise TalaError("invalid_input", f"The back-up is not whole: {name} is missing or was changed.")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _must_be_empty(settings: Settings) -> None:
    revision = await migrate.current(settings)
    keys = settings.data_dir / "keys"
    if revision is not None or (keys.is_dir() and any(keys.iterdir())):
        message = "There is an installation here already. Restore into an empty data folder and database."
        raise TalaError("conflict", message)


async def _load(ctx: Context, folder: Path, secrets: Iterator[dict[str, Any]]) -> dict[str, int]:
    """Insert every row in one transaction; how many by table."""
    counts: dict[str, int] = {}
    async with ctx.database.write() as session:
        connection = await session.connection()
        for name, rows in groupby(secrets, key=lambda item: str(item["table"])):
            table = Row.metadata.tables[name]
            counts[name] = await _insert(connection, table, (item["row"] for item in rows))
        for table in _tables():
            path = folder / "tables" / f"{table.name}.jsonl"
            if table.name not in _SECRET_TABLES:
                with path.open("rb") as file:
                    counts[table.name] = await _insert(connection, table, (json.loads(line) for line in file))
    return counts


async def _insert(connection: AsyncConnection, table: Table, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    for some in batched(rows, _AT_ONCE):
        read = [{name: _read(table, name, value) for name, value in row.items()} for row in some]
        await connection.execute(table.insert(), read)
        count += len(read)
    return count


def _read(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = table.c[name].type
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, Moment):
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if isinstance(kind, Date) else value


async def _erase_again(ctx: Context, newer: Path | None) -> int:
    """Erase what was erased after the back-up was made, by a log that is newer than it."""
    if newer is None:
        return 0
    again = 0
    for line in _log_lines(newer):
        async with ctx.database.write() as session:
            row = await session.get(DataKeyRow, line["data_key_id"]) if line["data_key_id"] else None
            fresh = row is not None and row.destroyed_at is None
            case = await session.get(Case, line["subject_id"]) if line["kind"] == "case" else None
            if fresh and case is None and row is not None:
                log = DisposalLog(ctx, session, SYSTEM, line["reason"], ctx.clock())
                await log.destroy(line["kind"], line["subject_id"], row.id, line["object_key"])
        if fresh and case is not None:
            await erasure.erase_case(ctx, case.ctn, SYSTEM, reason=line["reason"])
        elif fresh:
            await log.finish()
        again += fresh
    return again


def _log_lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]


async def _checked(ctx: Context, rows: dict[str, int], objects: int, erased: int) -> Restored:
    """Verify the ledger and decrypt every recording against the hash of what was received."""
    signer = Signer.open_folder(ctx.settings)
    async with ctx.database.read() as session:
        report = await verify.verify(session, public_keys=[signer.public_key])
        recordings = list(
            await session.scalars(
                select(Recording).where(
                    col(Recording.state).not_in(("erased", "receiving")), col(Recording.sha256) != ""
                )
            )
        )
    problems = [f"{one.ledger_id}: {one.message}" for one in report.problems]
    for recording in recordings:
        if not await _sounds_right(ctx, recording):
            problems.append(f"recording {recording.id} does not match its hash")
    return Restored(
        rows=rows,
        objects=objects,
        events=report.events,
        recordings_checked=len(recordings),
        erased_again=erased,
        problems=tuple(problems),
    )


async def _sounds_right(ctx: Context, recording: Recording) -> bool:
    digest = hashlib.sha256()
    try:
        async with ctx.database.read() as session:
            key = await ctx.keys.load(session, recording.data_key_id)
        async for piece in ctx.recordings.read(recording.object_key, key):
            digest.update(piece)
    except TalaError:
        return False
    return digest.hexdigest() == recording.sha256


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise TalaError("invalid_input", f"Choose a passphrase of at least {_LEAST_PASSPHRASE} characters.")


def _new_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise TalaError("invalid_input", f"{folder.name} is there already; name a new folder.") from None


def _folder_of(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
