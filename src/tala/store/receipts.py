"""Receipt secrets: 16 random digits that alone open a case to the citizen who filed it, kept as an argon2
hash.

Hashing takes tens of milliseconds and 19 MiB: whoever serves others meanwhile calls it from a thread.
"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

DIGITS = 16
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def make() -> str:
    """A new secret of 16 digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def normalise(text: str) -> str:
    """The digits of what somebody typed, without the spaces and dashes it is printed with."""
    return "".join(character for character in text if character.isdecimal() and character.isascii())


def shown(secret: str) -> str:
    """The secret in groups of four, for people to copy."""
    return " ".join(secret[i : i + 4] for i in range(0, DIGITS, 4))


def hash_of(secret: str) -> str:
    """The argon2id hash to store."""
    return _HASHER.hash(secret)


def matches(typed: str, stored: str | None) -> bool:
    """Whether this is the secret; takes as long where there is no case, so that time tells nothing."""
    try:
        return _HASHER.verify(stored or _nobody(), normalise(typed)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash("no receipt is this")
