"""`tala ledger`: prove that nothing on record was changed."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import terminal

if TYPE_CHECKING:
    from tala.store.verify import Report

app = typer.Typer(help="Prove that nothing on record was changed.", no_args_is_help=True)


@app.command("verify")
def verify(
    ledger: Annotated[str | None, typer.Option(help="One ledger: the id of a case. Default: all.")] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(help="File of signed heads kept elsewhere, one a line: each must still stand here."),
    ] = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Check every event's hash, order and number, every case against its events, every signed head."""
    if server is not None:
        _verify_through(server, key, ledger, anchors, as_json)
        return
    chosen = terminal.settings()

    async def work() -> "Report":
        from tala.services import audit

        trusted: list[dict[str, Any]] = []
        if anchors is not None:
            terminal.check_readable(anchors)
            trusted = [json.loads(line) for line in anchors.read_text().splitlines() if line.strip()]
        async with terminal.open_context(chosen) as ctx:
            return await audit.verify_ledger(ctx, terminal.who(), ledger_id=ledger, trusted=trusted)

    with terminal.exits(as_json):
        report = asyncio.run(work())
        problems = [{"ledger_id": p.ledger_id, "seq": p.seq, "message": p.message} for p in report.problems]
        counted = ("ok", "events", "ledgers", "anchors", "anchored")
        _told({name: getattr(report, name) for name in counted} | {"problems": problems}, as_json)


def _verify_through(
    server: str, key: str | None, ledger: str | None, anchors: Path | None, as_json: bool
) -> None:
    if anchors is not None:
        terminal.say(
            "Heads kept elsewhere are compared on the machine that holds the database: leave --server out."
        )
        raise typer.Exit(terminal.BAD_USAGE)
    with terminal.exits(as_json), terminal.through(server, key) as tala:
        _told(tala.verify_ledger(ledger).model_dump(mode="json"), as_json)


def _told(report: dict[str, Any], as_json: bool) -> None:
    """Answer what was found; exit with 1 where something was changed."""
    if as_json:
        terminal.answer(report)
    else:
        _print(report)
    if not report["ok"]:
        raise typer.Exit(terminal.REFUSED)


def _print(report: dict[str, Any]) -> None:
    for found in report["problems"]:
        seq = found["seq"]
        print(f"{found['ledger_id']}{'' if seq is None else f' #{seq}'}: {found['message']}")
    counted = "{events} events in {ledgers} ledgers, {anchors} signed heads".format(**report)
    print(f"The ledger is whole: {counted}." if report["ok"] else f"The ledger was changed: {counted}.")


@app.command("export")
def export(
    ledger: Annotated[str | None, typer.Option(help="One ledger: the id of a case. Default: all.")] = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
) -> None:
    """Print the ledger with its signed heads, one JSON object a line; it can be verified anywhere."""
    if server is not None:
        with terminal.exits(), terminal.through(server, key) as tala:
            for piece in tala.stream_ledger(ledger):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        return
    chosen = terminal.settings()

    async def work() -> None:
        from tala.services import audit

        async with terminal.open_context(chosen) as ctx:
            async for line in audit.export_ledger(ctx, terminal.who(), ledger):
                print(line)

    with terminal.exits():
        asyncio.run(work())


@app.command("anchor")
def anchor(as_json: terminal.AsJson = False) -> None:
    """Sign where the ledgers end now and print the statement: keep it where nobody here can write."""
    from tala.services import audit

    with terminal.exits(as_json):
        line = terminal.run_async(audit.anchor)
    if line is not None:
        print(line)
    else:
        terminal.say("No ledger has moved since the last signed head.")
