"""The assistant without sound: a citizen's utterances in, facts and replies out."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from tala.cases import assistant
from tala.cases.utterance import heard, plain
from tala.extract import datafiles, hotlines, language
from tala.extract.answers import read
from tala.extract.clauses import Clauses, split
from tala.extract.missing import missing, questions
from tala.extract.pipeline import Understander
from tala.extract.settle import settle
from tala.facts import Category, Facts, Language

_OVER: Final = frozenset({"handoff_to_human", "emergency_redirect", "status_request"})
"""Outcomes after which somebody else answers, or the person has other things to do."""
_TELLING: Final = 3  # words that tell a language, of which a turn needs so many to change it
_NUMBERS: Final = datafiles.words("numbers")
"""Said in English whatever is spoken otherwise."""
_STORY: Final = 8  # words of a turn that may change what kind of matter it is
_CLEAR: Final = 0.6  # score from which the kind of matter stays as it is through short answers
_DECLARED: Final = {"question": "inquiry_or_feedback", "private": "other_jurisdiction"}


class Conversation(BaseModel):
    """What came of a conversation; spans of the facts are of the utterances joined by line breaks."""

    model_config = ConfigDict(frozen=True)

    facts: Facts
    asked: tuple[str, ...]
    replies: tuple[str, ...]
    outcome: assistant.Outcome


def to_ask(facts: Facts) -> list[assistant.Question]:
    """Questions for what is missing, in the citizen's language."""
    by_field = {question.field: question for question in questions()}
    english = facts.language == "en"
    return [
        assistant.Question(field=field, text=by_field[field].en if english else by_field[field].fil)
        for field in missing(facts)
    ]


def converse(understander: Understander, turns: Sequence[str], *, filed_at: dt.datetime) -> Conversation:
    """Hold a conversation with somebody whose utterances are already known.

    It ends where a person, 911 or the tracking page is to answer, where the citizen stops, or with the last
    utterance; what is complete enough is submitted.
    """
    state = assistant.State()
    said: list[str] = []
    replies: list[str] = []
    facts = Facts()
    asked: tuple[str, ...] = ()
    outcome: assistant.Outcome | None = None
    for turn in turns:
        said.append(turn)
        facts = understood(understander, said, state.pending, facts, filed_at=filed_at)
        step = assistant.step(state, facts, turn or " ", to_ask(facts))
        intent = assistant.intent_of(turn)
        if intent == "again":
            said, facts = [], Facts(language=facts.language)
        state = step.state
        asked += tuple(field for field in state.asked if field not in asked)
        replies.append(step.reply)
        outcome = step.outcome
        if outcome in _OVER or intent == "stop":
            break
    return Conversation(
        facts=facts, asked=asked, replies=tuple(replies), outcome=outcome or _where_it_stands(facts)
    )


def _where_it_stands(facts: Facts) -> assistant.Outcome:
    """How a conversation ends that the citizen leaves."""
    if facts.is_complaint:
        return "submit"
    private = facts.categories and facts.categories[0].code == "other_jurisdiction"
    return "refer" if private else "no_complaint"


def understood(
    understander: Understander,
    said: Sequence[str],
    pending: str | None,
    before: Facts,
    *,
    filed_at: dt.datetime,
) -> Facts:
    """Facts of everything said; the last utterance sets anew what it answers or corrects.

    Args:
        said: all utterances, the last one included.
        pending: the field that was asked for before the last one.
        before: facts before the last one.
        filed_at: when it was said.
    """
    last = said[-1]
    first = max((n for n, turn in enumerate(said) if assistant.intent_of(turn) == "anew"), default=0)
    if first == len(said) - 1:
        before = Facts(language=before.language)
    offset = sum(len(turn) + 1 for turn in said[:-1])
    # What only steers the conversation says nothing of the matter; blank, the rest stays where it is.
    silent = [n < first or heard(turn).bare or not plain(turn) for n, turn in enumerate(said)]
    story = "\n".join(" " * len(turn) if mute else turn for turn, mute in zip(said, silent, strict=True))
    whole = understander.understand(story, filed_at=filed_at)
    alone = read(understander, last, pending, before, filed_at=filed_at)
    facts = settle(understander, last, alone, whole, before, pending, offset, filed_at=filed_at)
    unnamed = facts.wants_anonymity or before.wants_anonymity or "unnamed" in heard(last).acts
    facts = facts.model_copy(
        update={"language": _language(last, alone, before if first < len(said) - 1 else None)}
        | {"wants_anonymity": unnamed}
        | _kind(said[first:], alone, whole, before, story)
    )
    return facts.model_copy(update={"missing": missing(facts)})


def _language(last: str, alone: Facts, before: Facts | None) -> Language:
    """The language of the last turn that has words enough to tell one."""
    told = split(last)
    counted = Clauses(last, tuple(word for word in told.words if word.norm not in _NUMBERS))
    telling = sum(language.shares(counted))
    if before is None or (telling >= _TELLING and not heard(last).bare):
        return alone.language
    return before.language


def _kind(said: Sequence[str], alone: Facts, whole: Facts, before: Facts, story: str) -> dict[str, Any]:
    """What kind of matter it is: what the citizen says it is, else what the story tells."""
    turn = heard(said[-1])
    for act, code in _DECLARED.items():
        if act in turn.acts and not (alone.is_complaint and turn.words > 2 * _STORY):
            lines = hotlines.turn_to(split(story)) if act == "private" else ()
            declared = Category(code=code, score=1.0, evidence=())
            return {"is_complaint": False, "categories": (declared,), "turn_to": lines}
    kept = {"is_complaint": before.is_complaint, "categories": before.categories, "turn_to": before.turn_to}
    if not before.categories:
        # A word or two, or "I want to complain about…", tell no kind of matter yet.
        announced = any("complaint" in heard(one).acts for one in said)
        asks = bool(whole.categories) and whole.categories[0].code == "inquiry_or_feedback"
        if len(plain(story).split()) < _TELLING or (announced and asks):
            return {"is_complaint": False, "categories": (), "turn_to": ()}
        return {}
    main = before.categories[0]
    tells = turn.words >= _STORY and not turn.bare
    if not before.is_complaint:
        said_so = main.score == 1.0 and not (tells and alone.is_complaint)
        return kept if turn.bare or said_so else {}
    if not whole.is_complaint or turn.bare:
        return kept
    if main.score >= _CLEAR and not tells and whole.categories[0].code != main.code:
        others = tuple(one for one in whole.categories if one.code != main.code)
        return {"categories": (main, *others)}
    return {}
