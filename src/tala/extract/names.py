"""What looks like the name of a person where no capitals tell."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from tala.extract.datafiles import word_list


class NameWords(NamedTuple):
    """Words of names: given names, surnames, and those that are everyday words too."""

    given: frozenset[str]
    surnames: frozenset[str]
    weak: frozenset[str]


@cache
def name_words() -> NameWords:
    """The lists of `data/names.toml`."""
    lists = tomllib.loads(files("tala.data").joinpath("names.toml").read_text("utf-8"))
    return NameWords(frozenset(lists["given"]), frozenset(lists["surnames"]), frozenset(lists["weak"]))


@cache
def town_words() -> frozenset[str]:
    """Single words that are the names of towns, cities or provinces: a capital does not make them people."""
    rows = files("tala.data").joinpath("places.tsv").read_text("utf-8").splitlines()
    said = (row.split("\t")[1].lower().removeprefix("city of ").removesuffix(" city") for row in rows)
    return frozenset(name for name in said if name.isalpha())


PARTICLES: Final = frozenset({"de", "del", "dela", "delos", "la", "los", "las", "san", "santa", "sta", "bin"})
TITLES: Final = word_list("names_titles")
RANKS: Final = frozenset({"po", "spo", "fo", "sfo", "jo", "sjo", "cpo"})
"""Ranks that a digit follows ("PO2 Reyes")."""
