"""Official names of agencies and places by their codes, without the language library."""

import unicodedata
from functools import cache
from importlib import resources

from tala.cases import datafiles
from tala.errors import TalaError
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


def place_named(text: str) -> str:
    """The PSGC code of a place by its name or by a code or the beginning of one; empty for no text.

    Raises:
        TalaError: invalid_input where no place, or several, are called that; it names those there are.
    """
    asked = " ".join(text.split())
    if not asked:
        return ""
    if asked.isascii() and asked.isdigit():
        begin = asked.rstrip("0") if len(asked) == 10 else asked
        if len(asked) <= 10 and any(psgc.startswith(begin) for psgc in places()):
            return asked
        raise _no_place("No place has this PSGC code.")
    wanted = folded(asked)
    found = [psgc for psgc, name in places().items() if wanted in _said(name, official=True)] or [
        psgc for psgc, name in places().items() if wanted in _said(name, official=False)
    ]
    if not found:
        raise _no_place("No city, municipality or province is called that. Try its official name.")
    if len(found) > 1:
        above = {psgc: places().get(f"{psgc[:5]}00000", "") for psgc in found}
        listed = "; ".join(f"{psgc} {above[psgc]}".strip() for psgc in found[:8])
        raise _no_place(f"Several places are called that. Give the code of one: {listed}.")
    return found[0]


def folded(text: str) -> str:
    """Text for comparing names: small letters without accents."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _said(name: str, *, official: bool) -> tuple[str, ...]:
    """How a place is called: by its name, "Pasig City" for "City of Pasig"; or "Pasig" alone."""
    name = folded(name)
    bare = name.removeprefix("city of ")
    if not official:
        return (bare,)
    return (name,) if bare == name else (name, f"{bare} city")


def _no_place(detail: str) -> TalaError:
    return TalaError("invalid_input", detail, errors=[{"pointer": "/place", "detail": detail}])
