"""The recordings to try it with, and the tools that speak them."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from audio_samples import filipino, sound, timing
from audio_samples.make import written

from tala.cases import taxonomy

FOLDER = Path(__file__).resolve().parents[3] / "audio_samples"
RECORDINGS = tomllib.loads((FOLDER / "manifest.toml").read_text(encoding="utf-8"))["recording"]
ENDINGS = {".wav", ".mp3", ".m4a", ".ogg", ".webm", ".flac"}


def test_manifest_and_folder_hold_the_same() -> None:
    on_disk = {path.name for path in FOLDER.iterdir() if path.suffix in ENDINGS}
    assert sorted(on_disk) == sorted(recording["file"] for recording in RECORDINGS)
    assert sum((FOLDER / name).stat().st_size for name in on_disk) < 6_000_000


def test_there_is_something_of_every_kind() -> None:
    complaints = [recording for recording in RECORDINGS if recording["language"] != "none"]
    assert len(complaints) >= 16
    assert {recording["language"] for recording in complaints} == {"en", "fil", "taglish"}
    assert {Path(recording["file"]).suffix for recording in complaints} == ENDINGS
    assert {"clean", "room", "street", "telephone"} == {recording["line"] for recording in complaints}
    assert len({recording.get("agency") for recording in complaints}) >= 10


def test_what_is_expected_is_known() -> None:
    known = taxonomy.load()
    for recording in RECORDINGS:
        if "category" in recording:
            assert recording["category"] in known, recording["file"]


def test_texts_read_as_people_write() -> None:
    texts = {recording["file"]: written(recording) for recording in RECORDINGS}
    assert not any("{" in text for text in texts.values())
    assert "Pag-IBIG sa Antipolo" in texts["fil-pagibig-tagal.m4a"]


@pytest.mark.parametrize(
    ("word", "ipa"),
    [
        ("ng", "naŋ"),
        ("mga", "maŋa"),
        ("ngayon", "ŋajon"),
        ("noon", "noʔon"),
        ("hindi", "hindiʔ"),
        ("siya", "ʃa"),
        ("tiyak", "ʧak"),
        ("diyan", "ʤan"),
        ("nag-aral", "naɡʔaɾal"),
        ("araw-araw", "aɾawʔaɾaw"),
        ("Quezon", "keson"),
        ("reklamo", "ɾeklamo"),
        ("linggo", "liŋɡo"),
        ("bangko", "baŋko"),
        ("'yung", "juŋ"),
        ("123", ""),
    ],
)
def test_filipino_is_read_as_it_is_written(word: str, ipa: str) -> None:
    assert filipino.word_to_ipa(word) == ipa


def test_words_get_the_time_of_their_phonemes() -> None:
    letters = [("^", 10), *((letter, 10) for letter in "ab cd, ef."), ("$", 10)]
    clauses = timing.clause_spans(letters, 100)
    assert clauses == [[(110, 130), (140, 160)], [(180, 200)]]
    assert timing.words("Go on, stop.", clauses, 1000) == (
        timing.Word("Go", 110, 130),
        timing.Word("on", 140, 160),
        timing.Word("stop", 180, 200),
    )
    # A clause whose words were run together has no times; the others keep theirs.
    assert timing.words("Go on now, stop.", clauses, 1000) == (timing.Word("stop", 180, 200),)
    assert timing.words("AB, stop.", clauses, 1000)[0] == timing.Word("AB", 110, 160)


def test_words_begin_where_they_sound() -> None:
    samples = np.zeros(16_000, np.float32)
    samples[4000:8000] = 0.5
    early, late = timing.Word("a", 200, 500), timing.Word("a", 300, 500)
    for word in (early, late):
        assert timing.at_onsets((word,), samples, 16_000) == (timing.Word("a", 250, 500),)


def test_sound_on_its_way() -> None:
    random = np.random.default_rng(1)
    voice = (0.3 * np.sin(2 * np.pi * 1000 * np.arange(24_000) / 24_000)).astype(np.float32)
    assert sound.rms(sound.at_level(voice, -30)) == pytest.approx(10 ** (-30 / 20), rel=0.01)
    narrow = sound.telephone(voice, 24_000, snr_db=None, random=random)
    assert len(narrow) == 8000
    spectrum = np.abs(np.fft.rfft(narrow))
    assert spectrum.argmax() == 1000
    rumble = (0.3 * np.sin(2 * np.pi * 60 * np.arange(24_000) / 24_000)).astype(np.float32)
    assert np.abs(sound.band(rumble, 24_000, 300, 3400)).max() < 0.01
    noisy = sound.with_noise(voice, 10, 0, random)
    assert sound.rms(noisy - voice) == pytest.approx(sound.rms(voice) * 10 ** (-10 / 20), rel=0.05)
    assert np.abs(sound.mu_law(voice) - voice).max() < 0.02
