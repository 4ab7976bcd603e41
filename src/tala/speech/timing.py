"""Times of words put where the sound is: attention, which tells them, comes early and blurs pauses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FRAME = 160
_FRAME_MS = 10
_SMOOTH = np.ones(3, np.float32) / 3


@dataclass(frozen=True, slots=True)
class TimingSettings:
    """Fitted on synthesised speech whose times are known."""

    early_ms: int = 110
    """How much attention comes before the sound."""
    pause_ms: int = 120
    """Shortest pause that times are moved to the edges of."""
    reach_ms: int = 280
    """Furthest a time is moved."""
    threshold: float = 0.4
    """Where between noise and speech, in dB, a pause ends."""
    least_range_db: float = 9.0
    """Sound with less between noise and speech shows no pauses."""


type Times = list[tuple[int, int]]


def pauses(pcm: NDArray[np.int16], settings: TimingSettings) -> Times:
    """Stretches of a window in which nobody is loud enough to be speaking, as (start_ms, end_ms)."""
    count = len(pcm) // _FRAME
    if count < len(_SMOOTH):
        return []
    frames = pcm[: count * _FRAME].astype(np.float32).reshape(count, _FRAME)
    power = np.convolve(np.square(frames).mean(axis=1), _SMOOTH, mode="same")
    levels = 10.0 * np.log10(power + 1.0)
    noise, speech = np.quantile(levels, [0.05, 0.9])
    if speech - noise < settings.least_range_db:
        return []
    quiet = levels < noise + settings.threshold * (speech - noise)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))) * _FRAME_MS
    return [
        (int(start), int(end))
        for start, end in edges.reshape(-1, 2)
        if end - start >= settings.pause_ms or start == 0 or end == count * _FRAME_MS
    ]


def settled(times: Sequence[tuple[int, int]], pcm: NDArray[np.int16], settings: TimingSettings) -> Times:
    """Starts and ends of words in order, moved to where the sound begins and ends around pauses."""
    length = len(pcm) * 1000 // 16_000
    moved = [
        (min(start + settings.early_ms, length), min(end + settings.early_ms, length)) for start, end in times
    ]
    quiet = pauses(pcm, settings)
    done: Times = []
    before = 0
    for start, end in moved:
        for pause_start, pause_end in quiet:
            # A word begins where the pause that its start lies in, or just behind, ends.
            if (
                pause_start - settings.reach_ms // 4 <= start <= pause_end + settings.reach_ms
                and pause_end < end
            ):
                near = start <= pause_end or pause_end >= before
                if near and abs(start - pause_end) <= max(settings.reach_ms, pause_end - pause_start):
                    start = pause_end
            if pause_start > start and pause_start <= end <= pause_end + settings.reach_ms // 2:
                end = min(end, pause_start)
        start = max(start, before)
        end = max(end, start)
        done.append((start, end))
        before = end
    return done
