"""Lines of JSON that commands read one by one: a bad one is told and does not stop the rest."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from tala.cli import terminal
from tala.errors import TalaError


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, with its number; `-` is standard input."""
    if str(path) == "-":
        yield from _numbered(sys.stdin)
        return
    terminal.check_readable(path)
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from _numbered(file)


def _numbered(file: IO[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield number, line


def entry(line: str, number: int) -> dict[str, Any]:
    """A line as a JSON object. Raises TalaError(bad_request) naming the line."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise TalaError("bad_request", f"Line {number} is not JSON: {error.msg}.") from None
    if not isinstance(found, dict):
        raise TalaError("bad_request", f"Line {number} is not a JSON object.")
    return found


def moment(value: Any, number: int) -> datetime | None:
    """A time as ISO 8601 writes it, or None. Raises TalaError(invalid_input) naming the line."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise TalaError(
            "invalid_input", f"Line {number}: filed_at is not an ISO 8601 date and time."
        ) from None


def now() -> datetime:
    """The time where complaints are filed."""
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Asia/Manila"))
