"""Recordings in S3: the same store on a real S3 server (SeaweedFS) instead of a folder."""

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tala.errors import TalaError
from tala.settings import Settings
from tala.store.keys import DataKey
from tala.store.recordings import CHUNK_BYTES, RecordingStore

KEY = DataKey("k", b"\7" * 32)
START_SECONDS = 60


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses, one for each that the server would otherwise choose by itself."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real S3 server with an empty bucket `tala`."""
    folder = tmp_path_factory.mktemp("s3")
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port")
    names += ("filer.port.grpc", "s3.port", "s3.port.grpc")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [
                Path(sys.executable).with_name("weed"),
                "-logtostderr",
                "server",
                "-s3",
                "-filer",
                f"-dir={folder}",
            ]
            + ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=8", "-master.volumeSizeLimitMB=64"]
            + ["-s3.port.iceberg=0", "-s3.port.lance=0"]
            + [f"-{name}={port}" for name, port in ports.items()],
            stdout=output,
            stderr=output,
        )
        url = f"http://127.0.0.1:{ports['s3.port']}"
        try:
            _make_bucket(url, process, folder / "output")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _make_bucket(url: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(urllib.request.Request(f"{url}/tala", method="PUT"), timeout=5)
            return
        time.sleep(0.2)
    pytest.fail(f"The S3 server did not start: {output.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def store(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingStore:
    """A store under a prefix of this test's own, told where by the usual variables."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tala",
        "AWS_SECRET_ACCESS_KEY": "tala-secret",
    }.items():
        monkeypatch.setenv(name, value)
    url = f"s3://tala/{tmp_path.name}"
    return RecordingStore(Settings(_env_file=None, data_dir=tmp_path, recordings_url=url))  # type: ignore[call-arg]


async def _pieces(data: bytes, size: int = 65_537) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def _whole(store: RecordingStore, name: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.read(name, KEY, start, end)])


@pytest.mark.parametrize("size", [0, CHUNK_BYTES, 3 * CHUNK_BYTES + 1, 12 << 20])
async def test_what_is_stored_is_read_back(store: RecordingStore, size: int) -> None:
    """The largest is more than the five megabytes at which an upload goes in parts."""
    data = os.urandom(size)
    assert await store.put_stream("recordings/a", _pieces(data), KEY) == (
        size,
        hashlib.sha256(data).hexdigest(),
    )
    assert await store.size("recordings/a") == size
    assert await _whole(store, "recordings/a") == data
    assert await _whole(store, "recordings/a", size // 3, size // 2) == data[size // 3 : size // 2]


async def test_the_server_never_sees_plain_sound(store: RecordingStore, tmp_path: Path) -> None:
    said = b"my name is spoken here " * 10_000
    await store.put_stream("recordings/a", _pieces(said), KEY)
    await store.copy_out("recordings/a", tmp_path / "stored")
    assert b"my name" not in (tmp_path / "stored").read_bytes()
    with pytest.raises(TalaError, match="damaged"):
        async for _ in store.read("recordings/a", DataKey("other", b"\1" * 32)):
            pass


async def test_an_upload_cut_off_leaves_nothing(store: RecordingStore) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield os.urandom(6 << 20)
        raise ConnectionResetError("the line dropped")

    with pytest.raises(ConnectionResetError):
        await store.put_stream("recordings/a", cut(), KEY)
    assert not await store.exists("recordings/a")
    assert [name async for name in store.names()] == []


async def test_deleted_and_missing_objects(store: RecordingStore) -> None:
    await store.put_stream("recordings/a", _pieces(b"abc"), KEY)
    assert [name async for name in store.names()] == ["recordings/a"]
    await store.delete("recordings/a")
    await store.delete("recordings/a")
    assert not await store.exists("recordings/a")
    with pytest.raises(TalaError, match="not_found"):
        await _whole(store, "recordings/a")


async def test_a_backup_is_put_in_again(store: RecordingStore, tmp_path: Path) -> None:
    data = os.urandom(200_000)
    await store.put_stream("recordings/a", _pieces(data), KEY)
    await store.copy_out("recordings/a", tmp_path / "copy")
    await store.delete("recordings/a")
    await store.copy_in("recordings/a", tmp_path / "copy")
    assert await _whole(store, "recordings/a") == data
    await store.check()
