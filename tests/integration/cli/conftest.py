"""The command as a person types it: a process, its answer, what it leaves behind."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "var"


@pytest.fixture
def tala(data_dir: Path, tmp_path: Path) -> Callable[..., Answer]:
    """Runs `tala` on a data folder of its own."""

    def run(*arguments: str | Path, stdin: str = "", **settings: str) -> Answer:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TALA_")}
        done = subprocess.run(
            [sys.executable, "-m", "tala", *map(str, arguments)],
            env={**environment, "TALA_DATA_DIR": str(data_dir), **settings},
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run
