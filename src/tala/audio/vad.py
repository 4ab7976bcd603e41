"""Where there is speech: WebRTC's voice activity detector on levelled sound, and energy above the noise.

The detector is tuned to one loudness: it loses quiet speech and takes loud noise for speech. So sound is
brought to the loudness it expects first. What does not rise above the noise of the seconds around it in some
bands of frequencies, as hiss, hum and steady tones never do, is no speech whatever the detector says; what
rises far above it is kept even without the detector. Missed speech is worse than noise let through: words are
looked for nowhere else.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import webrtcvad

from tala.audio.pcm import FRAME_MS, FRAME_SAMPLES, FULL_SCALE, SAMPLE_RATE, SILENCE_DBFS, Floats, Pcm, ms_of

_FRAMES_A_SECOND = 1000 // FRAME_MS
_BLOCK_FRAMES = 60 * _FRAMES_A_SECOND
_SMOOTH_FRAMES = 3
_FALL_DB = 3 / _FRAMES_A_SECOND
"""How fast the loudness followed in live sound falls: 3 dB a second; it rises at once."""
# A band of fewer bins flutters too much to tell speech from noise.
_EDGES_HZ = (100, 300, 500, 700, 900, 1200, 1600, 2100, 2700, 3400, 4500, 6000, 8000)
_BIN_HZ = SAMPLE_RATE // FRAME_SAMPLES
_EDGES = np.array(_EDGES_HZ) // _BIN_HZ
BANDS = len(_EDGES) - 1
_FLUTTER_DB = (6 / np.sqrt(np.diff(_EDGES))).astype(np.float32)
"""Standard deviation of steady noise's level in a band from frame to frame: the fewer bins, the more."""
_WINDOW = np.hanning(FRAME_SAMPLES).astype(np.float32)
_BAND_SCALE = 1 / (FULL_SCALE**2 * float((_WINDOW**2).sum()) * FRAME_SAMPLES / 2)
_BEST_BANDS = 5


@dataclass(frozen=True, slots=True)
class VadSettings:
    """Levels in dB, times in milliseconds."""

    mode: int = 1
    """How strict WebRTC's detector is, 0 to 3."""
    target_dbfs: float = -26.0
    """Loudness that sound is brought to before the detector hears it."""
    max_gain_db: float = 34.0
    """Most amplification; what is quieter than this leaves it is taken for silence by the detector."""
    margin_db: float = 2.8
    """How far the best bands must rise above their noise where the detector hears speech."""
    sure_db: float = 8.0
    """How far they must rise where it does not."""
    quietest_dbfs: float = -66.0
    """A frame below this level is silence."""
    band_floor_dbfs: float = -90.0
    """Least noise assumed in a band: digital silence is no measure."""
    band_depth_db: float = 30.0
    """A band this far below the noisiest counts no deeper: what a telephone filter left there is no sound."""
    noise_percentile: int = 16
    """Share of the frames around that lie below the noise's mean less its flutter, where all is noise."""
    window_ms: int = 8_000
    """Stretch around a frame in which noise and loudness are measured."""
    merge_ms: int = 300
    """Pauses up to this long do not part a span."""
    shortest_ms: int = 60
    """Speech shorter than this is a click."""
    pad_ms: int = 160
    """Sound kept on both sides of a span."""


