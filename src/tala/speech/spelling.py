"""Names and terms written as people write them: "l t o" as LTO, "phil health" as PhilHealth.

Works on recognised words and keeps their times; what the recogniser wrote stays in `raw`. A name is put in
place of what was written when it sounds the same letter for letter; with letters misheard only where there
stands what is no word of English or Filipino, so that no name gets into speech that has none.
"""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import takewhile

from rapidfuzz.distance import Levenshtein
from wordfreq import zipf_frequency

from tala.transcript import Word

_MOST_WORDS = 6
_LEAST_LETTERS = 5
_MOST_DISTANCE = 0.26
"""Share of a name's sounds that may be misheard."""
_SHORT_LETTERS = 6
_SHORT_DISTANCE = 0.2
"""The same for names of few sounds, where one of them makes another name."""
_KNOWN_ZIPF = 2.6
"""A word said more often than this per billion (as a power of ten, less three) is a word."""
_SAME_BREATH_MS = 1200
_CUE_WORDS = 3
"""So many words back "plate" or "number" tells what is said now."""
_LEAST_CODE, _LONGEST_CODE = 4, 20
_LEAST_TELEPHONE = 7
"""Figures one by one that make a number without being called one."""
_TAIL = re.compile(r"[.,!?;:…)\"']*$")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is in spoken_names.toml, by key: letters and digits alone, lower case."""

    acronyms: dict[str, str]
    """In capitals, and as written."""
    forms: frozenset[str]
    plates: frozenset[str]
    numbers: frozenset[str]
    names: dict[str, str]
    sounds: dict[int, list[tuple[str, str]]]
    """By number of words: (sound, as written)."""


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The names of this installation."""
    data = tomllib.loads((resources.files("tala.data") / "spoken_names.toml").read_text(encoding="utf-8"))
    names: dict[str, str] = {}
    sounds: dict[int, list[tuple[str, str]]] = {}
    for written, forms in data["names"].items():
        for form in (written if form == "=" else form for form in forms):
            names[key(form)] = written
            sound = sounds_like(form)
            if len(sound) >= _LEAST_LETTERS:
                sounds.setdefault(len(form.split()), []).append((sound, written))
    return Lexicon(
        {a.upper(): a for a in data["acronyms"]},
        frozenset(map(key, data["forms"])),
        frozenset(map(key, data["plates"])),
        frozenset(map(key, data["numbers"])),
        names,
        sounds,
    )


def key(text: str) -> str:
    """Letters and digits of a text, lower case, without accents."""
    flat = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in flat if c.isalnum() and c.isascii())


