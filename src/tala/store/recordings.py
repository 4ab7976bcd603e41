"""Recordings in an object store, encrypted in chunks: written as a stream, read by range, never whole in
memory.

An object is a header (magic, chunk size, salt) and chunks of AES-256-GCM, each with its 16-byte tag. The key
of an object is derived from its data key, the salt and its name; the nonce of a chunk is its number; the
header, the number and a flag on the last chunk are authenticated, so that changed, swapped, missing or
foreign chunks are found.
"""

import asyncio
import contextlib
import hashlib
import os
import struct
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from tala.errors import TalaError
from tala.settings import Settings
from tala.store.keyfiles import sync_folder
from tala.store.keys import DataKey

CHUNK_BYTES = 64 * 1024
_TAG_BYTES = 16
_MAGIC = b"TALAREC1"
_HEADER = struct.Struct(">8sI16s")
_READ_CHUNKS = 16  # chunks asked for at once when reading
# Live sound must not wait behind other work of the process's common threads.
_WRITERS = ThreadPoolExecutor(8, thread_name_prefix="live-sound")


class ChunkCipher:
    """Seals and opens the chunks of one object."""

    def __init__(self, header: bytes, key: DataKey, object_key: str) -> None:
        magic, self.chunk_bytes, salt = _HEADER.unpack(header)
        if magic != _MAGIC or not 0 < self.chunk_bytes <= 1 << 24:
            raise _damaged()
        derived = HKDF(SHA256(), 32, salt, b"tala recording " + object_key.encode()).derive(key.secret)
        self._aead = AESGCM(derived)
        self._header = header

    def seal(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        nonce, bound_to = self._place(index, last)
        return self._aead.encrypt(nonce, chunk, bound_to)

    def open(self, index: int, sealed: bytes, *, last: bool) -> bytes:
        nonce, bound_to = self._place(index, last)
        try:
            return self._aead.decrypt(nonce, sealed, bound_to)
        except InvalidTag:
            raise _damaged() from None

    def _place(self, index: int, last: bool) -> tuple[bytes, bytes]:
        place = struct.pack(">QB", index, last)
        return b"\0\0\0" + place, self._header + place


def _damaged() -> TalaError:
    return TalaError("internal", "The stored recording is damaged; restore it from a back-up.")


async def seal_stream(chunks: AsyncIterable[bytes], key: DataKey, name: str) -> AsyncIterator[bytes]:
    """The encrypted form of a stream: header and sealed chunks, each given as soon as it is full."""
    header = _HEADER.pack(_MAGIC, CHUNK_BYTES, os.urandom(16))
    cipher = ChunkCipher(header, key, name)
    yield header
    index = 0
    pending = bytearray()
    async for chunk in chunks:
        pending += chunk
        while len(pending) > CHUNK_BYTES:  # one full chunk stays: the last one carries the flag
            yield cipher.seal(index, bytes(pending[:CHUNK_BYTES]), last=False)
            del pending[:CHUNK_BYTES]
            index += 1
    yield cipher.seal(index, bytes(pending), last=True)


def seal_bytes(data: bytes, key: DataKey, name: str) -> bytes:
    """The encrypted form of bytes that fit into memory."""
    header = _HEADER.pack(_MAGIC, CHUNK_BYTES, os.urandom(16))
    cipher = ChunkCipher(header, key, name)
    starts = range(0, max(1, len(data)), CHUNK_BYTES)
    chunks = [
        cipher.seal(index, data[start : start + CHUNK_BYTES], last=start == starts[-1])
        for index, start in enumerate(starts)
    ]
    return b"".join((header, *chunks))


def open_bytes(sealed: bytes, key: DataKey, name: str) -> bytes:
    """The plain form of what seal_bytes() made."""
    if len(sealed) < _HEADER.size + _TAG_BYTES:
        raise _damaged()
    cipher = ChunkCipher(sealed[: _HEADER.size], key, name)
    step = cipher.chunk_bytes + _TAG_BYTES
    starts = range(_HEADER.size, len(sealed), step)
    return b"".join(
        cipher.open(index, sealed[start : start + step], last=start == starts[-1])
        for index, start in enumerate(starts)
    )


def open_file(path: Path, key: DataKey, name: str, *, skip: int = 0) -> Iterator[bytes]:
    """The plain chunks of what seal_stream() made, each checked before it is given; `skip` bytes stand before
    it.
    """
    size = path.stat().st_size - skip
    with path.open("rb") as file:
        file.seek(skip)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise _damaged()
        cipher = ChunkCipher(header, key, name)
        count, _ = _layout(size, cipher.chunk_bytes)
        for index in range(count):
            sealed = file.read(cipher.chunk_bytes + _TAG_BYTES)
            yield cipher.open(index, sealed, last=index == count - 1)


class RecordingStore:
    """The encrypted objects under `settings.resolved_recordings_url`; object keys are made by the caller."""

    def __init__(self, settings: Settings) -> None:
        self.store: Any = _open_store(settings.resolved_recordings_url)

    async def put_stream(
        self, object_key: str, chunks: AsyncIterable[bytes], key: DataKey
    ) -> tuple[int, str]:
        """Encrypt a stream into a new object; its size in bytes and SHA-256 in hex, both of the plain bytes.

        The object appears only when the stream has ended; when the stream raises, nothing is left behind.
        """
        digest = hashlib.sha256()
        size = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        sealed = seal_stream(counted(), key, object_key)
        failure: list[BaseException] = []
        try:
            with _translated():
                await obstore.put_async(
                    self.store,
                    object_key,
                    _remembering(sealed, failure),
                    use_multipart=True,
                    max_concurrency=2,
                )
        except BaseException:
            await self._drop_leftovers(object_key)
            if failure:
                raise failure[0] from None
            raise
        return size, digest.hexdigest()

    async def put_durably(self, object_key: str, data: bytes, key: DataKey) -> None:
        """Encrypt bytes into a new object that survives a power cut from the moment this returns."""
        sealed = seal_bytes(data, key, object_key)
        with _translated():
            if (path := self._path(object_key)) is not None:
                await asyncio.get_running_loop().run_in_executor(_WRITERS, _write_through, path, sealed)
            else:
                await obstore.put_async(self.store, object_key, sealed)

    async def get(self, object_key: str, key: DataKey) -> bytes:
        """The plain bytes of a small object."""
        with _translated():
            sealed = bytes(await (await obstore.get_async(self.store, object_key)).bytes_async())
        return open_bytes(sealed, key, object_key)

    async def settle(self, object_key: str) -> None:
        """Return once an object that was put survives a power cut."""
        if (path := self._path(object_key)) is not None:
            with _translated():
                await asyncio.to_thread(_sync, path)

    async def size(self, object_key: str) -> int:
        """Plain size of an object in bytes."""
        with _translated():
            stored = int((await obstore.head_async(self.store, object_key))["size"])
        return _layout(stored, CHUNK_BYTES)[1]

    async def read(
        self, object_key: str, key: DataKey, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The plain bytes [start, end) of an object, in pieces of up to a megabyte, each checked before it is
        given.
        """
        with _translated():
            stored = int((await obstore.head_async(self.store, object_key))["size"])
            if stored < _HEADER.size + _TAG_BYTES:
                raise _damaged()
            header = bytes(await obstore.get_range_async(self.store, object_key, start=0, end=_HEADER.size))
        cipher = ChunkCipher(header, key, object_key)
        chunk_count, plain_size = _layout(stored, cipher.chunk_bytes)
        end = plain_size if end is None else min(end, plain_size)
        if start < 0 or start > end:
            raise TalaError("bad_request", "The range asked for lies outside the recording.")
        sealed_bytes = cipher.chunk_bytes + _TAG_BYTES
        first = min(start // cipher.chunk_bytes, chunk_count - 1)
        final = max(first, (end - 1) // cipher.chunk_bytes)
        for index in range(first, final + 1, _READ_CHUNKS):
            until = min(index + _READ_CHUNKS, final + 1)
            with _translated():
                block = bytes(
                    await obstore.get_range_async(
                        self.store,
                        object_key,
                        start=_HEADER.size + index * sealed_bytes,
                        end=min(_HEADER.size + until * sealed_bytes, stored),
                    )
                )
            plain = b"".join(
                cipher.open(number, block[offset : offset + sealed_bytes], last=number == chunk_count - 1)
                for number, offset in zip(
                    range(index, until), range(0, len(block), sealed_bytes), strict=True
                )
            )
            offset = index * cipher.chunk_bytes
            piece = plain[max(start - offset, 0) : end - offset]
            if piece:
                yield piece

    async def fetch_to_file(self, object_key: str, path: Path, key: DataKey) -> None:
        """Decrypt an object into a new owner-only file; the file is gone when this raises."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                async for piece in self.read(object_key, key):
                    file.write(piece)
        except BaseException:
            os.unlink(path)
            raise

    async def names(self, prefix: str | None = None) -> AsyncIterator[str]:
        """The keys of all objects, or of those in one folder."""
        with _translated():
            async for found in obstore.list(self.store, prefix):
                for item in found:
                    yield item["path"]

    async def stored_before(self, moment: datetime, *prefixes: str) -> AsyncIterator[list[str]]:
        """The keys under these prefixes of objects last written before `moment`, in pages."""
        for prefix in prefixes:
            with _translated():
                async for found in obstore.list(self.store, prefix=prefix):
                    if old := [item["path"] for item in found if item["last_modified"] < moment]:
                        yield old

    async def copy_out(self, object_key: str, path: Path) -> str:
        """Write an object as it is stored, still encrypted, into a file; its SHA-256 in hex."""
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with _translated():
            answer = await obstore.get_async(self.store, object_key)
            with path.open("wb") as file:
                async for piece in answer.stream():
                    digest.update(bytes(piece))
                    file.write(bytes(piece))
        return digest.hexdigest()

    async def copy_in(self, object_key: str, path: Path) -> None:
        """Store a file that copy_out() wrote."""
        with _translated():
            await obstore.put_async(self.store, object_key, path)

    async def delete(self, object_key: str) -> None:
        """Delete an object; deleting one that is not there is no error."""
        with _translated(), contextlib.suppress(NotFoundError, FileNotFoundError):
            await obstore.delete_async(self.store, object_key)

    async def exists(self, object_key: str) -> bool:
        """Whether there is an object of this key."""
        with _translated(), contextlib.suppress(NotFoundError, FileNotFoundError):
            await obstore.head_async(self.store, object_key)
            return True
        return False

    async def check(self) -> None:
        """Write, read and delete a small object; TalaError("storage_unavailable") where that fails."""
        probe = f"probes/{os.urandom(8).hex()}"
        with _translated():
            await obstore.put_async(self.store, probe, b"tala")
            await obstore.get_async(self.store, probe)
            await obstore.delete_async(self.store, probe)

    def _path(self, object_key: str) -> Path | None:
        """Where an object lies, if in a folder of this machine."""
        if isinstance(self.store, LocalStore) and self.store.prefix is not None:
            return Path(str(self.store.prefix)) / object_key
        return None

    async def _drop_leftovers(self, object_key: str) -> None:
        with contextlib.suppress(Exception):
            await self.delete(object_key)
        if (target := self._path(object_key)) is not None:
            for leftover in target.parent.glob(f"{target.name}#*"):  # parts of an upload that was cut off
                leftover.unlink(missing_ok=True)


def _write_through(path: Path, data: bytes) -> None:
    """Write a file that is whole and on disk, or not there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A name that the object store takes for an upload under way, so that it is listed by nobody.
    partial = path.with_name(f"{path.name}#{int.from_bytes(os.urandom(4))}")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)


def _layout(stored: int, chunk_bytes: int) -> tuple[int, int]:
    """Number of chunks and plain size of an object of `stored` bytes."""
    body = stored - _HEADER.size
    count = -(-body // (chunk_bytes + _TAG_BYTES))
    return count, body - count * _TAG_BYTES


async def _remembering(source: AsyncIterator[bytes], failure: list[BaseException]) -> AsyncIterator[bytes]:
    """Pass chunks on and keep what the source raised, which the object store would wrap beyond
    recognition.
    """
    try:
        async for chunk in source:
            yield chunk
    except BaseException as error:
        failure.append(error)
        raise


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise TalaError("not_found", "The recording is not in the store.") from None
    except (BaseError, OSError) as error:
        raise TalaError(
            "storage_unavailable", "Storage cannot be reached; try again.", retryable=True
        ) from error


def _open_store(url: str) -> Any:
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        folder = Path(unquote(parts.path) if parts.scheme else url)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder, automatic_cleanup=True)
    return from_url(url)
