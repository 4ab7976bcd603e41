"""Any recording to 16 kHz samples of each of its channels, under limits.

An untrusted file is opened by a decoder in a process of its own (confine.py, ffmpeg.py), which gets the file
as an open descriptor, limits of memory and time, and no way to open anything else. Its samples stream through
a pipe into a scratch file without a name: four hours take no more memory than a minute, and nothing is left
behind whatever dies.
"""

import fcntl
import math
import os
import selectors
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Self, cast

import numpy as np

from tala.audio import ending, ffmpeg
from tala.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from tala.audio.sniff import Container, sniff
from tala.audio.wavestream import HeaderReader
from tala.errors import TalaError
from tala.settings import Settings
from tala.transcript import Warning_

_BLOCK_BYTES = 1 << 20
_POLL_SECONDS = 0.5
_RATES = range(2_000, 768_001)
# Encoders round to frames of up to a tenth of a second; lengths guessed from a bit rate are further off.
_CUT_SHARE, _CUT_SECONDS = 0.97, 0.5

type PcmMap = np.memmap[tuple[int], np.dtype[np.int16]]


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a recording may cost."""

    max_bytes: int
    max_seconds: int
    max_channels: int
    timeout_seconds: float
    memory_bytes: int

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The limits in force."""
        return cls(
            max_bytes=settings.max_upload_bytes,
            max_seconds=settings.max_recording_seconds,
            max_channels=settings.max_channels,
            timeout_seconds=settings.decode_timeout_seconds,
            memory_bytes=settings.decode_memory_bytes,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """What the file was: container, codec and sample rate in Hz."""

    container: str
    codec: str
    rate: int


class Decoded:
    """A decoded recording: a context manager, since its samples lie in scratch space until it is closed."""

    def __init__(
        self, files: list[BinaryIO], frames: int, source: Source, warnings: tuple[Warning_, ...]
    ) -> None:
        self._files = files
        self.frames = frames
        self.source = source
        self.warnings = warnings

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / SAMPLE_RATE

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self._files)

    def pcm(self, channel: int = 0) -> PcmMap:
        """Samples of one channel, read-only, shape (frames,), int16 at 16 kHz, mapped from disk."""
        return np.memmap(self._files[channel], dtype=np.int16, mode="r", shape=(self.frames,))

    def close(self) -> None:
        """Give the scratch space back; arrays taken before stay readable until they are gone."""
        for file in self._files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def decode(source: Path, limits: DecodeLimits, scratch: Path) -> Decoded:
    """Decode a recording into a folder for scratch files.

    Channels are never mixed. A recording that is cut off or damaged is taken as far as it can be read, with a
    warning: nothing spoken is thrown away.

    Raises:
        TalaError: `payload_too_large` or `recording_*`, with a sentence for the person who sent it.
    """
    with source.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.max_bytes:
            raise TalaError(
                "payload_too_large",
                f"The file has {size / 1e6:,.0f} MB; at most {limits.max_bytes / 1e6:,.0f} MB are taken. "
                "Send it in parts, or save it in a smaller format such as mp3 or m4a.",
            )
        container = sniff(file, size)
        sink = _Sink(scratch, limits)
        try:
            log, status = _run(file, container, sink, limits)
            if not sink.frames:
                _refuse(log, status, container)
            _check(log, status)
            warnings = _warnings(log, status, sink, ending.is_cut(file, container))
            return sink.take(Source(container.name, log.codec, log.rate), warnings)
        except BaseException:
            sink.close()
            raise


class _Sink:
    """Takes the decoder's WAV stream apart into one nameless scratch file a channel, up to the limits."""

    def __init__(self, scratch: Path, limits: DecodeLimits) -> None:
        self._scratch = scratch
        self._limits = limits
        self._header = HeaderReader()
        self._rest = b""
        self._files: list[BinaryIO] = []
        self.channels = 0
        self.frames = 0

    def write(self, data: bytes) -> None:
        if not self.channels:
            found = self._header.feed(data)
            if found is None:
                return
            self.channels, data = found
            self._check_channels()
            self._open()
        width = BYTES_PER_SAMPLE * self.channels
        data = self._rest + data if self._rest else data
        whole = len(data) // width * width
        self._rest = data[whole:]
        self._store(memoryview(data)[:whole])
        self.frames += whole // width
        if self.frames > self._limits.max_seconds * SAMPLE_RATE:
            raise TalaError("recording_too_long", _too_long(self._limits.max_seconds))

    def _store(self, data: memoryview) -> None:
        try:
            if self.channels == 1:
                self._files[0].write(data)
                return
            samples = np.frombuffer(data, dtype="<i2").reshape(-1, self.channels)
            for channel, file in enumerate(self._files):
                file.write(np.ascontiguousarray(samples[:, channel]).data)
        except OSError as error:
            raise _no_space() from error

    def _open(self) -> None:
        try:
            self._scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
            for _ in range(self.channels):
                # It has no name from the start where the system can do that, and loses it at once elsewhere.
                # Buffered, because a write to an unbuffered file may take only a part.
                file = tempfile.TemporaryFile(dir=self._scratch, buffering=_BLOCK_BYTES)  # noqa: SIM115
                self._files.append(cast(BinaryIO, file))
        except OSError as error:
            raise _no_space() from error

    def _check_channels(self) -> None:
        if self.channels > self._limits.max_channels:
            most = self._limits.max_channels
            raise TalaError(
                "recording_too_many_channels",
                f"The recording has {self.channels} channels; at most {most} can be taken. "
                "Save it in stereo or mono and send it again.",
            )

    def take(self, source: Source, warnings: tuple[Warning_, ...]) -> Decoded:
        try:
            for file in self._files:
                file.flush()
        except OSError as error:
            raise _no_space() from error
        files, self._files = self._files, []
        return Decoded(files, self.frames, source, warnings)

    def close(self) -> None:
        for file in self._files:
            with suppress(OSError):  # what was still to be flushed may not fit on a full disk
                file.close()


