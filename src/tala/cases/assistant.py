"""What the assistant makes of an utterance and what it asks next: one missing fact at a time, never twice.

Pure: it is told the facts understood so far and answers with words and a state; it reads no clock and
stores nothing. The state is a value that can be kept as JSON between two turns.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tala.cases import taxonomy
from tala.cases.utterance import Heard, data, heard, plain
from tala.facts import Facts

Intent = Literal[
    "human", "stop", "skip", "unknown", "again", "anew", "read_back", "status", "repeat", "machine",
    "hotline", "afterwards", "submit", "correction", "answer",
]  # fmt: skip
"""`again` starts over and tells nothing; `anew` starts over and tells the story in the same breath."""
Outcome = Literal[
    "submit", "no_complaint", "refer", "handoff_to_human", "emergency_redirect", "status_request"
]

_STATUS_WORDS = 15  # a longer utterance that asks for a status may tell of something new
_STORY_WORDS = 8  # beside "start over", words that tell the story again
_MOST_QUESTIONS = 9
_SURE = 0.8  # score from which a matter counts as none for a complaint without asking

_INTENTS: tuple[Intent, ...] = (
    "stop", "read_back", "repeat", "machine", "afterwards", "submit", "skip", "unknown", "correction",
)  # fmt: skip


class Question(BaseModel):
    """A field worth asking for and the words to ask with."""

    model_config = ConfigDict(frozen=True)

    field: str
    text: str


class State(BaseModel):
    """Where a conversation stands.

    Attributes:
        asked: fields asked for, in order.
        pending: the field whose answer is awaited.
        closed: fields the citizen does not want to or cannot answer, or answered by tap.
        told: facts that the citizen heard were noted.
        alarms: signs of an emergency that were answered with 911.
        checking: the citizen was asked whether what was read back is right.
        question: the pending question as it was asked.
    """

    model_config = ConfigDict(frozen=True)

    asked: tuple[str, ...] = ()
    pending: str | None = None
    closed: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    alarms: int = 0
    checking: bool = False
    question: str = ""


class Step(BaseModel):
    """The assistant's answer to one utterance.

    Attributes:
        state: where the conversation stands now.
        reply: what to say and show.
        outcome: there once the conversation could end here; a citizen may still go on.
        language: the language of the reply.
    """

    model_config = ConfigDict(frozen=True)

    state: State
    reply: str
    outcome: Outcome | None = None
    language: Literal["en", "fil"] = "en"


def intent_of(text: str) -> Intent:
    """What an utterance is for above all. A control phrase counts in a short sentence only, a wish for a
    person in any.
    """
    turn = heard(text)
    if "human" in turn.acts:
        return "human"
    if "status" in turn.acts and ("stop" not in turn.acts):
        return "status"
    if "again" in turn.acts:
        return "anew" if turn.words > _STORY_WORDS and not turn.bare else "again"
    for intent in _INTENTS:
        if intent in turn.acts and (intent != "stop" or turn.bare or turn.words <= _STORY_WORDS):
            return intent
    return "hotline" if "hotline" in turn.acts else "answer"


def say(key: str, language: str, **values: str) -> str:
    """A reply in the citizen's language: English, or Filipino for both others."""
    spoken: str = data()["replies"][_spoken(language)][key]
    return spoken.format(**values)


def asking(state: State, field: str) -> State:
    """The state with a field pending that the citizen chose to answer."""
    asked = state.asked if field in state.asked else (*state.asked, field)
    return state.model_copy(update={"asked": asked, "pending": field, "question": "", "checking": False})


def settled(state: State, *fields: str) -> State:
    """The state with fields that are not asked any more: answered by tap, skipped or not known."""
    update: dict[str, object] = {"closed": state.closed.union(fields)}
    if state.pending in fields:
        update |= {"pending": None, "question": ""}
    return state.model_copy(update=update)


