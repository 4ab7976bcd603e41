"""Where there is speech: WebRTC's voice activity detector on levelled sound, and energy above the noise around it.

The detector's model is tuned to one loudness: quiet speech is lost and loud noise taken for speech. So sound is first
brought to the loudness it expects. What does not rise above the noise of the seconds around it, as hiss, hum and
steady tones never do, is no speech whatever the model says. Missed speech is worse than noise let through: the words
are looked for in what is found here, and nowhere else.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import webrtcvad

from tala.audio.pcm import FRAME_MS, FRAME_SAMPLES, FULL_SCALE, SAMPLE_RATE, SILENCE_DBFS, Floats, Pcm

_FRAMES_A_SECOND = 1000 // FRAME_MS
_EMPHASIS = 0.9
_BLOCK_FRAMES = 60 * _FRAMES_A_SECOND


@dataclass(frozen=True, slots=True)
class VadSettings:
    """Levels in dB, times in milliseconds."""

    mode: int = 1
    """How strict WebRTC's detector is, 0 to 3."""
    target_dbfs: float = -26.0
    """Loudness that sound is brought to before the detector hears it."""
    max_gain_db: float = 32.0
    """Most amplification: sound below `target_dbfs - max_gain_db` is taken for silence."""
    margin_db: float = 4.0
    """How far a frame must rise above the noise around it."""
    quietest_dbfs: float = -68.0
    """What lies below is silence; also the least noise assumed."""
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
        self._last_sample = 0.0
        self._recent: deque[float] = deque([SILENCE_DBFS] * 3, maxlen=3)
        seconds = max(2, self._settings.window_ms // 1000)
        self._minima: deque[float] = deque([SILENCE_DBFS], maxlen=seconds)
        self._second: list[float] = []
        self._loudness = self._settings.target_dbfs - 12

    def is_speech(self, frame: Pcm) -> bool:
        """Whether a frame of 20 ms (320 samples) is speech.

        Raises:
            ValueError: the frame has another length.
        """
        if len(frame) != FRAME_SAMPLES:
            raise ValueError(f"a frame has {FRAME_SAMPLES} samples, not {len(frame)}")
        settings = self._settings
        samples = frame.astype(np.float32)
        level, emphasised = self._levels(samples)
        floor = self._floor(emphasised)
        # Loudness follows a rise at once and a fall by 3 dB a second.
        self._loudness = max(level, self._loudness - 3 / _FRAMES_A_SECOND)
        gain = min(settings.target_dbfs - self._loudness, settings.max_gain_db)
        heard = self._model.is_speech(_amplified(samples, gain), SAMPLE_RATE)
        smooth = sum(self._recent) / len(self._recent)
        return bool(heard and smooth > floor + settings.margin_db and level > settings.quietest_dbfs)

    def _levels(self, samples: Floats) -> tuple[float, float]:
        shifted = np.concatenate(([np.float32(self._last_sample)], samples[:-1]))
        self._last_sample = float(samples[-1])
        level, emphasised = _dbfs(np.stack((samples, samples - _EMPHASIS * shifted)))
        self._recent.append(float(emphasised))
        return float(level), float(emphasised)

    def _floor(self, level: float) -> float:
        """The least noise of the last seconds: the lowest tenth of each second, and of them the lowest."""
        self._second.append(level)
        if len(self._second) == _FRAMES_A_SECOND:
            self._minima.append(float(np.percentile(self._second, 10)))
            self._second.clear()
        return max(min(self._minima), self._settings.quietest_dbfs)


def speech_spans(pcm: Pcm, settings: VadSettings | None = None) -> list[tuple[int, int]]:
    """Spans of speech in a whole recording as (start_ms, end_ms), in order, apart from each other.

    Works a minute at a time: four hours mapped from disk stay on disk.
    """
    settings = settings or VadSettings()
    frames = speech_frames(pcm, settings)
    return _spans(frames, settings, len(pcm) * 1000 // SAMPLE_RATE)


def speech_frames(pcm: Pcm, settings: VadSettings | None = None) -> npt.NDArray[np.bool_]:
    """For each whole frame of 20 ms whether it is speech, before pauses are bridged; shape (frames,)."""
    settings = settings or VadSettings()
    count = len(pcm) // FRAME_SAMPLES
    if not count:
        return np.zeros(0, dtype=np.bool_)
    levels, emphasised = _all_levels(pcm, count)
    loudness = _around(levels, 95, settings)
    floor = np.maximum(_around(emphasised, 10, settings), settings.quietest_dbfs)
    gains = np.minimum(settings.target_dbfs - loudness, settings.max_gain_db)
    smooth = np.convolve(
        np.pad(emphasised, 1, mode="edge"), np.full(3, 1 / 3, dtype=np.float32), mode="valid"
    )
    loud = (smooth > floor + settings.margin_db) & (levels > settings.quietest_dbfs)
    return _heard(pcm, count, gains, settings.mode) & loud


def _all_levels(pcm: Pcm, count: int) -> tuple[Floats, Floats]:
    levels, emphasised = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.float32)
    last = np.float32(0)
    for first in range(0, count, _BLOCK_FRAMES):
        end = min(first + _BLOCK_FRAMES, count)
        samples = pcm[first * FRAME_SAMPLES : end * FRAME_SAMPLES].astype(np.float32)
        shifted = np.concatenate(([last], samples[:-1]))
        last = samples[-1]
        levels[first:end] = _dbfs(samples.reshape(-1, FRAME_SAMPLES))
        emphasised[first:end] = _dbfs((samples - _EMPHASIS * shifted).reshape(-1, FRAME_SAMPLES))
    return levels, emphasised


def _around(levels: Floats, percentile: float, settings: VadSettings) -> Floats:
    """The percentile of levels in the window around each second, spread over its frames."""
    seconds = -(-len(levels) // _FRAMES_A_SECOND)
    half = max(1, settings.window_ms // 2000)
    padded = np.full((seconds + 2 * half) * _FRAMES_A_SECOND, np.nan, dtype=np.float32)
    padded[half * _FRAMES_A_SECOND :][: len(levels)] = levels
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * half + 1) * _FRAMES_A_SECOND)
    # NaN, what lies outside the recording, takes no part.
    values = [
        np.nanpercentile(
            windows[first : first + 600 * _FRAMES_A_SECOND : _FRAMES_A_SECOND], percentile, axis=1
        )
        for first in range(0, seconds * _FRAMES_A_SECOND, 600 * _FRAMES_A_SECOND)
    ]
    return np.repeat(np.concatenate(values)[:seconds], _FRAMES_A_SECOND)[: len(levels)].astype(np.float32)


def _heard(pcm: Pcm, count: int, gains: Floats, mode: int) -> npt.NDArray[np.bool_]:
    """What WebRTC's detector says of each frame after amplification."""
    model = webrtcvad.Vad(mode)
    answers = np.empty(count, dtype=np.bool_)
    size = FRAME_SAMPLES * 2
    for first in range(0, count, _BLOCK_FRAMES):
        end = min(first + _BLOCK_FRAMES, count)
        samples = (
            pcm[first * FRAME_SAMPLES : end * FRAME_SAMPLES].astype(np.float32).reshape(-1, FRAME_SAMPLES)
        )
        data = _amplified(samples, gains[first:end, np.newaxis])
        answers[first:end] = [
            model.is_speech(data[start : start + size], SAMPLE_RATE) for start in range(0, len(data), size)
        ]
    return answers


def _amplified(samples: Floats, gain_db: float | Floats) -> bytes:
    factor = np.power(10, np.asarray(gain_db, dtype=np.float32) / 20)
    return np.clip(samples * factor, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


def _dbfs(frames: Floats) -> Floats:
    """Level of each row in dBFS, its mean taken out."""
    with np.errstate(divide="ignore"):
        levels: Floats = 20 * np.log10(frames.std(axis=-1) / FULL_SCALE)
    return np.maximum(levels, np.float32(SILENCE_DBFS))


def _spans(frames: npt.NDArray[np.bool_], settings: VadSettings, total_ms: int) -> list[tuple[int, int]]:
    """Runs of speech, clicks dropped, short pauses bridged, padded."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], frames.astype(np.int8), [0]))))
    runs = [(int(start) * FRAME_MS, int(end) * FRAME_MS) for start, end in edges.reshape(-1, 2)]
    joined = _bridge(runs, settings.merge_ms)
    spoken = [run for run, speech in joined if speech >= settings.shortest_ms]
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
