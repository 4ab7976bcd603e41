"""The assistant without sound: a citizen's utterances in, facts and replies out."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from tala.cases import assistant
from tala.extract.missing import missing, questions
from tala.extract.pipeline import Understander
from tala.facts import Facts, Span

# Facts an answer or a correction may set anew.
_DENIED = re.compile(r"\b(?:not|hindi(?: sa)?|instead of|imbes na)\b[^,.;]*(?<=\w)", re.IGNORECASE)
_SETTABLE = ("agency", "location", "service", "incident_date")


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

    It ends with the assistant's outcome or with the last utterance; what is complete enough is submitted.
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
        step = assistant.step(state, facts, turn, to_ask(facts))
        if assistant.intent_of(turn) == "again":
            said, facts = [], Facts(language=facts.language)
        state = step.state
        asked += tuple(field for field in state.asked if field not in asked)
        replies.append(step.reply)
        outcome = step.outcome
        if outcome is not None and outcome != "submit":
            break
    ended = outcome or ("submit" if facts.is_complaint else "no_complaint")
    return Conversation(facts=facts, asked=asked, replies=tuple(replies), outcome=ended)


def understood(
    understander: Understander,
    said: Sequence[str],
    pending: str | None,
    before: Facts,
    *,
    filed_at: dt.datetime,
) -> Facts:
    """Facts of everything said; the last utterance sets anew what it answers or corrects."""
    facts = understander.understand("\n".join(said), filed_at=filed_at)
    if len(said) == 1:
        return facts
    last = said[-1]
    offset = sum(len(turn) + 1 for turn in said[:-1])
    corrects = assistant.intent_of(last) == "correction"
    alone = understander.understand(_without_denied(last) if corrects else last, filed_at=filed_at)
    update: dict[str, Any] = {}
    for field in _SETTABLE:
        fact, earlier = getattr(alone, field), getattr(before, field)
        if fact is not None and (corrects or field == pending or earlier is None):
            update[field] = _moved(fact, offset)
        elif earlier is not None:
            update[field] = earlier  # what was settled is not unsettled by talk of other things
    if before.is_complaint and not alone.emergency and not facts.is_complaint:
        update |= {"is_complaint": True, "categories": before.categories, "turn_to": ()}
    facts = facts.model_copy(update=update)
    return facts.model_copy(update={"missing": missing(facts)})


def _without_denied(text: str) -> str:
    """A correction with what it takes back blanked out, the other words where they were."""
    return _DENIED.sub(lambda denied: " " * len(denied.group()), text)


def _moved(fact: Any, offset: int) -> Any:
    """The same fact with its span shifted."""
    if not isinstance(fact, Span) or fact.start is None or fact.end is None:
        return fact
    return fact.model_copy(update={"start": fact.start + offset, "end": fact.end + offset})
