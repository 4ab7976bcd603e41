"""`tala backup` and `tala restore`: everything on record in one folder, its keys under a passphrase."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tala.cli import terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.services.backup import BackedUp
    from tala.services.context import Context

VARIABLE = "TALA_BACKUP_PASSPHRASE"

# Never an argument: whoever lists processes would read it.
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=f"Its first line is the passphrase; else {VARIABLE} is; else it is asked.",
    ),
]


def back_up(
    folder: Annotated[Path, typer.Argument(help="A new folder to write; it must not be there yet.")],
    passphrase_file: PassphraseFile = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Write everything on record into a new folder, while the system may go on running.

    Keep keys.tala and its passphrase apart from the rest: together they open everything, and without them
    nothing can be restored.
    """
    chosen = terminal.settings()
    with terminal.exits(as_json):
        passphrase = _passphrase(passphrase_file, confirm=True)

        async def work(ctx: "Context") -> "BackedUp":
            from tala.services import backup

            return await backup.back_up(ctx, folder, passphrase, actor=terminal.who())

        made = terminal.run_async(work, chosen)
    if as_json:
        terminal.answer(made.model_dump(mode="json"))
    else:
        counted = f"{made.rows['cases']} cases, {made.objects} recordings and files"
        print(f"{counted} are in {made.folder}. Keep keys.tala and its passphrase apart from the rest.")


def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of a back-up.")],
    disposals: Annotated[
        Path | None,
        typer.Option(help="A newer disposals.jsonl of the data folder: what it lists is erased again."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Put a back-up into an empty installation and check it: files, ledger, the sound of every recording."""
    chosen = terminal.settings()
    with terminal.exits(as_json):
        if disposals is not None:
            terminal.check_readable(disposals)
        passphrase = _passphrase(passphrase_file)
        from tala import logs
        from tala.services import backup

        terminal.keep_private()
        logs.configure(chosen.model_copy(update={"log_level": "error"}))
        found = asyncio.run(backup.restore(chosen, folder, passphrase, disposals=disposals))
        if as_json:
            terminal.answer(found.model_dump(mode="json"))
        else:
            for problem in found.problems:
                print(problem)
            again = f" {found.erased_again} were erased again." if found.erased_again else ""
            counted = f"{found.rows['cases']} cases, {found.objects} recordings and files"
            checked = f"{found.events} events and {found.recordings_checked} recordings were checked"
            print(f"{counted} are back; {checked}.{again}")
            if found.problems:
                print("What is listed above is not as it was recorded. Keep the back-up and look into it.")
        if found.problems:
            raise typer.Exit(terminal.REFUSED)


def _passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """The passphrase: from a file, the environment, or asked for without showing it."""
    if file is not None:
        terminal.check_readable(file)
        lines = file.read_text(encoding="utf-8").splitlines()
        if not lines or not lines[0]:
            raise TalaError("invalid_input", f"{file} is empty; its first line must be the passphrase.")
        return lines[0]
    if given := os.environ.get(VARIABLE):
        return given
    if not sys.stdin.isatty():
        terminal.say(
            f"Give the passphrase with --passphrase-file or in {VARIABLE}; there is nobody to ask here."
        )
        raise typer.Exit(terminal.BAD_USAGE)
    asked: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return asked
