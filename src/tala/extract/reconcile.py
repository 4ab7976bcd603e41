"""Facts settle one another once all are known: the ground tells which money and which people were meant."""

from typing import Final

from tala.facts import Facts

_ABOUT_MONEY: Final = frozenset({"bribery_extortion", "fixing", "no_official_receipt"})
_ABOUT_SUMS: Final = _ABOUT_MONEY | {"additional_costs"}


def reconcile(facts: Facts) -> Facts:
    """The same facts, agreeing with each other."""
    changed: dict[str, object] = {}
    main = facts.categories[0].code if facts.categories else None
    if main in _ABOUT_MONEY and len({a.php for a in facts.amounts}) == 1:
        # The only sum told in a complaint about a bribe, a fixer or a missing receipt is the one it is about.
        changed["amounts"] = tuple(a.model_copy(update={"improper": True}) for a in facts.amounts)
    elif main in _ABOUT_SUMS and facts.amounts and not any(a.improper for a in facts.amounts):
        # Nothing beside the sums told which one: the greatest is the one complained of.
        most = max(a.php for a in facts.amounts)
        changed["amounts"] = tuple(a.model_copy(update={"improper": a.php == most}) for a in facts.amounts)
    if main == "other_jurisdiction":
        # A company, a neighbour or a crime: no fee of an office was improper.
        changed["amounts"] = tuple(a.model_copy(update={"improper": False}) for a in facts.amounts)
    if main == "inquiry_or_feedback":
        # Nobody is complained of in a question or in thanks.
        changed["people"] = tuple(
            p.model_copy(update={"role": "other"}) if p.role == "respondent" else p for p in facts.people
        )
        changed["amounts"] = tuple(a.model_copy(update={"improper": False}) for a in facts.amounts)
    place, agency = facts.location, facts.agency
    if place and agency and (place.start, place.end) == (agency.start, agency.end):
        changed["location"] = (
            None  # the same words cannot be both: an agency spelt by ear sounded like a town
        )
    return facts.model_copy(update=changed) if changed else facts
