"""Docs keep up with the code: every setting, error code and make target is explained."""

import re
import subprocess
from pathlib import Path

import pytest

from tala.errors import CATALOGUE
from tala.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`TALA_{name.upper()}`" in (ROOT / "docs/settings.md").read_text()


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `(TALA_[A-Z0-9_]+)`", (ROOT / "docs/settings.md").read_text(), re.M))
    assert documented <= {f"TALA_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_error_code_is_documented(code: str) -> None:
    assert f"| `{code}` | {CATALOGUE[code].status} |" in (ROOT / "docs/errors.md").read_text()


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split())  # type: ignore[union-attr]
    helped = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    assert phony == helped


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9][\w.\-\[\],]*==", text, re.M | re.I)
        assert len(pinned) > 50
        hashed = re.findall(r"^[a-z0-9][\w.\-\[\],]*==[^\n]*\\\n\s+--hash=sha256:", text, re.M | re.I)
        assert len(hashed) == len(pinned)


def test_files_of_the_project_are_small_enough_to_read() -> None:
    """A source file beyond 600 lines is a room that wants splitting."""
    listed = ["git", "ls-files", "src"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    long = {
        name: lines
        for name in tracked.split()
        if name.endswith(".py") and (lines := len((ROOT / name).read_text().splitlines())) > 600
    }
    assert long == {}
