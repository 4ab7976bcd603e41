"""`tala understand`: facts from words. Nothing is stored."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from tala.cli import terminal
from tala.errors import TalaError


def understand(
    text: Annotated[
        str | None, typer.Argument(help="What was said or written; - reads standard input.")
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option("--jsonl", help='A file of lines {"id", "text", "filed_at"}; - is standard input.'),
    ] = None,
    filed_at: Annotated[
        datetime | None, typer.Option(help="When it was said; days such as last Friday count from there.")
    ] = None,
    as_json: terminal.AsJson = True,
) -> None:
    """Read the facts out of a complaint: one JSON object a line. Nothing is stored."""
    if (text is None) == (jsonl is None):
        terminal.say("Give either a TEXT or --jsonl FILE.")
        raise typer.Exit(terminal.BAD_USAGE)
    chosen = terminal.settings()
    with terminal.exits(as_json=True):
        from tala.extract.pipeline import load

        understander = load(chosen)
        moment = filed_at or _now()
        if text is not None:
            text = sys.stdin.read() if text == "-" else text
            _check(text, chosen.max_text_characters)
            facts = understander.understand(text, filed_at=moment)
            terminal.answer(facts.model_dump(mode="json"))
            return
        assert jsonl is not None
        refused = False
        for number, line in _lines(jsonl):
            entry: dict[str, Any] = {}
            try:
                entry = _entry(line, number)
                _check(entry.get("text"), chosen.max_text_characters)
                when = _moment(entry.get("filed_at"), number) or moment
                facts = understander.understand(entry["text"], filed_at=when)
                terminal.answer(facts.model_dump(mode="json") | {"id": entry.get("id")})
            except TalaError as error:
                refused = True
                terminal.answer({"id": entry.get("id"), "line": number, "error": terminal.problem(error)})
        if refused:
            raise typer.Exit(terminal.REFUSED)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
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


def _entry(line: str, number: int) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise TalaError("bad_request", f"Line {number} is not JSON: {error.msg}.") from None
    if not isinstance(entry, dict):
        raise TalaError("bad_request", f"Line {number} is not a JSON object.")
    return entry


def _moment(value: Any, number: int) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise TalaError(
            "invalid_input", f"Line {number}: filed_at is not an ISO 8601 date and time."
        ) from None


def _check(text: Any, limit: int) -> None:
    if not isinstance(text, str):
        raise TalaError("invalid_input", 'There is no "text" to read.')
    if len(text) > limit:
        raise TalaError("invalid_input", f"The text has {len(text)} characters; at most {limit} are read.")


def _now() -> datetime:
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Asia/Manila"))
