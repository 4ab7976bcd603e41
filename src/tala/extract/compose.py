"""Put short fragments together into longer complaints: python -m tala.extract.compose.

Writes `models/corpus/composed`. No two texts of the corpus may share a run of eight words once names,
numbers and the like are masked, so a text that would is not kept. Seeded: the same fragments give the same
texts.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tala.cases import taxonomy
from tala.extract import corpus, overlap
from tala.extract.corpus import LANGUAGES

_SEED = 20_260
_COMPLAINTS_OF_A_KIND = 46  # texts of each ground and language
_OTHERS_OF_A_KIND = 78
_TRIES = 40
_SECOND_GROUND = 0.35


def fragments(file: Path) -> dict[tuple[str, str], list[str]]:
    """Fragments by ground (or "neutral") and language."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    key = ("", "")
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ "):
            _, ground, language = line.split()
            key = (ground, language)
        elif line and not line.startswith("#"):
            found[key].append(line)
    return found


class _Composer:
    def __init__(self, pieces: dict[tuple[str, str], list[str]], written: overlap.Runs) -> None:
        self._pieces = pieces
        self._runs = written
        self._random = random.Random(_SEED)  # noqa: S311 - variety, not secrecy

    def texts(self, code: str, language: str, count: int) -> Iterator[tuple[str, str]]:
        """Texts of a ground with the second ground some of them bear, or an empty code."""
        made = 0
        for _ in range(count * _TRIES):
            if made == count:
                return
            second = self._second(code, language)
            text = self._text(code, second, language)
            if self._runs.add(text):
                made += 1
                yield text, second

    def _second(self, code: str, language: str) -> str:
        known = taxonomy.load()
        if not known[code].complaint or self._random.random() > _SECOND_GROUND:
            return ""
        return self._random.choice([c for c in known.complaint_codes if c != code])

    def _text(self, code: str, second: str, language: str) -> str:
        pick = self._random
        acts = pick.sample(self._pieces[code, language], pick.choice((2, 2, 3)))
        if second:
            acts.insert(pick.randrange(1, len(acts) + 1), pick.choice(self._pieces[second, language]))
        around = pick.sample(self._pieces["neutral", language], pick.choice((0, 1, 2, 3, 4)))
        for piece in around:
            acts.insert(pick.randrange(len(acts) + 1), piece)
        if pick.random() < 0.5:
            return " ".join(acts)
        return (
            " ".join(f"{piece[:1].upper()}{piece[1:]}{pick.choice('..,.')}" for piece in acts).rstrip(",.")
            + "."
        )


def main(folder: Path = corpus.FOLDER) -> None:
    """Compose texts beside the written ones."""
    written = overlap.Runs()
    for example in corpus.read(folder):
        if not example.composed:
            written.add(example.text)
    composer = _Composer(fragments(folder / "fragments.txt"), written)
    (folder / corpus.COMPOSED).mkdir(exist_ok=True)
    for ground in taxonomy.load().category:
        lines = []
        for language in LANGUAGES:
            lines.append(f"@ {language} low")
            count = _COMPLAINTS_OF_A_KIND if ground.complaint else _OTHERS_OF_A_KIND
            for text, second in composer.texts(ground.code, language, count):
                lines.append(f"{text} | +{second}" if second else text)
        (folder / corpus.COMPOSED / f"{ground.code}.txt").write_text(
            "\n".join(lines) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
