"""The scorer's arithmetic, against values worked out by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.language import overlap as corpus_overlap
from benchmarks.language.items import Item, read
from benchmarks.language.measures import (
    Kind,
    calibration,
    category_counts,
    estimate,
    judge,
    key,
    macro_f1,
    overlap,
)
from benchmarks.language.report import markers, write_section

GOLD: dict[str, Any] = {
    "is_complaint": True,
    "categories": ["additional_costs", "no_official_receipt"],
    "agency": "PhilHealth",
    "location": {"name": "City of Biñan", "psgc": "0403403000"},
    "incident_date": "2026-01-05",
    "amounts": [{"php": 300, "improper": True}, {"php": 150, "improper": False}],
    "people": [{"name": "Dela Pena", "role": "respondent"}],
    "urgency": "medium",
    "wants_anonymity": False,
    "wants_callback": True,
    "emergency": False,
    "phones": ["+639175550142"],
    "emails": [],
}

BEGIN, END = markers("evaluation")


def answer(**changes: Any) -> dict[str, Any]:
    """What a pipeline says that gets everything right, with changes."""
    return {
        "is_complaint": True,
        "categories": [
            {"code": "additional_costs", "score": 0.9},
            {"code": "no_official_receipt", "score": 0.6},
        ],
        "agency": {"code": "PHILHEALTH"},
        "location": {"name": "city of binan"},
        "incident_date": {"date": "2026-01-05"},
        "amounts": [{"php": 150.0, "improper": False}, {"php": 300.0, "improper": True}],
        "people": [{"name": "DELA PEÑA", "role": "respondent"}],
        "urgency": "medium",
        "wants_anonymity": False,
        "wants_callback": True,
        "emergency": False,
        "phones": [{"value": "+639175550142"}],
        "emails": [],
        "language": "en",
    } | changes


def test_a_right_answer_has_no_mistake() -> None:
    counts = judge(GOLD, answer(), language="en")
    wrong = counts.pop("incident date wrong")
    assert wrong == (0, 0, 1)
    assert all(found[1:] == (0, 0) and found[0] > 0 for found in counts.values())


@pytest.mark.parametrize(
    ("changes", "measure", "expected"),
    [
        ({"categories": []}, "main category", (0, 0, 1)),
        ({"categories": [{"code": "no_official_receipt", "score": 1.0}]}, "main category", (0, 0, 1)),
        ({"is_complaint": False}, "complaint or not", (0, 0, 1)),
        ({"agency": None}, "agency", (0, 0, 1)),
        ({"location": {"name": None, "candidates": ["0403403000"]}}, "city or municipality", (0, 0, 1)),
        ({"incident_date": None}, "incident date", (0, 0, 1)),
        ({"incident_date": None}, "incident date wrong", (0, 0, 1)),
        ({"incident_date": {"date": "2026-01-06"}}, "incident date wrong", (1, 0, 0)),
        ({"urgency": "low"}, "urgency", (0, 0, 1)),
        ({"urgency": "low"}, "urgent or not", (1, 0, 0)),
        ({"urgency": "high"}, "urgent or not", (0, 0, 1)),
        ({"amounts": [{"php": 300, "improper": False}]}, "improper amounts", (0, 0, 1)),
        ({"amounts": [{"php": 300, "improper": False}]}, "all amounts", (1, 0, 1)),
        ({"people": [{"name": "Dela Pena", "role": "other"}]}, "people with role", (0, 1, 1)),
        ({"phones": [], "emails": [{"value": "a@b.ph"}]}, "phones and e-mails", (0, 1, 1)),
        ({"language": "fil"}, "language", (0, 0, 1)),
    ],
)
def test_a_mistake_counts_where_it_is_made(
    changes: dict[str, Any], measure: str, expected: tuple[int, int, int]
) -> None:
    assert judge(GOLD, answer(**changes), language="en")[measure] == expected


def test_a_fact_rightly_absent_is_right() -> None:
    gold = GOLD | {"agency": None, "location": None, "incident_date": None}
    counts = judge(gold, answer(agency=None, location=None, incident_date=None))
    assert [counts[m] for m in ("agency", "city or municipality", "incident date")] == [(1, 0, 0)] * 3
    assert judge(gold, answer())["incident date wrong"] == (1, 0, 0)


def test_what_the_label_leaves_open_is_not_judged() -> None:
    gold = {name: value for name, value in GOLD.items() if name not in {"incident_date", "location"}}
    assert not {"incident date", "incident date wrong", "city or municipality"} & set(judge(gold, answer()))


def test_bags_count_what_is_there_twice() -> None:
    assert overlap(["a", "a", "b"], ["a", "c"]) == (1, 1, 2)
    assert overlap([], []) == (0, 0, 0)


def test_names_compare_without_case_accents_and_marks() -> None:
    assert key("  Dela-Peña, ") == "dela pena"


def test_share_and_f1_by_hand() -> None:
    assert estimate([(1, 0, 0), (1, 0, 0), (0, 0, 1)], Kind.SHARE).value == pytest.approx(2 / 3)
    # 3 hits, 1 too many, 2 missed: precision 3/4, recall 3/5, F1 2/3.
    found = estimate([(2, 1, 0), (1, 0, 2), (0, 0, 0)], Kind.F1)
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 5


def test_intervals_hold_the_value_and_shrink_with_more_texts() -> None:
    few = estimate([(1, 0, 0), (0, 0, 1)] * 10, Kind.SHARE)
    many = estimate([(1, 0, 0), (0, 0, 1)] * 500, Kind.SHARE)
    assert few.low <= few.value <= few.high
    assert many.high - many.low < few.high - few.low
    # A share of one half over 1,000 texts has a standard error of 0.0158.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.0158, rel=0.15)
    assert few == estimate([(1, 0, 0), (0, 0, 1)] * 10, Kind.SHARE)


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        estimate([], Kind.SHARE)
    with pytest.raises(ValueError, match="nothing to measure"):
        macro_f1(np.zeros((2, 3, 3)))


def test_macro_f1_is_the_mean_over_categories_that_are_borne() -> None:
    pairs = [(["x", "y"], ["x"]), (["x"], ["x", "z"]), (["y"], ["y"])]
    rows = category_counts(pairs, ["x", "y", "z"])
    # x is perfect; y has one hit and one miss, F1 2/3; z is borne by no text.
    found = macro_f1(rows)
    assert found.value == pytest.approx((1 + 2 / 3) / 2)
    assert found.n == 2


def test_calibration_error_is_the_mean_distance_of_score_and_truth() -> None:
    bins, error = calibration([(0.95, True), (0.95, False), (0.25, False), (0.25, False)])
    assert [(b.n, b.accuracy) for b in bins] == [(2, 0.0), (2, 0.5)]
    assert error == pytest.approx((0.25 + 0.45) / 2)
    assert calibration([(1.0, True)])[1] == pytest.approx(0.0)


def test_overlap_finds_shared_runs_whatever_their_marks() -> None:
    texts = ["One two, three four five", "one two three"]
    corpus = ["zero one TWO three. four"]
    assert corpus_overlap.shared(texts, corpus, 4) == 1
    assert corpus_overlap.shared(texts, corpus, 3) == 2
    assert corpus_overlap.shared(texts, corpus, 5) == 0


def test_slices_by_language_form_and_length() -> None:
    when = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    heard = Item("1", "wala pong tao dito", when, {}, "fil", frozenset())
    assert set(heard.slices()) == {"all", "language: fil", "form: as heard", "length: short"}
    written = Item("2", "word " * 81, when, {}, "", frozenset({"clean"}))
    assert set(written.slices()) == {"all", "form: as written", "length: long"}


def test_a_line_that_is_no_labelled_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"id": 1, "text": "a", "filed_at": "2026-01-05T08:00:00+08:00"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"texts\.jsonl line 1"):
        read(file)


def test_a_section_replaces_only_what_is_between_its_markers(tmp_path: Path) -> None:
    file = tmp_path / "accuracy.md"
    write_section(file, "first\n")
    file.write_text(file.read_text(encoding="utf-8") + "kept after\n", encoding="utf-8")
    write_section(file, "second\n")
    text = file.read_text(encoding="utf-8")
    assert "first" not in text
    assert "second" in text
    assert text.startswith("# Accuracy")
    assert text.endswith("kept after\n")
    assert (text.count(BEGIN), text.count(END)) == (1, 1)


def test_a_lost_marker_is_said(tmp_path: Path) -> None:
    file = tmp_path / "accuracy.md"
    file.write_text(BEGIN, encoding="utf-8")
    with pytest.raises(ValueError, match="only one of"):
        write_section(file, "text\n")
