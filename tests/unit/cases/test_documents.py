"""Letters and notices as data: complete in both languages, never more than they are."""

import pytest

from tala.cases import documents, notices, retention
from tala.services.documents import drawable

LETTERS = ["endorsement", "notice_to_explain", "reply_to_citizen", "formal_complaint"]


def test_the_letters_there_are() -> None:
    assert list(documents.load()) == LETTERS
    assert {kind for kind, one in documents.load().items() if "citizen" in one.readers} == {
        "formal_complaint"
    }


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("language", ["en", "fil"])
def test_a_letter_is_never_called_what_it_is_not(kind: str, language: documents.Language) -> None:
    letter = documents.fill(kind, language, {})
    text = " ".join([letter.title, *(part for pair in letter.parts for part in pair)]).casefold()
    assert "affidavit" not in text
    assert "sinumpaang salaysay" not in text
    assert "{" not in text
    assert drawable(text).count("?") == text.count("?")


def test_the_formal_complaint_holds_what_the_rules_ask_for() -> None:
    letter = documents.fill("formal_complaint", "en", {"complainant": "Ana Santos"})
    text = "\n".join(part for pair in letter.parts for part in pair)
    for wanted in (
        "Full name: Ana Santos",
        "non-forum shopping",
        "Subscribed and sworn",
        "Person complained of",
    ):
        assert wanted in text
    assert "not sworn and not filed" in text


def test_what_somebody_said_is_not_read_as_a_value() -> None:
    letter = documents.fill(
        "endorsement", "en", {"narrative": "I wrote {complainant}.", "complainant": "Ana"}
    )
    assert any("I wrote {complainant}." in text for _, text in letter.parts)


def test_a_name_the_font_cannot_draw_is_marked() -> None:
    assert drawable("Peña ₱5 ▇▇ 漢\n") == "Peña PHP 5 •• ?\n"


@pytest.mark.parametrize("kind", notices.KINDS)
@pytest.mark.parametrize("language", ["en", "fil"])
def test_a_notice_says_where_to_read_and_nothing_else(kind: str, language: str) -> None:
    number, url = "TALA-2026-0000001-2", "https://tala.example/track#TALA-2026-0000001-2"
    text = notices.text(kind, language, number, url)
    assert number in text
    assert url in text
    assert len(text) <= 200
    assert number in notices.subject(kind, language, number)


def test_retention_rules_are_whole() -> None:
    assert [kind.code for kind in retention.load().kind] == ["recordings", "cases", "alerts", "notices"]
