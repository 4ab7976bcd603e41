"""Component tala_urgency: how soon somebody must look at it, from what is said and never from how it sounds.

High: danger, threats, a flight, a medical or legal deadline within days, organised or large extortion. An
emergency happening now is apart: Tala cannot send help, it says where help is.
"""

from functools import cache
from typing import Any, Final

from spacy.language import Language

from tala.cases import taxonomy
from tala.extract import datafiles
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

# Cues that only count beside other signs: "urgent" is said of everything.
_WEAK = frozenset({"plea"})
# Least chance of "high" that the trained model must hold: with a cue, with a weak cue, with none.
_SUPPORTED: Final = 0.10
_LIKELY: Final = 0.35
_ALONE: Final = 0.55

extend("urgency", "low")
extend("urgency_scores", None)
extend("urgency_evidence", ())
extend("emergency", ())


@cache
def _cues() -> Lexicon:
    return Lexicon(datafiles.read("cues.toml")["urgency"])


@cache
def _emergencies() -> Lexicon:
    return Lexicon(datafiles.read("cues.toml")["emergency"])


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
    return [hit for hit in _cues().find(clauses.words) if _holds(clauses, hit)]


def emergency_spans(clauses: Clauses) -> tuple[Span, ...]:
    """The words that tell of an emergency happening now."""
    return spans_of(clauses, (hit for hit in _emergencies().find(clauses.words) if _holds(clauses, hit)))


def large_sums(amounts: tuple[Amount, ...]) -> tuple[Span, ...]:
    """The improper amounts of about 10,000 pesos and more."""
    return tuple(
        Span(start=a.start, end=a.end, text=a.text) for a in amounts if a.improper and a.php >= LARGE_SUM_PHP
    )


def grade(
    clauses: Clauses, amounts: tuple[Amount, ...], chances: Floats | None, at_least: Urgency = "low"
) -> tuple[Urgency, tuple[Span, ...]]:
    """Urgency of a text and the words it rests on.

    Args:
        clauses: the words.
        amounts: sums of money in them.
        chances: what the trained model holds of low, medium and high; None where it is untrained.
        at_least: what its main ground makes it.
    """
    hits = urgent_hits(clauses)
    large = large_sums(amounts)
    low, medium, high = chances if chances is not None else (1.0, 0.0, 0.0)
    certain = any(hit.label not in _WEAK for hit in hits)
    if large or (certain and high >= _SUPPORTED) or (hits and high >= _LIKELY) or high >= _ALONE:
        return "high", spans_of(clauses, hits) + large
    return ("medium" if at_least == "medium" or medium + high > low else "low"), ()


@Language.component(FACTORY)
def component(doc: Any) -> Any:
    """Set `doc._.urgency`, `doc._.urgency_evidence` and `doc._.emergency`."""
    clauses = clauses_of(doc)
    at_least: Urgency = taxonomy.load()[doc._.categories[0].code].least_urgency if doc._.categories else "low"
    doc._.urgency, doc._.urgency_evidence = grade(clauses, doc._.amounts, doc._.urgency_scores, at_least)
    doc._.emergency = emergency_spans(clauses)
    return doc
