"""Streamed exports of cases, masked, with a manifest that proves what was given out."""

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sqlalchemy import case as when
from sqlalchemy import null, select
from sqlmodel import col

from tala import __version__
from tala.cases import access
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import reading
from tala.services.context import Context
from tala.services.parquet import ParquetRows
from tala.store import ledger, queries
from tala.store.canonical import timestamp
from tala.store.columns import new_id
from tala.store.tables import Case, CaseEvent, CaseText

SCHEMA_VERSION = 1
LEDGER = "export:"
MAY_EXPORT = ("head", "auditor", "administrator")
_ROWS_AT_ONCE = 2000
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")

FIELDS = (
    "ctn",
    "state",
    "outcome",
    "version",
    "filed_at",
    "updated_at",
    "closed_at",
    "agency_code",
    "office",
    "authority",
    "team",
    "main_category",
    "language",
    "psgc",
    "incident_date",
    "urgency",
    "channel",
    "anonymous",
    "transaction_class",
    "reopen_count",
    "clock_state",
    "next_due_at",
    "erased_at",
)
Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "parquet")
_COLUMNS = (*FIELDS, "narrative", "facts")


@dataclass(slots=True)
class Export:
    """An export under way: iterate over stream() for its bytes, then read manifest().

    When all was given out, the manifest becomes the one event of the ledger `export:<id>`.
    """

    ctx: Context
    actor: Actor
    wanted: queries.CaseFilter
    format: Format
    id: str = field(default_factory=new_id)
    rows: int = 0
    size: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)
    _at: dt.datetime | None = None

    async def stream(self) -> AsyncIterator[bytes]:
        """The export in pieces of about two thousand cases, oldest first; memory stays flat."""
        self._at = self.ctx.clock()
        async with self.ctx.database.write() as session:
            reading.log_access(session, self._at, self.actor, "export", self.format, "export", "masked")
        columns = [_column(name, self.actor) for name in FIELDS]
        statement = (
            select(*columns, col(CaseText.text), col(CaseText.facts))
            .join_from(Case, CaseText, col(CaseText.case_id) == col(Case.id), isouter=True)
            .where(queries.visible_to(self.actor), *queries.conditions(self.wanted))
            .order_by(col(Case.filed_at), col(Case.id))
            .execution_options(yield_per=_ROWS_AT_ONCE)
        )
        parquet = ParquetRows(_COLUMNS) if self.format == "parquet" else None
        written: Callable[[Sequence[Any]], bytes] = _csv if self.format == "csv" else _jsonl
        if parquet is not None:
            written = parquet.bytes_of
        if self.format == "csv":
            yield self._count(_csv_lines([list(_COLUMNS)]), 0)
        async with self.ctx.database.read() as session:
            async for rows in (await session.stream(statement)).partitions(_ROWS_AT_ONCE):
                yield self._count(written(rows), len(rows))
        if parquet is not None:
            yield self._count(parquet.end(), 0)
        async with self.ctx.database.write() as session:
            ledger_id = f"{LEDGER}{self.id}"
            await ledger.append(session, ledger_id, "export.done", self.actor, self.manifest(), new=True)

    def manifest(self) -> dict[str, Any]:
        """What was exported, when, under which filter, and the SHA-256 of every byte."""
        wanted = {
            name: value for name, value in asdict(self.wanted).items() if value not in (None, (), False)
        }
        return {
            "id": self.id,
            "schema_version": SCHEMA_VERSION,
            "made_by": f"tala {__version__}",
            "made_at": timestamp(self._at or self.ctx.clock()),
            "format": self.format,
            "redaction_level": "masked",
            "filter": json.loads(json.dumps(wanted, default=str)),
            "rows": self.rows,
            "bytes": self.size,
            "sha256": self._digest.hexdigest(),
            "fields": list(_COLUMNS),
        }

    def _count(self, piece: bytes, rows: int) -> bytes:
        self._digest.update(piece)
        self.rows += rows
        self.size += len(piece)
        return piece


def _column(name: str, actor: Actor) -> Any:
    """A column as somebody may take it out: an agency is not told who handles what was endorsed to it."""
    column = col(getattr(Case, name))
    if name != "team" or access.sees_inside(actor, None):
        return column
    return when((col(Case.authority) == access.employer(actor), column), else_=null())


def start(ctx: Context, actor: Actor, wanted: queries.CaseFilter, format_: str = "jsonl") -> Export:
    """Begin an export of the cases somebody may see; always masked, and written to the access log.

    Raises:
        TalaError: forbidden, invalid_input (format, filter).
    """
    if actor.kind != "system" and actor.role not in MAY_EXPORT:
        raise TalaError("forbidden", f"Exports are for: {', '.join(MAY_EXPORT)}.")
    queries.conditions(wanted)
    for known in FORMATS:
        if known == format_:
            if known == "parquet":
                ParquetRows(_COLUMNS).end()  # refused now, not in the middle of an answer
            return Export(ctx, actor, wanted, known)
    said = ", ".join(FORMATS)
    raise TalaError(
        "invalid_input", f"The format is one of: {said}.", errors=[{"pointer": "/format", "detail": said}]
    )


async def manifest_of(ctx: Context, actor: Actor, export_id: str) -> dict[str, Any]:
    """The manifest of an export of one's own; auditors and administrators read everybody's.

    Raises:
        TalaError: not_found, also while the export still runs or broke off.
    """
    async with ctx.database.read() as session:
        row = await session.get(CaseEvent, (f"{LEDGER}{export_id}", 1))
    if row is None or (row.actor_id != actor.id and actor.role not in ("auditor", "administrator")):
        raise TalaError("not_found", "There is no finished export of this id.")
    manifest: dict[str, Any] = json.loads(row.record)["body"]
    return manifest


def _plain(value: Any) -> Any:
    return timestamp(value) if isinstance(value, dt.datetime) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _jsonl(rows: Sequence[Any]) -> bytes:
    # The masked facts are JSON already; they are set in as they are.
    encode = _ENCODER.encode
    lines = []
    for row in rows:
        *values, narrative, facts = row
        head = encode(dict(zip(FIELDS, values, strict=True)) | {"narrative": narrative})
        lines.append(f'{head[:-1]},"facts":{facts or "null"}}}\n')
    return "".join(lines).encode()


def _csv(rows: Sequence[Any]) -> bytes:
    return _csv_lines([[_cell(value) for value in row] for row in rows])


def _csv_lines(rows: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(_plain(value))
    return f"'{text}" if text.startswith(_DANGEROUS) else text
