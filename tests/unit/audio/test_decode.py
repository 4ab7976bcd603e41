"""Decoding: every kind of file people send, told apart by content, sample by sample."""

import os
from pathlib import Path

import numpy as np
import pytest
from tests.unit.audio import recordings

from tala.audio import pcm
from tala.audio.decode import DecodeLimits, decode
from tala.errors import TalaError
from tala.settings import Settings

LOSSLESS = frozenset(
    (
        "pcm16.wav",
        "pcm24.wav",
        "pcm32.wav",
        "float.wav",
        "rf64.wav",
        "16.flac",
        "alac.m4a",
        "pcm.aiff",
        "pcm.caf",
    )
) | {"pcm.au"}


def similarity(heard: np.ndarray, meant: np.ndarray) -> float:
    """Highest correlation over all shifts: codecs delay."""
    one, other = (signal.astype(float) for signal in (heard, meant))
    size = len(one) + len(other)
    peak = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size).max()
    return float(peak / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("name", sorted(recordings.ENCODINGS))
def test_every_format_sounds_as_it_was(
    name: str, tmp_path: Path, scratch: Path, limits: DecodeLimits
) -> None:
    meant = recordings.tone(2.0, 440)
    path = recordings.encode(recordings.wav(meant), name, tmp_path)
    # Names lie: what matters is inside.
    path = path.rename(tmp_path / "voice.txt")

    with decode(path, limits, scratch) as decoded:
        heard = decoded.pcm(0)
        assert decoded.channels == 1
        assert decoded.seconds == pytest.approx(2.0, abs=0.15)
        assert decoded.warnings == ()
        assert heard.dtype == np.int16
        assert not heard.flags.writeable
        assert similarity(heard, meant) > 0.95
        if name in LOSSLESS:
            assert np.abs(heard.astype(int) - meant).max() <= 1
    assert list(scratch.iterdir()) == []


def test_what_the_file_was_is_told(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    path = recordings.encode(recordings.wav(recordings.tone(1.0)), "mulaw.wav", tmp_path)
    with decode(path, limits, scratch) as decoded:
        source = decoded.source
    assert (source.container, source.codec, source.rate) == ("wav", "pcm_mulaw", 8000)


def test_gsm_has_no_header_and_is_known_by_its_frames(
    tmp_path: Path, scratch: Path, limits: DecodeLimits
) -> None:
    path = tmp_path / "call.gsm"
    path.write_bytes(recordings.gsm(100))
    with decode(path, limits, scratch) as decoded:
        assert decoded.source.codec == "gsm"
        assert decoded.seconds == pytest.approx(2.0, abs=0.05)


def test_a_browser_recording_without_length_is_whole(
    tmp_path: Path, scratch: Path, limits: DecodeLimits
) -> None:
    path = recordings.media_recorder_webm(recordings.wav(recordings.tone(5.0)), tmp_path)
    with decode(path, limits, scratch) as decoded:
        assert decoded.seconds == pytest.approx(5.0, abs=0.1)
        assert decoded.warnings == ()


@pytest.mark.parametrize("name", ["pcm16.wav", "16.flac", "aac.m4a", "opus.ogg", "opus.webm"])
def test_channels_are_never_mixed(name: str, tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    left, right = recordings.tone(2.0, 300), recordings.tone(2.0, 1100)
    both = np.stack((left, right), axis=1).ravel()
    path = recordings.encode(recordings.wav(both, channels=2), name, tmp_path)
    with decode(path, limits, scratch) as decoded:
        assert decoded.channels == 2
        for channel, own, other in ((0, 300, 1100), (1, 1100, 300)):
            spectrum = np.abs(np.fft.rfft(decoded.pcm(channel)[8000:24000].astype(float)))
            assert spectrum[own] > 300 * spectrum[other]


def test_empty_channel_stays_silent(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    left = recordings.tone(1.0)
    path = tmp_path / "stereo.wav"
    path.write_bytes(recordings.wav(np.stack((left, 0 * left), axis=1).ravel(), channels=2))
    with decode(path, limits, scratch) as decoded:
        assert pcm.level(decoded.pcm(0)) == pytest.approx(-13.5, abs=0.2)
        assert pcm.level(decoded.pcm(1)) == pcm.SILENCE_DBFS


def test_arrays_outlive_the_scratch_file(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    path = tmp_path / "a.wav"
    meant = recordings.tone(0.5)
    path.write_bytes(recordings.wav(meant))
    decoded = decode(path, limits, scratch)
    heard = decoded.pcm(0)
    decoded.close()
    assert np.array_equal(heard, meant)


def test_nothing_stays_open(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(recordings.wav(recordings.tone(0.2)))
    decode(path, limits, scratch).close()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        decode(path, limits, scratch).close()
        with pytest.raises(TalaError):
            decode(path, DecodeLimits(50, 600, 2, 60, 1 << 30), scratch)
    assert len(os.listdir("/proc/self/fd")) == before


def test_limits_come_from_settings() -> None:
    settings = Settings(_env_file=None, max_recording_seconds=7, max_channels=1)  # type: ignore[call-arg]
    limits = DecodeLimits.from_settings(settings)
    assert (limits.max_seconds, limits.max_channels) == (7, 1)
    assert limits.memory_bytes == settings.decode_memory_bytes


def test_two_tracks_are_told(tmp_path: Path, scratch: Path, limits: DecodeLimits) -> None:
    import subprocess

    from tala.audio.ffmpeg import executable

    one = tmp_path / "one.wav"
    one.write_bytes(recordings.wav(recordings.tone(1.0)))
    path = tmp_path / "two.webm"
    run = [str(executable()), "-loglevel", "error", "-i", str(one), "-i", str(one), "-map", "0", "-map", "1"]
    subprocess.run([*run, "-c:a", "libopus", str(path)], check=True)
    with decode(path, limits, scratch) as decoded:
        assert [warning.code for warning in decoded.warnings] == ["recording_other_tracks"]
