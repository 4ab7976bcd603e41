"""What the assistant answers and asks next, from facts already understood."""

import datetime as dt

import pytest

from tala.cases import assistant
from tala.cases.assistant import Question, State
from tala.facts import Agency, Category, DateFact, Facts, Span, TurnTo

DELAY = Category(code="processing_delay", score=0.9)
COMPLAINT = Facts(is_complaint=True, categories=(DELAY,))
ASKABLE = (Question(field="agency", text="Which office?"), Question(field="location", text="Where?"))


def private(score: float, **changes: object) -> Facts:
    """A matter that is not the government's."""
    facts = Facts(categories=(Category(code="other_jurisdiction", score=score),))
    return facts.model_copy(update=changes)


def test_one_question_at_a_time_and_never_twice() -> None:
    first = assistant.step(State(), COMPLAINT, "my license is five months late", ASKABLE)
    assert first.state.pending == "agency"
    assert first.reply.endswith("Which office?")
    second = assistant.step(first.state, COMPLAINT, "I don't know", ASKABLE)
    assert second.state.pending == "location"
    third = assistant.step(second.state, COMPLAINT, "skip", ASKABLE)
    assert third.outcome == "submit"
    assert third.state.asked == ("agency", "location")


def test_what_is_not_known_is_closed_also_where_something_else_was_asked() -> None:
    asked = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    step = assistant.step(asked, COMPLAINT, "I don't remember where", ASKABLE)
    assert {"agency", "location"} <= step.state.closed
    assert step.outcome == "submit"


@pytest.mark.parametrize(
    ("pending", "text", "closed"),
    [
        ("respondent", "hindi ko alam ang pangalan", {"respondent"}),
        ("complainant", "skip the name", {"complainant"}),
        ("location", "skip my name", {"complainant", "location"}),
        ("incident_date", "I don't know his name", {"respondent", "incident_date"}),
        ("contact", "no", {"contact"}),
    ],
)
def test_which_fields_a_refusal_closes(pending: str, text: str, closed: set[str]) -> None:
    state = State(asked=(pending,), pending=pending)
    assert assistant.step(state, COMPLAINT, text, ()).state.closed == closed


def test_enough_is_enough() -> None:
    step = assistant.step(State(), COMPLAINT, "that's all, file it", ASKABLE)
    assert step.outcome == "submit"
    assert step.state.asked == ()


def test_without_a_story_there_is_nothing_to_file() -> None:
    narrative = Question(field="narrative", text="What happened?")
    first = assistant.step(State(), Facts(), "submit", (narrative, *ASKABLE))
    assert first.outcome is None
    assert first.state.pending == "narrative"
    assert assistant.step(first.state, Facts(), "that's all", ()).outcome == "no_complaint"


def test_an_emergency_interrupts_once_and_then_lets_people_go_on() -> None:
    alarm = {"emergency": True, "evidence": {"emergency": (Span(start=0, end=9, text="may sunog"),)}}
    facts = COMPLAINT.model_copy(update=alarm)
    step = assistant.step(State(), facts, "may sunog", ASKABLE)
    assert step.outcome == "emergency_redirect"
    assert "911" in step.reply
    after = assistant.step(step.state, facts, "okay na po, sa LTO po ang reklamo ko", ASKABLE)
    assert after.outcome is None
    assert after.state.pending == "agency"
    another = {"evidence": {"emergency": (*alarm["evidence"]["emergency"], Span(start=20, end=30))}}  # type: ignore[index]
    again = assistant.step(after.state, facts.model_copy(update=another), "dumudugo na siya", ASKABLE)
    assert again.outcome == "emergency_redirect"


def test_what_is_surely_for_others_is_referred_with_where_to_turn() -> None:
    other = private(0.9, turn_to=(TurnTo(name="DOLE", contact="office"),))
    step = assistant.step(State(), other, "my boss does not pay me", ())
    assert step.outcome == "refer"
    assert "DOLE (office)" in step.reply