_SOUND_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"), ("ck", "k"), ("qu", "k"), ("c(?=[eiy])", "s"), ("ch", "C"), ("sh", "s"),
        ("[cq]", "k"), ("gu(?=[ei])", "g"), ("z", "s"), ("v", "b"), ("x", "ks"), ("ou", "u"), ("oo", "u"),
        ("ee", "i"), ("y", "i"), ("w", "u"), ("e", "i"), ("o", "u"), ("j", "h"), ("h", ""),
        (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


def sounds_like(text: str) -> str:
    """A text as it sounds to Filipino ears: what is confused is one letter."""
    sound = key(text)
    for pattern, letter in _SOUND_RULES:
        sound = pattern.sub(letter, sound)
    return sound


def written(words: Sequence[Word]) -> list[Word]:
    """The words of one channel with names and terms as people write them; spans of time are kept."""
    done: list[Word] = []
    index = 0
    while index < len(words):
        used, made = _at(words, index, done)
        done += made
        index += used
    return done


def _at(words: Sequence[Word], index: int, before: Sequence[Word]) -> tuple[int, list[Word]]:
    """What stands at a word: how many words it takes, and those to write for them."""
    for find in (_code, _letters, _figures, _name):
        found = find(words, index, before)
        if found is not None:
            used, texts = found
            return used, _rewritten(words[index : index + used], texts)
    return 1, [words[index]]


def _breath(words: Sequence[Word], index: int, most: int) -> int:
    """How many words from here on are said without a long pause, at most `most`."""
    count = 1
    while (
        count < most
        and index + count < len(words)
        and words[index + count].start_ms - words[index + count - 1].end_ms <= _SAME_BREATH_MS
    ):
        count += 1
    return count


def _letters(words: Sequence[Word], index: int, _: Sequence[Word]) -> tuple[int, list[str]] | None:
    """Letters said one by one that make an acronym."""
    spelled: list[str] = []
    counted = 0
    for count in range(1, _breath(words, index, 10) + 1):
        bare = _TAIL.sub("", words[index + count - 1].text)
        parts = re.split(r"[-.]", bare)
        # Two or three capitals that hang on others were letters as well: "LC-F-R-B".
        least = 1 if len(parts) == 1 else 3
        if not all(
            p.isalpha() and p.isascii() and (len(p) == 1 or (p.isupper() and len(p) <= least)) for p in parts
        ):
            break
        spelled += parts
        counted = count
    if len(spelled) < 2:
        return None
    # The longest known acronym that begins here and ends where a written word ends.
    for used in range(counted, 0, -1):
        letters = "".join(
            part
            for word in words[index : index + used]
            for part in re.split(r"[-.]", _TAIL.sub("", word.text))
        ).upper()
        if len(letters) >= 2 and letters in lexicon().acronyms:
            return used, [lexicon().acronyms[letters]]
        if len(letters) >= 4 and (close := _only_near(letters)) is not None:
            return used, [close]
    return None


def _only_near(letters: str) -> str | None:
    """The one acronym of four letters and more that differs in a single letter."""
    near = [
        a for a in lexicon().acronyms if len(a) >= 4 and Levenshtein.distance(a, letters, score_cutoff=1) <= 1
    ]
    return lexicon().acronyms[near[0]] if len(near) == 1 else None


def _figures(words: Sequence[Word], index: int, before: Sequence[Word]) -> tuple[int, list[str]] | None:
    """Single figures after "form" or "section" that make one number."""
    if not before or key(before[-1].text) not in lexicon().forms:
        return None
    count = 0
    digits = ""
    for word in words[index : index + _breath(words, index, 8)]:
        bare = _TAIL.sub("", word.text)
        if not re.fullmatch(r"\d([-\s]?\d)*", bare):
            break
        digits += re.sub(r"\D", "", bare)
        count += 1
    return (count, [digits]) if count > 1 or (count == 1 and "-" in words[index].text) else None


def _code(words: Sequence[Word], index: int, before: Sequence[Word]) -> tuple[int, list[str]] | None:
    """Letters and figures said one by one: a plate, or a number such as a receipt has."""
    cues = [key(word.text) for word in before[-_CUE_WORDS:]]
    plate = any(cue in lexicon().plates for cue in cues)
    if not plate and not any(cue in lexicon().numbers for cue in cues):
        return _telephone(words, index)
    signs = ""
    count = 0
    for word in words[index : index + _breath(words, index, _LONGEST_CODE)]:
        parts = re.split(r"[-.\s]+", _TAIL.sub("", word.text))
        if not all(re.fullmatch(r"[A-Za-z]|[A-Z]{2,3}|\d{1,4}", part) for part in parts):
            break
        signs += "".join(parts).upper()
        count += 1
        if _TAIL.search(word.text)[0]:  # type: ignore[index]  # the pattern matches nothing, too
            break
    # Two signs and a word are no code: "OR at CR", "number 5 a".
    if count < 2 or len(signs) < _LEAST_CODE or sum(c.isdigit() for c in signs) < 2:
        return None
    return count, re.sub(r"(?<=[A-Z])(?=\d)", " ", signs).split() if plate else [signs]


def _telephone(words: Sequence[Word], index: int) -> tuple[int, list[str]] | None:
    """So many figures said one by one that they are one number."""
    figures = list(
        takewhile(
            lambda text: re.fullmatch(r"\d(-\d)*", text),
            (_TAIL.sub("", w.text) for w in words[index : index + _breath(words, index, _LONGEST_CODE)]),
        )
    )
    joined = "".join(figures).replace("-", "")
    return (len(figures), [joined]) if len(joined) >= _LEAST_TELEPHONE and len(figures) > 1 else None


def _name(words: Sequence[Word], index: int, _: Sequence[Word]) -> tuple[int, list[str]] | None:
    """The longest name that begins here, as it sounds or nearly so."""
    known = lexicon()
    for count in range(_breath(words, index, _MOST_WORDS), 0, -1):
        group = words[index : index + count]
        # A name does not reach over the end of a sentence.
        if any(re.search(r"[.,!?;:]$", word.text) for word in group[:-1]):
            continue
        text = " ".join(word.text for word in group)
        found = known.names.get(key(text)) or _misheard(group, text)
        if found is not None:
            same = found == _TAIL.sub("", text)
            return None if same and count == 1 else (count, found.split())
    return None


def _misheard(group: Sequence[Word], text: str) -> str | None:
    """The name that sounds most like some words, at least one of which is no word."""
    if not any(_is_no_word(word.text) for word in group):
        return None
    sound = sounds_like(text)
    if len(sound) < _LEAST_LETTERS:
        return None
    best: tuple[float, str] | None = None
    second = 1.0
    for candidate, name in lexicon().sounds.get(len(group), ()):
        if candidate[0] != sound[0] or abs(len(candidate) - len(sound)) > 2:
            continue
        share = Levenshtein.distance(candidate, sound) / max(len(candidate), len(sound))
        if best is None or share < best[0]:
            second = best[0] if best is not None and best[1] != name else second
            best = (share, name)
        elif name != best[1]:
            second = min(second, share)
    # Two names that sound alike are a guess.
    most = _MOST_DISTANCE if len(sound) > _SHORT_LETTERS else _SHORT_DISTANCE
    if best is None or best[0] > most or second - best[0] < 0.05:
        return None
    return best[1]


@lru_cache(maxsize=20_000)
def _is_no_word(text: str) -> bool:
    bare = key(text)
    if len(bare) < 4 or any(c.isdigit() for c in bare):
        return False
    return zipf_frequency(bare, "en") < _KNOWN_ZIPF and zipf_frequency(bare, "fil") < _KNOWN_ZIPF


def _rewritten(group: Sequence[Word], texts: Sequence[str]) -> list[Word]:
    """The words to write, with the times and punctuation of those recognised, and them as `raw`."""
    tail = _TAIL.search(group[-1].text)
    dotted = re.fullmatch(r"([A-Za-z]\.)+", group[-1].text) is not None
    texts = [*texts[:-1], texts[-1] + (tail[0] if tail and not dotted else "")]
    bounds = _shares(group, texts)
    made = []
    for text, (first, last) in zip(texts, bounds, strict=True):
        part = group[first:last]
        raw = " ".join(word.raw or word.text for word in part)
        made.append(
            Word(
                start_ms=part[0].start_ms, end_ms=part[-1].end_ms, text=text,
                confidence=min(word.confidence for word in part), raw=None if raw == text else raw,
            )
        )  # fmt: skip
    return made


def _shares(group: Sequence[Word], texts: Sequence[str]) -> list[tuple[int, int]]:
    """Which recognised words each written word covers, by their letters; at least one each."""
    if len(texts) >= len(group):
        # More words than were recognised: the last recognised one stands for the rest.
        return [(min(i, len(group) - 1), min(i, len(group) - 1) + 1) for i in range(len(texts))]
    letters = [max(1, len(key(word.text))) for word in group]
    total, wanted = sum(letters), sum(max(1, len(key(text))) for text in texts)
    bounds = []
    first = 0
    reached = 0.0
    for number, text in enumerate(texts):
        reached += max(1, len(key(text))) * total / wanted
        last = first + 1
        while last < len(group) - (len(texts) - number - 1) and sum(letters[: last + 1]) <= reached + 0.5:
            last += 1
        if number == len(texts) - 1:
            last = len(group)
        bounds.append((first, last))
        first = last
    return bounds
