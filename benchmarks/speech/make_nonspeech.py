"""Makes an hour and more of sound without a word in it: `python -m benchmarks.speech.make_nonspeech OUT`.

A recogniser that writes anything for these clips has invented it. Every kind is computed from a seed, so
that the same hour comes out on every machine; `manifest.jsonl` describes each clip, with an empty
reference.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from audio_samples import sound
from benchmarks.speech.make_spoken import write

RATE = 16_000
CLIP_SECONDS = 60

type Random = np.random.Generator
type Samples = sound.Samples


def _time(seconds: float) -> Samples:
    return (np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def _tone(hertz: float, seconds: float, *, attack: float = 0.01) -> Samples:
    time = _time(seconds)
    ends = np.minimum(1, np.minimum(time, time[::-1]) / attack) if len(time) else time
    return (np.sin(2 * np.pi * hertz * time) * ends).astype(np.float32)


def _place(track: Samples, piece: Samples, second: float) -> None:
    """Add a piece of sound to a track, as much of it as there is room for."""
    start = int(second * RATE)
    room = track[start : start + len(piece)]
    room += piece[: len(room)]


def _empty(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def silence(seconds: float, random: Random) -> Samples:
    """Nothing, or the last bit of a converter flickering."""
    return (random.integers(-1, 2, int(seconds * RATE)) / 32768 * random.integers(0, 2)).astype(np.float32)


def white(seconds: float, random: Random) -> Samples:
    """Hiss."""
    return sound.coloured(int(seconds * RATE), 0, random)


def pink(seconds: float, random: Random) -> Samples:
    """A fan, a waterfall."""
    return sound.coloured(int(seconds * RATE), 1, random)


def brown(seconds: float, random: Random) -> Samples:
    """Traffic through a window, with cars going by."""
    noise = sound.coloured(int(seconds * RATE), 2, random)
    swell = 1 + 0.8 * np.sin(2 * np.pi * _time(seconds) / random.uniform(5, 12) + random.uniform(0, 6))
    return (noise * swell).astype(np.float32)


def hum(seconds: float, random: Random) -> Samples:
    """Mains, with its harmonics."""
    mains = random.choice([50.0, 60.0])
    parts = [_tone(mains * k, seconds) / k * random.uniform(0.3, 1) for k in (1, 2, 3, 4, 5, 7)]
    return np.sum(parts, axis=0, dtype=np.float32) + 0.02 * pink(seconds, random)


def music(seconds: float, random: Random) -> Samples:
    """A hold tune: melody, chords and a beat, made up by a walk on a scale."""
    track = _empty(seconds)
    beat = random.uniform(0.25, 0.5)
    root = random.uniform(180, 300)
    scale = np.array([0, 2, 4, 7, 9, 12, 14, 16])
    step, second = 3, 0.0
    while second < seconds:
        step = int(np.clip(step + random.integers(-2, 3), 0, len(scale) - 1))
        length = beat * random.choice([0.5, 1, 1, 2])
        _place(track, _plucked(root * 2 ** (scale[step] / 12), length * 1.4), second)
        second += length
    for index, start in enumerate(np.arange(0, seconds, beat * 4)):
        for interval in ((0, 4, 7), (-5, -1, 2), (-3, 0, 4), (-7, -3, 0))[index % 4]:
            _place(track, 0.3 * _tone(root * 2 ** (interval / 12), beat * 4, attack=0.2), float(start))
    for start in np.arange(0, seconds, beat):
        _place(track, 0.2 * _burst(0.05, random), float(start))
    return track


def _plucked(hertz: float, seconds: float) -> Samples:
    time = _time(seconds)
    parts = [np.sin(2 * np.pi * hertz * k * time) * np.exp(-time * (2 + 2 * k)) / k for k in range(1, 7)]
    return np.sum(parts, axis=0, dtype=np.float32)


def _burst(seconds: float, random: Random, sharpness: float = 60) -> Samples:
    """Noise that dies away: a click, a drop, a key."""
    time = _time(seconds)
    return (random.normal(size=len(time)) * np.exp(-time * sharpness)).astype(np.float32)


def dtmf(seconds: float, random: Random) -> Samples:
    """Somebody dials."""
    rows, columns = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
    track, second = _empty(seconds), 0.5
    while second < seconds:
        length = random.uniform(0.08, 0.3)
        key = _tone(random.choice(rows), length) + _tone(random.choice(columns), length)
        _place(track, key, second)
        second += length + random.choice([0.1, 0.2, 0.4, 3.0], p=[0.4, 0.3, 0.2, 0.1])
    return track


def ring(seconds: float, random: Random) -> Samples:
    """Ringing, engaged and dialling tones, and an alarm."""
    kind = random.integers(4)
    track = _empty(seconds)
    if kind == 0:
        tone, on, off = _tone(425, 1.0) + _tone(480, 1.0), 1.0, 4.0
    elif kind == 1:
        tone, on, off = _tone(480, 0.5) + _tone(620, 0.5), 0.5, 0.5
    elif kind == 2:
        tone, on, off = _tone(425, seconds), seconds, 1.0
    else:
        warble = [_tone(1300 if index % 2 else 1050, 0.045) for index in range(22)]
        tone, on, off = np.concatenate(warble), 1.0, 2.0
    for start in np.arange(0, seconds, on + off):
        _place(track, tone, float(start))
    return track


def breath(seconds: float, random: Random) -> Samples:
    """Breathing into the microphone, a sniff, a throat cleared without voice."""
    track, second = _empty(seconds), 0.3
    while second < seconds:
        length = random.uniform(0.6, 2.2)
        time = _time(length)
        shape = np.sin(np.pi * time / length) ** 2
        low = random.uniform(250, 900)
        air = sound.band(sound.coloured(len(time), 0.5, random), RATE, low, low * random.uniform(3, 7))
        _place(track, (air * shape * random.uniform(0.3, 1)).astype(np.float32), second)
        second += length + random.uniform(0.2, 1.5)
    return track


def dog(seconds: float, random: Random) -> Samples:
    """A dog: short falling barks with a rough voice, in groups."""
    track, second = _empty(seconds), 0.8
    pitch = random.uniform(250, 600)
    while second < seconds:
        for _ in range(int(random.integers(1, 5))):
            length = random.uniform(0.12, 0.28)
            time = _time(length)
            glide = pitch * (1.25 - 0.6 * time / length) * (1 + 0.04 * random.normal())
            phase = 2 * np.pi * np.cumsum(glide) / RATE
            voice = np.sum([np.sin(k * phase) / k**0.7 for k in range(1, 12)], axis=0)
            rough = voice * (1 + 0.7 * sound.coloured(len(time), 1, random)) + 0.8 * random.normal(
                size=len(time)
            )
            shape = np.minimum(1, time / 0.012) * np.exp(-time * 9)
            _place(track, (rough * shape).astype(np.float32), second)
            second += length + random.uniform(0.12, 0.5)
        second += random.uniform(0.5, 5)
    return track


def typing(seconds: float, random: Random) -> Samples:
    """Keys, a mouse, a pen put down."""
    track, second = _empty(seconds), 0.2
    while second < seconds:
        key = _burst(0.09, random, random.uniform(60, 200))
        key = sound.band(key, RATE, random.uniform(300, 1500), random.uniform(3500, 7500))
        _place(track, key * random.uniform(0.3, 1), second)
        second += random.exponential(0.16) + 0.04 + (random.uniform(1, 4) if random.random() < 0.04 else 0)
    return track


def rain(seconds: float, random: Random) -> Samples:
    """Rain on a tin roof: drops without number over a rush, now and then thunder."""
    track = 0.3 * sound.band(white(seconds, random), RATE, 700, 7500)
    for second in random.uniform(0, seconds, int(40 * seconds)):
        _place(track, random.exponential(0.5) * _burst(0.02, random, 300), float(second))
    for second in random.uniform(0, seconds, int(seconds / 30)):
        roll = sound.coloured(3 * RATE, 2, random) * np.exp(-_time(3))
        _place(track, sound.band(roll.astype(np.float32), RATE, 30, 250), float(second))
    return track


def crowd(seconds: float, random: Random) -> Samples:
    """A hall full of people of whom no word is to be made out: thirty murmurs with the rhythm of speech,
    far away.
    """
    track = _empty(seconds)
    for _ in range(30):
        time = _time(seconds)
        pitch = random.uniform(90, 240) * (1 + 0.12 * _wander(seconds, 2.0, random))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        voice = np.sum([np.sin(k * phase) / k for k in range(1, 14)], axis=0, dtype=np.float32)
        syllables = np.clip(_wander(seconds, 4.5, random), 0, None) * (_wander(seconds, 0.4, random) > -0.3)
        centre = random.uniform(400, 700)
        track += (
            sound.band(voice, RATE, centre / 2, centre * 2) * syllables[: len(time)] * random.uniform(0.4, 1)
        )
    # The echoes of a large room wash out what is left of single syllables.
    echo = np.exp(-_time(0.9) * 5) * random.normal(size=int(0.9 * RATE))
    size = len(track) + len(echo)
    wet = np.fft.irfft(np.fft.rfft(track, size) * np.fft.rfft(echo, size), size)[: len(track)]
    return wet.astype(np.float32)


def _wander(seconds: float, hertz: float, random: Random) -> Samples:
    """A curve that wanders about zero some times a second, level 1."""
    points = random.normal(size=int(seconds * hertz * 2) + 4)
    at = np.linspace(0, len(points) - 1, int(seconds * RATE))
    return np.interp(at, np.arange(len(points)), points).astype(np.float32)


def wind(seconds: float, random: Random) -> Samples:
    """Gusts that shake the microphone."""
    gusts = np.clip(_wander(seconds, 0.5, random) + 0.6, 0, None) ** 2
    return (sound.coloured(int(seconds * RATE), 2.2, random) * gusts).astype(np.float32)


def knocks(seconds: float, random: Random) -> Samples:
    """Doors, stamps on paper, footsteps."""
    track, second = _empty(seconds), 0.4
    while second < seconds:
        body = sound.band(_burst(0.25, random, random.uniform(25, 70)), RATE, 60, random.uniform(300, 1200))
        _place(track, body * random.uniform(0.3, 1), second)
        second += random.choice([0.25, 0.5, 0.55, 3.0], p=[0.2, 0.35, 0.35, 0.1]) * random.uniform(0.9, 1.1)
    return track


KINDS: dict[str, Callable[[float, Random], Samples]] = {
    kind.__name__: kind
    for kind in (
        silence, white, pink, brown, hum, music, dtmf, ring, breath, dog, typing, rain, crowd, wind, knocks
    )
}  # fmt: skip
LEVELS_DBFS = (-18.0, -30.0, -42.0)


def make(out: Path, minutes_of_each: int) -> list[dict[str, Any]]:
    """Write the clips: every second minute of a kind is of telephone quality, levels take turns."""
    clips = []
    for number, (name, kind) in enumerate(KINDS.items()):
        for minute in range(minutes_of_each):
            random = np.random.default_rng([7, number, minute])
            samples, rate = kind(CLIP_SECONDS, random), RATE
            if minute % 2:
                samples, rate = sound.band(sound.resample(samples, RATE, 8000), 8000, 300, 3400), 8000
            if name != "silence":
                samples = sound.at_level(samples, LEVELS_DBFS[minute % len(LEVELS_DBFS)])
            samples = sound.mu_law(samples) if minute % 2 else samples
            file = Path(name) / f"{minute:02}.wav"
            write(out / file, samples, rate)
            clips.append({
                "file": str(file), "set": f"nonspeech_{name}", "lang": "none", "seconds": float(CLIP_SECONDS),
                "sample_rate": rate, "channels": 1, "reference": "",
            })  # fmt: skip
    return clips


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to fill")
    parser.add_argument(
        "--minutes-of-each", type=int, default=5, help="minutes of each of the kinds (default 5)"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    clips = make(arguments.out, arguments.minutes_of_each)
    lines = "".join(json.dumps(clip, ensure_ascii=False) + "\n" for clip in clips)
    (arguments.out / "manifest.jsonl").write_text(lines, encoding="utf-8")
    print(
        f"{sum(clip['seconds'] for clip in clips) / 60:.0f} minutes of {len(KINDS)} kinds in {arguments.out}"
    )


if __name__ == "__main__":
    main()
