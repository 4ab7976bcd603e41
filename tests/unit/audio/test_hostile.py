"""Files made to do harm: whatever is in them, the decoder answers with words or sound and leaves nothing."""

import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.audio import recordings

from tala.audio.decode import DecodeLimits, decode
from tala.errors import CATALOGUE, TalaError

KINDS = ["mulaw.wav", "16.flac", "cbr.mp3", "aac.m4a", "fragmented.mp4", "opus.ogg", "opus.webm", "amrnb.amr"]
LIMITS = DecodeLimits(10_000_000, 30, 2, 20, 1 << 29)
FUZZ: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@cache
def sound(name: str, folder: Path) -> bytes:
    return recordings.encode(recordings.wav(recordings.noise(0.6, 3000)), name, folder).read_bytes()


@st.composite
def harm(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Changes to a file: at a place (as a share of its length) bytes are overwritten, put in or taken out."""
    # Lengths, offsets and counts stand in the first bytes: half of all changes go there.
    place = st.one_of(st.floats(0, 0.05), st.floats(0, 1))
    piece = st.one_of(
        st.binary(min_size=1, max_size=12),
        st.sampled_from([b"\xff" * 4, b"\xff" * 8, b"\x00" * 8, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00"]),
    )
    change = st.tuples(st.sampled_from(["over", "in", "out", "cut", "repeat"]), place, piece)
    return draw(st.lists(change, min_size=1, max_size=6))


def harmed(data: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    content = bytearray(data)
    for how, share, piece in changes:
        at = int(share * len(content))
        if how == "over":
            content[at : at + len(piece)] = piece
        elif how == "in":
            content[at:at] = piece
        elif how == "out":
            del content[at : at + len(piece)]
        elif how == "cut":
            del content[max(at, 1) :]
        else:
            content[at:at] = content[at : at + 64] * len(piece)
    return bytes(content)


def survives(content: bytes, tmp_path: Path, scratch: Path) -> None:
    """Decoding ends in sound or in a refusal that is no failure of ours, with nothing left."""
    path = tmp_path / "hostile"
    path.write_bytes(content)
    descriptors = len(os.listdir("/proc/self/fd"))
    refusal: TalaError | None = None
    try:
        with decode(path, LIMITS, scratch) as decoded:
            assert 0 < decoded.seconds <= LIMITS.max_seconds
            assert 1 <= decoded.channels <= LIMITS.max_channels
            for channel in range(decoded.channels):
                assert len(decoded.pcm(channel)) == decoded.frames
    except TalaError as error:
        refusal = error
    assert refusal is None or (CATALOGUE[refusal.code].status < 500 and refusal.message.endswith("."))
    assert list(scratch.iterdir()) == []
    # Fewer is well: what other tests left to the garbage collector may go meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= descriptors


@pytest.mark.parametrize("name", KINDS)
def test_changed_bytes(name: str, tmp_path: Path, scratch: Path) -> None:
    data = sound(name, tmp_path)

    @settings(max_examples=12, **FUZZ)
    @given(harm())
    def attempt(changes: list[tuple[str, float, bytes]]) -> None:
        survives(harmed(data, changes), tmp_path, scratch)

    attempt()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(recordings.ENCODINGS))
def test_many_changed_bytes(name: str, tmp_path: Path, scratch: Path) -> None:
    data = sound(name, tmp_path)

    @settings(max_examples=300, **FUZZ)
    @given(harm())
    def attempt(changes: list[tuple[str, float, bytes]]) -> None:
        survives(harmed(data, changes), tmp_path, scratch)

    attempt()


BEGINNINGS = [
    *(b"fLaC", b"OggS", b"\x1a\x45\xdf\xa3", b"#!AMR\n", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x20ftypM4A "),
    *(b"ID3\3\0\0\0\0\0\0", b"\xff\xfb\x90\x00", b"caff", b".snd", b"FORM\0\0\0\0AIFF"),
]


@settings(max_examples=30, **FUZZ)
@given(magic=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=400))
def test_nonsense_behind_a_known_beginning(magic: bytes, rest: bytes, tmp_path: Path, scratch: Path) -> None:
    survives(magic + rest, tmp_path, scratch)


FOREVER = """
import sys
from pathlib import Path
from tala.audio.decode import DecodeLimits, decode

limits = DecodeLimits(1 << 30, 10 * 3600, 2, 600, 1 << 29)
while True:
    decode(Path(sys.argv[1]), limits, Path(sys.argv[2])).close()
"""


def test_nothing_outlives_a_killed_process(tmp_path: Path, scratch: Path) -> None:
    path = recordings.silence_bomb("16.flac", 3600, tmp_path)
    process = psutil.Popen([sys.executable, "-c", FOREVER, str(path), str(scratch)])
    try:
        while not (decoders := process.children(recursive=True)) and process.poll() is None:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert decoders
    _, alive = psutil.wait_procs(decoders, timeout=20)
    assert alive == []
    assert list(scratch.iterdir()) == []


FOUR_HOURS = """
import re, sys
from pathlib import Path
from tala.audio.decode import DecodeLimits, decode

limits = DecodeLimits(1 << 30, 4 * 3600, 2, 600, 1 << 29)
with decode(Path(sys.argv[1]), limits, Path(sys.argv[2])) as decoded:
    # The peak since this program began; ru_maxrss would include the one that started it.
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
    print(decoded.seconds, int(peak) // 1024)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["mulaw.wav", "cbr.mp3", "opus.webm"])
def test_four_hours_take_no_more_memory_than_a_minute(name: str, tmp_path: Path, scratch: Path) -> None:
    minute = np.concatenate([recordings.vowel(0.5, pitch) for pitch in range(100, 220)])
    path = recordings.encode(recordings.wav(np.tile(minute, 240)), name, tmp_path, timeout_seconds=600)
    answer = subprocess.run(
        [sys.executable, "-c", FOUR_HOURS, str(path), str(scratch)],
        capture_output=True, check=True, text=True, timeout=800,
    )  # fmt: skip
    seconds, megabytes = map(float, answer.stdout.split())
    assert seconds == pytest.approx(4 * 3600, abs=0.2)
    assert megabytes < 120
    assert list(scratch.iterdir()) == []
