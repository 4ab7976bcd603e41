"""What a citizen's turn does in the conversation, beside the facts it tells: yes, skip, a person please.

Phrases are data (`assistant.toml`), written as words: `word*` any word that begins so, `~` up to three
words, `(a|b)` one of several, `[a]` or nothing. They are looked for without particles ("po", "lang"),
accents, apostrophes and capitals, since recognisers write those at random.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, Literal, NamedTuple

Act = Literal[
    "human", "status", "stop", "again", "read_back", "repeat", "machine", "hotline", "afterwards",
    "complaint", "question", "private", "unnamed", "greeting", "thanks",
    "submit", "skip", "unknown", "yes", "no", "correction",
]  # fmt: skip
"""`complaint`, `question`: says that it is one, or is none; `private`: that no government office is meant;
`unnamed`: does not want to be named; `afterwards`: asks what follows."""


_SHORT: Final = 8  # words of a sentence in which a short phrase still speaks to the assistant
_LEAD: Final = 4  # words within which "I don't know" begins where it answers
_LONG: Final = 14  # words of a sentence that may begin so
_LED: Final = frozenset({"skip", "unknown", "correction"})
_FIRST: Final = frozenset({"yes", "no"})
"""Acts that count where a turn begins."""
_BARE: Final = frozenset(
    {"yes", "no", "submit", "skip", "unknown", "stop", "again", "read_back", "repeat", "human", "machine"}
    | {"greeting", "thanks"}
)
_FEW: Final = 2  # words beside its acts that a turn may have and still tell nothing

_SENTENCE: Final = re.compile(r"[.!?;…\n]+")
_CLAUSE: Final = re.compile(r"[,:–—]+| - ")
_MARKS: Final = re.compile(r"['’‘`]")
_OTHER: Final = re.compile(r"[^\w\s]|_")
_ITEM: Final = re.compile(r"[(\[][^)\]]*[)\]]|\S+")


class Heard(NamedTuple):
    """What a turn does.

    Attributes:
        acts: everything it does.
        fields: facts it names while doing so: "I don't know when".
        bare: whether it tells nothing besides.
        words: how many words it has, without particles.
    """

    acts: frozenset[Act] = frozenset()
    fields: frozenset[str] = frozenset()
    bare: bool = False
    words: int = 0


class _Phrases(NamedTuple):
    """Patterns of an act: those that count anywhere, in a short sentence, and as a whole clause."""

    anywhere: re.Pattern[str]
    short: re.Pattern[str]
    whole: re.Pattern[str]


@cache
def data() -> dict[str, Any]:
    """What the assistant understands besides answers, and what it says."""
    return tomllib.loads(resources.files("tala.data").joinpath("assistant.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, without accents, apostrophes, signs and particles, single spaces."""
    folded = unicodedata.normalize("NFKD", _MARKS.sub("", text.casefold()))
    bare = _OTHER.sub(" ", "".join(c for c in folded if not unicodedata.combining(c)))
    return " ".join(word for word in bare.split() if word not in _particles())


@cache
def _particles() -> frozenset[str]:
    return frozenset(data()["particles"].split())


def _pattern(phrases: Iterable[str], *, whole: bool = False) -> re.Pattern[str]:
    parts = []
    for phrase in phrases:
        if phrase.startswith(("[", "~")):
            raise ValueError(f"a phrase begins with a word that must be there: {phrase}")
        words = [_word(item) for item in _ITEM.findall(_MARKS.sub("", phrase))]
        parts.append("".join(words).strip())
    if not parts:
        return re.compile(r"(?!)")
    either = "|".join(sorted(parts, key=len, reverse=True))
    return re.compile(rf"^(?:{either})$" if whole else rf"(?<!\S)(?:{either})(?!\S)")


def _word(item: str) -> str:
    """One item of a phrase with the space before it."""
    if item == "~":
        return r"(?: \S+){0,3}"
    if item[0] in "([":
        either = "|".join(option.strip().replace("*", r"\S*") for option in item[1:-1].split("|"))
        return rf"(?: (?:{either}))?" if item[0] == "[" else rf" (?:{either})"
    return " " + item.replace("*", r"\S*")


@cache
def _phrases() -> dict[Act, _Phrases]:
    return {
        act: _Phrases(
            _pattern(lists.get("anywhere", ())),
            _pattern(lists.get("short", ())),
            _pattern(lists.get("whole", ()), whole=True),
        )
        for act, lists in data()["says"].items()
    }


@cache
def _fields() -> dict[str, re.Pattern[str]]:
    return {field: _pattern(phrases) for field, phrases in data()["named"].items()}


@lru_cache(maxsize=1024)
def heard(text: str) -> Heard:
    """What a turn does. A short phrase counts in a short sentence only: in a long one it is part of a
    story.
    """
    acts: set[Act] = set()
    told = 0
    total = 0
    fields: set[str] = set()
    for number, sentence in enumerate(part for part in _SENTENCE.split(text) if plain(part)):
        line = plain(sentence)
        clauses = [clause for clause in map(plain, _CLAUSE.split(sentence)) if clause]
        found, left = _acts(line, clauses, first=number == 0)
        acts |= found
        if found & {"skip", "unknown"}:
            fields |= {field for field, pattern in _fields().items() if pattern.search(f" {line}")}
        total += len(line.split())
        told += left
    few = 0 if "correction" in acts else _FEW
    return Heard(frozenset(acts), frozenset(fields), bool(acts & _BARE) and told <= few, total)


def _unfilled(clause: str) -> str:
    """A clause without the fillers at its ends; "okay" alone stays."""
    words, fillers = clause.split(), data()["fillers"].split()
    while len(words) > 1 and words[0] in fillers:
        words = words[1:]
    while len(words) > 1 and words[-1] in fillers:
        words = words[:-1]
    return " ".join(words)


def _acts(line: str, clauses: list[str], *, first: bool) -> tuple[set[Act], int]:
    """The acts of a sentence, and how many of its words are no part of any."""
    acts: set[Act] = set()
    spaced = f" {line}"
    covered: set[int] = set()
    length = len(line.split())
    for act, phrases in _phrases().items():
        spans = [match.span() for match in phrases.anywhere.finditer(spaced)]
        if length <= _SHORT:
            spans += [match.span() for match in phrases.short.finditer(spaced)]
        elif act in _LED and length <= _LONG:
            near = (match.span() for match in phrases.short.finditer(spaced))
            spans += [span for span in near if len(spaced[: span[0]].split()) < _LEAD]
        at = 1
        for index, clause in enumerate(clauses):
            counts = act not in _FIRST or (first and index == 0)
            if counts and (phrases.whole.match(clause) or phrases.whole.match(_unfilled(clause))):
                spans.append((at, at + len(clause)))
            at += len(clause) + 1
        if act in _FIRST and not first:
            spans = []
        if spans:
            acts.add(act)
        for start, end in spans:
            covered.update(range(start, end))
    empty = data()["empty"].split()
    left = sum(
        match.group() not in empty and not covered.intersection(range(match.start(), match.end()))
        for match in re.finditer(r"\S+", spaced)
    )
    return acts, left
