"""Component tala_urgency: how soon somebody must look at it, from what is said and never from how it sounds.

High: danger, threats, a flight, a medical or legal deadline within days, organised or large extortion. Low:
mere questions and thanks, and what the speaker calls slight. An emergency happening now is apart: Tala cannot
send help, it says where help is.
"""

from functools import cache
from typing import Any, Final

from spacy.language import Language

from tala.cases import taxonomy
from tala.extract import datafiles, evidence
from tala.extract.clauses import Clauses, clauses_of
from tala.extract.lexicon import Hit, Lexicon
from tala.extract.linear import Floats
from tala.extract.spans import spans_of
from tala.extract.words import extend
from tala.facts import Amount, Span, Urgency

FACTORY: Final = "tala_urgency"
LARGE_SUM_PHP: Final = 10_000

_NEGATIONS: Final = datafiles.words("denials")
_SUPPOSED: Final = datafiles.words("supposing")
_REACH = 3  # words before a cue in which a negation or an "if" undoes it

_SLIGHT: Final = "slight"
# Cues that only count beside other signs: "urgent" is said of everything.
_WEAK = frozenset({"plea", _SLIGHT})
# Least chance of "high" that the trained model must hold: with a cue, with a weak cue, with none, with a
# deadline that looms.
_SUPPORTED: Final = 0.10
_LIKELY: Final = 0.35
_ALONE: Final = 0.50
_DUE: Final = 0.02
_NEAR: Final = 9  # words between an event and the time to come at which it falls due

extend("urgency", "low")
extend("urgency_scores", None)
extend("urgency_evidence", ())
extend("emergency", ())


@cache
def _of_emergencies() -> frozenset[str]:
    return frozenset(datafiles.read("cues.toml")["emergency"])


@cache
def _looming() -> Lexicon:
    return Lexicon(datafiles.read("cues.toml")["looming"])


def looming(clauses: Clauses) -> list[Hit]:
    """Events that fall due within days, with the words that say so: "my flight is on Saturday"."""
    found = _looming().find(clauses.words)
    events = [hit for hit in found if hit.label == "event"]
    return [
        near
        for soon in found
        if soon.label == "soon"
        for near in _nearest(clauses, soon, events)
        if _holds(clauses, near)
    ]


def _nearest(clauses: Clauses, soon: Hit, events: list[Hit]) -> list[Hit]:
    """The stretch from the nearest event of the same sentence to a time, none where all are far."""
    words = clauses.words
    near = [
        (max(soon.first - event.last, event.first - soon.last), event)
        for event in events
        if words[event.first].sentence == words[soon.first].sentence
        and max(soon.first - event.last, event.first - soon.last) <= _NEAR
        and not event.first <= soon.first <= event.last
    ]
    if not near:
        return []
    _, event = min(near, key=lambda pair: pair[0])
    return [Hit("deadline", min(event.first, soon.first), max(event.last, soon.last))]


def _holds(clauses: Clauses, hit: Hit) -> bool:
    """Whether a cue is asserted: neither denied nor only supposed."""
    words = clauses.words
    before = words[max(hit.first - _REACH, 0) : hit.first]
    return not any(
        word.clause == words[hit.first].clause and (word.norm in _NEGATIONS or word.norm in _SUPPOSED)
        for word in before
    )


def urgent_hits(clauses: Clauses) -> list[Hit]:
    """The asserted cues of urgency in a text."""
    apart = _of_emergencies()
    return [hit for hit in evidence.urgent(clauses) if hit.label not in apart and _holds(clauses, hit)]


def emergency_spans(clauses: Clauses) -> tuple[Span, ...]:
    """The words that tell of an emergency happening now."""
    meant = _of_emergencies()
    hits = (hit for hit in evidence.urgent(clauses) if hit.label in meant)
    return spans_of(clauses, (hit for hit in hits if _holds(clauses, hit)))


def large_sums(amounts: tuple[Amount, ...]) -> tuple[Span, ...]:
    """The improper amounts of about 10,000 pesos and more."""
    return tuple(
        Span(start=a.start, end=a.end, text=a.text) for a in amounts if a.improper and a.php >= LARGE_SUM_PHP
    )


def grade(
    clauses: Clauses,
    amounts: tuple[Amount, ...],
    chances: Floats | None,
    at_least: Urgency = "low",
    *,
    emergency: tuple[Span, ...] | None = None,
) -> tuple[Urgency, tuple[Span, ...]]:
    """Urgency of a text and the words it rests on.

    Args:
        clauses: the words.
        amounts: sums of money in them.
        chances: what the trained model holds of low, medium and high; None where it is untrained.
        at_least: what its main ground makes it.
        emergency: the words that tell of one, where they are known; otherwise looked for.
    """
    cues = urgent_hits(clauses)
    hits = [hit for hit in cues if hit.label != _SLIGHT]
    slight = [hit for hit in cues if hit.label == _SLIGHT]
    due = looming(clauses) if at_least == "medium" or hits else []
    large = large_sums(amounts)
    _, _, high = chances if chances is not None else (1.0, 0.0, 0.0)
    certain = any(hit.label not in _WEAK for hit in hits)
    emergency = emergency_spans(clauses) if emergency is None else emergency
    if (
        large
        or emergency
        or (due and (certain or high >= _DUE))
        or (certain and high >= _SUPPORTED)
        or (hits and high >= _LIKELY)
        or high >= _ALONE
    ):
        return "high", tuple(dict.fromkeys((*spans_of(clauses, hits + due), *emergency, *large)))
    if at_least == "medium" and not slight:
        return "medium", ()
    return "low", spans_of(clauses, slight)


@Language.component(FACTORY)
def component(doc: Any) -> Any:
    """Set `doc._.urgency`, `doc._.urgency_evidence` and `doc._.emergency`."""
    clauses = clauses_of(doc)
    at_least: Urgency = taxonomy.load()[doc._.categories[0].code].least_urgency if doc._.categories else "low"
    doc._.emergency = emergency_spans(clauses)
    doc._.urgency, doc._.urgency_evidence = grade(
        clauses, doc._.amounts, doc._.urgency_scores, at_least, emergency=doc._.emergency
    )
    return doc
