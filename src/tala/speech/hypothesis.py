"""What of a live utterance is certain: words that two readings in a row agree on are committed and stay.

Each reading hears the utterance from its beginning and knows nothing of the one before. The longest
beginning that two of them share, word for word, is committed; the rest is tentative and may change with
the next reading.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from tala.transcript import Word

_SEAM_MS = 240
"""A word may move by this much from reading to reading and still lie behind a committed one."""


@dataclass(slots=True)
class Hypothesis:
    """The words of one utterance so far. `committed` only ever grows."""

    committed: list[Word] = field(default_factory=list)
    tentative: list[Word] = field(default_factory=list)
    revision: int = 0

    def insert(self, words: Sequence[Word]) -> None:
        """Take a newer reading of the whole utterance and commit what it shares with the one before."""
        fresh = self._behind(words)
        agreed = 0
        for old, new in zip(self.tentative, fresh, strict=False):
            if same(old, new):
                agreed += 1
            else:
                break
        self.committed += fresh[:agreed]
        self.tentative = list(fresh[agreed:])
        self.revision += 1

    def _behind(self, words: Sequence[Word]) -> list[Word]:
        """The words of a reading that come after the committed ones."""
        count = len(self.committed)
        if not count:
            return list(words)
        # Usually the reading begins as before; a word more or less there must not repeat or lose the rest.
        if len(words) >= count and all(same(a, b) for a, b in zip(self.committed, words, strict=False)):
            return list(words[count:])
        tail = self.committed[-5:]
        best: tuple[int, int] | None = None
        for end in range(1, len(words) + 1):
            shared = _shared_end(tail, words[:end])
            near = abs(words[end - 1].end_ms - self.committed[-1].end_ms)
            if shared and near <= 2000 and (best is None or (shared, -near) > best):
                best, cut = (shared, -near), end
        if best is not None:
            return list(words[cut:])
        last = self.committed[-1]
        return [word for word in words if word.start_ms >= last.end_ms - _SEAM_MS]


def _shared_end(tail: Sequence[Word], words: Sequence[Word]) -> int:
    """How many words at the end of both are the same."""
    count = 0
    for a, b in zip(reversed(tail), reversed(words), strict=False):
        if not same(a, b):
            break
        count += 1
    return count


def same(a: Word, b: Word) -> bool:
    """Whether two words differ in nothing but case, accents and punctuation."""
    return _bare(a.text) == _bare(b.text)


def _bare(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^\w]", "", flat) or flat
