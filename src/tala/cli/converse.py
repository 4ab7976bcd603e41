"""`tala converse`: the assistant without sound. Nothing is stored."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import jsonlines, terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.extract.pipeline import Understander

MOST_TURNS = 100
"""Each turn is read together with all before it, so that work grows with their square."""


def converse(
    lines: Annotated[
        Path,
        typer.Option("--jsonl", help='A file of lines {"id", "filed_at", "turns"}; - is standard input.'),
    ],
    as_json: terminal.AsJson = True,
) -> None:
    """Hold conversations whose turns are known: facts, what was asked, replies, how it ended. Nothing is
    stored.
    """
    chosen = terminal.settings()
    with terminal.exits(as_json=True):
        from tala.extract.pipeline import load

        understander = load(chosen)
        refused = False
        for number, line in jsonlines.lines(lines):
            entry: dict[str, Any] = {}
            try:
                entry = jsonlines.entry(line, number)
                found = _held(understander, entry, number, chosen.max_text_characters)
                terminal.answer({"id": entry.get("id")} | found)
            except TalaError as error:
                refused = True
                terminal.answer({"id": entry.get("id"), "line": number, "error": terminal.problem(error)})
        if refused:
            raise typer.Exit(terminal.REFUSED)


def _held(understander: "Understander", entry: dict[str, Any], number: int, limit: int) -> dict[str, Any]:
    from tala.extract.converse import converse

    turns = entry.get("turns")
    if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
        raise TalaError("invalid_input", f'Line {number}: "turns" is not a list of texts.')
    if len(turns) > MOST_TURNS:
        raise TalaError(
            "invalid_input", f"Line {number}: there are {len(turns)} turns; at most {MOST_TURNS}."
        )
    length = sum(map(len, turns))
    if length > limit:
        raise TalaError("invalid_input", f"Line {number}: {length} characters; at most {limit} are read.")
    moment = jsonlines.moment(entry.get("filed_at"), number) or jsonlines.now()
    return converse(understander, turns, filed_at=moment).model_dump(mode="json")
