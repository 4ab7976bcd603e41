"""The shorter forms of what the encoder made."""

import numpy as np

from tala.speech.encoding import LANGUAGE_STEP, POSITIONS, READING_STEP, SILENCE_STEP, Encoding

WIDTH = 4
SILENCE = np.arange(POSITIONS, dtype=np.float32)[:, np.newaxis].repeat(WIDTH, 1) + 10_000


def window(positions: int) -> np.ndarray:
    return np.arange(positions, dtype=np.float32)[:, np.newaxis].repeat(WIDTH, 1)


def test_windows_of_any_length_are_read_together() -> None:
    read = np.array(Encoding([window(300), window(120)], SILENCE).reading([0, 1]))
    assert read.shape == (2, 300 // READING_STEP + (POSITIONS - 300) // SILENCE_STEP, WIDTH)


def test_the_sound_comes_first_and_silence_fills_the_rest_up_to_the_end() -> None:
    short = np.array(Encoding([window(300), window(120)], SILENCE).reading([0, 1]))[1, :, 0]
    sound, silence = short[: 120 // READING_STEP], short[120 // READING_STEP :]
    assert sound.tolist() == list(range(0, 120, READING_STEP))
    assert silence[0] == 10_000 + 120
    assert silence[-1] == 10_000 + POSITIONS - 1
    assert (np.diff(silence) > 0).all()


def test_every_state_of_the_sound_tells_the_times() -> None:
    kept = np.array(Encoding([window(300), window(100)], SILENCE).aligning([1]))[0, :100, 0]
    assert kept.tolist() == list(range(100))


def test_the_language_is_heard_in_fewer() -> None:
    kept = np.array(Encoding([window(300)], SILENCE).language([0]))[0, : 300 // LANGUAGE_STEP, 0]
    assert kept.tolist() == list(range(0, 300, LANGUAGE_STEP))


def test_a_full_window_needs_no_silence() -> None:
    read = np.array(Encoding([window(POSITIONS)], SILENCE).aligning([0]))
    assert read.shape == (1, POSITIONS, WIDTH)
