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
    ["mr", "mrs", "ms", "miss", "mister", "sir", "maam", "mam", "madam", "madame", "ser", "atty", "attorney", "atorni", "engr", "engineer", "inhinyero", "dr", "dra", "doctor", "doctora", "doktor", "doktora", "officer", "ofcr", "sgt", "sergeant", "sarhento", "cpl", "corporal", "captain", "capt", "kapitan", "lt", "lieutenant", "tinyente", "major", "col", "colonel", "koronel", "gen", "po1", "po2", "po3", "pat", "patrolman", "patrolwoman", "pcpl", "pssg", "pmsg", "pltc", "spo1", "spo2", "spo3", "inspector", "insp", "chief", "hepe", "mayor", "vice", "governor", "gov", "gobernador", "kagawad", "kap", "konsehal", "councilor", "kon", "chairman", "chairwoman", "tserman", "judge", "hon", "honorable", "teacher", "titser", "prof", "professor", "principal", "nurse", "guard", "director", "secretary", "sec", "supervisor", "manager", "cashier", "clerk", "agent", "examiner", "enforcer", "treasurer", "assessor", "registrar", "brgy", "aling", "mang", "manong", "manang", "ate", "kuya", "tito", "tita", "boss", "bossing", "architect", "arch", "pastor", "father", "sister", "brod", "don", "dona", "congressman", "atorney", "madam"]
)
