"""Official names of agencies and places by their codes, without the language library."""

from functools import cache
from importlib import resources

from tala.cases import datafiles
from tala.transcript import Value


@cache
def agencies() -> dict[str, str]:
    """Names of the agencies by the code people use, as LTO; an agency's first name is its own."""
    rows = datafiles.read("agencies.toml")["agency"]
    return {row["code"]: row["name"] for row in reversed(rows) if row.get("code")}


@cache
def places() -> dict[str, str]:
    """Official names of regions, provinces, cities and municipalities by their PSGC code of 10 digits."""
    lines = (resources.files("tala.data") / "places.tsv").read_text(encoding="utf-8").splitlines()
    return {psgc: name for psgc, name, *_ in (line.split("\t") for line in lines)}


class Region(Value):
    """A region: two digits, short and official name, and its tile on a map, counted from north and west."""

    code: str
    short: str
    name: str
    row: int
    column: int


@cache
def regions() -> dict[str, Region]:
    """The regions by the first two digits of their PSGC codes."""
    rows = datafiles.read("regions.toml")["region"]
    return {row["code"]: Region.model_validate(row) for row in rows}


def place(prefix: str) -> str:
    """The name of a region, province, city or municipality by the prefix of its PSGC code; the prefix itself
    where it is none.
    """
    if len(prefix) == 2:
        return regions()[prefix].name if prefix in regions() else prefix
    return places().get(prefix.ljust(10, "0"), prefix)