class Vad:
    """Speech or not, frame by frame, for live sound: knows only what was heard so far."""

    def __init__(self, settings: VadSettings | None = None) -> None:
        self._settings = settings or VadSettings()
        self._model = webrtcvad.Vad(self._settings.mode)
        self._recent: deque[Floats] = deque(maxlen=_SMOOTH_FRAMES)
        self._window: deque[Floats] = deque(maxlen=self._settings.window_ms // FRAME_MS)
        self._floor: Floats | None = None
        self._loudness = SILENCE_DBFS
        self._frames = 0

    def is_speech(self, frame: Pcm) -> bool:
        """Whether a frame of 20 ms (320 samples) is speech.

        Raises:
            ValueError: the frame has another length.
        """
        if len(frame) != FRAME_SAMPLES:
            raise ValueError(f"a frame has {FRAME_SAMPLES} samples, not {len(frame)}")
        settings = self._settings
        samples = frame.astype(np.float32)
        level, bands = _analyse(samples[np.newaxis])
        self._loudness = max(float(level[0]), self._loudness - _FALL_DB)
        gain = min(settings.target_dbfs - self._loudness, settings.max_gain_db)
        heard = self._model.is_speech(_amplified(samples, gain), SAMPLE_RATE)
        self._recent.append(bands[0])
        smooth = np.stack(self._recent).mean(axis=0, keepdims=True, dtype=np.float32)
        rise = _rise(smooth - self._noise_now(bands[0]))
        return bool(_decide(np.array([heard]), rise, level, settings)[0])

    def _noise_now(self, bands: Floats) -> Floats:
        """The noise in each band in the last seconds, looked at anew five times a second."""
        settings = self._settings
        self._window.append(bands)
        if self._floor is None or self._frames % (_FRAMES_A_SECOND // 5) == 0:
            self._floor = _noise(np.stack(self._window), settings)
        self._frames += 1
        return self._floor


def speech_spans(pcm: Pcm, settings: VadSettings | None = None) -> list[tuple[int, int]]:
    """Spans of speech in a whole recording as (start_ms, end_ms), in order, apart from each other.

    Works a minute at a time: four hours mapped from disk stay on disk.
    """
    settings = settings or VadSettings()
    return _spans(speech_frames(pcm, settings), settings, ms_of(len(pcm)))


def speech_frames(pcm: Pcm, settings: VadSettings | None = None) -> npt.NDArray[np.bool_]:
    """For each whole frame of 20 ms whether it is speech, before pauses are bridged; shape (frames,)."""
    settings = settings or VadSettings()
    count = len(pcm) // FRAME_SAMPLES
    if not count:
        return np.zeros(0, dtype=np.bool_)
    levels = np.empty(count, dtype=np.float32)
    bands = np.empty((count, BANDS), dtype=np.float32)
    for first, end, samples in _blocks(pcm, count):
        levels[first:end], bands[first:end] = _analyse(samples)
    rise = _rises(bands, settings)
    gains = np.minimum(settings.target_dbfs - _loudness(levels, settings), settings.max_gain_db)
    return _decide(_heard(pcm, count, gains, settings.mode), rise, levels, settings)


def _decide(
    heard: npt.NDArray[np.bool_], rise: Floats, level: Floats, settings: VadSettings
) -> npt.NDArray[np.bool_]:
    risen = (heard & (rise > settings.margin_db)) | (rise > settings.sure_db)
    return risen & (level > settings.quietest_dbfs)


def _blocks(pcm: Pcm, count: int) -> Iterator[tuple[int, int, Floats]]:
    """Frames of a minute at a time, shape (n, 320), with the numbers of the first and past the last."""
    for first in range(0, count, _BLOCK_FRAMES):
        end = min(first + _BLOCK_FRAMES, count)
        samples = pcm[first * FRAME_SAMPLES : end * FRAME_SAMPLES].astype(np.float32)
        yield first, end, samples.reshape(-1, FRAME_SAMPLES)


def _analyse(frames: Floats) -> tuple[Floats, Floats]:
    """Level (n,) and level in each band (n, BANDS) of frames (n, 320), in dBFS."""
    with np.errstate(divide="ignore"):
        levels = 20 * np.log10(frames.std(axis=1) / FULL_SCALE)
        spectrum = np.fft.rfft(frames * _WINDOW, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        sums = np.add.reduceat(power, _EDGES, axis=1)[:, :BANDS]
        bands = 10 * np.log10(sums * _BAND_SCALE)
    return (
        np.maximum(levels, SILENCE_DBFS).astype(np.float32),
        np.maximum(bands, SILENCE_DBFS).astype(np.float32),
    )


def _noise(around: Floats, settings: VadSettings) -> Floats:
    """The mean level of the noise in each band, shape (BANDS,), among frames (n, BANDS)."""
    rank = len(around) * settings.noise_percentile // 100
    found: Floats = np.partition(around, rank, axis=0)[rank] + _FLUTTER_DB
    return np.maximum(found, max(settings.band_floor_dbfs, float(found.max()) - settings.band_depth_db))


def _rise(above: Floats) -> Floats:
    """Mean rise of the bands that rise most, in dB, from the rise of each (…, BANDS)."""
    best = np.partition(above, BANDS - _BEST_BANDS, axis=-1)[..., BANDS - _BEST_BANDS :]
    mean: Floats = best.mean(axis=-1)
    return mean


def _rises(bands: Floats, settings: VadSettings) -> Floats:
    """How far each frame rises above the noise of the seconds around it; shape (frames,)."""
    count = len(bands)
    seconds = -(-count // _FRAMES_A_SECOND)
    half = max(1, settings.window_ms // 2000)
    rise = np.empty(count, dtype=np.float32)
    padded = np.pad(bands, ((1, 1), (0, 0)), mode="edge")
    for second in range(seconds):
        first, end = second * _FRAMES_A_SECOND, min((second + 1) * _FRAMES_A_SECOND, count)
        around = bands[max(0, second - half) * _FRAMES_A_SECOND : (second + half + 1) * _FRAMES_A_SECOND]
        floor = _noise(around, settings)
        smooth = (padded[first:end] + padded[first + 1 : end + 1] + padded[first + 2 : end + 2]) / np.float32(
            _SMOOTH_FRAMES
        )
        rise[first:end] = _rise(smooth - floor)
    return rise


def _loudness(levels: Floats, settings: VadSettings) -> Floats:
    """Loudness of the seconds around each frame: the level that a twentieth of their frames exceed."""
    half = max(1, settings.window_ms // 2000) * _FRAMES_A_SECOND
    values = np.empty(len(levels), dtype=np.float32)
    for first in range(0, len(levels), _FRAMES_A_SECOND):
        around = levels[max(0, first - half) : first + half + _FRAMES_A_SECOND]
        rank = len(around) * 95 // 100
        values[first : first + _FRAMES_A_SECOND] = np.partition(around, rank)[rank]
    return values


def _heard(pcm: Pcm, count: int, gains: Floats, mode: int) -> npt.NDArray[np.bool_]:
    """What WebRTC's detector says of each frame after amplification."""
    model = webrtcvad.Vad(mode)
    answers = np.empty(count, dtype=np.bool_)
    size = FRAME_SAMPLES * 2
    for first, end, samples in _blocks(pcm, count):
        data = _amplified(samples, gains[first:end, np.newaxis])
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        answers[first:end] = [model.is_speech(piece, SAMPLE_RATE) for piece in pieces]
    return answers


def _amplified(samples: Floats, gain_db: float | Floats) -> bytes:
    factor = np.power(10, np.asarray(gain_db, dtype=np.float32) / 20)
    return np.clip(samples * factor, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


def _spans(frames: npt.NDArray[np.bool_], settings: VadSettings, total_ms: int) -> list[tuple[int, int]]:
    """Runs of speech, short pauses bridged, clicks dropped, padded."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], frames.astype(np.int8), [0]))))
    runs = [(int(start) * FRAME_MS, int(end) * FRAME_MS) for start, end in edges.reshape(-1, 2)]
    spoken = [run for run, speech in _bridge(runs, settings.merge_ms) if speech >= settings.shortest_ms]
    padded = [(max(0, s - settings.pad_ms), min(total_ms, e + settings.pad_ms)) for s, e in spoken]
    return [run for run, _ in _bridge(padded, 0)]


def _bridge(runs: list[tuple[int, int]], gap_ms: int) -> list[tuple[tuple[int, int], int]]:
    """Runs joined over gaps up to `gap_ms`, each with the milliseconds of speech in it."""
    joined: list[tuple[tuple[int, int], int]] = []
    for start, end in runs:
        if joined and start - joined[-1][0][1] <= gap_ms:
            (first, last), speech = joined[-1]
            joined[-1] = ((first, max(last, end)), speech + end - start)
        else:
            joined.append(((start, end), end - start))
    return joined
