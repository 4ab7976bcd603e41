"""A map of tiles: the regions where they lie to each other, what lies in one of them side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tala.services import naming
from tala.services.board import Spot

_WIDE, _HIGH, _GAP = 112, 64, 6
_COLUMNS = 4
_LETTERS = 17
SHADES = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """A place on the map: corner in units of the drawing, lines of its name, how many cases, where it leads.

    `shade` is 0 for none up to SHADES - 1 for the most; the number is written in the tile as well.
    """

    x: int
    y: int
    lines: tuple[str, ...]
    name: str
    count: int
    shade: int
    href: str


@dataclass(frozen=True, slots=True)
class Map:
    """Tiles and the size of the drawing."""

    width: int
    height: int
    tiles: tuple[Tile, ...]
    wide: int = _WIDE
    high: int = _HIGH


def tiles_of(spots: Iterable[Spot], place: str, address: Callable[[str], str]) -> Map:
    """The map of what lies within a place (empty: the country); towns lead nowhere further."""
    counts = {spot.psgc: spot.count for spot in spots if spot.psgc}
    most = max(counts.values(), default=0)
    if place:
        # The name tells a region's cities apart that the code puts beside its provinces.
        codes = sorted(counts, key=naming.place)
        corners = {code: (number % _COLUMNS, number // _COLUMNS) for number, code in enumerate(codes)}
        named = {code: naming.place(code) for code in codes}
    else:
        corners = {code: (one.column - 1, one.row - 1) for code, one in naming.regions().items()}
        named = {code: one.short for code, one in naming.regions().items()}
    tiles = tuple(
        Tile(
            x=column * (_WIDE + _GAP),
            y=row * (_HIGH + _GAP),
            lines=_broken(named[code]),
            name=naming.place(code),
            count=counts.get(code, 0),
            shade=_shade(counts.get(code, 0), most),
            href=address(code) if len(code) < 7 and counts.get(code) else "",
        )
        for code, (column, row) in corners.items()
    )
    width = max((tile.x + _WIDE for tile in tiles), default=_WIDE)
    return Map(width, max((tile.y + _HIGH for tile in tiles), default=_HIGH), tiles)


def _shade(count: int, most: int) -> int:
    return 0 if count == 0 else 1 + min(SHADES - 2, (SHADES - 1) * count // (most + 1))


def _broken(name: str) -> tuple[str, ...]:
    """A name on at most two lines that fit into a tile."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > _LETTERS and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    kept = lines[:2]
    if len(lines) > 2:
        kept[1] += "…"
    return tuple(line if len(line) <= _LETTERS + 1 else f"{line[:_LETTERS]}…" for line in kept)
