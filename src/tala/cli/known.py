"""What filters of cases can be, told to whoever names something else; and places by name."""

import difflib
from collections.abc import Iterable, Sequence

import typer

from tala.cli import terminal

URGENCIES = ("low", "medium", "high")


def check_filters(
    states: Sequence[str] | None = None, category: str | None = None, urgency: str | None = None
) -> None:
    """Exit with 2, naming what there is, where a state, a ground or an urgency does not exist."""
    if states:
        from tala.cases import lifecycle

        _check("state", states, [name for name in lifecycle.load().states if name != "draft"])
    if category is not None:
        from tala.cases import taxonomy

        _check("ground", [category], taxonomy.load().codes)
    if urgency is not None:
        _check("urgency", [urgency], URGENCIES)


def check_agency(code: str | None) -> None:
    """Exit with 2 where an agency is in no list. Ask only when no case bears it: a person may have entered
    one that nobody has listed yet.
    """
    from tala.services import naming

    listed = naming.agencies()
    if code is None or code in listed:
        return
    folded = {name.casefold(): name for name in listed}
    close = [folded[name] for name in difflib.get_close_matches(code.casefold(), folded, n=3)]
    hint = (
        f" Did you mean {' or '.join(close)}?"
        if close
        else " Codes are short names, as LTO, SSS, PhilHealth."
    )
    terminal.say(f"There is no agency {code}, and no case of it.{hint}")
    raise typer.Exit(terminal.BAD_USAGE)


def place(psgc: str | None) -> str | None:
    """Official name of a place; its code where no list has it."""
    from tala.services import naming

    return naming.places().get(psgc, psgc) if psgc else None


def _check(kind: str, given: Iterable[str], there: Iterable[str]) -> None:
    there = tuple(there)
    for one in given:
        if one not in there:
            terminal.say(f"There is no {kind} {one}. There are: {', '.join(there)}.")
            raise typer.Exit(terminal.BAD_USAGE)
