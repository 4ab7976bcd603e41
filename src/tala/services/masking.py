"""What is kept readable of a case for search, lists and exports: text and facts without who is in them."""

import re
from typing import Any

from tala.facts import Facts

_HIDDEN = "▇"
_PERSONAL = ("people", "phones", "emails", "reference_numbers")


def masked(text: str, facts: Facts) -> tuple[str, dict[str, Any]]:
    """The text and the facts with names, numbers and addresses hidden, letter by letter, so that spans still fit."""
    hide: list[tuple[int, int]] = []
    for name in _PERSONAL:
        for fact in getattr(facts, name):
            if fact.start is not None and fact.end is not None:
                hide.append((fact.start, fact.end))
    for person in facts.people:
        for part in re.findall(r"\w{3,}", person.name):
            hide += [m.span() for m in re.finditer(rf"\b{re.escape(part)}\b", text, re.IGNORECASE)]
    letters = list(text)
    for start, end in hide:
        for index in range(start, min(end, len(letters))):
            if not letters[index].isspace():
                letters[index] = _HIDDEN
    kept = facts.model_dump(mode="json", exclude=set(_PERSONAL))
    return "".join(letters), _covered(kept, "".join(letters))


def _covered(node: Any, text: str) -> Any:
    """Quotes in the facts as the masked text has them."""
    if isinstance(node, dict):
        node = {name: _covered(value, text) for name, value in node.items()}
        if isinstance(node.get("start"), int) and isinstance(node.get("end"), int) and "text" in node:
            node["text"] = text[node["start"] : node["end"]]
        return node
    if isinstance(node, list):
        return [_covered(value, text) for value in node]
    return node
