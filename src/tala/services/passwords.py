"""Passwords as argon2id hashes. Hashing takes tens of milliseconds and 64 MiB: it runs in a thread."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tala.errors import TalaError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256

_passwords = PasswordHasher()
# Checked where there is no such user, so that the answer takes as long as for a wrong password.
_NOBODY = _passwords.hash(secrets.token_urlsafe(16))

# No 0/O, 1/l/I: one-time passwords are copied from a terminal by hand.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time() -> str:
    """A password of 79 random bits in four groups of four, easy to type once."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def check_strength(password: str, username: str) -> None:
    """Refuse a password that is too short, too long, the user's name, or one character over and over."""
    detail = ""
    if len(password) < SHORTEST_PASSWORD:
        detail = f"Use at least {SHORTEST_PASSWORD} characters; a few words in a row are easy to remember."
    elif len(password) > LONGEST_PASSWORD:
        detail = f"Use at most {LONGEST_PASSWORD} characters."
    elif username and username.casefold() in password.casefold():
        detail = "Use a password that does not contain your user name."
    elif len(set(password)) < 5:
        detail = "Use more different characters."
    if detail:
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/password", "detail": detail}])


async def hash_password(password: str) -> str:
    """Hash of a password."""
    return await asyncio.to_thread(_passwords.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes the same time where there is none to compare with."""
    matched = await asyncio.to_thread(_verify, stored or _NOBODY, password)
    return matched and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _passwords.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
