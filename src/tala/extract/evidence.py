"""Phrases that speak for a ground, found in a text: evidence that stands beside the trained scores."""

from functools import cache, lru_cache

from tala.extract import datafiles
from tala.extract.clauses import Clauses
from tala.extract.lexicon import Hit, Lexicon


@cache
def _lexicon() -> Lexicon:
    return Lexicon(datafiles.read("grounds.toml")["phrases"])


@cache
def _urgency() -> Lexicon:
    cues = datafiles.read("cues.toml")
    return Lexicon(cues["urgency"] | cues["emergency"])


@lru_cache(maxsize=4)  # the categories and the urgency of a text ask for the same
def urgent(clauses: Clauses) -> tuple[Hit, ...]:
    """Every phrase that may speak for urgency or of an emergency in a text, denied or not."""
    return tuple(_urgency().find(clauses.words))


def phrases(clauses: Clauses) -> list[Hit]:
    """Every phrase of every ground in a text."""
    return _lexicon().find(clauses.words)
