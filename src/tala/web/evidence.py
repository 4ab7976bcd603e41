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


class ShownFact(NamedTuple):
    """A fact as a page shows it: the key of its label, its value, and the words it came from."""

    label: str
    field: str
    value: str
    quote: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    entered_by: str = ""
    improper: bool = False


_ROLES = {"respondent": "field.respondent", "complainant": "field.complainant"}


def facts_in_order(facts: dict[str, Any]) -> list[ShownFact]:
    """What was understood, in the order in which people read it; masked or missing members are left out."""
    found: list[ShownFact] = []

    def add(label: str, field: str, value: Any, fact: dict[str, Any]) -> None:
        if not value:
            return
        quoted = fact.get("start") is not None and not fact.get("entered_by")
        found.append(
            ShownFact(
                label=label,
                field=field,
                value=str(value),
                quote=str(fact.get("text") or "") if quoted else "",
                start_ms=fact.get("start_ms"),
                end_ms=fact.get("end_ms"),
                entered_by=str(fact.get("entered_by") or ""),
                improper=bool(fact.get("improper")),
            )
        )

    for category in facts.get("categories") or ():
        first: dict[str, Any] = next(iter(category.get("evidence") or ()), {})
        add("field.categories", "categories", category.get("code"), first | _entered(category))
    if agency := facts.get("agency"):
        name = agency.get("name")
        code = agency.get("code")
        add("field.agency", "agency", f"{code} · {name}" if name and name != code else code, agency)
    for field, member in (("service", "text"), ("location", "name"), ("incident_date", "date")):
        if fact := facts.get(field):
            add(f"field.{field}", field, fact.get(member) or fact.get("text"), fact)
    for amount in facts.get("amounts") or ():
        add("field.amounts", "amounts", f"₱{amount.get('php', 0):,.2f}".removesuffix(".00"), amount)
    for person in facts.get("people") or ():
        add(_ROLES.get(person.get("role", ""), "field.others"), "people", person.get("name"), person)
    if described := facts.get("respondent_description"):
        value = described.get("position") or described.get("text")
        add("field.position", "respondent_description", value, described)
    for field in ("reference_numbers", "phones", "emails"):
        for fact in facts.get(field) or ():
            add(f"field.{field}", field, fact.get("value"), fact)
    return found


def _entered(category: dict[str, Any]) -> dict[str, Any]:
    return {"entered_by": category["entered_by"]} if category.get("entered_by") else {}
