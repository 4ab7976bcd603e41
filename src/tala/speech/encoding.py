"""What the encoder made of windows of sound, and the shorter forms of it that suffice.

The decoder reads all states of a window for every token it writes, and that is most of the work. Neighbouring
states say nearly the same, so it is given a part of them; each keeps the place it had in the window.
"""

from collections.abc import Sequence
from typing import Any

import ctranslate2
import numpy as np

from tala.speech.mel import FULL_WINDOW_FRAMES, Floats

POSITIONS = FULL_WINDOW_FRAMES // 2
"""States of a full window, 20 ms each."""
READING_STEP = 1
"""One in so many states is kept for reading,"""
LANGUAGE_STEP = 3
"""for hearing the language,"""
SILENCE_STEP = 16
"""and of the silence behind a window."""


class Encoding:
    """States of windows that may differ in length, on a CPU.

    Args:
        windows: states of each window, shape (positions, width), a position being 20 ms.
        silence: states of a full window with hardly more than silence in it, shape (1500, width): what the
            decoder would find behind the sound in a full window.
    """

    def __init__(self, windows: Sequence[Floats], silence: Floats) -> None:
        self._windows = windows
        self._silence = silence

    def reading(self, rows: Sequence[int]) -> Any:
        """What is read for the text, shape (rows, positions, width)."""
        return self._thinned(rows, READING_STEP, SILENCE_STEP)

    def language(self, rows: Sequence[int]) -> Any:
        """What tells the language."""
        return self._thinned(rows, LANGUAGE_STEP, SILENCE_STEP)

    def aligning(self, rows: Sequence[int]) -> Any:
        """What times are told by: every state."""
        return self._thinned(rows, 1, SILENCE_STEP)

    def _thinned(self, rows: Sequence[int], step: int, silence_step: int) -> Any:
        windows = [self._windows[row] for row in rows]
        longest = max(len(one) for one in windows)
        positions = -(-longest // step) + (POSITIONS - longest) // silence_step
        return ctranslate2.StorageView.from_array(
            np.stack([self._filled(one, step, positions) for one in windows])
        )

    def _filled(self, window: Floats, step: int, positions: int) -> Floats:
        kept = window[::step]
        count = positions - len(kept)
        if not count:
            return kept
        places = np.linspace(len(window), POSITIONS - 1, count).round().astype(int)
        filled: Floats = np.concatenate([kept, self._silence[places]])
        return filled


class FullEncoding:
    """States of windows of equal length, kept where they were made: on a GPU.

    Args:
        states: shape (windows, positions, width).
    """

    def __init__(self, states: Any) -> None:
        self._states = states

    def reading(self, rows: Sequence[int]) -> Any:
        """What is read for the text, shape (rows, positions, width)."""
        if list(rows) == list(range(self._states.shape[0])):
            return self._states
        states = self._states.to_device(ctranslate2.Device.cpu)
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(np.array(states)[list(rows)]))

    language = aligning = reading
