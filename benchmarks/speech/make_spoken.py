"""Speaks texts into a folder: `python -m benchmarks.speech.make_spoken OUT`.

The recogniser is fitted on what comes out, but for `mentions` (mentions.toml), which only measure. `told` are
sentences of the training corpus, the rest stands in spoken.toml. Every clip is made clean and then sent
through the conditions of its set (telephone, noise, low level). The folder gets WAV files and
`manifest.jsonl`, one object a clip: file, set, lang, seconds, sample_rate, channels, reference; further
voice, condition, names (in the reference) and, where the synthesiser tells, the words with their times in
milliseconds.
"""

import argparse
import json
import tomllib
import wave
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from audio_samples import sound
from audio_samples.voices import Speech, Voice, plain
from benchmarks.speech import told

HERE = Path(__file__).parent
RATE = 16_000
VOICES = (Voice("joe"), Voice("jf_nezumi"), Voice("jm_kumo", 1.1))
FILIPINO_VOICES = (Voice("jf_alpha", 1.1), Voice("jf_nezumi"), Voice("jm_kumo", 1.1))
TOLD_VOICES = (
    Voice("jf_alpha", 1.05), Voice("joe"), Voice("jm_kumo", 1.1), Voice("joe", 0.95),
    Voice("jf_nezumi", 1.05), Voice("joe", 1.1),
)  # fmt: skip
"""One for each passage in turn."""
PADDING_SECONDS = 0.5

type Random = np.random.Generator
type Effect = Callable[[sound.Samples, Random], tuple[sound.Samples, int]]


def _clean(samples: sound.Samples, _: Random) -> tuple[sound.Samples, int]:
    return sound.at_level(samples, -22), RATE


def _telephone_noisy(samples: sound.Samples, random: Random) -> tuple[sound.Samples, int]:
    return sound.telephone(samples, RATE, snr_db=random.uniform(8, 18), random=random), 8000


def _telephone_lossy(samples: sound.Samples, random: Random) -> tuple[sound.Samples, int]:
    return sound.lossy(sound.telephone(samples, RATE, snr_db=None, random=random), 8000, 0.04, random), 8000


def _noisy(samples: sound.Samples, random: Random) -> tuple[sound.Samples, int]:
    noisy = sound.with_noise(samples, random.uniform(0, 15), random.uniform(0, 1.5), random)
    return sound.at_level(noisy, -24), RATE


def _quiet(samples: sound.Samples, random: Random) -> tuple[sound.Samples, int]:
    # Rounding to 16 bits needs the breath of a room, or the pauses are digital silence.
    return sound.at_level(samples, -40) + sound.coloured(len(samples), 1, random) * 10 ** (-72 / 20), RATE


def _clipped(samples: sound.Samples, _: Random) -> tuple[sound.Samples, int]:
    return np.clip(sound.at_level(samples, -22) * 8, -0.98, 0.98), RATE


def _hum(samples: sound.Samples, _: Random) -> tuple[sound.Samples, int]:
    time = np.arange(len(samples)) / RATE
    mains = sum(np.sin(2 * np.pi * 60 * harmonic * time) / harmonic for harmonic in (1, 2, 3, 5))
    return sound.at_level(samples, -24) + 0.02 * np.asarray(mains, dtype=np.float32), RATE


