"""Tokens people and machines carry: long random text, shown once, kept as a hash."""

import hashlib
import hmac
import secrets

TICKET, CAPABILITY, API_KEY, SESSION, LIVE_TICKET = "it_", "cap_", "tk_", "st_", "lt_"


def make(prefix: str) -> str:
    """A new token of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token. A plain hash is enough: 256 random bits cannot be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def matches(token: str | None, stored: str | None) -> bool:
    """Whether a token is the one whose hash is stored, in constant time."""
    return bool(token) and bool(stored) and hmac.compare_digest(digest(token or ""), stored or "")
