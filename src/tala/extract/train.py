"""Rebuild the language pipeline: python -m tala.extract.train (make train)."""

from pathlib import Path
from typing import Any

from spacy import util

from tala.extract import pipeline
from tala.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "models"
CONFIG = MODELS / "tala-understand.cfg"


def build() -> Any:
    """The pipeline of the config, untrained."""
    return util.load_model_from_config(util.load_config(CONFIG), auto_fill=True)


def save(nlp: Any, folder: Path) -> None:
    """Write a pipeline with the hashes of its files."""
    nlp.to_disk(folder)
    files = sorted(
        f for f in folder.rglob("*") if f.is_file() and f.name not in (pipeline.HASHES, "README.md")
    )
    lines = [f"{pipeline.sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / pipeline.HASHES).write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Train, save."""
    save(build(), MODELS / pipeline.FOLDER)


if __name__ == "__main__":
    main()
