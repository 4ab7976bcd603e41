"""Counts names missed and names put into speech that has none:
`python -m benchmarks.speech.names FOLDER [--sets …] [--limit N] [--json OUT]`.

Every clip is read once; the words as recognised are compared with those written. Where the manifest has
`names`, those that do not stand in the text are missed. A name of spoken_names.toml that stands in the text,
but neither in the reference nor in what was recognised, was put in.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.speech.compare import Clip, clips
from benchmarks.speech.systems import _Sound

from tala.settings import Settings
from tala.speech.engine import Engine
from tala.speech.recording import transcribe
from tala.speech.spelling import key, lexicon
from tala.transcript import Transcript


@dataclass(slots=True)
class Tally:
    """Counts of one set."""

    clips: int = 0
    mentions: int = 0
    missed_before: int = 0
    missed: int = 0
    put_in: Counter[str] = field(default_factory=Counter)


def stands(name: str, text: str) -> bool:
    """Whether a name stands in a text as whole words, however it is parted and whatever its case."""
    words = [key(word) for word in text.replace("-", " ").split()]
    sought = key(name)
    for start in range(len(words)):
        joined = ""
        for word in words[start:]:
            joined += word
            if joined == sought:
                return True
            if len(joined) >= len(sought):
                break
    return False


def without(transcript: Transcript) -> str:
    """The text as it was recognised, before names were put right."""
    return " ".join(word.raw or word.text for segment in transcript.segments for word in segment.words)


def measure(found: Sequence[Clip], names: dict[str, list[str]]) -> dict[str, Tally]:
    """Read every clip; the counts of each set."""
    engine = Engine(Settings())
    known = sorted({*lexicon().names.values(), *lexicon().acronyms.values()})
    tallies: dict[str, Tally] = {}
    for clip in found:
        tally = tallies.setdefault(clip.set, Tally())
        tally.clips += 1
        transcript = transcribe(engine, _Sound(np.load(clip.sound)))
        before, after = without(transcript), transcript.text
        for name in names.get(clip.name, []):
            tally.mentions += 1
            tally.missed_before += not stands(name, before)
            tally.missed += not stands(name, after)
        if clip.reference is not None:
            said = f"{clip.reference} {before}"
            # Names in capitals or several words; "Quezon" inside "Quezon City" counts once.
            tally.put_in.update(name for name in known if stands(name, after) and not stands(name, said))
    engine.close()
    return tallies


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure and print; the figures are returned as well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder with manifest.jsonl")
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets")
    parser.add_argument("--limit", type=int, help="at most so many clips of each set")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args(arguments)
    rows = [json.loads(line) for line in (given.folder / "manifest.jsonl").open(encoding="utf-8")]
    names = {row["file"]: row.get("names", []) for row in rows}
    with tempfile.TemporaryDirectory(prefix="tala-names-") as scratch:
        found = list(clips(given.folder, Path(scratch), given.sets, given.limit))
        tallies = measure(found, names)
    figures = {
        name: {
            "clips": t.clips, "mentions": t.mentions, "missed_before": t.missed_before, "missed": t.missed,
            "put_in": sum(t.put_in.values()),
        }
        for name, t in tallies.items()
    }  # fmt: skip
    for name, row in figures.items():
        print(
            f"{name}: {row['clips']} clips, {row['mentions']} mentions, missed {row['missed']} (as recognised"
            f" {row['missed_before']}), put in {row['put_in']}"
        )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


if __name__ == "__main__":
    main()
