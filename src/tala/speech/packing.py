"""Utterances packed into windows as full as the recogniser likes: silence left out, times kept."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tala.speech.voice import CHUNK_MS, Floats, Pcm

_SAMPLES_PER_MS = 16


@dataclass(frozen=True, slots=True)
class PackSettings:
    """How utterances share windows."""

    target_ms: int = 10_000
    """Windows are closed once they hold this much: longer ones cost more for each second of sound, and of
    several utterances the last ones are left out more often."""
    most_ms: int = 26_000
    """Longest window; a longer utterance is cut where it is quietest."""
    apart_ms: int = 3_000
    """A longer pause always begins a new window: what follows may be another thought, or another language."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One window: which stretches of one channel it holds, in order, as (start_ms, end_ms)."""

    channel: int
    pieces: tuple[tuple[int, int], ...]
    voiced: float = 1.0
    """How sure the voice detector is in the surest tenth of it."""

    @property
    def start_ms(self) -> int:
        """Where it begins in the recording."""
        return self.pieces[0][0]

    @property
    def end_ms(self) -> int:
        """Where it ends in the recording."""
        return self.pieces[-1][1]

    def cut(self, pcm: Pcm) -> Pcm:
        """The sound of the window, copied out of the recording."""
        return np.concatenate([pcm[s * _SAMPLES_PER_MS : e * _SAMPLES_PER_MS] for s, e in self.pieces])

    def place(self, start_ms: int, end_ms: int) -> tuple[int, int, int]:
        """Where a stretch of the window lies in the recording: (piece, start_ms, end_ms).

        A stretch that reaches over a seam belongs to the piece that holds its middle.
        """
        begins = [0]
        for start, end in self.pieces:
            begins.append(begins[-1] + end - start)
        middle = (start_ms + end_ms) / 2
        index = min(max(bisect_right(begins, middle) - 1, 0), len(self.pieces) - 1)
        first, last = self.pieces[index]
        shift = first - begins[index]
        placed = min(max(start_ms + shift, first), last)
        return index, placed, min(max(end_ms + shift, placed), last)


def pack(
    spans: Sequence[tuple[int, int]], chances: Floats, channel: int, settings: PackSettings | None = None
) -> list[Plan]:
    """Windows for the utterances of a channel, in order.

    Args:
        spans: utterances (start_ms, end_ms), in order and apart.
        chances: probability of speech in each chunk, to cut long utterances where nobody speaks.
        channel: index of the channel.
    """
    settings = settings or PackSettings()
    plans: list[Plan] = []
    open_: list[tuple[int, int]] = []
    held = 0
    for start, end in (part for span in spans for part in _cut_long(span, chances, settings)):
        length = end - start
        far = bool(open_) and start - open_[-1][1] > settings.apart_ms
        if open_ and (far or held + length > settings.target_ms):
            plans.append(Plan(channel, tuple(open_), _voiced(open_, chances)))
            open_, held = [], 0
        open_.append((start, end))
        held += length
    if open_:
        plans.append(Plan(channel, tuple(open_), _voiced(open_, chances)))
    return plans


def _voiced(pieces: Sequence[tuple[int, int]], chances: Floats) -> float:
    heard = np.concatenate([chances[s // CHUNK_MS : e // CHUNK_MS + 1] for s, e in pieces])
    return float(np.quantile(heard, 0.9)) if len(heard) else 0.0


def _cut_long(span: tuple[int, int], chances: Floats, settings: PackSettings) -> list[tuple[int, int]]:
    """An utterance cut at its least speech-like moments until each part fits a window."""
    start, end = span
    parts = []
    while end - start > settings.most_ms:
        # The cut lies in the second half of the longest window, so that parts do not become scraps.
        low = (start + settings.most_ms // 2) // CHUNK_MS
        high = (start + settings.most_ms) // CHUNK_MS
        around = np.convolve(chances[low:high], np.ones(5) / 5, mode="same")
        cut = (
            (low + int(np.argmin(around))) * CHUNK_MS + CHUNK_MS // 2
            if len(around)
            else start + settings.most_ms
        )
        parts.append((start, cut))
        start = cut
    return [*parts, (start, end)]
