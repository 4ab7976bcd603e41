"""Fits what share of words is right at each probability the weights give:
`python -m benchmarks.speech.calibrate FOLDER [--write] [--sets …] [--limit N]`.

The folder is one that make_spoken.py filled. With `--write` the curves go into
`src/tala/data/certainty.toml`; without it only the reliability of those there are is shown, for any folder
with a manifest and references.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from benchmarks.speech.compare import clips
from benchmarks.speech.scoring import normalised
from rapidfuzz.distance import Levenshtein

from tala.settings import Settings
from tala.speech import certainty, voice
from tala.speech.decoding import Window
from tala.speech.engine import Engine
from tala.speech.filipino import as_written
from tala.speech.packing import pack
from tala.transcript import Word

KINDS = ("en", "tl", certainty.GUESSED)
HEAD = """# What share of words is right at each probability that the weights give, by language, and for
# words put in place of what was recognised; straight between the points. Fitted on synthesised speech by
# benchmarks/speech/calibrate.py."""
_LEAST_WORDS = 25
"""A step of a curve rests on so many words."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A written word: its kind, the weights' probability, and whether it was said."""

    kind: str
    probability: float
    right: bool


def judged(reference: str, words: Sequence[tuple[Word, str]]) -> Iterator[Judged]:
    """Each word, given with its kind, with whether it stands where the reference has it."""
    parts = [normalised(word.text) for word, _ in words]
    got = [token for part in parts for token in part]
    wrong = {
        place
        for edit in Levenshtein.opcodes(normalised(reference), got)
        if edit.tag != "equal"
        for place in range(edit.dest_start, edit.dest_end)
    }
    place = 0
    for (word, kind), part in zip(words, parts, strict=True):
        if part:
            yield Judged(kind, word.confidence, not wrong & set(range(place, place + len(part))))
        place += len(part)


def fitted(found: Sequence[Judged]) -> tuple[list[float], list[float]]:
    """The rising steps that lie nearest to what was right (isotonic regression), as points of a curve."""
    ordered = sorted(found, key=lambda one: one.probability)
    blocks: list[list[float]] = []  # words, right, sum of probabilities
    for start in range(0, len(ordered), _LEAST_WORDS):
        some = ordered[start : start + _LEAST_WORDS]
        blocks.append([len(some), sum(one.right for one in some), sum(one.probability for one in some)])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] >= blocks[-1][1] / blocks[-1][0]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    points = [(total / count, (right + 1) / (count + 2)) for count, right, total in blocks]
    # Few words are at the ends; what is known of their neighbours holds for them.
    points = [(0.0, points[0][1] * 0.8), *points, (1.0, points[-1][1])]
    return [round(p, 3) for p, _ in points], [
        round(float(r), 3) for r in np.maximum.accumulate([r for _, r in points])
    ]


def reliability(found: Sequence[Judged], steps: int = 10) -> tuple[float, float]:
    """Expected calibration error, in points, of the weights' own probability and of the curves."""
    errors = []
    for value in (
        lambda one: one.probability,
        lambda one: certainty.curves()[one.kind](one.probability),
    ):
        stated = np.array([value(one) for one in found])
        right = np.array([one.right for one in found])
        bins = np.minimum((stated * steps).astype(int), steps - 1)
        gaps = [abs(stated[bins == b].sum() - right[bins == b].sum()) for b in range(steps)]
        errors.append(100 * float(np.sum(gaps)) / len(found))
    return errors[0], errors[1]


def read(folder: Path, sets: Sequence[str], limit: int | None) -> list[Judged]:
    """Every word of a folder's clips, with the weights' own probability."""
    engine = Engine(Settings())
    found: list[Judged] = []
    with tempfile.TemporaryDirectory(prefix="tala-calibrate-") as scratch:
        for clip in clips(folder, Path(scratch), sets, limit):
            if clip.reference:
                found += judged(clip.reference, _words(engine, np.load(clip.sound)))
    engine.close()
    return found


def _words(engine: Engine, pcm: voice.Pcm) -> list[tuple[Word, str]]:
    """What is written for a clip, its confidence as the weights state it, each word with its kind."""
    chances = voice.probabilities(pcm)
    written: list[tuple[Word, str]] = []
    for plan in pack(voice.spans(chances, len(pcm) // 16), chances, 0):
        heard = engine.submit(Window(plan.cut(pcm), None, plan.voiced)).result()
        words = [
            Word(start_ms=w.start_ms, end_ms=w.end_ms, text=w.text, confidence=w.probability)
            for w in heard.words
        ]
        written += as_written(words, heard.language)
    return written


def write(found: Sequence[Judged]) -> None:
    """Fit a curve for each kind of word and keep them."""
    by_kind: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        by_kind[one.kind].append(one)
    lines = [HEAD]
    for kind in KINDS:
        probability, right = fitted(by_kind[kind])
        lines.append(f"\n[curves.{kind}]  # from {len(by_kind[kind])} words")
        lines.append(f"probability = {probability}\nright = {right}")
    path = Path(str(resources.files("tala.data") / certainty.FILE))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    certainty.curves.cache_clear()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder with manifest.jsonl")
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets")
    parser.add_argument("--limit", type=int, help="at most so many clips of each set")
    parser.add_argument("--write", action="store_true", help="fit the curves and keep them")
    given = parser.parse_args()
    found = read(given.folder, given.sets, given.limit)
    if given.write:
        write(found)
    for kind in KINDS:
        some = [one for one in found if one.kind == kind]
        if some:
            before, after = reliability(some)
            right = 100 * sum(one.right for one in some) / len(some)
            print(
                f"{kind}: {len(some)} words, {right:.1f} % right, calibration error {before:.1f} points as"
                f" the weights state it, {after:.1f} calibrated"
            )
