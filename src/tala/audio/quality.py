"""How good a recording sounds, in numbers and in words for the person who sent it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tala.audio.pcm import (
    FRAME_SAMPLES,
    FULL_SCALE,
    SAMPLE_RATE,
    SILENCE_DBFS,
    Floats,
    Pcm,
    blocks,
    frame_levels,
    samples_of,
)
from tala.transcript import Value, Warning_

_CLIPPED = FULL_SCALE - 200
_SPECTRUM_SAMPLES = 16_000
"""Length of a spectrum, in samples: one second, so that a bin is 1 Hz and a hum stands out in one."""
_MAX_SPECTRA = 120
_HUMS_HZ = (50, 60)
_BAND_HZ = 4_600
"""Nothing above: telephone lines and recorders of 8,000 samples a second, with the slope of their filters."""
_STEP_HZ = 100
_DEPTH_DB = 60.0


class Quality(Value):
    """How one channel sounds. Levels in dBFS (0 is the loudest), shares from 0 to 1."""

    seconds: float
    speech_seconds: float
    speech_share: float
    speech_dbfs: float
    """Level of frames within speech: their loudest fifth's lower bound; −120 without speech."""
    noise_dbfs: float
    """Level between speech; where there is no pause, the quietest twentieth of the frames."""
    snr_db: float
    """Speech above noise, in dB; 0 without speech."""
    clipped_share: float
    """Share of the speech's frames that hit the limit of the microphone."""
    hum_db: float
    """How far 50 or 60 Hz and their harmonics stand out of the frequencies beside them, in dB."""
    bandwidth_hz: int
    """Frequency above which the speech has nothing worth mention: 60 dB less than where it is strongest."""

    @property
    def telephone_band(self) -> bool:
        """Whether the sound came through a telephone line or an 8 kHz recorder."""
        return self.speech_seconds > 0 and self.bandwidth_hz <= _BAND_HZ


def measure(pcm: Pcm, spans: Sequence[tuple[int, int]]) -> Quality:
    """Measure one channel, given where there is speech in it as (start_ms, end_ms)."""
    levels = frame_levels(pcm)
    speech = _mask(len(levels), spans)
    heard, pauses = levels[speech], levels[~speech]
    spoken = float(np.percentile(heard, 80)) if len(heard) else SILENCE_DBFS
    noise = _noise(levels, pauses)
    speech_ms = sum(end - start for start, end in spans)
    seconds = len(pcm) / SAMPLE_RATE
    return Quality(
        seconds=round(seconds, 3),
        speech_seconds=round(speech_ms / 1000, 3),
        speech_share=round(min(1.0, speech_ms / 1000 / seconds), 4) if seconds else 0.0,
        speech_dbfs=round(spoken, 1),
        noise_dbfs=round(noise, 1),
        snr_db=round(max(0.0, spoken - noise), 1) if len(heard) else 0.0,
        clipped_share=round(_clipped(pcm, speech), 4),
        hum_db=round(_hum(pcm), 1),
        bandwidth_hz=_bandwidth(pcm, spans),
    )


def warnings(quality: Quality) -> tuple[Warning_, ...]:
    """What the person should be told, the most important first; empty for a good recording."""
    found: list[Warning_] = []

    def say(code: str, message: str) -> None:
        found.append(Warning_(code=code, message=message))

    if quality.speech_seconds < 0.1:
        if quality.seconds and quality.noise_dbfs <= -75:
            say("sound_silent", "The recording is silent. Check the microphone and record again.")
        else:
            say(
                "sound_no_speech",
                "No speech was heard. Record again, closer to the microphone.",
            )
        return tuple(found)
    if quality.speech_dbfs < -45:
        say(
            "sound_quiet",
            "The voice is very quiet. Speak closer to the microphone, and check the text.",
        )
    if quality.clipped_share > 0.05:
        say(
            "sound_clipped",
            "The voice is distorted: too loud for the microphone. Please check the text.",
        )
    if quality.snr_db < 10:
        say(
            "sound_noisy",
            "There is much noise around the voice. Please check the text well.",
        )
    if quality.hum_db > 25 and quality.noise_dbfs > -60:
        say("sound_hum", "There is a hum in the recording, as of a charger or a loose cable.")
    if quality.telephone_band:
        say(
            "sound_telephone",
            "The sound is of telephone quality: some words may be wrong. Check the text.",
        )
    if quality.speech_share < 0.1 and quality.seconds > 60:
        say("sound_sparse", "Most of the recording has no speech in it.")
    return tuple(found)


