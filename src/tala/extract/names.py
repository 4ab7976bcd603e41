"""What looks like the name of a person where no capitals tell."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple


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


PARTICLES: Final = frozenset({"de", "del", "dela", "delos", "la", "los", "las", "san", "santa", "sta", "bin"})
TITLES: Final = frozenset(
    "mr mrs ms miss mister misis missis ginoo ginoong ginang gng binibini binibining bb sir maam mam madam madame ser boss bossing "
    "atty attorney atorni atorney engr engineer engineers inhinyero arch architect dr dra doctor doctora doktor doktora doc nurse "
    "nars prof professor teacher titser principal coach pastor father sister brod don dona aling mang manong manang ate kuya tito "
    "tita officer officers police pulis patrolman patrolwoman sgt sergeant sarhento cpl corporal captain capt kapitan lt lieutenant "
    "tinyente major col colonel koronel gen pat pcpl pssg pmsg psms pcpt pmaj pltc pcol insp inspector chief hepe mayor vice "
    "governor gov gobernador kagawad kap konsehal councilor kon chairman chairwoman tserman judge hon honorable congressman guard "
    "director secretary sec supervisor manager cashier clerk agent examiner enforcer treasurer assessor registrar".split()
)
RANKS: Final = frozenset({"po", "spo", "fo", "sfo", "jo", "sjo", "cpo"})
"""Ranks that a digit follows ("PO2 Reyes")."""
