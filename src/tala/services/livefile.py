"""The sound of a live session as one recording: a WAV file, measured while it is written."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tala.audio import quality
from tala.audio.opus import OpusDecoder
from tala.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from tala.services import scratch
from tala.services.context import Context
from tala.store.keys import DataKey
from tala.store.livesound import Frame, LiveSound
from tala.transcript import Warning_

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_BATCH = 64
"""Frames decoded at a time, off the loop that serves everybody."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A stored recording: its length, what its row says of it, and what a person should know."""

    seconds: float
    columns: dict[str, Any]
    warnings: tuple[Warning_, ...]


async def assemble(
    ctx: Context, sound: LiveSound, key: DataKey, object_key: str, spoken: Sequence[tuple[int, int]]
) -> Assembled:
    """Write the stored frames into one encrypted recording that survives a power cut.

    Args:
        spoken: where there is speech, as (start_ms, end_ms).

    Raises:
        TalaError: storage_unavailable; nothing was written then.
    """
    codecs: set[str] = set()
    with scratch.file(ctx) as path:
        with await asyncio.to_thread(path.open, "wb") as plain:
            size, sha256 = await ctx.recordings.put_stream(object_key, _wav(sound, codecs, plain), key)
        await ctx.recordings.settle(object_key)
        measured = await asyncio.to_thread(_measured, path, sound.samples, spoken)
    codec = "opus" if codecs == {"opus"} else "pcm_s16le" if codecs == {"pcm16"} else "opus, pcm_s16le"
    return Assembled(
        seconds=sound.samples / SAMPLE_RATE,
        columns={
            "byte_count": size,
            "sha256": sha256,
            "media_type": "audio/wav",
            "duration_ms": sound.samples * 1000 // SAMPLE_RATE,
            "channel_count": 1,
            "source": {"container": "live", "codec": codec, "rate": SAMPLE_RATE},
            "quality": {"channels": [measured.model_dump(mode="json")]},
        },
        warnings=quality.warnings(measured) if spoken else (),
    )


class PcmOf:
    """Frames of either codec to 16-bit little-endian mono samples at 16 kHz, in order."""

    def __init__(self) -> None:
        self._opus: OpusDecoder | None = None

    def __call__(self, frame: Frame) -> bytes:
        """The samples of the frame that follows."""
        if frame.codec == "pcm16":
            self._opus = None
            return frame.data
        self._opus = self._opus or OpusDecoder()
        return self._opus.decode(frame.data).astype("<i2").tobytes()


async def samples_from(sound: LiveSound, from_ms: int) -> AsyncIterator[bytes]:
    """The stored samples from a moment on, in pieces of a second or two."""
    pcm = PcmOf()
    batch: list[Frame] = []
    wanted = from_ms * SAMPLE_RATE // 1000
    surplus = None
    async for begins, frame in sound.frames(wanted):
        if surplus is None:
            surplus = max(0, wanted - begins) * BYTES_PER_SAMPLE
        batch.append(frame)
        if len(batch) == _BATCH:
            yield (await asyncio.to_thread(_joined, pcm, batch))[surplus:]
            batch, surplus = [], 0
    if batch:
        yield (await asyncio.to_thread(_joined, pcm, batch))[surplus:]


def _joined(pcm: PcmOf, frames: list[Frame]) -> bytes:
    return b"".join(map(pcm, frames))


async def _wav(sound: LiveSound, codecs: set[str], plain: BinaryIO) -> AsyncIterator[bytes]:
    length = sound.samples * BYTES_PER_SAMPLE
    yield _HEADER.pack(
        b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * BYTES_PER_SAMPLE,
        BYTES_PER_SAMPLE, 16, b"data", length,
    )  # fmt: skip
    pcm = PcmOf()
    batch: list[Frame] = []

    async def flushed() -> bytes:
        codecs.update(frame.codec for frame in batch)
        data = await asyncio.to_thread(_joined, pcm, batch)
        await asyncio.to_thread(plain.write, data)
        batch.clear()
        return data

    async for _, frame in sound.frames():
        batch.append(frame)
        if len(batch) == _BATCH:
            yield await flushed()
    if batch:
        yield await flushed()


def _measured(path: Path, samples: int, spoken: Sequence[tuple[int, int]]) -> quality.Quality:
    return quality.measure(np.memmap(path, dtype=np.int16, mode="r", shape=(samples,)), spoken)
