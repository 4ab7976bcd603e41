"""The command `tala`. Commands import what they need when they run, so that `--help` answers at once."""

from importlib import import_module
from importlib.util import find_spec

import typer

from tala.cli import (
    accounts,
    backup,
    cases,
    converse,
    demo,
    doctor,
    file,
    ledger,
    models,
    run,
    transcribe,
    understand,
)

app = typer.Typer(
    name="tala",
    help="Voice-driven complaint intake: a citizen speaks, a tracked case is on record.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would print the values of variables, which may be somebody's words
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _main(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"tala {version_of('tala')}")
        raise typer.Exit


app.command("run")(run.run)
app.command("serve")(run.serve)
app.command("worker")(run.worker)
app.command("prepare", hidden=True)(run.prepare)
app.command("transcribe")(transcribe.transcribe)
app.command("understand")(understand.understand)
app.command("converse")(converse.converse)
app.command("file")(file.file)
app.add_typer(cases.app, name="cases")
app.add_typer(ledger.app, name="ledger")
app.command("backup")(backup.back_up)
app.command("restore")(backup.restore)
app.add_typer(accounts.users, name="users")
app.add_typer(accounts.keys, name="keys")
app.add_typer(models.app, name="models")
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
for _name in ("bench",):
    if find_spec(f"tala.cli.{_name}"):
        app.add_typer(import_module(f"tala.cli.{_name}").app, name=_name)
