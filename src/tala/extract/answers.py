"""What one turn of a conversation answers: read alone, and a bare answer within the sentence it stands for.

"Five hundred" or "Ben" says little by itself; after "they asked me to pay" or "the officer is named" the
same rules read it as anybody else's sentence.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final

from tala.cases.utterance import Heard, heard, plain
from tala.extract import datafiles
from tala.extract.names import TITLES, name_words
from tala.extract.pipeline import Understander
from tala.extract.sound import ordinary_words
from tala.facts import Facts, Person, RespondentDescription, Role, Service, Span

SINGLE: Final = ("agency", "location", "service", "incident_date")
"""Facts of which a complaint has one."""
_LISTS: Final = {"amount": ("amounts",), "contact": ("phones", "emails")}
NAMES: Final[dict[str, Role]] = {"respondent": "respondent", "complainant": "complainant"}

_FEW_WORDS: Final = 5  # of a turn that can be a bare name
_BARE_NAME: Final = 3  # of a turn that is nothing but a name
_SELF: Final = frozenset({"ako", "im", "i"})
_SOME_WORDS: Final = 12  # of a turn that can describe a person or name a service
_LEADS: Final = re.compile(
    r"^(?:(?:it\W?s|it is|it was|that\W?s|his|her|their|the|my|name|is|was|si|sina|kay|yung|yong|iyong|ang|"
    r"pangalan|niya|nya|ko|ay|po|for|a|an|ng|about|tungkol|sa|para|just|only|um|uh|ah)\b\W*)+",
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"^\W*(?:(?:no|nope|hindi|hinde|mali|ay|sorry|actually|wait|teka|pala|po)\b[\s,.–—-]*)+(?<=[,.–—-] )",
    re.IGNORECASE,
)
_TRAIL: Final = re.compile(r"(?:\W+(?:po|ho|lang|naman|please|thanks?))*\W*$", re.IGNORECASE)
_NOBODY: Final = frozenset({"unknown", "skip", "submit", "no", "question", "private", "unnamed"})
"""Acts of a turn that describes nobody."""


def read(
    understander: Understander,
    text: str,
    pending: str | None,
    before: Facts,
    *,
    filed_at: dt.datetime,
) -> Facts:
    """The facts of a turn alone.

    Args:
        pending: the field that was asked for.
        before: facts before the turn: a name alone is that of the first person still missing there.
    """
    turn = heard(text)
    if lead := _NO.match(text):
        text = " " * lead.end() + text[lead.end() :]  # "no, 300": not "number 300"
    facts = understander.understand(text, filed_at=filed_at)
    if not plain(text) or turn.bare:
        return facts
    if pending and not _answers(facts, pending):
        facts = _carried(understander, facts, text, pending, filed_at)
    if "correction" in turn.acts and before.amounts and not facts.amounts and _nothing_else(facts, "amount"):
        facts = _carried(understander, facts, text, "amount", filed_at)
    facts = _with_names(understander, facts, text, turn, pending, before.missing, filed_at)
    if pending == "service" and facts.service is None and not turn.acts and _nothing_else(facts, "service"):
        facts = facts.model_copy(update={"service": _words(Service, text)})
    if (
        pending == "respondent"
        and facts.respondent_description is None
        and not any(person.role == "respondent" for person in facts.people)
        and not turn.acts & _NOBODY
        and _nothing_else(facts, "respondent")
    ):
        facts = facts.model_copy(update={"respondent_description": _words(RespondentDescription, text)})
    return facts


def _answers(facts: Facts, field: str) -> bool:
    """Whether a turn tells what was asked for."""
    if field in NAMES:
        return any(person.role == NAMES[field] for person in facts.people)
    return any(getattr(facts, name, None) for name in _LISTS.get(field, (field,)))


def _nothing_else(facts: Facts, field: str) -> bool:
    """Whether a turn tells of no other fact than the one asked for."""
    others = ("location", "incident_date", "amounts", "people", "phones", "emails", "service", "agency")
    return not any(getattr(facts, name) for name in others if name != field)


def _words(kind: type[Any], text: str) -> Any:
    """The words of a short answer as the fact itself."""
    start = lead.end() if (lead := _LEADS.match(text)) else 0
    trail = _TRAIL.search(text, start)
    end = trail.start() if trail else len(text)
    if start >= end or not plain(text[start:end]) or len(text.split()) > _SOME_WORDS:
        return None
    return kind(start=start, end=end, text=text[start:end])


def _carried(understander: Understander, facts: Facts, text: str, field: str, filed_at: dt.datetime) -> Facts:
    """The facts of a turn with what a sentence around it makes of its words."""
    if field in NAMES or len(text.split()) > _SOME_WORDS:
        return facts
    for carrier in datafiles.read("assistant.toml")["carriers"].get(field, ()):
        carried = understander.understand(carrier + text, filed_at=filed_at)
        if _answers(carried, field):
            names = _LISTS.get(field, (field,))
            found = {name: back(getattr(carried, name), -len(carrier)) for name in names}
            inside = {name: value for name, value in found.items() if value}
            if inside:
                return facts.model_copy(update=inside)
    return facts


def _with_names(
    understander: Understander,
    facts: Facts,
    text: str,
    turn: Heard,
    pending: str | None,
    wanted: Sequence[str],
    filed_at: dt.datetime,
) -> Facts:
    """People with the roles that a question gives them; a bare name is found where one is awaited."""
    field = pending if pending in NAMES else next((name for name in wanted if name in NAMES), None)
    if field is None:
        return facts
    role = NAMES[field]
    if facts.people:
        told = turn.words <= _FEW_WORDS or (pending == field and role == "respondent")
        named = [_in_role(person, role, sure=told and pending == field) for person in facts.people]
        if len(facts.people) == 1 and turn.words <= _FEW_WORDS:
            words = plain(text).split()
            if words[-1] in _SELF or words[0] in _SELF:
                named = [facts.people[0].model_copy(update={"role": "complainant"})]
            elif facts.people[0].role == "other" or turn.words <= _BARE_NAME:
                named = [_in_role(facts.people[0], role, sure=True)]
        return facts.model_copy(update={"people": tuple(named)})
    expected = pending in NAMES
    if turn.acts & _NOBODY or not _may_be_name(text, turn, expected):
        return facts
    for carrier in datafiles.read("assistant.toml")["carriers"][field]:
        carried = understander.understand(carrier + text, filed_at=filed_at)
        people = [back(person, -len(carrier)) for person in carried.people]
        found = [person.model_copy(update={"role": role}) for person in people if person is not None]
        if found:
            return facts.model_copy(update={"people": tuple(found)})
    return facts


def _in_role(person: Person, role: Role, *, sure: bool) -> Person:
    """A person named in the answer to "who": who says "I am" stays the complainant."""
    if not sure or person.role == "complainant":
        return person
    return person.model_copy(update={"role": role})


def _may_be_name(text: str, turn: Heard, expected: bool) -> bool:
    """Whether a turn without a name that the lists know may be one."""
    start = lead.end() if (lead := _LEADS.match(text)) else 0
    words = plain(text[start:]).split()
    if not words or any(word[0].isdecimal() for word in words):
        return False
    first = next((word for word in words if word not in TITLES), "")
    if expected:
        return turn.words <= 2 * _FEW_WORDS and bool(first) and _like_a_name(first)
    if len(words) == 1:
        return first in name_words().given - name_words().weak
    return len(words) <= _FEW_WORDS and all(map(_like_a_name, words))


def _like_a_name(word: str) -> bool:
    """Whether a word is known as a name or not known at all."""
    lists = name_words()
    return word in lists.given or word in lists.surnames or word not in ordinary_words()


def back(fact: Any, by: int) -> Any:
    """A fact or several moved by so many characters; those that end up outside of the text are left out."""
    if isinstance(fact, tuple):
        return tuple(moved for moved in (back(one, by) for one in fact) if moved is not None)
    if not isinstance(fact, Span) or fact.start is None or fact.end is None:
        return fact
    if fact.start + by < 0:
        return None
    return fact.model_copy(update={"start": fact.start + by, "end": fact.end + by})
