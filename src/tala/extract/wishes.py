"""Component tala_wishes: does this person want to stay unnamed, or to be called back?"""

from functools import cache
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract import datafiles
from tala.extract.clauses import Clauses, clauses_of
from tala.extract.lexicon import Hit, Lexicon
from tala.extract.spans import spans_of
from tala.extract.words import extend
from tala.facts import Span

FACTORY: Final = "tala_wishes"


class Wishes(NamedTuple):
    """What the person asks for themselves; evidence is empty where they do not."""

    anonymity: tuple[Span, ...] = ()
    callback: tuple[Span, ...] = ()


extend("wishes", Wishes())


@cache
def _lexicon() -> Lexicon:
    return Lexicon(datafiles.read("cues.toml")["wishes"])


def wishes(clauses: Clauses) -> Wishes:
    """The wishes in a text. A later one takes back an earlier: "anonymous… no, use my name"."""
    found: dict[str, list[Hit]] = {"anonymity": [], "named": [], "callback": [], "no_callback": []}
    for hit in _lexicon().find(clauses.words):
        found[hit.label].append(hit)
    anonymity = _not_taken_back(found["anonymity"], found["named"])
    callback = _not_taken_back(found["callback"], found["no_callback"])
    return Wishes(spans_of(clauses, anonymity), spans_of(clauses, callback))


def _not_taken_back(wanted: list[Hit], unwanted: list[Hit]) -> list[Hit]:
    """The wishes that are neither part of a refusal nor followed by one."""
    last_refusal = max((hit.last for hit in unwanted), default=-1)
    return [hit for hit in wanted if hit.first > last_refusal]


@Language.component(FACTORY)
def component(doc: Any) -> Any:
    """Set `doc._.wishes`."""
    doc._.wishes = wishes(clauses_of(doc))
    return doc
