"""What is kept readable of a case for search, lists and exports: text and facts without who is in them."""

from typing import Any

from tala.facts import Facts

_HIDDEN = "▇"
_PERSONAL = frozenset({"people", "phones", "emails", "reference_numbers"})


def masked(text: str, facts: Facts) -> tuple[str, dict[str, Any]]:
    """The text and the facts with names, numbers and addresses hidden, letter by letter, so that spans
    still fit.
    """
    # Here, not above: it brings the language library, which a web process taking uploads never needs.
    from tala.extract.redact import spans_to_mask

    letters = list(text)
    for span in spans_to_mask(text, facts, "public"):
        for index in range(span.start, span.end):
            if not letters[index].isspace():
                letters[index] = _HIDDEN
    shown = "".join(letters)
    kept: dict[str, Any] = _covered(facts.model_dump(mode="json", exclude=set(_PERSONAL)), shown)
    return shown, kept


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