def step(state: State, facts: Facts, text: str, questions: Sequence[Question]) -> Step:
    """Answer one utterance.

    Args:
        state: where the conversation stands.
        facts: everything understood so far, this utterance included.
        text: the utterance; empty where something was answered by tap.
        questions: the facts still missing, in the order worth asking.
    """
    language = facts.language
    turn = heard(text)
    alarms = len(facts.evidence.get("emergency", ())) or int(facts.emergency)
    if alarms > state.alarms:
        warned = state.model_copy(update={"alarms": alarms})
        return _ends(warned, "emergency_redirect", say("emergency_redirect", language), facts)
    waiting = _waiting(state, facts, questions)
    match intent_of(text):
        case "human":
            return _ends(state, "handoff_to_human", say("handoff_to_human", language), facts)
        case "status" if not facts.is_complaint or turn.words <= _STATUS_WORDS:
            return _ends(state, "status_request", say("status_request", language), facts)
        case "stop":
            return _ends(state, "no_complaint", say("stopped", language), facts)
        case "again":
            return _goes_on(State(alarms=state.alarms), say("restarted", language), facts)
        case "anew":
            return _next(State(alarms=state.alarms), facts, questions, turn)
        case "read_back":
            return _read_back(state, facts, waiting)
        case "repeat":
            return _goes_on(state, waiting or say("is_it_right", language), facts)
        case "machine":
            return _goes_on(state, f"{say('about_me', language)} {waiting}", facts)
        case "hotline" | "afterwards" as asked:
            return _goes_on(state, f"{say(asked, language)} {waiting}", facts)
        case _:
            pass
    if not plain(text) and state.pending:
        # Nothing was heard, or something else was answered by tap: the question still stands.
        lead = f"{say('unheard', language)} " if text else ""
        return _goes_on(state, f"{lead}{waiting}", facts)
    if state.checking and turn.bare and "no" in turn.acts and "submit" not in turn.acts:
        return _goes_on(state.model_copy(update={"checking": False}), say("what_to_change", language), facts)
    return _next(settled(state, *_closes(state, turn)), facts, questions, turn)


def _closes(state: State, turn: Heard) -> set[str]:
    """Fields that a turn says are not known or will not be told."""
    refuses = turn.acts & {"skip", "unknown"} or ("no" in turn.acts and turn.bare)
    if not refuses or ("submit" in turn.acts and "skip" not in turn.acts):
        return set()
    closed = set(turn.fields) - {"name"}
    if "name" in turn.fields and not closed & {"complainant", "respondent"}:
        names = {"respondent", "complainant"}
        closed |= names & {state.pending} or ({"complainant"} if "skip" in turn.acts else {"respondent"})
    if state.pending and (state.pending != "narrative" or "no" in turn.acts):
        closed.add(state.pending)
    return closed


def _next(state: State, facts: Facts, questions: Sequence[Question], turn: Heard) -> Step:
    """Ask for what is missing; where nothing is, or the citizen says it is enough, end."""
    language = facts.language
    told = state.told
    noted, state = _noted(state.model_copy(update={"checking": False}), facts, turn)
    if facts.categories and not facts.is_complaint:
        return _no_complaint(state, facts, turn)
    for question in questions:
        done = question.field in state.closed or question.field in state.asked
        enough = "submit" in turn.acts and question.field != "narrative"
        if not done and not enough and len(state.asked) < _MOST_QUESTIONS:
            return _ask(state, question, noted, facts)
    ended = state.model_copy(update={"pending": None, "question": ""})
    if not facts.categories:
        return _ends(ended, "no_complaint", say("no_complaint", language), facts)
    lead = f"{noted} " if ended.told != told else ""  # what was corrected last is heard, too
    return _ends(ended, "submit", f"{lead}{say('submit', language)}", facts)


def _no_complaint(state: State, facts: Facts, turn: Heard) -> Step:
    """What is no complaint: ask once where that is not sure, then say where to turn, or thanks."""
    main, language = facts.categories[0], facts.language
    private = main.code == "other_jurisdiction"
    field = "agency" if private and facts.agency is None else "narrative"
    if main.score < _SURE and field not in state.asked and field not in state.closed:
        asked = say("which_office" if field == "agency" else "what_went_wrong", language)
        return _ask(state, Question(field=field, text=asked), "", facts)
    ended = state.model_copy(update={"pending": None, "question": ""})
    if turn.bare and state.pending is None:
        return _ends(ended, "refer" if private else "no_complaint", say("welcome", language), facts)
    if not private:
        return _ends(ended, "no_complaint", say("no_complaint", language), facts)
    lines = "; ".join(f"{line.name} ({line.contact})" for line in facts.turn_to)
    reply = say("refer", language, lines=lines) if lines else say("refer_anywhere", language)
    return _ends(ended, "refer", reply, facts)


