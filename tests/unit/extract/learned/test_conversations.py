"""Whole conversations with the trained pipeline: answers, corrections, refusals, languages, endings."""

import datetime as dt
from typing import Any

import pytest

from tala.cases import assistant
from tala.extract import pipeline
from tala.extract.converse import Conversation, converse, to_ask, understood
from tala.facts import Facts
from tala.settings import Settings

FILED = dt.datetime(2026, 3, 4, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))  # a Wednesday
DELAY = "Limang buwan na pong hindi lumalabas ang lisensya ko"
BRIBE = "They asked me for money at the LTO before releasing my plate"
SHOUTED = "Somebody at the SSS shouted at me and called me stupid"
RUDE = "The clerk at the SSS shouted at me and called me stupid"


def talk(*turns: str) -> Conversation:
    """A conversation held on 4 March 2026."""
    return converse(pipeline.load(Settings()), turns, filed_at=FILED)


def value(facts: Facts, field: str) -> Any:
    """What a label would say of a fact."""
    match field:
        case "agency":
            return facts.agency and facts.agency.code
        case "location":
            return facts.location and facts.location.name
        case "incident_date":
            return facts.incident_date and facts.incident_date.date.isoformat()
        case "service":
            return facts.service and facts.service.text
        case "amounts":
            return [(amount.php, amount.improper) for amount in facts.amounts]
        case "people":
            return [(person.name, person.role) for person in facts.people]
        case "phones" | "emails":
            return [contact.value for contact in getattr(facts, field)]
        case _:
            return getattr(facts, field)


@pytest.mark.parametrize(
    ("turns", "field", "expected"),
    [
        ([DELAY, "Pasig"], "location", "City of Pasig"),
        ([DELAY, "sa pasig po"], "location", "City of Pasig"),
        ([DELAY, "the Makati one"], "location", "City of Makati"),
        ([DELAY, "sa Pasig", "kahapon"], "incident_date", "2026-03-03"),
        ([DELAY, "sa Pasig", "noong lunes po"], "incident_date", "2026-03-02"),
        (["they refused to accept my complete papers", "el ti o po"], "agency", "LTO"),
        (["they refused to accept my complete papers", "s s s"], "agency", "SSS"),
        ([BRIBE, "Pasig", "yesterday", "five hundred"], "amounts", [(500, True)]),
        ([BRIBE, "Pasig", "yesterday", "limang daan po"], "amounts", [(500, True)]),
        ([BRIBE, "Pasig", "yesterday", "500"], "amounts", [(500, True)]),
        ([SHOUTED, "Pasig", "yesterday", "maria santos"], "people", [("Maria Santos", "respondent")]),
        ([DELAY, "Pasig", "kahapon", "ramil obenza po"], "people", [("Ramil Obenza", "complainant")]),
        ([DELAY, "Pasig", "kahapon", "ako po si Lito Reyes"], "people", [("Lito Reyes", "complainant")]),
        ([DELAY, "Pasig", "kahapon", "si Mang Ben po ako"], "people", [("Ben", "complainant")]),
        ([DELAY, "0917 555 0101"], "phones", ["+639175550101"]),
        ([DELAY, "ana dot cruz at example dot com"], "emails", ["ana.cruz@example.com"]),
        # Answers to another question than the one asked.
        ([DELAY, "kahapon po"], "incident_date", "2026-03-03"),
        ([BRIBE, "they wanted 2,000 pesos"], "amounts", [(2000, True)]),
        ([DELAY, "kahapon po sa Lipa"], "location", "City of Lipa"),
        # A turn that takes itself back.
        ([DELAY, "pasay no sorry no in pasig not pasay"], "location", "City of Pasig"),
        ([DELAY, "sa Pasig", "monday ay mali pala tuesday"], "incident_date", "2026-03-03"),
    ],
)
def test_answers(turns: list[str], field: str, expected: Any) -> None:
    assert value(talk(*turns).facts, field) == expected


TOLD = "They asked me for 2000 pesos at the LTO in Quezon City last Monday to release my plate"


