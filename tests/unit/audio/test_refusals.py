"""What is refused, what is taken with a warning, and that nothing is left behind or reached either way."""

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.audio import recordings

from tala.audio import confine
from tala.audio.decode import DecodeLimits, decode
from tala.errors import TalaError

type Refuse = Callable[[bytes | Path], TalaError]


@pytest.fixture
def refuse(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> Iterator[Refuse]:
    """Decode what must be refused; its error. Afterwards the scratch folder must be empty."""

    def attempt(content: bytes | Path) -> TalaError:
        path = content if isinstance(content, Path) else tmp_path / "voice.wav"
        if isinstance(content, bytes):
            path.write_bytes(content)
        with pytest.raises(TalaError) as caught:
            decode(path, limits, scratch)
        return caught.value

    yield attempt
    assert list(scratch.iterdir()) == []


def speech() -> bytes:
    return recordings.wav(recordings.tone(3.0))


NOT_RECORDINGS = {
    "nothing": (b"", "recording_empty"),
    "zeros": (bytes(5000), "recording_empty"),
    "text": ("Magandang umaga po. Irereklamo ko po ang…".encode(), "recording_not_audio"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "recording_not_audio"),
    "document": (b"%PDF-1.7\n" + bytes(range(200)), "recording_not_audio"),
    "program": (b"\x7fELF" + bytes(range(200)), "recording_not_audio"),
    "random": (np.random.default_rng(3).bytes(4000), "recording_not_audio"),
    "zip": (recordings.zip_archive(password=False), "recording_not_audio"),
    "zip with a password": (recordings.zip_archive(password=True), "recording_encrypted"),
    "openssl": (b"Salted__" + bytes(range(200)), "recording_encrypted"),
    "header only": (recordings.wav(recordings.tone(0)), "recording_empty"),
    "playlist": (recordings.playlist("https://192.0.2.1/a.ts"), "recording_not_audio"),
    "concatenation": (recordings.concatenation("/etc/passwd"), "recording_not_audio"),
    "tagged playlist": (recordings.behind_id3(recordings.playlist("a.ts")), "recording_not_audio"),
    "tagged concatenation": (recordings.behind_id3(recordings.concatenation("a")), "recording_not_audio"),
    "webm head only": (b"\x1a\x45\xdf\xa3" + bytes(60), "recording_not_audio"),
    "flac head only": (b"fLaC" + bytes(60), "recording_not_audio"),
    "ogg of noise": (b"OggS" + np.random.default_rng(4).bytes(3000), "recording_not_audio"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(NOT_RECORDINGS))
def test_what_is_no_recording_is_refused_in_a_sentence(what: str, refuse: Refuse) -> None:
    content, code = NOT_RECORDINGS[what]
    error = refuse(content)
    assert error.code == code or (
        what in ("ogg of noise", "webm head only") and error.code == "recording_truncated"
    )
    assert error.message.endswith(".")
    assert not error.retryable


def test_protected_music_is_called_encrypted(tmp_path: Path, refuse: Refuse) -> None:
    path = recordings.encode(speech(), "aac.m4a", tmp_path)
    assert refuse(recordings.protected(path.read_bytes())).code == "recording_encrypted"


def test_an_m4a_without_its_index_is_called_cut_off(tmp_path: Path, refuse: Refuse) -> None:
    whole = recordings.encode(speech(), "aac.m4a", tmp_path).read_bytes()
    error = refuse(whole[: len(whole) * 6 // 10])
    assert error.code == "recording_truncated"
    assert "record again" in error.message


@pytest.mark.parametrize(
    "name",
    ["pcm16.wav", "mulaw.wav", "16.flac", "cbr.mp3", "faststart.m4a", "opus.ogg", "vorbis.ogg", "opus.webm"],
)
def test_what_is_left_of_a_cut_recording_is_kept(
    name: str, tmp_path: Path, scratch: Path, limits: DecodeLimits
) -> None:
    path = recordings.encode(recordings.wav(recordings.noise(10.0, 3000)), name, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 7 // 10])
    with decode(path, limits, scratch) as decoded:
        assert decoded.seconds == pytest.approx(7.0, abs=1.3)
        assert [warning.code for warning in decoded.warnings] == ["recording_truncated"]


def test_a_damaged_middle_is_told(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    path = recordings.encode(recordings.wav(recordings.noise(10.0, 3000)), "16.flac", tmp_path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    with decode(path, limits, scratch) as decoded:
        assert decoded.seconds > 9
        assert {warning.code for warning in decoded.warnings} <= {"recording_damaged", "recording_truncated"}
        assert decoded.warnings


def test_a_live_wav_of_unknown_length_is_no_cut_one(
    tmp_path: Path, scratch: Path, limits: DecodeLimits
) -> None:
    path = tmp_path / "live.wav"
    path.write_bytes(recordings.wav(recordings.tone(2.0), data_bytes=0xFFFFFFFF))
    with decode(path, limits, scratch) as decoded:
        assert decoded.seconds == pytest.approx(2.0)
        assert decoded.warnings == ()


class TestLimits:
    def test_bytes(self, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "big.wav"
        path.write_bytes(speech())
        with pytest.raises(TalaError) as caught:
            decode(path, replace(limits, max_bytes=1000), scratch)
        assert caught.value.code == "payload_too_large"

    def test_channels(self, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "six.wav"
        path.write_bytes(recordings.wav(recordings.tone(3.0), channels=6))
        with pytest.raises(TalaError) as caught:
            decode(path, limits, scratch)
        assert caught.value.code == "recording_too_many_channels"
        assert "6 channels" in caught.value.message

    def test_seconds_to_the_sample(self, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "long.wav"
        path.write_bytes(recordings.wav(recordings.tone(3.0)))
        decode(path, replace(limits, max_seconds=3), scratch).close()
        path.write_bytes(recordings.wav(recordings.tone(3.001)))
        with pytest.raises(TalaError) as caught:
            decode(path, replace(limits, max_seconds=3), scratch)
        assert caught.value.code == "recording_too_long"
        assert "3 seconds" in caught.value.message

    @pytest.mark.parametrize("name", ["16.flac", "opus.ogg", "opus.webm"])
    def test_a_bomb_of_silence_is_stopped_early(
        self, name: str, tmp_path: Path, scratch: Path, limits: DecodeLimits
    ) -> None:
        path = recordings.silence_bomb(name, 3600, tmp_path)
        assert path.stat().st_size < 3_000_000
        written: list[int] = []
        stop = threading.Event()
        watcher = threading.Thread(target=_watch_disk, args=(scratch, written, stop))
        watcher.start()
        with pytest.raises(TalaError) as caught:
            decode(path, replace(limits, max_seconds=60), scratch)
        stop.set()
        watcher.join()
        assert caught.value.code == "recording_too_long"
        # A minute and one block of the pipe, not the hour.
        assert max(written, default=0) <= 60 * 32_000 + (2 << 20)
        assert list(scratch.iterdir()) == []

    def test_time(self, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = recordings.silence_bomb("16.flac", 7200, tmp_path)
        start = time.monotonic()
        with pytest.raises(TalaError) as caught:
            decode(path, replace(limits, max_seconds=7200, timeout_seconds=0.05), scratch)
        assert caught.value.code == "recording_too_complex"
        assert time.monotonic() - start < 5

    def test_memory(self, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "voice.wav"
        path.write_bytes(speech())
        with pytest.raises(TalaError) as caught:
            decode(path, replace(limits, memory_bytes=8 << 20), scratch)
        assert caught.value.code == "recording_too_complex"

    @pytest.mark.parametrize("rate", [1, 900, 4_000_000])
    def test_impossible_rates(self, rate: int, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "rate.wav"
        path.write_bytes(recordings.wav(recordings.tone(0.2), rate=rate))
        with pytest.raises(TalaError) as caught:
            decode(path, limits, scratch)
        assert caught.value.code.startswith("recording_")

    def test_full_disk_is_no_fault_of_the_recording(self, tmp_path: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "voice.wav"
        path.write_bytes(speech())
        blocked = tmp_path / "file"
        blocked.write_bytes(b"")
        with pytest.raises(TalaError) as caught:
            decode(path, limits, blocked)
        assert caught.value.code == "storage_unavailable"
        assert caught.value.retryable


def _watch_disk(scratch: Path, written: list[int], stop: threading.Event) -> None:
    """Free space taken is no measure on a busy machine; the descriptor's size is."""
    own = Path("/proc/self/fd")
    while not stop.is_set():
        for link in own.iterdir():
            try:
                if str(scratch) in str(link.readlink()):
                    written.append(link.stat().st_size)
            except OSError:
                continue
        time.sleep(0.002)


class TestNothingElseIsOpened:
    @pytest.fixture
    def listener(self) -> Iterator[tuple[str, list[bytes]]]:
        """A server that notes whoever knocks."""
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(0.1)
        heard: list[bytes] = []
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                heard.append(connection.recv(100))
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/secret.ts", heard
        stop.set()
        thread.join()
        server.close()

    @pytest.mark.parametrize("wrap", [recordings.playlist, recordings.concatenation])
    @pytest.mark.parametrize(
        "hide", [bytes, recordings.behind_id3, b"OggS".__add__, b"RIFF\0\0\0\0WAVE".__add__]
    )
    def test_no_address_is_fetched(
        self,
        wrap: Callable[[str], bytes],
        hide: Callable[[bytes], bytes],
        listener: tuple[str, list[bytes]],
        refuse: Refuse,
    ) -> None:
        url, heard = listener
        refuse(hide(wrap(url)))
        assert heard == []

    def test_no_other_file_is_read(self, tmp_path: Path, refuse: Refuse) -> None:
        secret = tmp_path / "secret.m4a"
        m4a = recordings.encode(speech(), "aac.m4a", tmp_path).read_bytes()
        secret.write_bytes(m4a)
        for target in (f"file://{secret}", str(secret), "secret.m4a"):
            moved = recordings.movie_with_reference(target, m4a)
            # Its own sound is taken away, so that anything heard would be the other file's.
            start = moved.index(b"mdat")
            size = struct.unpack(">I", moved[start - 4 : start])[0]
            refuse(moved[: start + 4] + bytes(size - 8) + moved[start - 4 + size :])

    def test_an_address_for_a_name(self, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
        path = tmp_path / "concat:a|b.wav"
        path.write_bytes(speech())
        with decode(path, limits, scratch) as decoded:
            assert decoded.seconds == pytest.approx(3.0)


class TestConfinement:
    """The limits hold for any program, shown on one that tries to break them."""

    def run(self, code: str, memory: int = 512 << 20, cpu: int = 20) -> subprocess.CompletedProcess[bytes]:
        script = str(Path(confine.__file__))
        run = [
            sys.executable,
            "-I",
            "-S",
            script,
            str(memory),
            str(cpu),
            sys.executable,
            "-I",
            "-S",
            "-c",
            code,
        ]
        return subprocess.run(run, capture_output=True, timeout=60, check=False)

    def test_it_runs_the_program(self) -> None:
        assert self.run("print('heard')").stdout == b"heard\n"

    def test_memory(self) -> None:
        answer = self.run("bytearray(300_000_000)", memory=200 << 20)
        assert answer.returncode == 1
        assert b"MemoryError" in answer.stderr

    def test_time(self) -> None:
        assert self.run("while True: pass", cpu=1).returncode < 0

    def test_it_writes_no_file(self, tmp_path: Path) -> None:
        target = tmp_path / "written"
        self.run(f"f = open({str(target)!r}, 'wb', buffering=0); f.write(b'x' * 10)")
        assert not target.exists() or target.stat().st_size == 0

    def test_it_learns_nothing_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TALA_SECRET", "hush")
        assert b"TALA_SECRET" not in self.run("import os; print(dict(os.environ))").stdout
