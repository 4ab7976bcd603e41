"""What is measured of a recording, and what the person is told."""

import numpy as np
import pytest
from tests.unit.audio import recordings
from tests.unit.audio.test_vad import at, mixed, silence, voice

from tala.audio import pcm, quality, vad
from tala.audio.pcm import Pcm
from tala.audio.quality import Quality


def measured(sound: Pcm) -> Quality:
    return quality.measure(sound, vad.speech_spans(sound))


def told(sound: Pcm) -> list[str]:
    return [warning.code for warning in quality.warnings(measured(sound))]


def hiss(rms: float) -> Pcm:
    return recordings.noise(len(voice()) / pcm.SAMPLE_RATE + 1, rms)[: len(voice())]


def test_a_good_recording_needs_no_words() -> None:
    found = measured(voice())
    assert quality.warnings(found) == ()
    assert found.speech_share > 0.7
    assert -26 < found.speech_dbfs < -12
    assert found.clipped_share == 0
    assert not found.telephone_band


@pytest.mark.parametrize("snr", [25, 15, 8])
def test_noise_is_measured(snr: float) -> None:
    speech = at(-20, voice())
    found = measured(mixed(speech, hiss(32768 * 10 ** ((-20 - snr) / 20))))
    assert found.noise_dbfs == pytest.approx(-20 - snr, abs=2)
    assert found.snr_db == pytest.approx(snr, abs=6)


def test_silence() -> None:
    assert told(silence(5)) == ["sound_silent"]
    assert told(silence(0)) == ["sound_no_speech"]


def test_noise_alone() -> None:
    assert told(recordings.noise(10, 800)) == ["sound_no_speech"]


def test_quiet_voice() -> None:
    assert told(at(-50, voice())) == ["sound_quiet"]


def test_noisy_voice() -> None:
    assert "sound_noisy" in told(mixed(at(-20, voice()), hiss(32768 * 10 ** (-26 / 20))))


def test_clipped_voice() -> None:
    loud = np.clip(voice().astype(int) * 12, -32768, 32767).astype(np.int16)
    found = measured(loud)
    assert found.clipped_share > 0.2
    assert "sound_clipped" in told(loud)


@pytest.mark.parametrize("mains", [50, 60])
def test_hum(mains: int) -> None:
    seconds = len(voice()) / pcm.SAMPLE_RATE + 1
    buzz = recordings.tone(seconds, mains, amplitude=0.02)[: len(voice())]
    assert "sound_hum" in told(mixed(voice(), buzz))


def test_telephone_band() -> None:
    spectrum = np.fft.rfft(voice().astype(float))
    hertz = np.fft.rfftfreq(len(voice()), 1 / pcm.SAMPLE_RATE)
    spectrum[(hertz > 3400) | (hertz < 300)] = 0
    narrow = np.rint(np.fft.irfft(spectrum, len(voice()))).astype(np.int16)
    assert measured(narrow).telephone_band
    assert told(narrow) == ["sound_telephone"]


def test_a_long_recording_with_few_words() -> None:
    sound = np.concatenate((voice(), silence(400)))
    assert told(sound) == ["sound_sparse"]


def test_words_are_sentences_and_codes_are_stable() -> None:
    worst = Quality(
        seconds=400,
        speech_seconds=3,
        speech_share=0.01,
        speech_dbfs=-50,
        noise_dbfs=-55,
        snr_db=5,
        clipped_share=0.5,
        hum_db=40,
        bandwidth_hz=3400,
    )
    warnings = quality.warnings(worst)
    assert [warning.code for warning in warnings] == [
        "sound_quiet",
        "sound_clipped",
        "sound_noisy",
        "sound_hum",
        "sound_telephone",
        "sound_sparse",
    ]
    assert all(warning.message.endswith(".") for warning in warnings)
