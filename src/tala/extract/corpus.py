"""The training corpus: written texts with what they mean, and ways to say them as a recogniser would write
them.

`models/corpus/<folder>/<ground>.txt` holds texts whose main ground is the file's name. A line `@ language
urgency` opens a stretch; each further line is a text, after ` | ` follow further grounds (`+code`) and
another urgency.
"""

import random
import re
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from tala.cases import taxonomy
from tala.facts import Language, Urgency
from tala.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "models" / "corpus"
COMPOSED = "composed"
_BEFORE = 0.7  # share of cleared matters told before the complaint
LANGUAGES: tuple[Language, ...] = ("en", "fil", "taglish")


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it means; the first of the codes is the main one."""

    text: str
    codes: tuple[str, ...]
    language: Language
    urgency: Urgency
    composed: bool = False

    @property
    def held_out(self) -> bool:
        """Whether the text is kept from training to tune and calibrate on: one written text in five."""
        return not self.composed and zlib.crc32(self.text.encode()) % 5 == 0


def read(folder: Path) -> list[Example]:
    """All texts under a corpus folder, in order; ValueError names a line that cannot be read."""
    known = taxonomy.load()
    examples: list[Example] = []
    for file in sorted(folder.glob("*/*.txt")):
        language, urgency = "en", "low"
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("@ "):
                _, language, urgency = line.split()
            elif line.strip():
                text, _, notes = line.partition(" | ")
                codes, grade = [file.stem], urgency
                for note in notes.split():
                    if note.startswith("+"):
                        codes.append(note[1:])
                    else:
                        grade = note
                if any(code not in known for code in codes) or grade not in ("low", "medium", "high"):
                    raise ValueError(f"{file.name}:{number}: unknown ground or urgency in {notes!r}")
                composed = file.parent.name == COMPOSED
                meaning = (tuple(codes), cast(Language, language), cast(Urgency, grade))
                examples.append(Example(text.strip(), *meaning, composed))
    return examples


class Speaker:
    """Says examples in other ways: in a context, after one another, as a recogniser hears them. Seeded."""

    def __init__(self, context: Path, seed: int) -> None:
        self._pools: dict[str, Any] = tomllib.loads(context.read_text(encoding="utf-8"))
        self._random = random.Random(seed)  # noqa: S311 - variety, not secrecy

    def in_context(self, example: Example) -> Example:
        """The text with sentences before and after it that say nothing about its ground."""
        pools = self._pools[example.language]
        before = [*self._pick(pools["before"], self._random.choice((0, 1, 1, 2, 3)))]
        after = [*self._pick(pools["after"], self._random.choice((0, 1, 1, 2)))]
        if taxonomy.load()[example.codes[0]].complaint:
            clear = [s for ground, ss in pools["cleared"].items() if ground not in example.codes for s in ss]
            for sentence in self._pick(clear, self._random.choice((0, 0, 1, 1, 2))):
                (before if self._random.random() < _BEFORE else after).append(sentence)
        return replace(example, text=" ".join((*before, example.text, *after)))

    def together(self, one: Example, other: Example) -> Example:
        """Two texts as one complaint; the first stays the main matter."""
        join = self._random.choice(self._pools[one.language]["joins"])
        grades: tuple[Urgency, ...] = ("low", "medium", "high")
        return Example(
            text=f"{one.text} {join} {other.text[:1].lower()}{other.text[1:]}",
            codes=tuple(dict.fromkeys(one.codes + other.codes)),
            language=one.language,
            urgency=max(one.urgency, other.urgency, key=grades.index),
        )

    def heard(self, example: Example) -> Example:
        """The text as a recogniser might write it: no case, no stops, fillers, lost and misheard words."""
        words = re.sub(r"[^\w\s'-]", "" if self._random.random() < 0.5 else " ", example.text).lower().split()
        rate = self._random.choice((0.0, 0.05, 0.15, 0.3))
        said: list[str] = []
        for word in words:
            chance = self._random.random()
            if chance < 0.03:
                said.append(self._random.choice(("uh", "um", "ano", "eh", "kasi", "po", "ah", word)))
            if chance > 0.97:
                continue
            said.append(self._mishear(word) if self._random.random() < rate else word)
        return replace(example, text=" ".join(said) or example.text)

    def _mishear(self, word: str) -> str:
        swaps = [(a, b) for a, b in _SWAPS if a in word]
        for a, b in self._random.sample(swaps, min(len(swaps), self._random.choice((1, 1, 2)))):
            word = word.replace(a, b, 1)
        if len(word) > 6 and self._random.random() < 0.2:
            cut = self._random.randrange(2, len(word) - 2)
            word = f"{word[:cut]} {word[cut:]}"
        return word

    def ways(self, examples: list[Example]) -> dict[str, list[Example]]:
        """The examples as written, in a context, and in a context as heard."""
        placed = [self.in_context(example) for example in examples]
        return {"as written": examples, "in context": placed, "as heard": [self.heard(e) for e in placed]}

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return self._random.random() < share

    def one_of(self, examples: list[Example]) -> Example:
        """Any of the examples."""
        return self._random.choice(examples)

    def _pick(self, pool: list[str], count: int) -> Iterator[str]:
        for sentence in self._random.sample(pool, min(count, len(pool))):
            yield re.sub(
                r"\{(\w+)\}", lambda m: self._random.choice(self._pools["slots"][m.group(1)]), sentence
            )


# Sounds that Whisper's smaller models write for one another in Filipino speech.
_CONFUSED = (
    "o u|e i|ng n|k g|t d|p b|p f|b v|s z|ts ch|k c|iy y|uw w|aw ow|ay ai|ngg ng|h |l ll|nag nak|mag mak|"
    "pag pak|in en|an un|r d|n m|- |siyon tion|ks x"
)
_SWAPS = tuple(
    swap
    for one, other in (pair.split(" ") for pair in _CONFUSED.split("|"))
    for swap in ((one, other), (other, one))
    if swap[0]
)
