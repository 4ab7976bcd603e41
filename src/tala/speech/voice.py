"""Where somebody speaks: probabilities of speech from Silero's detector, 32 ms apart, and spans made of them.

WebRTC's detector in `tala.audio.vad` answers within a frame and serves live endpointing; this one hears
music, hum and hold tones for what they are, and decides what the recogniser gets to hear at all.
"""

import importlib.util
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tala.errors import TalaError

SAMPLE_RATE = 16_000
CHUNK = 512
CHUNK_MS = CHUNK * 1000 // SAMPLE_RATE
_CONTEXT = 64
_BLOCK_CHUNKS = 30 * SAMPLE_RATE // CHUNK

Pcm = NDArray[np.int16]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """When sound counts as speech."""

    start: float = 0.5
    """Probability at which speech begins."""
    stay: float = 0.35
    """Probability at which speech goes on."""
    join_ms: int = 300
    """Pauses shorter than this do not part an utterance."""
    least_ms: int = 96
    """Speech shorter than this is a click."""
    pad_ms: int = 200
    """Sound kept on both sides of an utterance."""
    target_dbfs: float = -26.0
    """Level that quiet sound is brought to before listening."""
    most_gain_db: float = 30.0
    """Most that quiet sound is lifted."""


@lru_cache(maxsize=1)
def _session() -> Any:
    import onnxruntime

    found = importlib.util.find_spec("faster_whisper")
    place = next(iter(found.submodule_search_locations or ()), None) if found else None
    path = Path(place or "") / "assets" / "silero_vad_v6.onnx"
    if not path.is_file():
        raise TalaError(
            "model_missing", "The voice detector of faster-whisper is not installed: run make setup."
        )
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"], sess_options=options)


_loading = threading.Lock()


class Voice:
    """A detector that is fed a stream of sound and remembers what it heard; one for each channel."""

    def __init__(self) -> None:
        with _loading:
            self._model = _session()
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._tail = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, samples: Floats) -> Floats:
        """Probability of speech in each chunk of 512 samples; the last chunk is filled up with silence."""
        count = -(-len(samples) // CHUNK)
        if count == 0:
            return np.zeros(0, np.float32)
        chunks = np.zeros((count, CHUNK), np.float32)
        chunks.reshape(-1)[: len(samples)] = samples
        before = np.vstack([self._tail, chunks[:-1, -_CONTEXT:]])
        found, self._h, self._c = self._model.run(
            None, {"input": np.hstack([before, chunks]), "h": self._h, "c": self._c}
        )
        self._tail = chunks[-1, -_CONTEXT:].copy()
        result: Floats = found.astype(np.float32)
        return result


def lifted(samples: Floats, settings: VoiceSettings) -> Floats:
    """Quiet sound brought towards the usual level of speech; loud sound and silence as they are.

    The level is that of the loudest tenth of 32 ms stretches, so that pauses do not count.
    """
    count = len(samples) // CHUNK
    if count == 0:
        return samples
    powers = np.square(samples[: count * CHUNK].reshape(count, CHUNK)).mean(axis=1)
    level = 10.0 * np.log10(float(np.quantile(powers, 0.9)) + 1e-12)
    gain = min(settings.target_dbfs - level, settings.most_gain_db)
    if gain <= 0.0 or level < -75.0:
        return samples
    louder: Floats = np.clip(samples * np.float32(10.0 ** (gain / 20.0)), -1.0, 1.0)
    return louder


def probabilities(pcm: Pcm, settings: VoiceSettings | None = None) -> Floats:
    """Probability of speech in each 32 ms of a recording of any length, read in blocks of half a minute."""
    settings = settings or VoiceSettings()
    voice = Voice()
    found: list[Floats] = []
    for start in range(0, len(pcm), _BLOCK_CHUNKS * CHUNK):
        block = pcm[start : start + _BLOCK_CHUNKS * CHUNK].astype(np.float32) / 32768.0
        found.append(voice.probabilities(lifted(block, settings)))
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def spans(chances: Floats, length_ms: int, settings: VoiceSettings | None = None) -> list[tuple[int, int]]:
    """Utterances as (start_ms, end_ms), padded, in order and apart."""
    settings = settings or VoiceSettings()
    joined: list[tuple[int, int]] = []
    for start, end in _runs(chances, settings):
        if joined and start - joined[-1][1] < settings.join_ms:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    kept = [(start, end) for start, end in joined if end - start >= settings.least_ms]
    return _padded(kept, length_ms, settings.pad_ms)


def _runs(chances: Floats, settings: VoiceSettings) -> Iterator[tuple[int, int]]:
    """Stretches that begin above `start` and stay above `stay`."""
    begun: int | None = None
    for index, chance in enumerate(chances.tolist()):
        if begun is None:
            if chance >= settings.start:
                begun = index
        elif chance < settings.stay:
            yield begun * CHUNK_MS, index * CHUNK_MS
            begun = None
    if begun is not None:
        yield begun * CHUNK_MS, len(chances) * CHUNK_MS


def _padded(found: Sequence[tuple[int, int]], length_ms: int, pad_ms: int) -> list[tuple[int, int]]:
    result: list[tuple[int, int]] = []
    for index, (start, end) in enumerate(found):
        before = found[index - 1][1] if index else -pad_ms
        after = found[index + 1][0] if index + 1 < len(found) else length_ms + pad_ms
        result.append(
            (
                max(0, start - min(pad_ms, (start - before) // 2)),
                min(length_ms, end + min(pad_ms, (after - end) // 2)),
            )
        )
    return result
