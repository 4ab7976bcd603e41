"""Counts the words of the training corpus for the model of Filipino wording:
`python -m benchmarks.speech.make_wording [--fitting] [OUT]`.

With `--fitting` the texts that are spoken to fit the recogniser (`told`, see make_spoken.py) are left out.
Nothing else is read: no transcript, no recording, no evaluation set.
"""

import argparse
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speech.told import is_spoken

from tala.extract import corpus
from tala.speech.wording import COUNTS, END, FOLDER, START, sentences

LONGEST = 3


def counted(fitting: bool) -> Counter[tuple[str, ...]]:
    """How often each run of up to three words is in the Filipino and Taglish texts."""
    counts: Counter[tuple[str, ...]] = Counter()
    for words in _sentences(fitting):
        padded = (START,) * (LONGEST - 1) + words + (END,)
        for end in range(LONGEST, len(padded) + 1):
            for size in range(1, LONGEST + 1):
                counts[padded[end - size : end]] += 1
    return counts


def _sentences(fitting: bool) -> Iterator[tuple[str, ...]]:
    seen: set[tuple[str, ...]] = set()
    for example in corpus.read(corpus.FOLDER):
        if example.language == "en" or (fitting and is_spoken(example)):
            continue
        for words in map(tuple, sentences(example.text)):
            # Composed texts say the same sentences again and again.
            if not example.composed or words not in seen:
                yield words
            seen.add(words)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, nargs="?", default=FOLDER, help="folder to write to")
    parser.add_argument("--fitting", action="store_true", help="leave out what is spoken to fit on")
    arguments = parser.parse_args()
    counts = counted(arguments.fitting)
    lines = "".join(f"{' '.join(run)}\t{count}\n" for run, count in sorted(counts.items()))
    arguments.out.mkdir(parents=True, exist_ok=True)
    # No time and no name in the file, so that the same corpus gives the same bytes.
    with (arguments.out / COUNTS).open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(lines.encode())
    print(f"{len(counts)} runs of words in {arguments.out / COUNTS}")


if __name__ == "__main__":
    main()
