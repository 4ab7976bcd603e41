"""What happens to a voice on its way: levels, rooms' noises, telephone lines. All of it repeatable by a
seed.
"""

import numpy as np
import numpy.typing as npt

type Samples = npt.NDArray[np.float32]


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """The same sound at another rate, by its spectrum."""
    if rate == target or not len(samples):
        return samples
    count = round(len(samples) * target / rate)
    spectrum = np.fft.rfft(samples)
    bins = count // 2 + 1
    fitted = np.zeros(bins, dtype=spectrum.dtype)
    fitted[: min(bins, len(spectrum))] = spectrum[:bins]
    return (np.fft.irfft(fitted, count) * (count / len(samples))).astype(np.float32)


def band(samples: Samples, rate: int, low_hz: float, high_hz: float) -> Samples:
    """Only the frequencies between two, with soft edges of an eighth of an octave or so."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    with np.errstate(divide="ignore", over="ignore"):
        keep = 1 / (1 + (low_hz / np.maximum(hertz, 1e-3)) ** 16) / (1 + (hertz / high_hz) ** 32)
    return np.fft.irfft(spectrum * keep, len(samples)).astype(np.float32)


def rms(samples: Samples) -> float:
    """Root of the mean square, over the parts that sound."""
    loud = samples[np.abs(samples) > 1e-4]
    return float(np.sqrt(np.mean(np.square(loud, dtype=np.float64)))) if len(loud) else 0.0


def at_level(samples: Samples, dbfs: float) -> Samples:
    """Brought to a level in dBFS (of the parts that sound), never clipped."""
    now = rms(samples)
    if not now:
        return samples
    gain = min(10 ** (dbfs / 20) / now, 0.99 / float(np.abs(samples).max()))
    return (samples * gain).astype(np.float32)


def coloured(count: int, exponent: float, random: np.random.Generator) -> Samples:
    """Noise whose power falls with frequency to the exponent: 0 white, 1 pink, 2 brown; level 1 (RMS)."""
    spectrum = np.fft.rfft(random.normal(size=count))
    shape = np.maximum(np.arange(len(spectrum)), max(1, count // 2000)) ** (exponent / 2)
    noise = np.fft.irfft(spectrum / shape, count)
    return (noise / (noise.std() or 1)).astype(np.float32)


def with_noise(samples: Samples, snr_db: float, exponent: float, random: np.random.Generator) -> Samples:
    """With noise under the voice."""
    noise = coloured(len(samples), exponent, random)
    return (samples + noise * rms(samples) * 10 ** (-snr_db / 20)).astype(np.float32)


def mu_law(samples: Samples) -> Samples:
    """As it comes out of a telephone line's eight bits (G.711 mu-law)."""
    clipped = np.clip(samples, -1, 1)
    code = np.round(np.sign(clipped) * np.log1p(255 * np.abs(clipped)) / np.log(256) * 127) / 127
    return (np.sign(code) * np.expm1(np.abs(code) * np.log(256)) / 255).astype(np.float32)


def lossy(samples: Samples, rate: int, share: float, random: np.random.Generator) -> Samples:
    """With packets of 20 ms lost: each is replaced by the one before it, fading, as receivers do."""
    size = rate // 50
    out = samples.copy()
    gone = random.random(len(samples) // size) < share
    fade = 1.0
    for index in range(1, len(gone)):
        fade = fade * 0.6 if gone[index] else 1.0
        if gone[index]:
            out[index * size : (index + 1) * size] = out[(index - 1) * size : index * size] * 0.6
    return out


def telephone(samples: Samples, rate: int, *, snr_db: float | None, random: np.random.Generator) -> Samples:
    """At 8 kHz, 300 to 3,400 Hz, noise of the street behind it, through mu-law. The rate of the answer is
    8,000.
    """
    narrow = band(resample(samples, rate, 8000), 8000, 300, 3400)
    if snr_db is not None:
        narrow = with_noise(narrow, snr_db, 1.0, random)
    return mu_law(at_level(narrow, -22))
