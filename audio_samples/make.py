"""Makes the recordings of manifest.toml anew: `python -m audio_samples.make [FILE…]`, all of them without
arguments.
"""

import argparse
import tempfile
import tomllib
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import onnxruntime
from audio_samples import sound
from audio_samples.voices import Voice
from pydub import AudioSegment

HERE = Path(__file__).parent
RATE = 24_000
EDGE_SECONDS = 0.4
# Bit rates that telephones and browsers use; -bitexact leaves no version or date behind.
_ENCODINGS = {
    ".wav": ("wav", ["-c:a", "pcm_mulaw"]),
    ".mp3": ("mp3", ["-c:a", "libmp3lame", "-b:a", "48k"]),
    ".m4a": ("ipod", ["-c:a", "aac", "-b:a", "64k"]),
    ".ogg": ("ogg", ["-c:a", "libopus", "-b:a", "24k"]),
    ".webm": ("webm", ["-c:a", "libopus", "-b:a", "32k"]),
    ".flac": ("flac", ["-c:a", "flac"]),
}

type Samples = sound.Samples


def make(recording: dict[str, Any], out: Path) -> None:
    """Make one recording."""
    random = np.random.default_rng(list(recording["file"].encode()))
    if "turns" in recording:
        voices = _call(recording["turns"], len(recording["channels"]))
    elif "sound" in recording:
        voices = [_sound(recording, random)]
    else:
        voices = [
            _said(recording["voice"], recording["text"], recording["language"], recording.get("tempo", 1.0))
        ]
    lines = [_line(voice, recording["line"], random) for voice in voices]
    _encode([samples for samples, _ in lines], lines[0][1], out)


def written(recording: dict[str, Any]) -> str:
    """What a recording says, as people write it: no braces, names as they are spelled."""
    said = recording.get("text") or " ".join(turn["text"] for turn in recording.get("turns", ()))
    text = str(said).replace("{", "").replace("}", "")
    for spoken, spelled in recording.get("written", {}).items():
        text = text.replace(spoken, spelled)
    return text


def _said(voice: str, text: str, language: str, tempo: float = 1.0) -> Samples:
    speech = Voice(voice, tempo).say(text, "en" if language == "en" else "fil")
    edge = np.zeros(int(EDGE_SECONDS * RATE), np.float32)
    return np.concatenate((edge, sound.resample(speech.samples, speech.rate, RATE), edge))


def _call(turns: Iterable[dict[str, Any]], channels: int) -> list[Samples]:
    """The turns of a call laid on their channels; what one side says is faintly heard on the other."""
    pieces, at = [], 0.0
    for turn in turns:
        voice = sound.at_level(_said(turn["voice"], turn["text"], "fil", 1.1), -22)
        at += turn.get("pause", 0.0)
        pieces.append((turn["channel"], int(at * RATE), voice))
        at += len(voice) / RATE
    tracks = [np.zeros(int(at * RATE) + RATE, np.float32) for _ in range(channels)]
    for channel, start, voice in pieces:
        for other, track in enumerate(tracks):
            track[start : start + len(voice)] += voice * (1.0 if other == channel else 0.01)
    return tracks


def _sound(recording: dict[str, Any], random: np.random.Generator) -> Samples:
    seconds = recording["seconds"]
    if recording["sound"] == "silence":
        return np.zeros(int(seconds * RATE), np.float32)
    return _tune(seconds, random)


def _tune(seconds: float, random: np.random.Generator) -> Samples:
    """A hold tune: notes of a pentatonic scale, each dying away."""
    track = np.zeros(int(seconds * RATE), np.float32)
    time = np.arange(RATE) / RATE
    for beat in np.arange(0, seconds, 0.4):
        hertz = 262 * 2 ** (random.choice([0, 2, 4, 7, 9, 12]) / 12)
        note = sum(np.sin(2 * np.pi * hertz * k * time) * np.exp(-3 * k * time) / k for k in range(1, 6))
        start = int(beat * RATE)
        track[start : start + RATE] += np.asarray(note, np.float32)[: len(track) - start]
    return track


def _line(samples: Samples, line: str, random: np.random.Generator) -> tuple[Samples, int]:
    """The voice as it arrives, and its rate in Hz."""
    if line in ("street", "telephone"):
        return sound.telephone(samples, RATE, snr_db=14 if line == "street" else None, random=random), 8000
    if line == "room":
        samples = sound.with_noise(samples, 12, 1.0, random)
    return sound.at_level(samples, -20), RATE


def _encode(channels: list[Samples], rate: int, out: Path) -> None:
    """Write the channels in the container that the file's ending names."""
    AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()
    data = np.stack([np.clip(np.rint(samples * 32768), -32768, 32767) for samples in channels], axis=1)
    container, options = _ENCODINGS[out.suffix]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.wav"
        with wave.open(str(plain), "wb") as file:
            file.setnchannels(len(channels))
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(data.astype("<i2").tobytes())
        AudioSegment.from_wav(plain).export(out, container, parameters=[*options, "-bitexact"]).close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="names in manifest.toml; all where none is given")
    chosen = set(parser.parse_args().files)
    onnxruntime.set_seed(1)
    manifest = tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf-8"))
    for recording in manifest["recording"]:
        if not chosen or recording["file"] in chosen:
            make(recording, HERE / recording["file"])
            print(recording["file"])


if __name__ == "__main__":
    main()
