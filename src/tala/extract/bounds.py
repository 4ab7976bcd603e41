"""What no speaker says: runs of signs and endless "words" that would only keep the reader busy.

Reading them costs the square of their length, so one text could hold up every other one.
"""

import re
from typing import Final

_SIGNS: Final = re.compile(r"[^\w\s]{13,}")
_ENDLESS: Final = re.compile(r"\S{121,}")


def readable(text: str) -> str:
    """The text at the same length; signs beyond 12 in a row and characters beyond 120 in a word are blank."""
    calmed = _SIGNS.sub(lambda run: run[0][:12] + " " * (len(run[0]) - 12), text)
    return _ENDLESS.sub(lambda run: run[0][:120] + " " * (len(run[0]) - 120), calmed)
