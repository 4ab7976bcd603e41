"""The arithmetic of dialogues, and that the dialogues say what their card says."""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from benchmarks.language.dialogues import FACTS, Dialogue, asked_again, read, verdict
from benchmarks.language.score_dialogues import DEFAULT, score

DIALOGUES = read(DEFAULT)
OUTCOMES = {"submit", "no_complaint", "refer", "handoff_to_human", "emergency_redirect", "status_request"}


def dialogue(**changes: Any) -> Dialogue:
    """A dialogue of three turns whose place is answered in the second."""
    values: dict[str, Any] = {
        "id": "1",
        "filed_at": dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
        "language": "en",
        "turns": ("a", "b", "c"),
        "outcome": "submit",
        "facts": {"agency": "LTO", "incident_date": None},
        "answered": {"agency": 1, "location": 2},
    }
    return Dialogue(**values | changes)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (["location", "incident_date", None], ()),
        (["location", "location", None], ("location",)),
        (["incident_date", "location", None], ("location",)),
        (["agency", "location", None], ("agency", "location")),
        (["incident_date", "location"], ()),
        (["agency"], ("agency",)),
        (["service", "respondent", "service", "contact"], ("service",)),
        ([], ()),
    ],
)
def test_a_field_once_answered_or_asked_is_not_asked_again(
    asked: list[str | None], wrong: tuple[str, ...]
) -> None:
    assert asked_again(dialogue(), asked) == wrong


def test_only_facts_the_label_speaks_of_are_judged() -> None:
    answer = {
        "outcome": "refer",
        "asked": [],
        "facts": {"agency": {"code": "LTO"}, "incident_date": {"date": "2026-01-01"}},
    }
    judged = verdict(dialogue(), answer)
    assert not judged.outcome
    assert judged.facts == {"agency": True, "incident_date": False}
    found = score([dialogue()], [judged])
    assert found["all"]["facts"]["value"] == pytest.approx(0.5)
    assert found["en"]["outcome"]["value"] == pytest.approx(0.0)


def test_a_bare_name_was_answered_in_the_first_turn(tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl"
    file.write_text(
        '{"id":1,"filed_at":"2026-01-05T08:00:00+08:00","turns":["a","b"],'
        '"gold":{"outcome":"submit","facts":{},"must_not_ask_again":["agency",{"field":"location","after_turn":2}]}}\n',
        encoding="utf-8",
    )
    assert read(file)[0].answered == {"agency": 1, "location": 2}
    file.write_text('{"id":1}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"d\.jsonl line 1"):
        read(file)


def test_dialogues_are_thirty_in_three_languages_with_every_outcome() -> None:
    assert len({d.id for d in DIALOGUES}) == len(DIALOGUES) == 30
    assert set(Counter(d.language for d in DIALOGUES).values()) == {10}
    assert {d.outcome for d in DIALOGUES} == OUTCOMES
    for d in DIALOGUES:
        assert 2 <= len(d.turns) <= 6, d.id
        assert set(d.facts) <= set(FACTS), d.id
        assert all(1 <= turn <= len(d.turns) for turn in d.answered.values()), d.id
