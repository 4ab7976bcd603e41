"""What the assistant makes of an utterance and what it asks next: one missing fact at a time, never twice.

Pure: it is told the facts understood so far and answers with words and a state; it reads no clock and
stores nothing.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tala.facts import Facts

Intent = Literal["human", "stop", "skip", "unknown", "again", "read_back", "status", "correction", "answer"]
Outcome = Literal[
    "submit", "no_complaint", "refer", "handoff_to_human", "emergency_redirect", "status_request"
]

_SHORT_WORDS = 8  # a control phrase in a longer utterance is part of the story
_STATUS_WORDS = 15  # a longer utterance that asks for a status may tell of something new
_MOST_QUESTIONS = 6
# Asked for by their own fields of the page, not worth holding a conversation up for.
_OPTIONAL = frozenset({"respondent", "complainant", "contact"})


class Question(BaseModel):
    """A field worth asking for and the words to ask with."""

    model_config = ConfigDict(frozen=True)

    field: str
    text: str


class State(BaseModel):
    """What was asked and what the citizen does not want to or cannot answer."""

    model_config = ConfigDict(frozen=True)

    asked: tuple[str, ...] = ()
    pending: str | None = None
    closed: frozenset[str] = frozenset()


class Step(BaseModel):
    """The assistant's answer to one utterance; `outcome` is there once the conversation is over."""

    model_config = ConfigDict(frozen=True)

    state: State
    reply: str
    outcome: Outcome | None = None


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("tala.data").joinpath("assistant.toml").read_text(encoding="utf-8"))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        intent: re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(phrase) for phrase in phrases)})(?!\w)")
        for intent, phrases in _data()["says"].items()
    }


def intent_of(text: str) -> Intent:
    """What an utterance is for. A control phrase counts in a short one only, a wish for a person in any."""
    line = " ".join(text.lower().replace("’", "'").split())
    bare = re.sub(r"\b(?:po|ho|please|lang|na lang)\b\s*", "", line).strip()
    patterns = _patterns()
    always: tuple[Intent, ...] = ("human", "status")
    short: tuple[Intent, ...] = ("again", "read_back", "stop", "skip", "unknown")
    for intent in always:
        if patterns[intent].search(line) or patterns[intent].search(bare):
            return intent
    if len(line.split()) <= _SHORT_WORDS:
        for intent in short:
            if patterns[intent].search(line) or patterns[intent].search(bare):
                return intent
    return "correction" if patterns["correction"].search(line) else "answer"


def say(key: str, language: str, **values: str) -> str:
    """A reply in the citizen's language: English, or Filipino for both others."""
    spoken: str = _data()["replies"]["en" if language == "en" else "fil"][key]
    return spoken.format(**values)


def step(state: State, facts: Facts, text: str, questions: Sequence[Question]) -> Step:
    """Answer one utterance.

    Args:
        state: where the conversation stands.
        facts: everything understood so far, this utterance included.
        text: the utterance.
        questions: the facts still missing, in the order worth asking.
    """
    language = facts.language
    if facts.emergency:
        return Step(state=state, reply=say("emergency_redirect", language), outcome="emergency_redirect")
    match intent_of(text):
        case "human":
            return Step(state=state, reply=say("handoff_to_human", language), outcome="handoff_to_human")
        case "status" if not facts.is_complaint or len(text.split()) <= _STATUS_WORDS:
            return Step(state=state, reply=say("status_request", language), outcome="status_request")
        case "stop":
            return Step(state=state, reply=say("stopped", language), outcome="no_complaint")
        case "again":
            return Step(state=State(), reply=say("restarted", language))
        case "read_back":
            return Step(state=state, reply=say("read_back", language, facts=summary(facts)))
        case "skip" | "unknown" if state.pending:
            state = state.model_copy(update={"closed": state.closed | {state.pending}})
        case _:
            pass
    return _next(state, facts, questions)


def _next(state: State, facts: Facts, questions: Sequence[Question]) -> Step:
    if facts.categories and not facts.is_complaint:
        if facts.categories[0].code == "other_jurisdiction":
            lines = "; ".join(f"{line.name} ({line.contact})" for line in facts.turn_to)
            return Step(state=state, reply=say("refer", facts.language, lines=lines), outcome="refer")
        return Step(state=state, reply=say("no_complaint", facts.language), outcome="no_complaint")
    for question in questions:
        done = question.field in state.closed or question.field in state.asked
        if not done and question.field not in _OPTIONAL and len(state.asked) < _MOST_QUESTIONS:
            asked = state.model_copy(
                update={"asked": (*state.asked, question.field), "pending": question.field}
            )
            return Step(state=asked, reply=f"{say('noted', facts.language)} {question.text}")
    ended = state.model_copy(update={"pending": None})
    if not facts.categories:
        return Step(state=ended, reply=say("no_complaint", facts.language), outcome="no_complaint")
    return Step(state=ended, reply=say("submit", facts.language), outcome="submit")


def summary(facts: Facts) -> str:
    """The main facts in the words they were said with."""
    parts = [
        fact.text
        for fact in (facts.agency, facts.location, facts.service, facts.incident_date)
        if fact is not None and fact.text
    ]
    return ", ".join(parts) if parts else "—"
