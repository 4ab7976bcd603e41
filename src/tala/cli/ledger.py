"""`tala ledger`: prove that nothing on record was changed."""

import asyncio
import json
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
    as_json: terminal.AsJson = False,
) -> None:
    """Check every event's hash, order and number, every case against its events, every signed head."""
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
        if as_json:
            terminal.answer(
                {
                    "ok": report.ok,
                    "events": report.events,
                    "ledgers": report.ledgers,
                    "anchors": report.anchors,
                    "anchored": report.anchored,
                    "problems": [
                        {"ledger_id": p.ledger_id, "seq": p.seq, "message": p.message}
                        for p in report.problems
                    ],
                }
            )
        else:
            _print(report)
        if not report.ok:
            raise typer.Exit(terminal.REFUSED)


def _print(report: "Report") -> None:
    for found in report.problems:
        where = f"{found.ledger_id} #{found.seq}" if found.seq is not None else found.ledger_id
        print(f"{where}: {found.message}")
    counted = f"{report.events} events in {report.ledgers} ledgers, {report.anchors} signed heads"
    print(f"The ledger is whole: {counted}." if report.ok else f"The ledger was changed: {counted}.")


@app.command("export")
def export(
    ledger: Annotated[str | None, typer.Option(help="One ledger: the id of a case. Default: all.")] = None,
) -> None:
    """Print the ledger with its signed heads, one JSON object a line; it can be verified anywhere."""
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
