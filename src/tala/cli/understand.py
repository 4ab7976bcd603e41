"""`tala understand`: facts from words. Nothing is stored."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tala.cli import jsonlines, terminal
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
        moment = filed_at or jsonlines.now()
        if text is not None:
            text = sys.stdin.read() if text == "-" else text
            _check(text, chosen.max_text_characters)
            facts = understander.understand(text, filed_at=moment)
            terminal.answer(facts.model_dump(mode="json"))
            return
        assert jsonl is not None
        refused = False
        for number, line in jsonlines.lines(jsonl):
            entry: dict[str, Any] = {}
            try:
                entry = jsonlines.entry(line, number)
                _check(entry.get("text"), chosen.max_text_characters)
                when = jsonlines.moment(entry.get("filed_at"), number) or moment
                facts = understander.understand(entry["text"], filed_at=when)
                terminal.answer(facts.model_dump(mode="json") | {"id": entry.get("id")})
            except TalaError as error:
                refused = True
                terminal.answer({"id": entry.get("id"), "line": number, "error": terminal.problem(error)})
        if refused:
            raise typer.Exit(terminal.REFUSED)


def _check(text: Any, limit: int) -> None:
    if not isinstance(text, str):
        raise TalaError("invalid_input", 'There is no "text" to read.')
    if len(text) > limit:
        raise TalaError("invalid_input", f"The text has {len(text)} characters; at most {limit} are read.")
