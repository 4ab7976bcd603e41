"""`tala bench language` scores a file of labelled texts with the pipeline that is installed."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.language.score import DEFAULT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process."""
    tala = Path(sys.executable).with_name("tala")
    return subprocess.run(
        [str(tala), "bench", "language", *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def test_the_command_scores_a_file_and_writes_its_section(tmp_path: Path) -> None:
    texts, document = tmp_path / "texts.jsonl", tmp_path / "accuracy.md"
    texts.write_text(
        "".join(DEFAULT.read_text(encoding="utf-8").splitlines(keepends=True)[:12]), encoding="utf-8"
    )
    ended = bench("--no-speed", "--write", str(document), str(texts))
    assert ended.returncode == 0, ended.stderr
    scores = json.loads(ended.stdout)
    assert scores["texts"] == 12
    assert 0 <= scores["slices"]["all"]["main category"]["low"] <= 1
    assert "12 texts of `texts.jsonl`" in document.read_text(encoding="utf-8")


def test_a_file_that_holds_no_labelled_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"id": 1}\n', encoding="utf-8")
    ended = bench("--no-speed", str(file))
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["texts.jsonl line 1 is not a labelled text: KeyError('gold')"]
