"""Control Tracking Numbers: TALA-YYYY-NNNNNNN-C.

C is a check digit over year and sequence by Damm's method, whose table makes every wrong digit and every swap
of two neighbours give another check digit.
"""

import re

MAX_SEQUENCE = 9_999_999

# A totally anti-symmetric quasigroup of order 10 with a zero diagonal: what Damm's method rests on.
_TABLE = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_LOOSE = re.compile(r"^TALA\W*(\d{4})\W*(\d{7})\W*(\d)$", re.ASCII)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−_", "-"))


def check_digit(digits: str) -> int:
    """Damm's check digit of a string of digits."""
    interim = 0
    for digit in digits:
        interim = _TABLE[interim][int(digit)]
    return interim


def make(year: int, sequence: int) -> str:
    """The number of the `sequence`-th case of a year, counted from 1; ValueError outside what fits."""
    if not (1000 <= year <= 9999 and 1 <= sequence <= MAX_SEQUENCE):
        raise ValueError(f"no tracking number for {year}, {sequence}")
    digits = f"{year:04d}{sequence:07d}"
    return f"TALA-{digits[:4]}-{digits[4:]}-{check_digit(digits)}"


def normalise(text: str) -> str | None:
    """The number as it is written here, from what people type (lower case, spaces, other dashes); None where
    it is not a number or its check digit is wrong."""
    match = _LOOSE.match(text.strip().upper().translate(_DASHES))
    if match is None:
        return None
    year, sequence, check = match.groups()
    if check_digit(year + sequence) != int(check):
        return None
    return f"TALA-{year}-{sequence}-{check}"


def is_valid(text: str) -> bool:
    """Whether this is a tracking number, exactly as written here, with its right check digit."""
    return normalise(text) == text
