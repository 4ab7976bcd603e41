"""`tala transcribe`: words from recordings. Nothing is stored."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.cli import terminal
from tala.errors import TalaError

if TYPE_CHECKING:
    from tala.settings import Settings
    from tala.speech.engine import Engine
    from tala.transcript import Transcript


class Format(StrEnum):
    """How words are printed."""

    TEXT = "text"
    JSON = "json"
    VTT = "vtt"
    SRT = "srt"


def transcribe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings, in any common format.")],
    format: Annotated[
        Format, typer.Option("--format", help="text, json (one object a line), vtt or srt.")
    ] = Format.TEXT,
    language: Annotated[
        str, typer.Option(help="Language code such as en or tl; auto listens and finds out.")
    ] = "auto",
    model: Annotated[
        str | None, typer.Option(help="Folder or hub name of CTranslate2 Whisper weights.")
    ] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Write down what is said in recordings. Nothing is stored."""
    chosen = terminal.settings(whisper_model=model)
    format = Format.JSON if as_json else format
    if len(files) > 1 and format in (Format.VTT, Format.SRT):
        terminal.say(f"{format.value} captions belong to one recording: give one FILE at a time.")
        raise typer.Exit(terminal.BAD_USAGE)
    _quiet(chosen)
    from tala.speech.engine import Engine

    with terminal.exits(format is Format.JSON):
        engine = Engine(chosen)
        refused = False
        for path in files:
            try:
                heard = listen(chosen, engine, path, language)
            except Exception as found:
                refused = True
                error = found if isinstance(found, TalaError) else terminal.unexpected(found)
                if format is Format.JSON:
                    terminal.answer({"file": str(path), "error": terminal.problem(error)})
                else:
                    terminal.say(f"{path}: {error.message}")
                continue
            _print(path, heard, format, many=len(files) > 1)
        if refused:
            raise typer.Exit(terminal.REFUSED)


def listen(chosen: "Settings", engine: "Engine", path: Path, language: str) -> "Transcript":
    """Decode and transcribe one file, with a progress bar."""
    from tala.audio import quality, vad
    from tala.audio.decode import DecodeLimits, decode
    from tala.speech.recording import transcribe as transcribe_recording

    terminal.check_readable(path)
    with (
        terminal.progress() as bar,
        tempfile.TemporaryDirectory(prefix="tala-") as scratch,
    ):
        task = bar.add_task(path.name, total=None)
        with decode(path, DecodeLimits.from_settings(chosen), Path(scratch)) as decoded:
            warnings = list(decoded.warnings)
            for channel in range(decoded.channels):
                pcm = decoded.pcm(channel)
                warnings += quality.warnings(quality.measure(pcm, vad.speech_spans(pcm)))
            heard = transcribe_recording(
                engine,
                decoded,
                language=language,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    merged = {warning.code: warning for warning in (*warnings, *heard.warnings)}
    return heard.model_copy(update={"warnings": tuple(merged.values())})


def as_answer(path: Path, heard: "Transcript") -> dict[str, Any]:
    """A transcript as it is printed in JSON."""
    return {"file": str(path), **heard.model_dump(mode="json", exclude_none=True)}


def _print(path: Path, heard: "Transcript", format: Format, *, many: bool) -> None:
    from tala.speech import captions

    if format is Format.JSON:
        terminal.answer(as_answer(path, heard))
        return
    for warning in heard.warnings:
        terminal.say(f"{path}: {warning.message}")
    if format is Format.VTT:
        print(captions.to_vtt(heard), end="")
    elif format is Format.SRT:
        print(captions.to_srt(heard), end="")
    elif many:
        print(f"{path}: {' '.join(heard.text.split())}")
    else:
        print(captions.to_text(heard).rstrip("\n"))


def _quiet(chosen: "Settings") -> None:
    from tala import logs

    logs.configure(chosen.model_copy(update={"log_level": "error"}))