def _mask(frames: int, spans: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(frames, dtype=np.bool_)
    for start, end in spans:
        mask[samples_of(start) // FRAME_SAMPLES : -(-samples_of(end) // FRAME_SAMPLES)] = True
    return mask


def _noise(levels: Floats, pauses: Floats) -> float:
    if len(pauses) >= 10:
        return float(np.median(pauses))
    return float(np.percentile(levels, 5)) if len(levels) else SILENCE_DBFS


def _clipped(pcm: Pcm, speech: npt.NDArray[np.bool_]) -> float:
    """Share of speech frames with three samples or more at the limit; fewer is a loud consonant."""
    if not speech.any():
        return 0.0
    hit = np.concatenate([_at_limit(block) for block in blocks(pcm)])[: len(speech)]
    return float((hit & speech[: len(hit)]).sum() / speech.sum())


def _at_limit(block: Pcm) -> npt.NDArray[np.bool_]:
    whole = block[: len(block) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    limit: npt.NDArray[np.bool_] = ((whole >= _CLIPPED) | (whole <= -_CLIPPED)).sum(axis=1) >= 3
    return limit


def _spectrum(pcm: Pcm, starts: Sequence[int]) -> npt.NDArray[np.float64]:
    """Mean power spectrum of one-second pieces, one bin a Hz."""
    total = np.zeros(_SPECTRUM_SAMPLES // 2 + 1)
    window = np.hanning(_SPECTRUM_SAMPLES)
    for start in starts:
        piece = pcm[start : start + _SPECTRUM_SAMPLES].astype(np.float64)
        piece = np.pad(piece, (0, _SPECTRUM_SAMPLES - len(piece)))
        total += np.abs(np.fft.rfft((piece - piece.mean()) * window)) ** 2
    return total / max(1, len(starts))


def _evenly(starts: Sequence[int]) -> Sequence[int]:
    return starts[:: -(-len(starts) // _MAX_SPECTRA)] if starts else starts


def _hum(pcm: Pcm) -> float:
    """The strongest of the mains frequencies' first four harmonics against the bins around it."""
    power = _spectrum(pcm, _evenly(range(0, len(pcm) - _SPECTRUM_SAMPLES + 1, _SPECTRUM_SAMPLES)))
    if not power.any():
        return 0.0
    best = 0.0
    for mains in _HUMS_HZ:
        ratios = []
        for harmonic in range(1, 5):
            at = mains * harmonic
            around = np.concatenate((power[at - 12 : at - 4], power[at + 5 : at + 13]))
            ratios.append(10 * np.log10((power[at - 2 : at + 3].max() + 1) / (np.median(around) + 1)))
        best = max(best, float(np.max(ratios)))
    return best


def _bandwidth(pcm: Pcm, spans: Sequence[tuple[int, int]]) -> int:
    starts = [at for s, e in spans for at in range(samples_of(s), max(samples_of(e), 1), _SPECTRUM_SAMPLES)]
    power = _spectrum(pcm, _evenly(starts))
    if not power.any():
        return 0
    levels = 10 * np.log10(
        power[: len(power) // _STEP_HZ * _STEP_HZ].reshape(-1, _STEP_HZ).mean(axis=1) + 1e-9
    )
    return int(np.flatnonzero(levels > levels.max() - _DEPTH_DB)[-1] + 1) * _STEP_HZ