@pytest.mark.parametrize(
    ("correction", "field", "expected"),
    [
        ("not Quezon City, Makati", "location", "City of Makati"),
        ("No, in Makati, not in Quezon City", "location", "City of Makati"),
        ("hindi po sa Quezon City, sa Makati po", "location", "City of Makati"),
        ("no, it was Tuesday", "incident_date", "2026-03-03"),
        ("ay mali, noong Martes pala", "incident_date", "2026-03-03"),
        ("actually it was the LTFRB, not the LTO", "agency", "LTFRB"),
        ("hindi LTO, LTFRB po", "agency", "LTFRB"),
        ("no, 1500 not 2000", "amounts", [(1500, True)]),
        ("no, three hundred", "amounts", [(300, True)]),
    ],
)
def test_corrections(correction: str, field: str, expected: Any) -> None:
    facts = talk(TOLD, correction, "the guard at the gate").facts
    assert value(facts, field) == expected
    for other in {"agency", "location", "incident_date", "amounts"} - {field}:
        assert value(facts, other) == value(talk(TOLD).facts, other)


def test_a_corrected_place_keeps_its_evidence() -> None:
    turns = ("The LTO in Pasay has been holding my license for five months", "No, in Pasig, not Pasay")
    place = talk(*turns).facts.location
    assert place is not None
    assert place.name == "City of Pasig"
    assert place.text == "\n".join(turns)[place.start : place.end]


def test_a_corrected_name_and_number_take_the_place_of_the_old() -> None:
    facts = talk(
        SHOUTED, "Pasig", "yesterday", "si Aling Nena", "hindi si Nena, si Lita",
        "ako po si Pedro Reyes", "0917 555 0101", "hindi, 0918 555 0202 pala",
    ).facts  # fmt: skip
    assert value(facts, "people") == [("Lita", "respondent"), ("Pedro Reyes", "complainant")]
    assert value(facts, "phones") == ["+639185550202"]


def test_what_a_turn_denies_without_another_value_is_gone() -> None:
    assert talk("The LTO in Pasay has held my license for months", "No, not Pasay").facts.location is None


def test_what_was_told_is_not_asked() -> None:
    held = talk(TOLD, "the guard", "I don't know", "skip", "no phone")
    assert not {"agency", "location", "incident_date", "amount", "service"} & set(held.asked)
    assert len(set(held.asked)) == len(held.asked)


def test_every_question_is_asked_once_and_each_reply_asks_one_thing() -> None:
    turns = [BRIBE, *["I don't know"] * 9]
    held = talk(*turns)
    assert held.outcome == "submit"
    assert held.asked == ("location", "incident_date", "amount", "respondent", "complainant", "contact")
    assert all(reply.count("?") <= 1 for reply in held.replies)


def test_nobody_is_asked_who_a_delay_was() -> None:
    assert "respondent" not in talk(DELAY, "sa Pasig", "ewan", "ewan", "ewan", "ewan").asked


@pytest.mark.parametrize(
    "wish", ["I want to stay anonymous", "ayoko pong magpakilala", "wag na po yung name ko please"]
)
def test_who_stays_unnamed_is_asked_for_neither_name_nor_number(wish: str) -> None:
    held = talk(BRIBE, wish, "Pasig", "yesterday", "five hundred", "the guard", "plate")
    assert held.facts.wants_anonymity
    assert not {"complainant", "contact"} & set(held.asked)


@pytest.mark.parametrize("wish", ["skip my name", "laktawan na lang po yung pangalan ko", "ayoko"])
def test_skipping_the_name_is_no_wish_to_stay_unnamed(wish: str) -> None:
    assert not talk(DELAY, "sa Pasig", "kahapon", wish).facts.wants_anonymity


def test_a_story_told_in_pieces_is_one_complaint() -> None:
    facts = talk(
        "May reklamo po ako", "tungkol po sa LTO", "sa Pasig po yung office nila",
        "yung lisensya ko po hindi pa rin nila nilalabas hanggang ngayon",
        "limang buwan na po akong naghihintay",
    ).facts  # fmt: skip
    assert facts.is_complaint
    assert (value(facts, "agency"), value(facts, "location")) == ("LTO", "City of Pasig")
    assert facts.categories[0].code == "processing_delay"


def test_each_start_over_forgets_what_was_said_before() -> None:
    facts = talk(
        "The LTO in Pasay charged me 500 extra yesterday", "start over",
        "The SSS in Manila has not released my pension since January", "umpisa ulit po",
        "DFA refused my complete papers", "Cebu City",
    ).facts  # fmt: skip
    assert (value(facts, "agency"), value(facts, "location")) == ("DFA", "City of Cebu")
    assert facts.incident_date is None
    assert facts.amounts == ()


