"""Keys: one master key in a file, a data key per recording, draft and case in the database, wrapped by it.

Sealed values are `1 || nonce (12) || AES-256-GCM ciphertext and tag`, with "table/row/column" as associated
data, so that a value moved to another row does not open. Destroying a data key makes everything sealed with
it unreadable.
"""

import datetime as dt
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from tala.errors import TalaError
from tala.settings import Settings
from tala.store.columns import new_id, now
from tala.store.keyfiles import read_secret, write_secret
from tala.store.tables import DataKeyRow

_ROWS: Any = DataKeyRow.__table__  # type: ignore[attr-defined]
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_NAME = re.compile(r"^master-(\d{4})\.key$")


def _bind(table: str, row: str, column: str) -> bytes:
    return f"{table}/{row}/{column}".encode()


def _seal(cipher: AESGCM, value: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + cipher.encrypt(nonce, value, bound_to)


def _open(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    if sealed[:1] != _FORMAT:
        raise InvalidTag
    return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], bound_to)


@dataclass(frozen=True, slots=True)
class DataKey:
    """An unwrapped data key. `secret` are its 32 bytes; keep it in memory only as long as it is used."""

    id: str
    secret: bytes = field(repr=False)

    def seal(self, value: str | bytes, table: str, row: str, column: str) -> bytes:
        """Encrypt a value for one place in one table."""
        plain = value.encode() if isinstance(value, str) else value
        return _seal(AESGCM(self.secret), plain, _bind(table, row, column))

    def open(self, sealed: bytes, table: str, row: str, column: str) -> bytes:
        """Decrypt what seal() made for the same place; TalaError("internal") where it was changed or
        moved.
        """
        try:
            return _open(AESGCM(self.secret), sealed, _bind(table, row, column))
        except InvalidTag:
            raise TalaError(
                "internal", "A stored value does not match its key; run `tala ledger verify`."
            ) from None

    def open_text(self, sealed: bytes, table: str, row: str, column: str) -> str:
        """open() as text."""
        return self.open(sealed, table, row, column).decode()


class Keys:
    """The master keys of an installation and the data keys they wrap."""

    def __init__(self, folder: Path, masters: dict[str, bytes]) -> None:
        self.folder = folder
        self._masters = masters
        self._seen = _changed(folder)

    @classmethod
    def open_folder(cls, settings: Settings) -> "Keys":
        """Read `data_dir/keys`, making the first master key where there is none. An existing one is never
        replaced.
        """
        folder = settings.data_dir / "keys"
        masters = _read_masters(folder)
        if not masters:
            write_secret(folder / "master-0001.key", os.urandom(32))
            masters = _read_masters(folder)  # another process may have been first
        return cls(folder, masters)

    @property
    def current_master(self) -> str:
        """Id of the master key that wraps new data keys: the newest, also one another process just made."""
        if (changed := _changed(self.folder)) != self._seen:
            self._masters, self._seen = _read_masters(self.folder), changed
        return max(self._masters)

    async def create(self, session: AsyncSession, purpose: str) -> DataKey:
        """A new data key, its wrapped row added to the session."""
        key = DataKey(new_id(), os.urandom(32))
        await session.execute(_ROWS.insert(), [self.row(key, purpose, now())])
        return key

    async def load(self, session: AsyncSession, key_id: str) -> DataKey:
        """The data key of this id; TalaError("erased") once destroyed, "key_missing" without its master
        key.
        """
        row = await session.get(DataKeyRow, key_id)
        if row is None:
            raise TalaError("key_missing", "A data key is missing; restore it from a back-up.")
        return self.unwrap(row)

    async def load_many(self, session: AsyncSession, key_ids: list[str]) -> dict[str, DataKey]:
        """The data keys among these ids that were not destroyed."""
        rows = await session.scalars(select(DataKeyRow).where(col(DataKeyRow.id).in_(key_ids)))
        return {row.id: self.unwrap(row) for row in rows if row.wrapped is not None}

    async def destroy(self, session: AsyncSession, key_id: str) -> None:
        """Overwrite a wrapped key. What it sealed stays unreadable from the commit on; doing it twice is
        harmless.
        """
        row = await session.get(DataKeyRow, key_id)
        if row is not None and row.destroyed_at is None:
            row.wrapped = None
            row.destroyed_at = now()
            session.add(row)
            await session.flush()

    async def rotate_master(self, session: AsyncSession) -> int:
        """Wrap every data key under a new master key; the number wrapped.

        The old master key's file stays until forget_old_masters() is called after the commit, so that a crash
        in between loses nothing.
        """
        number = int(self.current_master.removeprefix("master-")) + 1
        path = self.folder / f"master-{number:04d}.key"
        write_secret(path, os.urandom(32))
        self._masters = _read_masters(self.folder)
        count = 0
        rows = await session.stream_scalars(
            select(DataKeyRow)
            .where(col(DataKeyRow.wrapped).is_not(None), DataKeyRow.master_id != path.stem)
            .execution_options(yield_per=1000)
        )
        async for row in rows:
            fresh = self.row(self.unwrap(row), row.purpose, row.created_at)
            row.wrapped, row.master_id = fresh["wrapped"], fresh["master_id"]
            count += 1
        await session.flush()
        return count

    async def forget_old_masters(self, session: AsyncSession) -> list[str]:
        """Delete the files of master keys that wrap nothing any more; their names."""
        in_use = set(
            await session.scalars(
                select(DataKeyRow.master_id).where(col(DataKeyRow.wrapped).is_not(None)).distinct()
            )
        )
        gone = [name for name in self._masters if name != self.current_master and name not in in_use]
        for name in gone:
            (self.folder / f"{name}.key").unlink(missing_ok=True)
            del self._masters[name]
        return gone

    def unwrap(self, row: DataKeyRow) -> DataKey:
        """The data key of a row already read."""
        if row.wrapped is None:
            raise TalaError("erased", "This was erased and cannot be read any more.")
        master = self._masters.get(row.master_id)
        if master is None:
            self._masters = _read_masters(self.folder)  # another process may have rotated
            master = self._masters.get(row.master_id)
        if master is None:
            raise TalaError(
                "key_missing", f"Put {row.master_id}.key back into the keys folder of the data folder."
            )
        try:
            return DataKey(
                row.id, _open(AESGCM(master), row.wrapped, _bind("data_keys", row.id, row.purpose))
            )
        except InvalidTag:
            raise TalaError(
                "key_missing", f"{row.master_id}.key is not the key this database was made with."
            ) from None

    def row(self, key: DataKey, purpose: str, at: dt.datetime) -> dict[str, Any]:
        """The columns of a data key as stored: wrapped by the current master key."""
        master_id = self.current_master
        bound_to = _bind("data_keys", key.id, purpose)
        return {
            "id": key.id,
            "purpose": purpose,
            "master_id": master_id,
            "wrapped": _seal(AESGCM(self._masters[master_id]), key.secret, bound_to),
            "created_at": at,
            "destroyed_at": None,
        }


def _changed(folder: Path) -> int:
    """When a file of the folder was last added or taken away, in nanoseconds."""
    return folder.stat().st_mtime_ns if folder.is_dir() else 0


def _read_masters(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    found = {path.stem: read_secret(path) for path in sorted(folder.iterdir()) if _NAME.match(path.name)}
    damaged = [name for name, secret in found.items() if len(secret) != 32]
    if damaged:
        raise TalaError(
            "key_missing", f"{damaged[0]}.key is damaged; put it back from a back-up of the keys."
        )
    return found
