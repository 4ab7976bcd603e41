"""Official names of agencies and places by their codes, without the language library."""

from functools import cache
from importlib import resources

from tala.cases import datafiles


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
