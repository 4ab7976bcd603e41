"""Text cut at the spans that facts came from, for pages that show evidence without a script."""

from itertools import pairwise
from typing import Any, NamedTuple


class Piece(NamedTuple):
    """A stretch of text; `fields` are the facts it speaks for, `start_ms` and `end_ms` when it was said."""

    text: str
    fields: tuple[str, ...] = ()
    start_ms: int | None = None
    end_ms: int | None = None


def pieces(text: str, facts: dict[str, Any]) -> list[Piece]:
    """The whole text in order. Spans that do not hold the words they claim (masked texts) are left out."""
    spans = [
        span
        for span in _spans(facts)
        if 0 <= span["start"] < span["end"] <= len(text)
        and text[span["start"] : span["end"]] == span.get("text")
    ]
    edges = sorted({0, len(text), *(s["start"] for s in spans), *(s["end"] for s in spans)})
    found: list[Piece] = []
    for start, end in pairwise(edges):
        covering = [s for s in spans if s["start"] <= start and end <= s["end"]]
        fields = tuple(dict.fromkeys(s["field"] for s in covering))
        said = next((s for s in covering if s.get("start_ms") is not None), {})
        found.append(Piece(text[start:end], fields, said.get("start_ms"), said.get("end_ms")))
    return found


def _spans(facts: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for field, value in facts.items():
        if field == "categories":
            values = [span for category in value for span in category.get("evidence", ())]
        elif field == "evidence":
            found += [{**span, "field": name} for name, spans in value.items() for span in spans]
            continue
        else:
            values = value if isinstance(value, list) else [value]
        found += [{**v, "field": field} for v in values if isinstance(v, dict)]
    return [s for s in found if isinstance(s.get("start"), int) and isinstance(s.get("end"), int)]
