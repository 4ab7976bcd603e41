"""Recordings for tests, made when they are needed: every format, and every way to be broken or hostile."""

import struct
import subprocess
from pathlib import Path

import numpy as np

from tala.audio.ffmpeg import executable
from tala.audio.pcm import SAMPLE_RATE, Pcm

# What ffmpeg is told to write each kind that people send.
ENCODINGS: dict[str, list[str]] = {
    "pcm8.wav": ["-c:a", "pcm_u8"],
    "pcm16.wav": ["-c:a", "pcm_s16le"],
    "pcm24.wav": ["-c:a", "pcm_s24le"],
    "pcm32.wav": ["-c:a", "pcm_s32le"],
    "float.wav": ["-c:a", "pcm_f32le"],
    "mulaw.wav": ["-c:a", "pcm_mulaw", "-ar", "8000"],
    "alaw.wav": ["-c:a", "pcm_alaw", "-ar", "8000"],
    "rf64.wav": ["-c:a", "pcm_s16le", "-rf64", "always"],
    "16.flac": ["-c:a", "flac"],
    "cbr.mp3": ["-c:a", "libmp3lame", "-b:a", "64k"],
    "vbr.mp3": ["-c:a", "libmp3lame", "-q:a", "5"],
    "aac.m4a": ["-c:a", "aac", "-f", "ipod"],
    "faststart.m4a": ["-c:a", "aac", "-f", "ipod", "-movflags", "+faststart"],
    "fragmented.mp4": ["-c:a", "aac", "-f", "mp4", "-movflags", "+frag_keyframe+empty_moov"],
    "alac.m4a": ["-c:a", "alac", "-f", "ipod"],
    "adts.aac": ["-c:a", "aac", "-f", "adts"],
    "opus.ogg": ["-c:a", "libopus"],
    "opus.opus": ["-c:a", "libopus", "-f", "opus"],
    "vorbis.ogg": ["-c:a", "libvorbis"],
    "opus.webm": ["-c:a", "libopus", "-f", "webm"],
    "pcm.aiff": ["-c:a", "pcm_s16be"],
    "pcm.caf": ["-c:a", "pcm_s16le"],
    "pcm.au": ["-c:a", "pcm_s16be"],
    "amrnb.amr": ["-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k", "-f", "amr"],
}


def tone(seconds: float, hertz: float = 440, rate: int = SAMPLE_RATE, amplitude: float = 0.3) -> Pcm:
    """A sine."""
    time = np.arange(int(seconds * rate)) / rate
    return np.rint(amplitude * 32767 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def vowel(seconds: float, pitch: float = 120, amplitude: float = 0.3) -> Pcm:
    """A voice that says one vowel: harmonics of a pitch under the resonances of an "o"."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    drift = 2 * np.pi * pitch * (time + 0.002 * np.sin(2 * np.pi * 5 * time))
    total = np.zeros(len(time))
    for number in range(1, int(4000 / pitch)):
        hertz = number * pitch
        weight = sum(
            1 / (1 + ((hertz - peak) / width) ** 2) for peak, width in ((450, 90), (850, 110), (2600, 200))
        )
        total += weight * np.sin(number * drift)
    edges = np.minimum(1, np.minimum(time, time[::-1]) / 0.03)
    return np.rint(amplitude * 32767 * total / np.abs(total).max() * edges).astype(np.int16)


def noise(seconds: float, rms: float, seed: int = 1) -> Pcm:
    """White noise; `rms` in 16-bit units."""
    random = np.random.default_rng(seed)
    return np.clip(random.normal(size=int(seconds * SAMPLE_RATE)) * rms, -32768, 32767).astype(np.int16)


def wav(
    samples: Pcm, *, rate: int = SAMPLE_RATE, channels: int = 1, data_bytes: int | None = None, code: int = 1
) -> bytes:
    """A WAV file; `data_bytes` is what its header claims."""
    data = samples.astype("<i2").tobytes()
    claimed = len(data) if data_bytes is None else data_bytes
    width = 2 * channels
    head = struct.pack("<HHIIHH", code, channels, rate, min(rate * width, 2**32 - 1), width & 0xFFFF, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", claimed)
    return b"RIFF" + struct.pack("<I", min(len(body) + claimed, 2**32 - 1)) + body + data


def encode(source: bytes, name: str, folder: Path, timeout_seconds: int = 60) -> Path:
    """A file of one of ENCODINGS, from a WAV file."""
    out = folder / name
    run = [str(executable()), "-hide_banner", "-loglevel", "error", "-y", "-f", "wav", "-i", "pipe:0"]
    subprocess.run([*run, *ENCODINGS[name], str(out)], input=source, check=True, timeout=timeout_seconds)
    return out


def media_recorder_webm(source: bytes, folder: Path) -> Path:
    """As a browser's MediaRecorder writes it: live, without length, index or seeking."""
    run = [
        str(executable()),
        "-hide_banner",
        "-loglevel",
        "error",
        "-f",
        "wav",
        "-i",
        "pipe:0",
        "-c:a",
        "libopus",
    ]
    answer = subprocess.run(
        [*run, "-f", "webm", "-live", "1", "-cluster_time_limit", "1000", "pipe:1"],
        input=source, check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    out = folder / "recorder.webm"
    out.write_bytes(answer.stdout)
    return out


def gsm(frames: int) -> bytes:
    """Frames of GSM 06.10: each begins with 1101; parameters of 0 are a quiet sound."""
    return (b"\xd0" + b"\0" * 32) * frames


def silence_bomb(name: str, seconds: int, folder: Path) -> Path:
    """A small file that decodes to very much silence."""
    out = folder / name
    source = ["-f", "lavfi", "-i", f"anullsrc=r=8000:cl=mono:d={seconds}"]
    run = [str(executable()), "-hide_banner", "-loglevel", "error", "-y", *source]
    subprocess.run([*run, *ENCODINGS[name], str(out)], check=True, timeout=100)
    return out


def protected(m4a: bytes) -> bytes:
    """An m4a whose sound is marked as encrypted, as shops once sold them."""
    return m4a.replace(b"mp4a", b"drms").replace(b"ftypM4A ", b"ftypM4P ")


def zip_archive(*, password: bool) -> bytes:
    """The beginning of a ZIP archive."""
    flags = 1 if password else 0
    return (
        b"PK\x03\x04"
        + struct.pack("<HHHHHIIIHH", 20, flags, 8, 0, 0, 0, 30, 30, 9, 0)
        + b"voice.mp3"
        + b"\x55" * 30
    )


def playlist(target: str) -> bytes:
    """An HLS playlist that would fetch something."""
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n".encode()


def concatenation(target: str) -> bytes:
    """A concatenation script that would read a file."""
    return f"ffconcat version 1.0\nfile '{target}'\n".encode()


def behind_id3(content: bytes) -> bytes:
    """Anything behind an ID3 tag, to be taken for an MP3."""
    return b"ID3\x03\x00\x00\x00\x00\x00\x0a" + b"\0" * 10 + content


def movie_with_reference(target: str, m4a: bytes) -> bytes:
    """An m4a whose sound is said to lie in another file."""
    url = target.encode() + b"\0"
    old = b"\x00\x00\x00\x0curl \x00\x00\x00\x01"
    new = struct.pack(">I", 12 + len(url)) + b"url \x00\x00\x00\x00" + url
    assert old in m4a
    return m4a.replace(old, new)