def test_start_over_with_a_story_in_the_same_breath() -> None:
    turns = [
        "The LTO in Pasay charged me 500 extra yesterday",
        "Start over please. The SSS in Manila has not released my pension for many months now.",
        "skip",
    ]
    facts = talk(*turns).facts
    assert (value(facts, "agency"), value(facts, "location")) == ("SSS", "City of Manila")
    assert facts.amounts == ()
    assert facts.agency is not None
    assert facts.agency.text == "\n".join(turns)[facts.agency.start : facts.agency.end]


def test_replies_follow_the_language_of_the_last_turn_with_words_enough() -> None:
    replies = talk(
        "sa city hall po ng pasig, ayaw nilang tanggapin ang application ko",
        "it happened yesterday in the morning and they were not listening to me",
        "LTO", "zero nine one seven one two three four five six seven",
        "balik po tayo sa Tagalog kasi mas sanay po ako roon",
    ).replies  # fmt: skip
    filipino = ["po" in reply.replace(".", " ").replace(":", " ").split() for reply in replies]
    assert filipino == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("turns", "outcome"),
    [
        ([DELAY, "sa LTO po", "sa Pasig", "hindi ko po alam"], "submit"),
        (["My employer has not paid my salary for two months"], "refer"),
        (["My landlord keeps my deposit", "no, it's not a government office"], "refer"),
        (["Paano po kumuha ng pasaporte?"], "no_complaint"),
        (
            ["I have something about the passport office", "this is not a complaint"],
            "no_complaint",
        ),
        (["hello", "thank you"], "no_complaint"),
        ([DELAY, "huwag na lang po, ayoko na"], "no_complaint"),
        (["The officer asked me for money", "I want to talk to a person"], "handoff_to_human"),
        (["ano na po ang lagay ng reklamo ko"], "status_request"),
        ([DELAY, "what happened to the complaint I filed before?"], "status_request"),
        (["tulong po may sunog sa tabi namin at may nakulong sa loob"], "emergency_redirect"),
        ([DELAY, "ay teka po, hinimatay yung lola ko dito sa tabi ko"], "emergency_redirect"),
        (["I want to complain about the LTO", "they refused to accept my complete papers"], "submit"),
        ([DELAY, "", "sa Pasig"], "submit"),
        (["   "], "no_complaint"),
    ],
)
def test_how_conversations_end(turns: list[str], outcome: str) -> None:
    held = talk(*turns)
    assert held.outcome == outcome
    assert len(held.replies) == len(turns)
    assert all(held.replies)


def test_a_question_for_the_hotline_in_the_middle_changes_nothing() -> None:
    held = talk(DELAY, "ano po ang hotline ninyo", "sa Pasig po")
    assert "8888" in held.replies[1]
    assert value(held.facts, "location") == "City of Pasig"
    assert held.outcome == "submit"


def test_short_answers_do_not_change_what_kind_of_complaint_it_is() -> None:
    held = talk(RUDE, "Pasig", "yesterday", "five hundred", "thank you", "opo", "yun lang po")
    assert held.facts.categories[0].code == "discourtesy"
    assert held.outcome == "submit"


def test_a_very_long_turn_is_a_story_and_nothing_else() -> None:
    story = " ".join([TOLD + "."] + ["They told me to come back and to talk to a person inside."] * 60)
    held = talk(story, "the guard")
    assert held.outcome == "submit"
    assert value(held.facts, "agency") == "LTO"


def test_a_conversation_goes_on_from_what_was_written_down() -> None:
    understander = pipeline.load(Settings())
    turns = [BRIBE, "Pasig", "five hundred", "no, three hundred", "kahapon"]
    state, facts, said = assistant.State(), Facts(), []
    for turn in turns:
        said.append(turn)
        facts = understood(understander, said, state.pending, facts, filed_at=FILED)
        state = assistant.step(state, facts, turn, to_ask(facts)).state
        state = assistant.State.model_validate_json(state.model_dump_json())
        facts = Facts.model_validate_json(facts.model_dump_json())
    assert facts == talk(*turns).facts
