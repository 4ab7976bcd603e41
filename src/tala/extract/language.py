"""Component tala_language: English, Filipino, or both in one breath."""

import re
from functools import lru_cache
from typing import Any, Final

from spacy.language import Language as Pipeline

from tala.extract import datafiles
from tala.extract.clauses import Clauses, clauses_of
from tala.extract.words import extend
from tala.facts import Language

FACTORY: Final = "tala_language"
extend("language", "en")

_ENGLISH: Final = datafiles.words("english")
_FILIPINO: Final = datafiles.words("filipino")
# Shapes that only Filipino verbs and adjectives have.
_SHAPE = re.compile(
    r"^(?:(?:nag|mag|pag|naka|maka|napaka|pinaka|ipina|pina|nakaka|makaka|nagpa|magpa|kina|nai|mai)[a-z-]{3,}"
    r"|[bdghklmnprstwy]?(?:in|um)(?:[aeiou][a-z]{3,})|[a-z]{3,}(?:han|hin|ang|ing|ong))$"
)
_FILIPINO_FRONTS = ("nag", "mag", "pag", "na-", "i-", "ni")
_ENGLISH_ENDINGS = ("tion", "sion", "ment", "ness", "ing", "ed", "ly", "ous", "ful", "able", "ity", "ive")

# Shares of the telling words at which a second language counts as spoken, not borrowed.
_FEW_FILIPINO = 0.06
_FEW_ENGLISH = 0.17
_TOO_FEW = 2


def shares(clauses: Clauses) -> tuple[int, int]:
    """How many words are surely English, and surely Filipino."""
    told = [_told_by(word.norm) for word in clauses.words]
    return told.count("en"), told.count("fil")


@lru_cache(maxsize=65_536)
def _told_by(norm: str) -> str:
    """The language a word is surely of, empty where it may be either."""
    if norm in _FILIPINO:
        return "fil"
    if norm in _ENGLISH or (norm.endswith(_ENGLISH_ENDINGS) and not norm.startswith(_FILIPINO_FRONTS)):
        return "en"
    return "fil" if _SHAPE.match(norm) else ""


def identify(clauses: Clauses) -> Language:
    """The language of a text; Taglish where both carry it."""
    english, filipino = shares(clauses)
    told = english + filipino
    if not told or filipino <= _FEW_FILIPINO * told:
        return "en"
    return "taglish" if english > _FEW_ENGLISH * told else "fil"


def settle(read: Language, clauses: Clauses, heard: str | None) -> Language:
    """The language read from the words, or the one heard where hardly a word tells."""
    if heard and sum(shares(clauses)) < _TOO_FEW:
        return "fil" if heard in ("tl", "fil") else "taglish" if heard == "taglish" else "en"
    return read


@Pipeline.component(FACTORY)
def component(doc: Any) -> Any:
    """Set `doc._.language`."""
    doc._.language = identify(clauses_of(doc))
    return doc
