"""Masking what tells who somebody is, for people who may see a case but not the person.

Levels: `full` masks nothing; `auditor` masks contacts, addresses and the names of complainant and others, so
that the official complained of stays readable; `public` masks every name and every number that leads to a
person.
"""

import re
from typing import Final, Literal, NamedTuple

from tala.extract.contacts import find_contacts
from tala.extract.people import Named, find_people
from tala.extract.words import Words
from tala.facts import Facts, Person, Span

Level = Literal["public", "auditor", "full"]


class Masked(NamedTuple):
    """A masked stretch: code points [start, end) of the original text, and what kind of thing stood there."""

    start: int
    end: int
    kind: str


_LABEL: Final = {
    "name": "[name]",
    "phone": "[phone]",
    "email": "[e-mail]",
    "address": "[address]",
    "reference": "[number]",
}
_ADDRESS: Final = re.compile(
    r"\b(?:(?:house|bahay|unit|room|door|blk|block|lot|phase|purok|sitio|zone)\s*(?:no\.?|"
    r"number)?\s*#?\d+[a-z]?|\d+[a-z]?)"
    r"(?:[\s,]+(?:blk|block|lot|phase|unit|ph)\s*\d+)*(?:[\s,]+[\w.]+){1,3}?[\s,]+(?:street|st\.?|avenue|"
    r"ave\.?|road|rd\.?|subdivision|subd\.?|village|compound|extension|drive|kalye)\b"
    r"|\b(?:purok|sitio|zone)\s+\w+|\b(?:blk|block)\s*\d+[\s,]*(?:lot)\s*\d+(?:[\s,]+phase\s*\d+)?",
    re.IGNORECASE,
)
_HOME: Final = re.compile(
    r"\b(?:i live (?:at|in|on)|my address is|nakatira (?:po )?(?:ako|kami) (?:po )?sa|ang (?:address|"
    r"tirahan) ko(?: po)?(?: ay)?(?: sa)?|tirahan ko ay)\s+((?:\S+\s+){0,7}\S+)",
    re.IGNORECASE,
)
_END_OF_ADDRESS: Final = re.compile(
    r"\s+(?:and|at|pero|but|po|si|ang|ay|kay|para|dahil|when|where|sir|yung|humingi|i|ako|my|tapos|kasi|"
    r"because|noong|last|"
    r"the)\b|[.;!?\n]",
    re.IGNORECASE,
)


def _words_to_mask(text: str, names: list[str]) -> list[Masked]:
    """Every place where a name, or its surname or given name alone, is said again."""
    masked = []
    for name in names:
        parts = {name, *(part for part in name.split() if len(part) > 2)}
        pattern = "|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True))
        if pattern:
            masked += [
                Masked(m.start(), m.end(), "name")
                for m in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
            ]
    return masked


def _addresses(text: str) -> list[Masked]:
    masked = [Masked(m.start(), m.end(), "address") for m in _ADDRESS.finditer(text)]
    for match in _HOME.finditer(text):
        end = _END_OF_ADDRESS.search(match.group(1))
        stop = match.start(1) + (end.start() if end else len(match.group(1)))
        if stop > match.start(1):
            masked.append(Masked(match.start(1), stop, "address"))
    return masked


def spans_to_mask(text: str, facts: Facts, level: Level) -> tuple[Masked, ...]:
    """What to mask at a level, in order, not overlapping; wider stretches swallow those inside them."""
    if level == "full":
        return ()
    words = Words(text)
    phones, emails, references, _ = find_contacts(words)
    spoken = find_people(words, set())
    people = [person for person in facts.people if level == "public" or person.role != "respondent"]
    shown = {part for p in facts.people if p not in people for part in p.name.lower().split()}
    names = [person.name for person in people]
    names += [
        p.name
        for p in spoken
        if (level == "public" or p.role != "respondent")
        and not set(p.name.lower().split()) & shown
        and not _within(words, p, facts.location)
    ]

    def spans(kind: str, found: tuple[Span | Person, ...]) -> list[Masked]:
        return [Masked(s.start, s.end, kind) for s in found if s.start is not None and s.end is not None]

    masked = spans("phone", (*facts.phones, *phones)) + spans("email", (*facts.emails, *emails))
    masked += spans("name", tuple(people)) + _words_to_mask(text, names) + _addresses(text)
    if level == "public":
        masked += spans("reference", (*facts.reference_numbers, *references))
    return _merged(masked)


def _within(words: Words, name: Named, place: Span | None) -> bool:
    """Whether the name is part of the place's: Santo Tomas is a town."""
    if place is None or place.start is None or place.end is None:
        return False
    return place.start <= words.start[name.first] and words.end[name.last - 1] <= place.end


def _merged(masked: list[Masked]) -> tuple[Masked, ...]:
    merged: list[Masked] = []
    for span in sorted(masked, key=lambda m: (m.start, -m.end)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = last._replace(end=max(last.end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def redact(text: str, facts: Facts, level: Level) -> tuple[str, tuple[Masked, ...]]:
    """The text with a label in place of what a level hides, and the stretches of the original text that were
    masked."""
    masked = spans_to_mask(text, facts, level)
    parts: list[str] = []
    position = 0
    for span in masked:
        parts += [text[position : span.start], _LABEL[span.kind]]
        position = span.end
    return "".join((*parts, text[position:])), masked
