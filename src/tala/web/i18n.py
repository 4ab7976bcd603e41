"""Words for people, in English and Filipino, from `data/messages/*.toml`: `en.toml` for everybody,
`staff.en.toml` for the pages of staff, `administration.en.toml` for those of administrators.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from litestar.connection import ASGIConnection

LANGUAGES: Mapping[str, str] = {"en": "English", "fil": "Filipino"}
DEFAULT = "en"
COOKIE = "tala_language"
_ALIASES = {"tl": "fil", "fil": "fil", "en": "en"}

Connection = ASGIConnection[Any, Any, Any, Any]


class Messages:
    """One language's messages by dotted key; an unknown key is an error, never shown to a person."""

    def __init__(self, language: str, messages: Mapping[str, str]) -> None:
        self.language = language
        self._messages = messages

    def __call__(self, key: str, /, **values: Any) -> str:
        text = self._messages[key]
        return text.format(**values) if values else text

    def get(self, key: str) -> str | None:
        """The message of this key, or None."""
        return self._messages.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._messages)

    def keys(self) -> list[str]:
        """Every key, in the order of the file."""
        return list(self._messages)

    def under(self, *prefixes: str) -> dict[str, str]:
        """Messages whose key starts with one of the prefixes: what a page's script needs."""
        return {k: v for k, v in self._messages.items() if k.startswith(prefixes)}


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = str(value)
    return found


@cache
def messages(language: str) -> Messages:
    """The messages of a language."""
    folder = files("tala.data").joinpath("messages")
    found: dict[str, str] = {}
    for name in ("", "staff.", "administration."):
        found |= _flat(tomllib.loads(folder.joinpath(f"{name}{language}.toml").read_text(encoding="utf-8")))
    return Messages(language, found)


def language_of(connection: Connection) -> str:
    """The language a person chose, else the first of their browser's that Tala speaks, else English.

    The interface goes by Accept-Language first: a page asks in its own language, whatever was chosen since in
    another tab.
    """
    accepted, chosen = _accepted(connection), connection.cookies.get(COOKIE, "")
    if chosen not in LANGUAGES:
        return accepted or DEFAULT
    return accepted or chosen if connection.scope["path"].startswith("/api/") else chosen


def _accepted(connection: Connection) -> str | None:
    wanted: list[tuple[float, int, str]] = []
    for index, item in enumerate(connection.headers.get("accept-language", "")[:200].split(",")):
        tag, _, weight = item.strip().partition(";q=")
        known = _ALIASES.get(tag.split("-")[0].strip().lower())
        if known:
            try:
                wanted.append((-float(weight or 1), index, known))
            except ValueError:
                continue
    return min(wanted)[2] if wanted else None
