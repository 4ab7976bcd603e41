"""The labelled texts and the slices they are reported by."""

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ALL: Final = "all"
SHORT_WORDS, LONG_WORDS = 30, 80


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled text."""

    id: str
    text: str
    filed_at: dt.datetime
    gold: dict[str, Any]
    language: str = ""
    style: frozenset[str] = field(default_factory=frozenset)

    @property
    def words(self) -> int:
        """Words between white space."""
        return len(self.text.split())

    def slices(self) -> tuple[str, ...]:
        """Every slice this text counts in."""
        length = "short" if self.words <= SHORT_WORDS else "long" if self.words > LONG_WORDS else "middle"
        form = "as heard" if looks_heard(self) else "as written"
        names = [ALL, f"form: {form}", f"length: {length}"]
        if self.language:
            names.insert(1, f"language: {self.language}")
        return tuple(names)


def looks_heard(item: Item) -> bool:
    """Whether a recogniser writes like this: by its tag, else no capitals and no full stops."""
    if item.style & {"asr", "clean"}:
        return "asr" in item.style
    return item.text == item.text.lower() and not any(mark in item.text for mark in ".?!")


def read(file: Path) -> list[Item]:
    """Labelled texts of a JSONL file.

    Raises:
        ValueError: naming the line that is not a labelled text.
    """
    items = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            gold = row["gold"]
            items.append(
                Item(
                    id=str(row["id"]),
                    text=row["text"],
                    filed_at=dt.datetime.fromisoformat(row["filed_at"]),
                    gold=gold,
                    language=row.get("language") or gold.get("language") or "",
                    style=frozenset(row.get("style") or ()),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file.name} line {number} is not a labelled text: {error!r}") from error
    if not items:
        raise ValueError(f"{file.name} holds no labelled text")
    return items
