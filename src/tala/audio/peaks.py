"""The outline of a sound for drawing: its loudest moment in each of some hundred equal stretches."""

import numpy as np

from tala.audio.pcm import FULL_SCALE, SAMPLE_RATE, Pcm

MOST = 1200
"""Stretches at most; a stretch is never shorter than 20 ms."""
FLOOR_DB = -48.0
"""Levels at or below this are drawn as nothing."""


def of(pcm: Pcm, most: int = MOST) -> list[int]:
    """Heights from 0 to 100, on a scale of decibels so that quiet speech is seen too; empty without sound."""
    if len(pcm) == 0:
        return []
    count = max(1, min(most, len(pcm) // (SAMPLE_RATE // 50)))
    edges = np.linspace(0, len(pcm), count, endpoint=False).astype(np.int64)
    loudest = np.maximum.reduceat(np.abs(pcm.astype(np.int32)), edges)
    level = 20.0 * np.log10(np.maximum(loudest, 1) / FULL_SCALE)
    heights = np.clip((level - FLOOR_DB) / -FLOOR_DB * 100.0, 0.0, 100.0)
    return [round(float(height)) for height in heights]
