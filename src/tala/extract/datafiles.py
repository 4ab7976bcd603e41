"""Reading the shipped data files of this room."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def read(name: str) -> dict[str, Any]:
    """A TOML file of `tala.data`, parsed once."""
    return tomllib.loads(resources.files("tala.data").joinpath(name).read_text(encoding="utf-8"))


@cache
def word_list(key: str) -> frozenset[str]:
    """A set of single words from `data/rules/words.toml`."""
    return frozenset(read("rules/words.toml")[key].split())


@cache
def words(name: str) -> frozenset[str]:
    """A list of `small_words.toml`."""
    return frozenset(read("small_words.toml")["words"][name].split())
