"""The assistant: what an utterance is for, what is asked next, how a conversation ends."""

import datetime as dt

import pytest

from tala.cases import assistant
from tala.cases.assistant import Question, State
from tala.extract import pipeline
from tala.extract.converse import converse
from tala.facts import Category, Facts, TurnTo
from tala.settings import Settings

FILED = dt.datetime(2026, 3, 4, 9, 30, tzinfo=dt.UTC)
COMPLAINT = Facts(is_complaint=True, categories=(Category(code="processing_delay", score=0.9),))
ASKABLE = (Question(field="agency", text="Which office?"), Question(field="location", text="Where?"))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("can I talk to a person please", "human"),
        ("gusto ko po makausap ng tao", "human"),
        ("hindi ko po alam", "unknown"),
        ("I don't know", "unknown"),
        ("skip po", "skip"),
        ("start over", "again"),
        ("stop", "stop"),
        ("No, in Pasig, not Pasay", "correction"),
        ("ano na po ang lagay ng reklamo ko", "status"),
        ("They told me to stop coming back because they did not know where my papers were", "answer"),
        ("sa LTO po", "answer"),
    ],
)
def test_intent(text: str, intent: str) -> None:
    assert assistant.intent_of(text) == intent


def test_one_question_at_a_time_and_never_twice() -> None:
    first = assistant.step(State(), COMPLAINT, "my license is five months late", ASKABLE)
    assert first.state.pending == "agency"
    second = assistant.step(first.state, COMPLAINT, "I don't know", ASKABLE)
    assert second.state.pending == "location"
    third = assistant.step(second.state, COMPLAINT, "skip", ASKABLE)
    assert third.outcome == "submit"
    assert third.state.asked == ("agency", "location")


def test_an_emergency_interrupts_with_911() -> None:
    step = assistant.step(State(), COMPLAINT.model_copy(update={"emergency": True}), "may sunog", ASKABLE)
    assert step.outcome == "emergency_redirect"
    assert "911" in step.reply


def test_what_is_for_others_is_referred_with_where_to_turn() -> None:
    other = Facts(
        categories=(Category(code="other_jurisdiction", score=0.9),),
        turn_to=(TurnTo(name="DOLE", contact="office"),),
    )
    step = assistant.step(State(), other, "my boss does not pay me", ())
    assert step.outcome == "refer"
    assert "DOLE" in step.reply


def test_start_over_forgets_what_was_asked() -> None:
    asked = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    again = assistant.step(asked, COMPLAINT, "start over", ASKABLE)
    assert again.state == State()
    assert again.outcome is None


@pytest.mark.parametrize(
    ("turns", "outcome"),
    [
        (
            [
                "Limang buwan na pong hindi lumalabas ang lisensya ko",
                "sa LTO po",
                "sa Pasig",
                "hindi ko po alam",
            ],
            "submit",
        ),
        (["My employer has not paid my salary for two months"], "refer"),
        (["Paano po kumuha ng pasaporte?"], "no_complaint"),
        (["The officer asked me for money", "I want to talk to a person"], "handoff_to_human"),
        (["ano na po ang lagay ng reklamo ko"], "status_request"),
        (["tulong po may sunog sa tabi namin at may nakulong sa loob"], "emergency_redirect"),
    ],
)
def test_how_conversations_end(turns: list[str], outcome: str) -> None:
    talk = converse(pipeline.load(Settings()), turns, filed_at=FILED)
    assert talk.outcome == outcome
    assert len(set(talk.asked)) == len(talk.asked)


def test_a_correction_replaces_what_it_corrects() -> None:
    talk = converse(
        pipeline.load(Settings()),
        ["The LTO in Pasay has been holding my license for five months", "No, in Pasig, not Pasay"],
        filed_at=FILED,
    )
    assert talk.facts.location is not None
    assert talk.facts.location.name == "City of Pasig"
    text = "The LTO in Pasay has been holding my license for five months\nNo, in Pasig, not Pasay"
    assert talk.facts.location.text == text[talk.facts.location.start : talk.facts.location.end]
