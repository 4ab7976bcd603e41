"""`tala file`: from a recording to a filed case, on the local database, with or without a server running."""

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.client import Filed as FiledAtServer
    from tala.services.context import Context
    from tala.services.drafts import DraftView
    from tala.services.filing import Filed
    from tala.services.intake import RecordingStatus
    from tala.settings import Settings
    from tala.transcript import Transcript, Warning_

_CHUNK_BYTES = 1 << 20


class ConsentOption(StrEnum):
    """Who is on a recording, and whether they agreed."""

    SELF = "self"
    ALL_PARTIES = "all-parties"
    UNKNOWN = "unknown"


def file(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings of spoken complaints.")],
    consent: Annotated[
        ConsentOption | None,
        typer.Option(
            help="self: only the speaker is heard. all-parties: everyone heard agreed. unknown: set aside. "
            "Default: self for one channel, unknown for more."
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="Language code such as en or tl; auto finds out.")] = "auto",
    model: Annotated[
        str | None, typer.Option(help="Folder or hub name of CTranslate2 Whisper weights.")
    ] = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """File recordings as cases: print each one's Control Tracking Number and what was understood."""
    with terminal.exits(as_json):
        if server is not None:
            refused = _through(server, key, files, consent, language, as_json)
        else:
            chosen = terminal.settings(whisper_model=model)
            refused = asyncio.run(_here(chosen, files, consent, language, as_json))
        if refused:
            raise typer.Exit(terminal.REFUSED)


async def _here(
    chosen: "Settings", files: list[Path], consent: ConsentOption | None, language: str, as_json: bool
) -> bool:
    """File on the local database; whether something was refused."""
    refused = False
    async with terminal.open_context(chosen) as ctx:
        for path in files:
            try:
                await _one(ctx, path, consent, language, as_json)
            except Exception as found:
                refused = True
                _refuse(path, found, as_json)
    return refused


def _through(
    server: str,
    key: str | None,
    files: list[Path],
    consent: ConsentOption | None,
    language: str,
    as_json: bool,
) -> bool:
    """File through a running server; whether something was refused."""
    from tala.client import Tala

    refused = False
    with Tala(server, key=key) as tala:
        for path in files:
            try:
                terminal.check_readable(path)
                sent = tala.send(path, consent=consent.value if consent else "self", language=language)
                with terminal.progress() as bar:
                    task = bar.add_task(path.name, total=1.0)
                    for state in tala.watch(sent):
                        bar.update(task, completed=state.progress, description=f"{path.name}: {state.state}")
                draft = tala.wait_for_draft(sent)
                filed, recording = tala.file(draft), tala.recording(sent)
            except Exception as found:
                refused = True
                _refuse(path, found, as_json)
                continue
            if as_json:
                terminal.answer(
                    {
                        "file": str(path),
                        "ctn": filed.ctn,
                        "receipt_secret": filed.receipt_secret,
                        "recording_id": sent.recording_id,
                        "facts": filed.facts.model_dump(mode="json"),
                        "transcript": draft.transcript.model_dump(mode="json", exclude_none=True),
                        "warnings": [w.model_dump(mode="json") for w in recording.warnings],
                    }
                )
            else:
                _print(path, recording.warnings, draft.transcript, filed)
    return refused


def _refuse(path: Path, found: Exception, as_json: bool) -> None:
    error = found if isinstance(found, TalaError) else terminal.unexpected(found)
    if as_json:
        terminal.answer({"file": str(path), "error": terminal.problem(error)})
    else:
        terminal.say(f"{path}: {error.message}")


async def _one(
    ctx: "Context", path: Path, consent: ConsentOption | None, language: str, as_json: bool
) -> None:
    from tala.services import drafts, filing, intake, sweeping

    terminal.check_readable(path)
    upload = intake.Upload(
        consent="self" if consent is None else consent.value,
        filename=path.name[-255:],
        media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        language=language,
        channel="cli",
    )
    received = await intake.receive_recording(
        ctx, _chunks(path), lambda: upload, actor=terminal.who(), ring=False
    )
    actor = intake.bearer_of(received.capability)
    try:
        status = await _process(ctx, received.recording_id, path)
    except BaseException:
        # Nobody has its token: what cannot be filed now must not wait here unseen.
        with contextlib.suppress(TalaError):
            await asyncio.shield(sweeping.discard_recording(ctx, received.recording_id, actor=actor))
        raise
    if status.error is not None:
        raise TalaError(status.error.code, status.error.message)
    assert status.draft_id is not None
    draft = await drafts.draft_of(ctx, status.draft_id, actor=actor)
    filed = await filing.file_case(ctx, status.draft_id, actor=terminal.who())
    if as_json:
        terminal.answer(_as_answer(path, status, draft, filed))
    else:
        _print(path, status.warnings, draft.transcript, filed)


async def _process(ctx: "Context", recording_id: str, path: Path) -> "RecordingStatus":
    """Work on the recording here, showing how far it is; should a worker have taken it, wait for that one."""
    from tala.services import intake, processing

    actor = terminal.who()
    with terminal.progress() as bar:
        task = bar.add_task(path.name, total=1.0)
        working = asyncio.create_task(processing.process_recording(ctx, recording_id, patient=False))
        try:
            while True:
                status = await intake.recording_status(ctx, recording_id, actor=actor)
                bar.update(task, completed=status.progress, description=f"{path.name}: {status.state}")
                if status.settled:
                    return status
                if working.done() and not working.cancelled() and (failure := working.exception()):
                    raise failure
                if working.done():
                    # A worker of a running server took it first; should that one die, we go on.
                    working = asyncio.create_task(_again(ctx, recording_id))
                await asyncio.wait({working}, timeout=0.25)
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working


async def _again(ctx: "Context", recording_id: str) -> None:
    from tala.services import processing

    await asyncio.sleep(1.0)
    await processing.process_recording(ctx, recording_id, patient=False)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        while chunk := await asyncio.to_thread(source.read, _CHUNK_BYTES):
            yield chunk


def _as_answer(path: Path, status: "RecordingStatus", draft: "DraftView", filed: "Filed") -> dict[str, Any]:
    return {
        "file": str(path),
        "ctn": filed.ctn,
        "receipt_secret": filed.receipt_secret,
        "case_id": filed.case_id,
        "recording_id": status.id,
        "consent": status.consent,
        "attested_by": status.attested_by,
        "facts": filed.facts.model_dump(mode="json"),
        "transcript": draft.transcript.model_dump(mode="json", exclude_none=True),
        "warnings": [warning.model_dump(mode="json") for warning in status.warnings],
    }


def _print(
    path: Path, warnings: "tuple[Warning_, ...]", heard: "Transcript", filed: "Filed | FiledAtServer"
) -> None:
    from tala.cases import taxonomy

    facts, known = filed.facts, taxonomy.load()
    grounds = ", ".join(known[c.code].name.en for c in facts.categories if c.code in known)
    improper = ", ".join(f"PHP {a.php:,.2f}" for a in facts.amounts if a.improper)
    lines = {
        "Tracking number": filed.ctn,
        "Receipt secret": f"{_grouped(filed.receipt_secret or '')}  (shown once; keep it to follow the case)",
        "Grounds": grounds or "none recognised",
        "Agency": facts.agency.name if facts.agency else None,
        "Place": facts.location.name if facts.location else None,
        "Service": facts.service.text if facts.service else None,
        "Incident date": facts.incident_date.date.isoformat() if facts.incident_date else None,
        "Asked for": improper,
        "People": ", ".join(f"{p.name} ({p.role})" for p in facts.people),
        "Urgency": facts.urgency,
        "Still missing": ", ".join(facts.missing),
    }
    print(path)
    for name, value in lines.items():
        if value:
            print(f"  {name:<16} {value}")
    print(f"  {'Heard':<16} {heard.text}")
    for warning in warnings:
        terminal.say(f"{path}: {warning.message}")


def _grouped(digits: str) -> str:
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
