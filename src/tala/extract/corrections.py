"""What a speaker takes back: "Monday, ay hindi, Tuesday"; "five, no wait, three thousand"."""

import re
from typing import Final

from tala.extract.datafiles import word_list
from tala.extract.words import Words

_MARKER: Final = re.compile(
    r"\b(?:no wait|wait no|wait|no no|no sorry|sorry|i mean|i meant|rather|scratch that|correction|"
    r"let me correct|make that|"
    r"actually|my mistake|ay hindi|ay mali|mali|hindi pala|ay este|este|ay sorry|pala|teka|ay teka|"
    r"ibig kong sabihin|ay|hindi "
    r"hindi|ibig sabihin|i should say|excuse me|no it was|no it s|no its|no|hindi)\b"
)
_FAINT: Final = frozenset(
    {"ay", "no", "actually", "wait", "sorry", "pala", "mali", "rather", "este", "hindi"}
)
"""Markers that mean a correction only when hardly anything else is said between the two."""

_LINKS: Final = word_list("corrections_links")


def takes_back(words: Words, first_end: int, second_start: int) -> bool:
    """Whether what stands between two values of a kind takes the first one back."""
    gap = second_start - first_end
    if not 0 < gap <= 8:
        return False
    between = words.slice(first_end, second_start)
    found = [match.group() for match in _MARKER.finditer(between)]
    if not found:
        return False
    others = [w for w in _MARKER.sub(" ", between).split() if w not in _LINKS]
    if all(marker in _FAINT for marker in found):
        return not others and (found != ["ay"] or (gap == 1 and "," in words.gap(first_end)))
    return len(others) <= 2


_DENIED: Final = re.compile(
    r"(?:\bnot|\bhindi|\bhindi po|\bdi|\bdili) (?:on |in |noong |nung )?(?:the |"
    r"sa |ang |yung |si |kay |ng )?$"
)
_CONTRAST: Final = re.compile(r"^(?:\S+ ){0,3}(?:but|kundi|kung di|bagkus|kun di|instead)\b")


def denied(words: Words, first: int, last: int) -> bool:
    """Whether a value is named only to be denied: "not 500 but 300", "hindi Lunes kundi Martes"."""
    before = words.before(first, 3) + " "
    return bool(_DENIED.search(before)) and bool(_CONTRAST.search(words.after(last, 4, across=True)))
