"""`tala cases`: the case desk from a terminal.

The operator sees what an administrator sees, and it is logged.
"""

import contextlib
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import known, terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.services.context import Context
    from tala.services.reading import CaseView
    from tala.store.queries import Page
    from tala.store.tables import Case

app = typer.Typer(help="The case desk from a terminal.", no_args_is_help=True)

_COLUMNS = ("CTN", "FILED", "STATE", "AGENCY", "GROUND", "PLACE", "URGENCY", "CLOCK", "DUE")


@app.command("list")
def list_cases(
    state: Annotated[list[str] | None, typer.Option(help="Only this state; may be given again.")] = None,
    agency: Annotated[str | None, typer.Option(help="Only this agency's code, as LTO.")] = None,
    category: Annotated[str | None, typer.Option(help="Only with this ground, as fixing.")] = None,
    psgc: Annotated[str | None, typer.Option(help="Only places whose PSGC code begins so.")] = None,
    urgency: Annotated[str | None, typer.Option(help="low, medium or high.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """List cases, newest first."""
    known.check_filters(state, category, urgency)
    if server is not None:
        filters: dict[str, str | list[str]] = {"state": state or []}
        given = {"agency": agency, "category": category, "psgc": psgc, "urgency": urgency, "cursor": cursor}
        filters |= {name: value for name, value in given.items() if value is not None}
        _list_through(server, key, filters, limit, as_json)
        return

    async def work(ctx: "Context") -> "Page[Case]":
        from tala.store.queries import CaseFilter
        from tala.store.queries import list_cases as query

        wanted = CaseFilter(
            states=state or (), agency_code=agency, category=category, psgc=psgc, urgency=urgency
        )
        async with ctx.database.read() as session:
            return await query(session, wanted, terminal.who(), limit=limit, cursor=cursor)

    with terminal.exits(as_json):
        page = terminal.run_async(work)
    if not page.rows:
        known.check_agency(agency)
    if as_json:
        for case in page.rows:
            terminal.answer(_summary(case))
        return
    rows = [
        (
            c.ctn,
            f"{c.filed_at:%Y-%m-%d}",
            c.state,
            c.agency_code,
            c.main_category,
            known.place(c.psgc),
            c.urgency,
            c.clock_state,
            f"{c.next_due_at:%Y-%m-%d}" if c.next_due_at else None,
        )
        for c in page.rows
    ]
    terminal.table("", _COLUMNS, rows)
    if page.next:
        terminal.say(f"More: tala cases list --cursor {page.next}")


@app.command("show")
def show(
    ctn: Annotated[str, typer.Argument(help="Control Tracking Number.")],
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Show one case with its clocks and its history."""
    if server is not None:
        from tala.services.reading import CaseView

        with terminal.exits(as_json), terminal.through(server, key) as tala:
            found = tala.case(ctn).model_dump(mode="json")
            if as_json:
                terminal.answer(found)
            else:
                _print(CaseView.model_validate(found))
        return

    async def work(ctx: "Context") -> "CaseView":
        from tala.services.reading import read_case

        return await read_case(ctx, ctn, terminal.who())

    with terminal.exits(as_json):
        case = terminal.run_async(work)
    if as_json:
        terminal.answer(case.model_dump(mode="json"))
    else:
        _print(case)


def _list_through(
    server: str, key: str | None, filters: dict[str, str | list[str]], limit: int, as_json: bool
) -> None:
    with terminal.exits(as_json), terminal.through(server, key) as tala:
        rows = list(tala.cases(most=limit, **filters))
    if not rows:
        known.check_agency(str(filters["agency"]) if "agency" in filters else None)
    if as_json:
        for row in rows:
            terminal.answer(row.model_dump(mode="json"))
        return
    shown = [
        (
            row.ctn,
            f"{row.filed_at:%Y-%m-%d}",
            row.state,
            row.agency_code,
            row.main_category,
            known.place((row.model_extra or {}).get("psgc")),
            row.urgency,
            row.clock_state,
            f"{row.next_due_at:%Y-%m-%d}" if row.next_due_at else None,
        )
        for row in rows
    ]
    terminal.table("", _COLUMNS, shown)


class ExportFormat(StrEnum):
    """How cases are written out."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@app.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option("--output", "--out", help="File to write; default: standard output.")
    ] = None,
    format: Annotated[
        ExportFormat, typer.Option("--format", help="jsonl, csv or parquet.")
    ] = ExportFormat.JSONL,
    state: Annotated[list[str] | None, typer.Option(help="Only this state; may be given again.")] = None,
    agency: Annotated[str | None, typer.Option(help="Only this agency's code, as LTO.")] = None,
    category: Annotated[str | None, typer.Option(help="Only with this ground, as fixing.")] = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Write cases out, masked, with a manifest beside the file (on stderr without one)."""
    known.check_filters(state, category)

    async def work(ctx: "Context") -> dict[str, Any]:
        from tala.services import exporting
        from tala.store.queries import CaseFilter
        from tala.store.queries import list_cases as query

        wanted = CaseFilter(states=state or (), agency_code=agency, category=category)
        async with ctx.database.read() as session:
            first = await query(session, wanted, terminal.who(), limit=1)
        if not first.rows:  # before there is a file
            known.check_agency(agency)
        running = exporting.start(ctx, terminal.who(), wanted, format.value)
        with open_private(out) if out else contextlib.nullcontext(sys.stdout.buffer) as target:
            async for piece in running.stream():
                target.write(piece)
            target.flush()
        return running.manifest()

    with terminal.exits(as_json):
        if server is not None:
            given = {"agency": agency, "category": category}
            filters: dict[str, str | list[str]] = {"state": state or []}
            filters |= {name: value for name, value in given.items() if value is not None}
            opened = open_private(out) if out else contextlib.nullcontext(sys.stdout.buffer)
            with terminal.through(server, key) as tala, opened as target:
                manifest = tala.export_cases(target, format.value, **filters)
                target.flush()
        else:
            manifest = terminal.run_async(work)
        if out is None:
            terminal.say(json.dumps(manifest))
            return
        out.with_name(out.name + ".manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        if as_json:
            terminal.answer(manifest)
        else:
            print(f"{manifest['rows']} cases in {out}, SHA-256 {manifest['sha256']}")


def open_private(path: Path) -> IO[bytes]:
    """A new file only its owner can read."""
    terminal.keep_private()
    try:
        return path.open("wb")
    except OSError as error:
        raise TalaError("storage_unavailable", f"{path} cannot be written: {error.strerror}.") from error


def _summary(case: "Case") -> dict[str, Any]:
    return {
        "ctn": case.ctn,
        "filed_at": case.filed_at.isoformat(),
        "state": case.state,
        "agency_code": case.agency_code,
        "main_category": case.main_category,
        "psgc": case.psgc,
        "incident_date": case.incident_date.isoformat() if case.incident_date else None,
        "urgency": case.urgency,
        "language": case.language,
        "channel": case.channel,
        "clock_state": case.clock_state,
        "next_due_at": case.next_due_at.isoformat() if case.next_due_at else None,
    }


def _print(case: "CaseView") -> None:
    from tala.cases import taxonomy

    named = taxonomy.load()
    grounds = ", ".join(named[code].name.en for code in case.categories if code in named)
    lines = {
        "State": case.state,
        "Filed": f"{case.filed_at:%Y-%m-%d %H:%M} UTC, by {case.channel}",
        "Grounds": grounds,
        "Agency": case.agency_code,
        "Place": known.place(case.psgc),
        "Incident date": case.incident_date,
        "Urgency": case.urgency,
        "Handled by": ", ".join(part for part in (case.authority, case.team) if part),
    }
    print(f"{case.ctn}  ({case.level})")
    for name, value in lines.items():
        if value:
            print(f"  {name:<14} {value}")
    for clock in case.clocks:
        due = f"due {clock.due_at:%Y-%m-%d}" if clock.due_at else ""
        print(f"  {'Clock':<14} {clock.code}: {clock.state} {due}".rstrip())
    print(f"  {'Narrative':<14} {case.narrative}")
    for event in case.events:
        print(f"  {event.at:%Y-%m-%d %H:%M}  {event.kind}")
