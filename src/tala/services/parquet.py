"""Rows as Parquet, group by group, through the optional library pyarrow."""

import io
from collections.abc import Sequence
from typing import Any

from tala.errors import TalaError

_MOMENTS = frozenset({"filed_at", "updated_at", "closed_at", "next_due_at", "erased_at"})
_DAYS = frozenset({"incident_date"})
_NUMBERS = frozenset({"version", "reopen_count"})
_TRUTHS = frozenset({"anonymous"})


class ParquetRows:
    """Turns rows into the bytes of one file; call bytes_of() for each group of rows, then end().

    Raises:
        TalaError: conflict, where pyarrow is not installed.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise TalaError(
                "conflict", "Parquet needs a library that is not installed here: pip install 'tala[parquet]'."
            ) from None
        self._arrow = pyarrow
        self._schema = pyarrow.schema([(name, self._type(name)) for name in fields])
        self._sink = _Sink()
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def bytes_of(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """One group of rows."""
        columns = [
            self._arrow.array(values, type=field.type)
            for field, values in zip(self._schema, zip(*rows, strict=True), strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))
        return self._sink.take()

    def end(self) -> bytes:
        """What closes the file."""
        self._writer.close()
        return self._sink.take()

    def _type(self, name: str) -> Any:
        if name in _MOMENTS:
            return self._arrow.timestamp("us", tz="UTC")
        if name in _DAYS:
            return self._arrow.date32()
        if name in _NUMBERS:
            return self._arrow.int32()
        return self._arrow.bool_() if name in _TRUTHS else self._arrow.string()


class _Sink(io.RawIOBase):
    """Collects what is written until it is taken, so that memory stays flat."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
