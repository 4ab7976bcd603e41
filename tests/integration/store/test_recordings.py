"""Recordings in the object store: streamed, encrypted, read by range, and whole or not at all."""

import hashlib
import os
import stat
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tala.errors import TalaError
from tala.settings import Settings
from tala.store.keys import DataKey
from tala.store.recordings import CHUNK_BYTES, RecordingStore

KEY = DataKey("k", b"\7" * 32)
SEALED = CHUNK_BYTES + 16
HEADER = 28
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 20 * CHUNK_BYTES + 12345]


@pytest.fixture
def store(tmp_path: Path) -> RecordingStore:
    return RecordingStore(Settings(_env_file=None, data_dir=tmp_path))  # type: ignore[call-arg]


async def pieces(data: bytes, size: int = 7919) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def failing(data: bytes) -> AsyncIterator[bytes]:
    yield data
    raise ConnectionResetError("the line dropped")


async def whole(store: RecordingStore, name: str = "a", key: DataKey = KEY, *span: int) -> bytes:
    return b"".join([piece async for piece in store.read(name, key, *span)])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", SIZES)
async def test_what_goes_in_comes_out(store: RecordingStore, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    assert await store.put_stream("2026/a", pieces(data), KEY) == (size, hashlib.sha256(data).hexdigest())
    assert await whole(store, "2026/a") == data
    assert await store.size("2026/a") == size
    await store.fetch_to_file("2026/a", tmp_path / "out", KEY)
    assert (tmp_path / "out").read_bytes() == data
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


async def test_nothing_readable_is_stored(store: RecordingStore, tmp_path: Path) -> None:
    await store.put_stream("a", pieces(b"Juan dela Cruz " * 10_000), KEY)
    (stored,) = files(tmp_path)
    assert b"Juan" not in stored.read_bytes()


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_any_range(store: RecordingStore, data: st.DataObject) -> None:
    content = b"".join(number.to_bytes(4) for number in range(75_000))
    if not await store.exists("a"):
        await store.put_stream("a", pieces(content), KEY)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content) + 100))
    assert await whole(store, "a", KEY, start, end) == content[start:end]


async def test_a_range_outside_is_refused(store: RecordingStore) -> None:
    await store.put_stream("a", pieces(b"abc"), KEY)
    for span in ((-1, 2), (5, 9)):
        with pytest.raises(TalaError, match="bad_request"):
            await whole(store, "a", KEY, *span)


@pytest.mark.parametrize("size", [10, 3 * CHUNK_BYTES, 120 * CHUNK_BYTES])
async def test_a_dropped_line_leaves_nothing(store: RecordingStore, tmp_path: Path, size: int) -> None:
    with pytest.raises(ConnectionResetError):
        await store.put_stream("2026/a", failing(os.urandom(size)), KEY)
    assert files(tmp_path) == []
    assert not await store.exists("2026/a")


async def test_a_failing_fetch_leaves_no_file(store: RecordingStore, tmp_path: Path) -> None:
    await store.put_stream("a", pieces(b"abc" * CHUNK_BYTES), KEY)
    with pytest.raises(TalaError):
        await store.fetch_to_file("a", tmp_path / "out", DataKey("k", os.urandom(32)))
    assert not (tmp_path / "out").exists()


def swap(data: bytes) -> bytes:
    first, second = HEADER, HEADER + SEALED
    return data[:first] + data[second : second + SEALED] + data[first:second] + data[second + SEALED :]


DAMAGES = {
    "a flipped bit": lambda d: d[:5000] + bytes([d[5000] ^ 1]) + d[5001:],
    "a flipped bit in the header": lambda d: d[:20] + bytes([d[20] ^ 1]) + d[21:],
    "another magic": lambda d: b"X" + d[1:],
    "a missing tail": lambda d: d[:-1],
    "the last chunk missing": lambda d: d[: HEADER + 3 * SEALED],
    "a chunk missing": lambda d: d[: HEADER + SEALED] + d[HEADER + 2 * SEALED :],
    "two chunks swapped": swap,
    "a chunk twice": lambda d: d[: HEADER + SEALED] + d[HEADER : HEADER + SEALED] + d[HEADER + SEALED :],
    "bytes added": lambda d: d + b"more",
    "nothing left": lambda d: b"",
    "only the header": lambda d: d[:HEADER],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
async def test_damage_is_found(store: RecordingStore, tmp_path: Path, damage: object) -> None:
    await store.put_stream("a", pieces(os.urandom(3 * CHUNK_BYTES + 100)), KEY)
    (stored,) = files(tmp_path)
    stored.write_bytes(damage(stored.read_bytes()))  # type: ignore[operator]
    with pytest.raises(TalaError, match="damaged"):
        await whole(store)


async def test_an_object_under_another_name_does_not_open(store: RecordingStore, tmp_path: Path) -> None:
    await store.put_stream("a", pieces(b"abc"), KEY)
    (stored,) = files(tmp_path)
    stored.with_name("b").write_bytes(stored.read_bytes())
    with pytest.raises(TalaError, match="damaged"):
        await whole(store, "b")


async def test_missing_objects(store: RecordingStore) -> None:
    assert not await store.exists("none")
    await store.delete("none")
    for attempt in (whole(store, "none"), store.size("none")):
        with pytest.raises(TalaError, match="not_found"):
            await attempt


async def test_deleted_objects_are_gone(store: RecordingStore, tmp_path: Path) -> None:
    await store.put_stream("a", pieces(b"abc"), KEY)
    await store.delete("a")
    assert files(tmp_path) == []


async def test_check(store: RecordingStore, tmp_path: Path) -> None:
    await store.check()
    assert files(tmp_path) == []
    unreachable = RecordingStore(
        Settings(  # type: ignore[call-arg]
            _env_file=None, data_dir=tmp_path, recordings_url="s3://bucket"
        )
    )
    assert unreachable.store is not None


async def test_memory_stays_flat(store: RecordingStore) -> None:
    async def long(count: int) -> AsyncIterator[bytes]:
        block = os.urandom(1 << 20)
        for _ in range(count):
            yield block

    tracemalloc.start()
    try:
        await store.put_stream("a", long(120), KEY)
        async for _ in store.read("a", KEY):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20, f"{peak >> 20} MiB for 120 MiB"
