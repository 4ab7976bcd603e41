"""Passwords and receipt secrets as argon2id hashes. Hashing takes tens of milliseconds: these run in a thread."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tala.errors import TalaError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
RECEIPT_DIGITS = 16

_passwords = PasswordHasher()
# A receipt's secret is random, so what the hash must resist is trying 10^16 numbers, not guessing a word somebody
# chose: 5 ms and 8 MiB each are plenty, and many can file at once.
_receipts = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
# Checked where there is no such user, so that the answer takes as long as for a wrong password.
_NOBODY = _passwords.hash(secrets.token_urlsafe(16))

# No 0/O, 1/l/I: one-time passwords are copied from a terminal by hand.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time() -> str:
    """A password of 79 random bits in four groups of four, easy to type once."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def receipt_secret() -> str:
    """16 random digits."""
    return f"{secrets.randbelow(10**RECEIPT_DIGITS):0{RECEIPT_DIGITS}d}"


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
    matched = await asyncio.to_thread(_verify, _passwords, stored or _NOBODY, password)
    return matched and stored is not None


async def hash_receipt(secret: str) -> str:
    """Hash of a receipt's secret."""
    return await asyncio.to_thread(_receipts.hash, secret)


async def verify_receipt(stored: str | None, secret: str) -> bool:
    """Whether these are the receipt's 16 digits; spaces and dashes people type between them do not matter."""
    digits = "".join(c for c in secret if c.isdigit())
    return await asyncio.to_thread(_verify, _receipts, stored or _NOBODY, digits) and stored is not None


def _verify(hasher: PasswordHasher, stored: str, secret: str) -> bool:
    try:
        return hasher.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False