def _ask(state: State, question: Question, lead: str, facts: Facts) -> Step:
    asked = state.model_copy(
        update={
            "asked": (*state.asked, question.field),
            "pending": question.field,
            "question": question.text,
        }
    )
    return _goes_on(asked, f"{lead} {question.text}".strip(), facts)


def _noted(state: State, facts: Facts, turn: Heard) -> tuple[str, State]:
    """What to say was noted: facts that are new, so that a person hears what was misheard."""
    labels = data()["labels"][_spoken(facts.language)]
    lines = [(_key(label, value, facts), label, value) for label, value in _lines(facts) if label != "ground"]
    new = [value or labels[label] for key, label, value in lines if key not in state.told]
    told = state.model_copy(update={"told": tuple(key for key, _, _ in lines)})
    if new:
        return say("noted_facts", facts.language, facts="; ".join(new)), told
    return say("skipped" if turn.acts & {"skip", "unknown", "yes", "no"} else "noted", facts.language), told


def _key(label: str, value: str, facts: Facts) -> str:
    """A fact the same in both languages."""
    day = facts.incident_date
    return f"{label}: {day.date.isoformat() if day and label == 'incident_date' else value}"


def _read_back(state: State, facts: Facts, waiting: str) -> Step:
    language = facts.language
    said = summary(facts)
    if not said:
        return _goes_on(state, f"{say('nothing_yet', language)} {waiting}", facts)
    checking = state.model_copy(update={"checking": True})
    return _goes_on(
        checking, f"{say('read_back', language, facts=said)} {say('is_it_right', language)}", facts
    )


def _waiting(state: State, facts: Facts, questions: Sequence[Question]) -> str:
    """What the assistant waits for, in words."""
    if state.checking:
        return say("is_it_right", facts.language)
    if state.pending:
        asked = next((one.text for one in questions if one.field == state.pending), state.question)
        return asked or say("what_happened", facts.language)
    return "" if facts.categories else say("what_happened", facts.language)


def _goes_on(state: State, reply: str, facts: Facts) -> Step:
    return Step(state=state, reply=reply.strip(), language=_spoken(facts.language))


def _ends(state: State, outcome: Outcome, reply: str, facts: Facts) -> Step:
    return Step(state=state, reply=reply, outcome=outcome, language=_spoken(facts.language))


def _spoken(language: str) -> Literal["en", "fil"]:
    return "en" if language == "en" else "fil"


def summary(facts: Facts) -> str:
    """What was understood, each with its name in the citizen's language; empty where nothing was."""
    labels = data()["labels"][_spoken(facts.language)]
    return "; ".join(
        f"{labels[label]}: {value}" if value else labels[label] for label, value in _lines(facts)
    )


def _lines(facts: Facts) -> list[tuple[str, str]]:
    """Main facts as (label, value)."""
    known = taxonomy.load()
    lines: list[tuple[str, str]] = []
    if facts.is_complaint and facts.categories:
        lines.append(("ground", known[facts.categories[0].code].name.in_language(facts.language)))
    if facts.agency:
        lines.append(("agency", facts.agency.code if facts.agency.code != "LGU" else facts.agency.name))
    if facts.location and facts.location.name:
        lines.append(("location", facts.location.name))
    if facts.incident_date:
        lines.append(("incident_date", _day(facts)))
    if facts.service and facts.service.text:
        lines.append(("service", facts.service.text))
    sums = [amount for amount in facts.amounts if amount.improper] or facts.amounts
    lines += [("amount", f"₱{amount.php:,.2f}".removesuffix(".00")) for amount in sums]
    for role in ("respondent", "complainant"):
        lines += [(role, person.name) for person in facts.people if person.role == role]
    if facts.respondent_description and facts.respondent_description.text:
        lines.append(("respondent", facts.respondent_description.text))
    lines += [("contact", contact.value) for contact in (*facts.phones, *facts.emails)]
    if facts.wants_anonymity:
        lines.append(("anonymous", ""))
    return lines


def _day(facts: Facts) -> str:
    """The day as it is said: "January 20, 2025", "Enero 20, 2025"."""
    assert facts.incident_date is not None
    day = facts.incident_date.date
    months = data()["labels"][_spoken(facts.language)]["months"].split()
    return f"{months[day.month - 1]} {day.day}, {day.year}"
