"""Log-mel spectrogram, the input of Whisper: 10 ms frames of 16 kHz sound."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
HOP = 160
FFT = 400
FRAMES_PER_SECOND = SAMPLE_RATE // HOP
FULL_WINDOW_FRAMES = 3000

Floats = NDArray[np.float32]


@lru_cache(maxsize=2)
def filters(bands: int) -> Floats:
    """Triangular filters of equal area on the Slaney mel scale, shape (bands, FFT // 2 + 1)."""
    # Linear up to 1 kHz (15 mel), logarithmic above: 27 mel for each factor of 6.4.
    top = 15.0 + 27.0 * np.log(SAMPLE_RATE / 2 / 1000.0) / np.log(6.4)
    mel = np.linspace(0.0, top, bands + 2)
    edges = np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * 6.4 ** ((mel - 15.0) / 27.0))
    bins = np.fft.rfftfreq(FFT, 1.0 / SAMPLE_RATE)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    scaled: Floats = (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _hann() -> Floats:
    window: Floats = np.hanning(FFT + 1)[:-1].astype(np.float32)
    return window


def log_mel(samples: NDArray[Any], frames: int, bands: int = 80) -> Floats:
    """Spectrogram of `samples` followed by silence, shape (bands, frames).

    Args:
        samples: float mono at 16 kHz, full scale 1.0; at most `frames` * 160 of them are read.
        frames: length of the window in 10 ms frames.
        bands: mel bands the weights expect (80, or 128 for large-v3).
    """
    length = frames * HOP
    sound = np.zeros(length + FFT, dtype=np.float32)
    kept = min(len(samples), length)
    sound[FFT // 2 : FFT // 2 + kept] = samples[:kept]
    # The left edge is mirrored, as in training; the right edge is silence or the mirror of it.
    sound[: FFT // 2] = sound[FFT : FFT // 2 : -1]
    sound[length + FFT // 2 :] = sound[length + FFT // 2 - 2 : length - 2 : -1]
    slices = np.lib.stride_tricks.sliding_window_view(sound, FFT)[::HOP][:frames]
    spectrum = np.fft.rfft(slices * _hann(), axis=1).astype(np.complex64)
    power = spectrum.real**2 + spectrum.imag**2
    mel = filters(bands) @ power.T
    log = np.log10(np.maximum(mel, 1e-10))
    log = np.maximum(log, log.max() - 8.0)
    scaled: Floats = np.ascontiguousarray((log + 4.0) / 4.0, dtype=np.float32)
    return scaled
