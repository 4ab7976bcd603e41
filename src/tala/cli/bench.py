"""`tala bench`: measurements of this machine, as a table and as JSON.

The measuring itself lies beside the source, in benchmarks/, with the texts it needs; an installed package
without it says so.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

PROJECT_ROOT = Path(__file__).resolve().parents[3]

app = bench_app = typer.Typer(no_args_is_help=True, help="Measure this machine.")

_BENCHMARKS = PROJECT_ROOT / "benchmarks"


def _run(module: str, arguments: list[str]) -> None:
    """Run a measurement in a process of its own, in the source tree, and end as it ended."""
    if not (_BENCHMARKS / Path(*module.split(".")[1:])).with_suffix(".py").is_file():
        typer.echo("This installation has no benchmarks: run it from the source tree.", err=True)
        raise typer.Exit(1)
    ended = subprocess.run([sys.executable, "-m", module, *arguments], cwd=PROJECT_ROOT, check=False)
    if ended.returncode:
        raise typer.Exit(1)


@bench_app.command()
def speech(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with a manifest.jsonl; none: sentences spoken on the spot.")
    ] = None,
    systems: Annotated[
        str, typer.Option(help="Recognisers to compare, the first is the yardstick.")
    ] = "tala,faster-whisper,faster-whisper-batched",
    sets: Annotated[str, typer.Option(help="Only these sets of the manifest, with commas between.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips of each set.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Medians of so many rounds.")] = 5,
    language: Annotated[
        list[str] | None,
        typer.Option(help="auto, known or a code; SYSTEM=MODE for one of them. May be given again."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Word errors, invented words, speed, latency and memory of the speech engine beside others."""
    with tempfile.TemporaryDirectory(prefix="tala-bench-") as scratch:
        if folder is None:
            folder = Path(scratch)
            _run("benchmarks.speech.make_spoken", [str(folder), "--limit", str(limit or 4)])
        arguments = [str(folder.resolve()), "--rounds", str(rounds), "--systems", *systems.split(",")]
        if sets:
            arguments += ["--sets", *sets.split(",")]
        if limit is not None:
            arguments += ["--limit", str(limit)]
        for choice in language or []:
            arguments += ["--language", choice]
        if json_file is not None:
            arguments += ["--json", str(json_file.resolve())]
        _run("benchmarks.speech.compare", arguments)


@bench_app.command()
def intake(
    recording: Annotated[Path | None, typer.Option(help="Speech to send; none: one of the samples.")] = None,
    seconds: Annotated[float, typer.Option(help="Length it is cut or repeated to.")] = 30.0,
    runs: Annotated[int, typer.Option(min=1, help="How often.")] = 5,
) -> None:
    """From the end of an upload to the draft, and the memory of the whole system."""
    arguments = ["--seconds", str(seconds), "--runs", str(runs)]
    if recording is not None:
        arguments += ["--recording", str(recording.resolve())]
    _run("benchmarks.intake", arguments)


@bench_app.command()
def live(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with a manifest.jsonl or recordings; none: the samples.")
    ] = None,
    citizens: Annotated[int, typer.Option(min=1, max=200, help="How many speak at once.")] = 1,
    seconds: Annotated[float, typer.Option(min=5, help="How long each one speaks, about.")] = 40.0,
    sets: Annotated[str, typer.Option(help="Only these sets of the manifest, with commas between.")] = "",
    language: Annotated[str, typer.Option(help="auto, or a code.")] = "auto",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Citizens who speak recordings in real time: how soon they see words and facts, and what is lost."""
    arguments = [str((folder or PROJECT_ROOT / "audio_samples").resolve())]
    arguments += ["--citizens", str(citizens), "--seconds", str(seconds), "--language", language]
    if sets:
        arguments += ["--sets", *sets.split(",")]
    if json_file is not None:
        arguments += ["--json", str(json_file.resolve())]
    _run("benchmarks.live.measure", arguments)


@bench_app.command()
def language(
    file: Annotated[
        Path | None, typer.Argument(help="JSONL of labelled texts; none: the evaluation texts.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="Document whose section of scores is written.")] = None,
    speed: Annotated[bool, typer.Option("--speed/--no-speed", help="Measure speed and memory too.")] = True,
) -> None:
    """What is understood of labelled texts, by fact and by slice; a table, and JSON on standard output."""
    arguments = [] if speed else ["--no-speed"]
    if write is not None:
        arguments += ["--write", str(write.resolve())]
    if file is not None:
        arguments.append(str(file.resolve()))
    _run("benchmarks.language.score", arguments)
