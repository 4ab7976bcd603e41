"""From words to the spans of text that stand as evidence."""

from collections.abc import Iterable

from tala.extract.clauses import Clauses
from tala.extract.lexicon import Hit
from tala.facts import Span


def span_of(clauses: Clauses, first: int, last: int) -> Span:
    """The span from word `first` to word `last`, both included."""
    start, end = clauses.span(first, last)
    return Span(start=start, end=end, text=clauses.text[start:end])


def spans_of(clauses: Clauses, hits: Iterable[Hit]) -> tuple[Span, ...]:
    """Spans of hits in order of the text; overlapping ones become one."""
    merged: list[list[int]] = []
    for _, first, last in sorted(hits, key=lambda hit: (hit.first, hit.last)):
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return tuple(span_of(clauses, first, last) for first, last in merged)
