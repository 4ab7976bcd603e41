"""The scores as a table for people, as JSON for machines and as a section of a document."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.language.measures import MACRO_F1, MEASURES, Bin, Estimate, Measure

SPEED_GOALS: Final = {
    "words_per_second": (6000, "words a second of one core, texts of 20–200 words", True),
    "long_text_seconds": (1.0, "seconds of one core for a text of 2,000 words", False),
    "load_seconds": (3.0, "seconds to load", False),
    "peak_mb": (700, "MB of memory at most", False),
}


@dataclass(frozen=True, slots=True)
class Scores:
    """Everything measured on one file; `slices[slice][measure]`."""

    file: str
    texts: int
    slices: dict[str, dict[str, Estimate]]
    per_category: dict[str, tuple[float, int]]
    confusions: Counter[tuple[str, str]]
    bins: list[Bin]
    calibration_error: float
    abstained: int
    speed: dict[str, float] = field(default_factory=dict)
    shared: dict[int, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same, for machines."""
        return {
            "file": self.file,
            "texts": self.texts,
            "slices": {s: {m: asdict(e) for m, e in found.items()} for s, found in self.slices.items()},
            "per_category_f1": {code: {"f1": f1, "n": n} for code, (f1, n) in self.per_category.items()},
            "confusions": [{"gold": g, "got": p, "n": n} for (g, p), n in self.confusions.most_common()],
            "calibration": {"error": self.calibration_error, "bins": [asdict(b) for b in self.bins]},
            "abstained": self.abstained,
            "speed": self.speed,
            "shared_with_corpus": {str(length): n for length, n in self.shared.items()},
        }


def _verdict(measure: Measure, value: float) -> str:
    if measure.goal is None:
        return ""
    met = value <= measure.goal if measure.lower_is_better else value >= measure.goal
    return f"{'≤' if measure.lower_is_better else '≥'} {measure.goal:.2f} {'met' if met else 'not met'}"


def _cell(found: Estimate | None) -> str:
    return "" if found is None else f"{found.value:.3f}"


def overall_rows(scores: Scores) -> list[tuple[str, str, str, str, str]]:
    """Measure, value, interval, what it rests on, goal: over all texts."""
    everything = scores.slices["all"]
    return [
        (
            measure.name,
            f"{found.value:.3f}",
            f"{found.low:.3f}–{found.high:.3f}",
            str(found.n),
            _verdict(measure, found.value),
        )
        for measure in (MEASURES[0], MACRO_F1, *MEASURES[1:])
        if (found := everything.get(measure.name)) is not None
    ]


def markdown(scores: Scores) -> str:
    """A section of a document, without its heading."""
    lines = [
        f"{scores.texts} texts of `{scores.file}`, which training never sees; 95 % bootstrap intervals.",
        "",
        "| measure | value | interval | n | goal |",
        "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in overall_rows(scores)),
        "",
        "By slice:",
        "",
        *_slice_table(scores),
        "",
        "F1 of each category (how many texts bear it): "
        + ", ".join(f"`{code}` {f1:.2f} ({n})" for code, (f1, n) in scores.per_category.items())
        + ".",
        "",
        "Main category taken for another, most often: "
        + (
            ", ".join(f"`{gold}` as `{got}` {n}" for (gold, got), n in scores.confusions.most_common(8))
            or "none"
        )
        + f". Abstained on {scores.abstained}.",
        "",
        f"Calibration of the main category: expected error {scores.calibration_error:.3f}.",
        "",
        "| score | texts | mean score | right |",
        "|---|---|---|---|",
        *(
            f"| {b.low:.1f}–{b.high:.1f} | {b.n} | {b.confidence:.2f} | {b.accuracy:.2f} |"
            for b in scores.bins
        ),
    ]
    if scores.shared:
        counts = ", ".join(
            f"{n} share a run of {length} words" for length, n in sorted(scores.shared.items())
        )
        lines += ["", f"Overlap with the training corpus: of {scores.texts} texts, {counts}."]
    if scores.speed:
        lines += ["", "| speed | value | goal |", "|---|---|---|", *_speed_rows(scores.speed)]
    return "\n".join(lines) + "\n"


def _slice_table(scores: Scores) -> list[str]:
    names = [name for name in scores.slices if name != "all"]
    rows = [
        "| measure | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for measure in (MEASURES[0], MACRO_F1, *MEASURES[1:]):
        cells = [_cell(scores.slices[name].get(measure.name)) for name in names]
        if any(cells):
            rows.append(f"| {measure.name} | " + " | ".join(cells) + " |")
    return rows


def _speed_rows(speed: dict[str, float]) -> list[str]:
    rows = []
    for name, (goal, words, at_least) in SPEED_GOALS.items():
        value = speed[name]
        met = value >= goal if at_least else value <= goal
        rows.append(
            f"| {words} | {value:,.2f} | {'≥' if at_least else '≤'} {goal:,} {'met' if met else 'not met'} |"
        )
    return rows


def markers(name: str) -> tuple[str, str]:
    """What stands before and after the section of a set in a document."""
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def write_section(file: Path, section: str, name: str = "evaluation") -> None:
    """Put the section between its markers in a document; makes the document or the markers if needed.

    Raises:
        ValueError: where only one of the markers is there.
    """
    begin, end = markers(name)
    text = file.read_text(encoding="utf-8") if file.exists() else "# Accuracy of what is understood\n"
    if (begin in text) != (end in text):
        raise ValueError(f"{file.name} has only one of {begin} and {end}: put the other one back")
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    _, after = rest.split(end, 1)
    file.write_text(f"{before}{begin}\n{section}{end}{after}", encoding="utf-8")
