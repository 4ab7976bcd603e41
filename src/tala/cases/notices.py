"""What notices say (`data/notices.toml`). Pure; nothing of a case but its number goes in."""

from functools import cache
from typing import Any

from tala.cases import datafiles

KINDS = ("news", "message", "due_soon", "breached")


@cache
def _texts() -> dict[str, Any]:
    return datafiles.read("notices.toml")


def subject(kind: str, language: str, ctn: str) -> str:
    """Subject of a mail."""
    return str(_texts()[kind][f"subject_{language}"]).format(ctn=ctn)


def text(kind: str, language: str, ctn: str, url: str) -> str:
    """Words of a mail or short message."""
    return str(_texts()[kind][language]).format(ctn=ctn, url=url)