def test_a_reference_without_a_line_still_says_where_to_turn() -> None:
    assert "8888" in assistant.step(State(), private(0.9), "my boss does not pay me", ()).reply


def test_what_may_be_for_others_is_asked_first() -> None:
    step = assistant.step(State(), private(0.5), "they keep my deposit", ())
    assert step.outcome is None
    assert step.state.pending == "agency"
    assert assistant.step(step.state, private(0.5), "it is my landlord", ()).outcome == "refer"


def test_what_may_be_a_question_is_asked_once() -> None:
    asks = Facts(categories=(Category(code="inquiry_or_feedback", score=0.5),))
    step = assistant.step(State(), asks, "about my passport", ())
    assert step.state.pending == "narrative"
    assert assistant.step(step.state, asks, "no", ()).outcome == "no_complaint"


def test_start_over_forgets_what_was_asked() -> None:
    asked = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    again = assistant.step(asked, COMPLAINT, "start over", ASKABLE)
    assert again.state == State()
    assert again.outcome is None


def test_start_over_with_a_story_in_the_same_breath_is_answered() -> None:
    asked = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    text = "start over please, it is about my passport that they have kept for months"
    assert assistant.intent_of(text) == "anew"
    assert assistant.step(asked, COMPLAINT, text, ASKABLE).state.asked == ("agency",)


@pytest.mark.parametrize("text", ["what did you say", "are you a robot", "what is the hotline", "..."])
def test_a_question_that_waits_is_asked_again_after_an_aside(text: str) -> None:
    asked = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    step = assistant.step(asked, COMPLAINT, text, ASKABLE)
    assert step.reply.endswith("Which office?")
    assert step.state.asked == ("agency",)
    assert step.outcome is None


def test_reading_back_waits_for_yes_or_for_what_to_change() -> None:
    facts = COMPLAINT.model_copy(
        update={
            "agency": Agency(code="LTO", name="Land Transportation Office"),
            "incident_date": DateFact(date=dt.date(2026, 3, 2)),
        }
    )
    step = assistant.step(State(), facts, "read it back", ASKABLE[1:])
    assert "office: LTO; day: March 2, 2026" in step.reply
    assert step.reply.endswith("Is that right?")
    assert assistant.step(step.state, facts, "no", ASKABLE[1:]).reply == "What should I change?"
    assert assistant.step(step.state, facts, "yes", ASKABLE[1:]).state.pending == "location"
    filipino = facts.model_copy(update={"language": "fil"})
    assert "araw: Marso 2, 2026" in assistant.step(State(), filipino, "pakibasa po", ()).reply


def test_new_facts_are_said_once() -> None:
    facts = COMPLAINT.model_copy(update={"agency": Agency(code="SSS", name="Social Security System")})
    first = assistant.step(State(), facts, "it is the SSS", ASKABLE[1:])
    assert first.reply == "Noted: SSS. Where?"
    assert "SSS" not in assistant.step(first.state, facts, "yesterday", ()).reply


def test_a_tap_settles_a_field_and_a_choice_opens_one() -> None:
    asked = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    tapped = assistant.settled(asked, "agency")
    assert tapped.pending is None
    assert assistant.step(tapped, COMPLAINT, "", ASKABLE).state.pending == "location"
    other = assistant.settled(asked, "location")
    assert assistant.step(other, COMPLAINT, "", ASKABLE).reply == "Which office?"
    chosen = assistant.asking(asked, "amount")
    assert (chosen.pending, chosen.asked) == ("amount", ("agency", "amount"))


def test_the_state_survives_being_written_down() -> None:
    state = assistant.step(State(), COMPLAINT, "it is late", ASKABLE).state
    state = assistant.step(state, COMPLAINT, "I don't know", ASKABLE).state
    assert State.model_validate_json(state.model_dump_json()) == state


def test_the_reply_tells_its_language() -> None:
    assert assistant.step(State(), COMPLAINT, "it is late", ASKABLE).language == "en"
    mixed = COMPLAINT.model_copy(update={"language": "taglish"})
    assert assistant.step(State(), mixed, "late na po", ASKABLE).language == "fil"