def _no_space() -> TalaError:
    return TalaError(
        "storage_unavailable",
        "There is no room to decode the recording. It is kept; try again later.",
        retryable=True,
    )


def _run(file: BinaryIO, container: Container, sink: _Sink, limits: DecodeLimits) -> tuple[ffmpeg.Log, int]:
    """Run the decoder to its end or a limit; its log and exit status."""
    log = ffmpeg.Log()
    cpu_seconds = max(1, math.ceil(limits.timeout_seconds))
    arguments = ffmpeg.command(container, memory_bytes=limits.memory_bytes, cpu_seconds=cpu_seconds)
    process = subprocess.Popen(
        arguments,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        close_fds=True,
        start_new_session=True,
        cwd="/",
    )
    try:
        _pump(process, sink, log, time.monotonic() + limits.timeout_seconds)
        return log, process.wait(timeout=10)
    except subprocess.TimeoutExpired as error:
        raise TalaError("recording_too_complex", _TOO_COMPLEX) from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _pump(process: subprocess.Popen[bytes], sink: _Sink, log: ffmpeg.Log, deadline: float) -> None:
    """Carry the decoder's samples and log over until both end."""
    with selectors.DefaultSelector() as selector:
        for pipe, take in ((process.stdout, sink.write), (process.stderr, log.feed)):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, take)
        _widen(process.stdout)
        while selector.get_map():
            for key, _ in selector.select(_POLL_SECONDS):
                data = os.read(key.fd, _BLOCK_BYTES)
                if data:
                    key.data(data)
                else:
                    selector.unregister(key.fileobj)
            if time.monotonic() > deadline:
                raise TalaError("recording_too_complex", _TOO_COMPLEX)


def _widen(pipe: IO[bytes] | None) -> None:
    """Let the pipe hold more than the usual 64 kB, so that long recordings take fewer turns; Linux only."""
    if pipe and hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # a system may allow a user so many bytes of pipes and no more
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _BLOCK_BYTES)


_TOO_COMPLEX = (
    "The recording takes too much time or memory to decode. It may be damaged: save it again as mp3, m4a or "
    "wav and send that."
)
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
_NO_LIBRARIES = 127
_ENCRYPTED = "The recording is protected against copying and cannot be read. Send one without protection."


def _check(log: ffmpeg.Log, status: int) -> None:
    """Refuse what was decoded to samples that are none of the recording's."""
    if status in _OUT_OF_TIME or log.out_of_memory:
        raise TalaError("recording_too_complex", _TOO_COMPLEX)
    if log.encrypted:
        raise TalaError("recording_encrypted", _ENCRYPTED)
    if log.rate and log.rate not in _RATES:
        raise TalaError(
            "recording_not_audio",
            f"The recording claims {log.rate:,} samples a second, which no recorder makes. "
            "Save it again as mp3 or wav and send that.",
        )


def _refuse(log: ffmpeg.Log, status: int, container: Container) -> None:
    """Why nothing at all could be decoded."""
    # With too little memory the decoder dies by a signal, or before it has loaded its libraries.
    if status < 0 or status == _NO_LIBRARIES or log.out_of_memory:
        raise TalaError("recording_too_complex", _TOO_COMPLEX)
    if log.encrypted:
        raise TalaError("recording_encrypted", _ENCRYPTED)
    if log.cut:
        raise TalaError(
            "recording_truncated",
            f"The recording is cut off and nothing of it can be read: a part of the {container.name} file "
            "is missing. Send the whole file again, or record again.",
        )
    if log.no_sound:
        raise TalaError("recording_not_audio", "There is no sound in this file. Send a recording with sound.")
    if status == 0:
        raise TalaError("recording_empty", "There is no sound in the recording. Record again.")
    raise TalaError(
        "recording_not_audio",
        f"The file begins like {container.name}, but no sound in it can be read: it is damaged or of a kind "
        "that is not supported. Save it again as mp3, m4a or wav and send that.",
    )


def _warnings(log: ffmpeg.Log, status: int, sink: _Sink, cut: bool) -> tuple[Warning_, ...]:
    seconds = sink.frames / SAMPLE_RATE
    claimed = log.seconds or 0.0
    short = seconds < claimed * _CUT_SHARE and seconds < claimed - _CUT_SECONDS
    warnings: list[Warning_] = []
    if log.cut or cut or short:
        message = "The recording is cut off. What can be read is kept; please check that nothing is missing."
        warnings.append(Warning_(code="recording_truncated", message=message))
    elif log.errors or status:
        message = "Parts of the recording are damaged. What can be read of it is kept; please check the text."
        warnings.append(Warning_(code="recording_damaged", message=message))
    if log.streams > 1:
        message = "The file holds more than one sound track. Only the first was heard."
        warnings.append(Warning_(code="recording_other_tracks", message=message))
    return tuple(warnings)


def _too_long(seconds: int) -> str:
    if seconds >= 3600 and seconds % 3600 == 0:
        limit = f"{seconds // 3600} hours" if seconds > 3600 else "1 hour"
    elif seconds >= 60:
        limit = f"{seconds // 60} minutes"
    else:
        limit = f"{seconds} seconds"
    return f"The recording is longer than {limit}, the most that is taken. Send it in parts."
