"""Reads the shipped TOML files of `tala/data`."""

import tomllib
from importlib import resources
from typing import Any


def read(name: str) -> dict[str, Any]:
    """A data file as plain values."""
    return tomllib.loads((resources.files("tala.data") / name).read_text(encoding="utf-8"))
