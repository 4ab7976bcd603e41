"""Where to turn with what Tala cannot file, and in an emergency."""

from functools import cache

from tala.extract import datafiles
from tala.extract.clauses import Clauses
from tala.extract.lexicon import Lexicon
from tala.facts import TurnTo

_MOST = 3


@cache
def _topics() -> Lexicon:
    return Lexicon({topic["key"]: topic["keywords"] for topic in datafiles.read("hotlines.toml")["topic"]})


@cache
def _lines() -> dict[str, TurnTo]:
    return {
        row["key"]: TurnTo(name=row["name"], contact=row["contact"])
        for row in datafiles.read("hotlines.toml")["line"]
    }


def in_emergency(told: tuple[TurnTo, ...]) -> tuple[TurnTo, ...]:
    """The number to call at once, then those of `told` that answer somebody in danger: no complaint lines."""
    rules = datafiles.read("hotlines.toml")["emergency"]
    urgent = [_lines()[key] for key in rules["also"]]
    return (_lines()[rules["line"]], *(line for line in told if line in urgent))


def turn_to(clauses: Clauses) -> tuple[TurnTo, ...]:
    """Lines for the troubles a text tells of, most telling words first; else the general one."""
    data = datafiles.read("hotlines.toml")
    told = [hit.label for hit in _topics().find(clauses.words)]
    order = [topic["key"] for topic in data["topic"]]
    topics = sorted(set(told), key=lambda key: (-told.count(key), order.index(key)))
    rows = {topic["key"]: topic["lines"] for topic in data["topic"]}
    keys = dict.fromkeys(key for topic in topics for key in rows[topic])
    return tuple(_lines()[key] for key in list(keys or dict.fromkeys(data["fallback"]["lines"]))[:_MOST])
