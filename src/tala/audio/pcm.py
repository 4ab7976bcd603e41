"""The one form of sound inside Tala: signed 16-bit mono samples at 16 kHz, one array for each channel."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples a second."""
FRAME_MS = 20
"""Length of a frame, the unit of voice activity, in milliseconds."""
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
"""Samples of a frame."""
BYTES_PER_SAMPLE = 2
FULL_SCALE = 32_768
"""The amplitude that is 0 dBFS."""
SILENCE_DBFS = -120.0
"""What the level of digital silence is reported as, since its logarithm is not a number."""

type Pcm = npt.NDArray[np.int16]
"""Samples, shape (n,)."""
type Floats = npt.NDArray[np.float32]


def samples_of(ms: int) -> int:
    """Samples in `ms` milliseconds."""
    return ms * SAMPLE_RATE // 1000


def ms_of(samples: int) -> int:
    """Whole milliseconds in `samples` samples."""
    return samples * 1000 // SAMPLE_RATE


def between(pcm: Pcm, start_ms: int, end_ms: int) -> Pcm:
    """The samples from `start_ms` to `end_ms`, a view; what lies outside the recording is left out."""
    return pcm[samples_of(max(start_ms, 0)) : samples_of(max(end_ms, 0))]


def from_bytes(data: bytes | bytearray | memoryview) -> Pcm:
    """Samples of 16-bit little-endian bytes, read-only; an odd last byte is left out."""
    view = memoryview(data)
    samples = np.frombuffer(view[: len(view) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE], dtype="<i2")
    samples.flags.writeable = False
    return samples


def to_float(pcm: Pcm) -> Floats:
    """Samples between −1 and 1."""
    return np.divide(pcm, FULL_SCALE, dtype=np.float32)


def from_float(samples: npt.NDArray[np.floating]) -> Pcm:
    """Samples between −1 and 1 as 16-bit; what lies beyond is clipped."""
    return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def dbfs(rms: float) -> float:
    """Level in dB below full scale of an RMS amplitude in 16-bit units."""
    return max(SILENCE_DBFS, 20 * math.log10(rms / FULL_SCALE)) if rms > 0 else SILENCE_DBFS


def level(pcm: Pcm) -> float:
    """RMS level in dBFS; −120 for silence and for no samples."""
    total = sum(float(np.square(block, dtype=np.float64).sum()) for block in blocks(pcm))
    return dbfs(math.sqrt(total / len(pcm))) if len(pcm) else SILENCE_DBFS


def blocks(pcm: Pcm, samples: int = 60 * SAMPLE_RATE) -> Iterator[Pcm]:
    """The array in pieces of a minute, so that work on four hours keeps a minute in memory."""
    for start in range(0, len(pcm), samples):
        yield pcm[start : start + samples]


def frame_levels(pcm: Pcm, samples: int = FRAME_SAMPLES) -> Floats:
    """RMS level in dBFS of every whole frame without its mean (an offset is no sound); shape (frames,)."""
    frames = len(pcm) // samples
    levels = np.empty(frames, dtype=np.float32)
    # Frames that make up about a minute at a time.
    step = max(1, 60 * SAMPLE_RATE // samples)
    for first in range(0, frames, step):
        last = min(first + step, frames)
        block = pcm[first * samples : last * samples].astype(np.float32).reshape(-1, samples)
        rms = block.std(axis=1)
        with np.errstate(divide="ignore"):
            levels[first:last] = np.maximum(20 * np.log10(rms / FULL_SCALE), SILENCE_DBFS)
    return levels
