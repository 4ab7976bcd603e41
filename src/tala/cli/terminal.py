"""What commands share: settings, errors as exit codes, answers on stdout and everything else on stderr."""

import asyncio
import contextlib
import getpass
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tala.errors import TalaError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from tala.client import Tala
    from tala.services.actors import Caller
    from tala.services.context import Context
    from tala.settings import Settings

REFUSED = 1
BAD_USAGE = 2

Server = Annotated[
    str | None,
    typer.Option("--server", help="Address of a running Tala to go through, instead of its database."),
]
Key = Annotated[
    str | None, typer.Option("--key", envvar="TALA_KEY", help="API key for that server (tala keys add).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


def settings(**overrides: Any) -> "Settings":
    """Settings from the environment, with what the command line says over them.

    Exits with a sentence when wrong.
    """
    from pydantic import ValidationError

    from tala.settings import Settings

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = "TALA_" + "_".join(map(str, problem["loc"])).upper()
            say(f"{name} is not valid: {problem['msg']}")
        raise typer.Exit(BAD_USAGE) from None


def keep_private() -> None:
    """From here on, what this process writes is for its owner alone."""
    os.umask(0o077)


def say(text: str) -> None:
    """A line for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def answer(value: Any) -> None:
    """One JSON object on one line of stdout."""
    print(json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str), flush=True)


def problem(error: TalaError) -> dict[str, Any]:
    """An error as commands print it in JSON."""
    return {"code": error.code, "message": error.message}


def unexpected(error: Exception) -> TalaError:
    """What to tell of an error nobody foresaw.

    Where in the code it was goes to stderr, without anybody's words.
    """
    import traceback

    if type(error).__module__.startswith("httpx"):
        said = f"The server does not answer ({type(error).__name__}). Check its address and that it runs."
        return TalaError("internal", said, retryable=True)
    for frame in traceback.extract_tb(error.__traceback__)[-3:]:
        say(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}")
    return TalaError(
        "internal",
        f"Something went wrong here ({type(error).__name__}). `tala doctor` checks the installation.",
    )


@contextlib.contextmanager
def exits(as_json: bool = False) -> Iterator[None]:
    """Turn what goes wrong into a sentence on stderr (or JSON on stdout) and exit code 1."""
    try:
        yield
    except TalaError as error:
        if as_json:
            answer({"error": problem(error)})
        else:
            say(error.message)
        raise typer.Exit(REFUSED) from None
    except BrokenPipeError:
        # Whoever read our answer has enough; say nothing more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        say("Stopped.")
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        failure = unexpected(error)
        if as_json:
            answer({"error": problem(failure)})
        else:
            say(failure.message)
        raise typer.Exit(REFUSED) from None


def run_async[T](work: Callable[["Context"], Coroutine[Any, Any, T]], chosen: "Settings | None" = None) -> T:
    """Run one use case on the local database, migrated first. No server has to be running."""
    chosen = chosen or settings()

    async def inside() -> T:
        async with open_context(chosen) as ctx:
            return await work(ctx)

    return asyncio.run(inside())


@contextlib.asynccontextmanager
async def open_context(chosen: "Settings") -> "AsyncIterator[Context]":
    """The context of a command: quiet logs, the newest schema."""
    from tala import logs
    from tala.services.context import Context
    from tala.store import migrate

    keep_private()
    logs.configure(chosen.model_copy(update={"log_level": "error"}))
    chosen.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    await migrate.upgrade(chosen)
    ctx = await Context.open(chosen)
    try:
        yield ctx
    finally:
        await ctx.close()


def through(server: str, key: str | None) -> "Tala":
    """A client of a running server, to be used in a `with` block."""
    from tala.client import Tala

    return Tala(server, key=key)


def who() -> "Caller":
    """The operator of this machine, as the ledger names them."""
    from tala.services.actors import operator

    try:
        return operator(getpass.getuser())
    except (KeyError, OSError):  # no such user in this container
        return operator(str(os.getuid()))


def console() -> "Console":
    """A console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """A table for people on stdout."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        drawn.add_row(*("" if cell is None else str(cell) for cell in row))
    wide = None if sys.stdout.isatty() else 200
    Console(highlight=False, width=wide).print(drawn)


@contextlib.contextmanager
def progress() -> "Iterator[Progress]":
    """A progress bar on stderr that goes away when done; nothing where stderr is no terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        yield bar


def check_readable(path: Path) -> None:
    """Refuse a path that is no readable file, in words."""
    if not path.exists():
        raise TalaError("not_found", f"There is no file {path}.")
    if not path.is_file():
        raise TalaError("bad_request", f"{path} is not a file.")
    if not os.access(path, os.R_OK):
        raise TalaError("forbidden", f"{path} cannot be read; check its permissions.")
