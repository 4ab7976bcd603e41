"""The grounds of complaint and the data that hang on them."""

import pytest
from pydantic import ValidationError

from tala.cases import taxonomy
from tala.extract import datafiles
from tala.extract.missing import questions
from tala.facts import Facts


def test_the_eight_acts_of_section_21_in_order() -> None:
    known = taxonomy.load()
    acts = [(g.paragraph, g.code) for g in known.category if (g.law, g.section) == ("RA 11032", "21")]
    assert acts == [
        ("a", "refusal_to_accept"),
        ("b", "additional_requirements"),
        ("c", "additional_costs"),
        ("d", "no_written_notice_of_disapproval"),
        ("e", "processing_delay"),
        ("f", "unattended_within_hours"),
        ("g", "no_official_receipt"),
        ("h", "fixing"),
    ]
    assert known["fixing"].citation == "RA 11032, Section 21(h)"


def test_two_codes_are_no_complaints() -> None:
    known = taxonomy.load()
    assert set(known.codes) - set(known.complaint_codes) == {"other_jurisdiction", "inquiry_or_feedback"}


def test_a_code_may_stand_only_once() -> None:
    ground = taxonomy.load()["fixing"]
    with pytest.raises(ValidationError, match="twice"):
        taxonomy.Taxonomy(version=1, category=(ground, ground))


def test_phrases_and_questions_name_what_exists() -> None:
    known = taxonomy.load()
    assert set(datafiles.read("grounds.toml")["phrases"]) == set(known.codes)
    virtual = {"narrative", "respondent", "complainant", "contact", "amount"}
    for question in questions():
        assert question.field in Facts.model_fields or question.field in virtual
        assert all(code in known for code in question.only_for)


def test_every_topic_leads_to_lines_with_a_source() -> None:
    data = datafiles.read("hotlines.toml")
    lines = {line["key"]: line for line in data["line"]}
    for topic in data["topic"]:
        assert all(lines[key]["source"] for key in topic["lines"])
