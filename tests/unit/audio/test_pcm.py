import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.audio import recordings

from tala.audio import pcm


def test_times_and_samples() -> None:
    assert pcm.samples_of(20) == pcm.FRAME_SAMPLES == 320
    assert pcm.ms_of(16_000) == 1000


@given(st.integers(0, 20_000_000))
def test_milliseconds_survive_the_way_to_samples_and_back(ms: int) -> None:
    assert pcm.ms_of(pcm.samples_of(ms)) == ms


@pytest.mark.parametrize(
    ("amplitude", "dbfs"), [(1.0, -3.01), (0.1, -23.01), (0.01, -43.01), (0.0, pcm.SILENCE_DBFS)]
)
def test_level_of_a_sine_is_three_below_its_peak(amplitude: float, dbfs: float) -> None:
    assert pcm.level(recordings.tone(1.0, amplitude=amplitude)) == pytest.approx(dbfs, abs=0.1)


def test_level_of_nothing() -> None:
    assert pcm.level(np.zeros(0, np.int16)) == pcm.SILENCE_DBFS


def test_level_over_many_blocks_is_level_of_the_whole() -> None:
    samples = np.concatenate((recordings.tone(90, amplitude=0.5), recordings.tone(90, amplitude=0.05)))
    whole = 20 * np.log10(np.sqrt(np.mean(np.square(samples.astype(float)))) / 32768)
    assert pcm.level(samples) == pytest.approx(whole, abs=0.01)


def test_frame_levels_leave_out_an_offset_and_the_last_part() -> None:
    offset = np.full(700, 5000, np.int16)
    assert pcm.frame_levels(offset).tolist() == [pcm.SILENCE_DBFS] * 2


def test_floats_and_back() -> None:
    samples = np.array([-32768, -1, 0, 1, 32767], np.int16)
    assert np.array_equal(pcm.from_float(pcm.to_float(samples)), samples)
    assert pcm.from_float(np.array([2.0, -2.0])).tolist() == [32767, -32768]


@given(st.binary(max_size=99))
def test_bytes_that_end_inside_a_sample(data: bytes) -> None:
    samples = pcm.from_bytes(data)
    assert len(samples) == len(data) // 2
    assert samples.astype("<i2").tobytes() == data[: len(data) // 2 * 2]
    assert not samples.flags.writeable


def test_between_stays_inside() -> None:
    samples = recordings.tone(1.0)
    assert len(pcm.between(samples, 100, 200)) == 1600
    assert len(pcm.between(samples, -50, 2000)) == 16_000
    assert len(pcm.between(samples, 1500, 2000)) == 0