EFFECTS: dict[str, Effect] = {
    "clean": _clean,
    "telephone_noisy": _telephone_noisy,
    "telephone_lossy": _telephone_lossy,
    "noisy": _noisy,
    "quiet": _quiet,
    "clipped": _clipped,
    "hum": _hum,
}
CONDITIONS = {
    "names": ("clean", "telephone_noisy"),
    "complaints": ("clean", "telephone_noisy", "telephone_lossy", "noisy", "quiet", "clipped", "hum"),
    "answers": ("clean", "telephone_noisy", "quiet"),
    "told": ("clean", "telephone_noisy", "noisy"),
    "mentions": ("clean", "telephone_noisy"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """What is spoken: `said` with marks for the synthesiser, `reference` as people write it."""

    key: str
    kind: str
    language: str
    said: str
    reference: str
    names: list[str] = field(default_factory=list)


def texts(source: dict[str, Any]) -> Iterator[Text]:
    """Every text; agencies and places of spoken.toml are paired so that each is said in both languages."""
    names = source["names"]
    agencies, places = names["agencies"], names["places"]
    for language in ("en", "fil"):
        carriers = names[f"carriers_{language}"]
        for index, agency in enumerate(agencies):
            place = places[(index * 7 + (3 if language == "fil" else 0)) % len(places)]
            said = agency["en"] if language == "en" else agency.get("fil", "{" + agency["en"] + "}")
            carrier = carriers[index % len(carriers)]
            yield Text(
                f"{index:03}", "names", language,
                carrier.replace("{agency}", said).replace("{place}", place[language]),
                carrier.replace("{agency}", agency["en"]).replace("{place}", place["name"]),
                [agency["code"], place["name"]],
            )  # fmt: skip
    for kind in ("complaints", "answers"):
        for language in ("en", "fil"):
            for index, text in enumerate(source[kind][language]):
                yield Text(f"{index:03}", kind, language, text, plain(text))
    for index, text in enumerate(told.passages()):
        yield Text(f"{index:03}", "told", "fil", text, plain(text))
    yield from _mentions()


def _mentions() -> Iterator[Text]:
    source = tomllib.loads((HERE / "mentions.toml").read_text(encoding="utf-8"))
    for index, one in enumerate(source["mention"]):
        said = one["said"]
        yield Text(
            f"{index:03}", "mentions", one["lang"], said, one.get("reference", plain(said)), one["names"]
        )
    for language, some in source["none"].items():
        for index, text in enumerate(some, len(source["mention"])):
            yield Text(f"{index:03}", "mentions", language, text, text)


def voices(text: Text) -> tuple[Voice, ...]:
    """Who says a text."""
    if text.kind == "told":
        return (TOLD_VOICES[int(text.key) % len(TOLD_VOICES)],)
    return VOICES if text.language == "en" else FILIPINO_VOICES


def spoken(text: Text, voice: Voice) -> Speech:
    """The text at 16 kHz with half a second of silence on both sides; times of words are moved with it."""
    speech = voice.say(text.said, text.language)
    quiet = np.zeros(int(PADDING_SECONDS * RATE), np.float32)
    samples = np.concatenate((quiet, sound.resample(speech.samples, speech.rate, RATE), quiet))
    return Speech(samples, RATE, tuple(word.later(int(PADDING_SECONDS * 1000)) for word in speech.words))


def write(path: Path, samples: sound.Samples, rate: int) -> None:
    """A WAV file of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(data.tobytes())


def make(out: Path, kinds: list[str], limit: int | None) -> Iterator[dict[str, Any]]:
    """Make the clips of some kinds, at most `limit` texts of each kind and language; the manifest's
    objects.
    """
    source = tomllib.loads((HERE / "spoken.toml").read_text(encoding="utf-8"))
    for number, text in enumerate(texts(source)):
        if text.kind not in kinds or (limit is not None and int(text.key) >= limit):
            continue
        for voice in voices(text):
            speech = spoken(text, voice)
            for condition in CONDITIONS[text.kind]:
                random = np.random.default_rng([number, *condition.encode()])
                samples, rate = EFFECTS[condition](speech.samples, random)
                name = f"{text.kind}_{text.language}"
                file = Path(name) / condition / f"{text.key}-{voice.name}.wav"
                write(out / file, samples, rate)
                yield {
                    "file": str(file),
                    "set": f"{name}_{condition}",
                    "lang": "en" if text.language == "en" else "tl",
                    "seconds": round(len(samples) / rate, 2),
                    "sample_rate": rate,
                    "channels": 1,
                    "reference": text.reference,
                    "voice": voice.name,
                    "condition": condition,
                    "names": text.names,
                    "words": [asdict(word) for word in speech.words],
                }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to fill")
    parser.add_argument("--kinds", nargs="+", choices=sorted(CONDITIONS), default=sorted(CONDITIONS))
    parser.add_argument("--limit", type=int, help="at most so many texts of each kind and language")
    arguments = parser.parse_args()
    onnxruntime.set_seed(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    seconds = 0.0
    with (arguments.out / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for clip in make(arguments.out, arguments.kinds, arguments.limit):
            manifest.write(json.dumps(clip, ensure_ascii=False) + "\n")
            seconds += clip["seconds"]
    print(f"{seconds / 60:.1f} minutes in {arguments.out}")


if __name__ == "__main__":
    main()
