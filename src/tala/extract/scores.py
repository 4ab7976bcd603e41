"""Scores of the learned facts on texts that training has not seen, and their place in docs/accuracy.md."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tala.cases import taxonomy
from tala.extract.corpus import LANGUAGES, Example

BEGIN = "<!-- learned facts: begin -->"
END = "<!-- learned facts: end -->"


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1 over some texts."""

    texts: int
    main: float
    by_language: dict[str, float]
    complaint: float
    macro_f1: float
    urgency: float
    language: float
    calibration_error: float
    f1: dict[str, float]

    def line(self) -> str:
        """The scores in one line."""
        languages = " ".join(f"{name} {share:.3f}" for name, share in self.by_language.items())
        return (
            f"main {self.main:.3f} ({languages}) macro-F1 {self.macro_f1:.3f} complaint {self.complaint:.3f} "
            f"urgency {self.urgency:.3f} language {self.language:.3f} ECE {self.calibration_error:.3f}"
        )


def score(nlp: Any, examples: Sequence[Example]) -> Scores:
    """Read texts with the pipeline as a user would, and compare."""
    known = taxonomy.load()
    read: list[tuple[Example, Any]] = []
    for example in examples:
        doc = nlp.make_doc(example.text)
        doc._.filed_at = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
        read.append((example, nlp(doc)._))
    right = [bool(facts.categories) and facts.categories[0].code == e.codes[0] for e, facts in read]
    f1 = {}
    for code in known.codes:
        wanted = [code in e.codes for e, _ in read]
        found = [any(category.code == code for category in facts.categories) for _, facts in read]
        both = sum(w and f for w, f in zip(wanted, found, strict=True))
        f1[code] = 2 * both / max(sum(wanted) + sum(found), 1)
    complaint = [
        (bool(facts.categories) and known[facts.categories[0].code].complaint) == known[e.codes[0]].complaint
        for e, facts in read
    ]
    sure = [facts.categories[0].score if facts.categories else 0.0 for _, facts in read]
    return Scores(
        texts=len(read),
        main=_share(right),
        by_language={
            x: _share([r for r, (e, _) in zip(right, read, strict=True) if e.language == x])
            for x in LANGUAGES
        },
        complaint=_share(complaint),
        macro_f1=sum(f1.values()) / len(f1),
        urgency=_share([facts.urgency == e.urgency for e, facts in read]),
        language=_share([facts.language == e.language for e, facts in read]),
        calibration_error=_calibration_error(sure, right),
        f1=f1,
    )


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / max(len(truths), 1)


def _calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for chance, truth in zip(sure, right, strict=True):
        bins[min(int(chance * 10), 9)].append((chance, truth))
    return sum(
        abs(sum(chance for chance, _ in filled) - sum(truth for _, truth in filled)) / len(sure)
        for filled in bins
        if filled
    )


def report(results: dict[str, Scores], examples: Sequence[Example], file: Path) -> None:
    """Write the scores between their marks in a page, making the page where there is none."""
    known = taxonomy.load()
    complaints = sum(known[e.codes[0]].complaint for e in examples)
    rows = [
        "| texts kept from training | n | main ground | en | fil | taglish | macro-F1 | complaint or not "
        "| urgency | language | ECE |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for way, s in results.items():
        languages = " | ".join(f"{s.by_language[name]:.3f}" for name in LANGUAGES)
        rows.append(
            f"| {way} | {s.texts} | {s.main:.3f} | {languages} | {s.macro_f1:.3f} | {s.complaint:.3f} | "
            f"{s.urgency:.3f} | {s.language:.3f} | {s.calibration_error:.3f} |"
        )
    plain = next(iter(results.values()))
    grounds = ["| ground | F1 |", "|---|---|", *(f"| `{code}` | {f1:.3f} |" for code, f1 in plain.f1.items())]
    counted = (
        f"The corpus holds {len(examples)} texts, {complaints} complaints and {len(examples) - complaints} "
        f"others; {sum(not e.composed for e in examples)} are written one by one, the rest made of "
        "short fragments. One written text in five is kept from training for these scores; the same hand "
        "wrote both sides, so they say less about strangers' wording than the blind set does."
    )
    section = "\n".join((BEGIN, "", counted, "", *rows, "", *grounds, "", END))
    page = file.read_text(encoding="utf-8") if file.is_file() else "# How well Tala understands\n"
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    file.write_text(
        f"{before.rstrip()}\n\n{section}\n{after.lstrip() and chr(10) + after.lstrip()}", encoding="utf-8"
    )
