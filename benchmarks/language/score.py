"""Scores what is understood of labelled texts: `python -m benchmarks.language.score FILE`."""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.language import overlap
from benchmarks.language.items import Item, read
from benchmarks.language.measures import (
    MACRO_F1,
    MEASURES,
    Counts,
    Estimate,
    Kind,
    calibration,
    category_counts,
    codes,
    estimate,
    judge,
    macro_f1,
)
from benchmarks.language.report import Scores, markdown, overall_rows, write_section
from rich.console import Console
from rich.table import Table

from tala.cases import taxonomy
from tala.extract import corpus, pipeline
from tala.settings import PROJECT_ROOT, Settings

DEFAULT = PROJECT_ROOT / "models" / "evaluation" / "complaints.jsonl"
SPEED_TIMEOUT_SECONDS = 180
OVERLAP_WORDS = (6, 8)
THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def answers(items: list[Item], settings: Settings) -> list[dict[str, Any]]:
    """What the pipeline understands of each text."""
    understander = pipeline.load(settings)
    return [
        understander.understand(item.text, filed_at=item.filed_at, id=item.id).model_dump(mode="json")
        for item in items
    ]


def score(items: list[Item], got: list[dict[str, Any]], *, file: str) -> Scores:
    """All measures over all slices."""
    judged = [
        judge(item.gold, answer, language=item.language) for item, answer in zip(items, got, strict=True)
    ]
    pairs = [(codes(item.gold), codes(answer)) for item, answer in zip(items, got, strict=True)]
    categories = [ground.code for ground in taxonomy.load().category]
    by_category = category_counts(pairs, categories)
    members: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        for name in item.slices():
            members[name].append(index)
    slices: dict[str, dict[str, Estimate]] = {}
    for name, indexes in sorted(members.items(), key=lambda entry: (entry[0] != "all", entry[0])):
        found = slices[name] = _estimates([judged[i] for i in indexes])
        found[MACRO_F1.name] = macro_f1(by_category[indexes])
    mains = [
        (expected[0] if expected else "none", answer[0] if answer else "none") for expected, answer in pairs
    ]
    scored = [
        (float(answer["categories"][0]["score"]), gold == main)
        for answer, (gold, main) in zip(got, mains, strict=True)
        if answer["categories"]
    ]
    bins, error = calibration(scored)
    return Scores(
        file=file,
        texts=len(items),
        slices=slices,
        per_category=_per_category(by_category, categories),
        confusions=Counter(pair for pair in mains if pair[0] != pair[1]),
        bins=bins,
        calibration_error=error,
        abstained=sum(main == "none" for _, main in mains),
    )


def _estimates(judged: list[dict[str, Counts]]) -> dict[str, Estimate]:
    found = {}
    for measure in MEASURES:
        counts = [row[measure.name] for row in judged if measure.name in row]
        if counts:
            found[measure.name] = estimate(counts, measure.kind)
    return found


def _per_category(rows: Any, categories: list[str]) -> dict[str, tuple[float, int]]:
    found = {}
    for column, code in enumerate(categories):
        counts: list[Counts] = [(int(tp), int(fp), int(fn)) for tp, fp, fn in rows[:, column]]
        measured = estimate(counts, Kind.F1, resamples=1)
        if measured.n:
            found[code] = (measured.value, measured.n)
    return found


def speed(file: Path) -> dict[str, float]:
    """Speed, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.language.speed", str(file.resolve())],
        cwd=PROJECT_ROOT,
        env=os.environ | dict.fromkeys(THREAD_SETTINGS, "1"),
        check=True,
        capture_output=True,
        text=True,
        timeout=SPEED_TIMEOUT_SECONDS,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def print_errors(items: list[Item], got: list[dict[str, Any]]) -> None:
    """Every text with a mistake and what was expected. Not for those who write rules or train."""
    for item, answer in zip(items, got, strict=True):
        judged = judge(item.gold, answer, language=item.language)
        mistakes = [
            m.name
            for m in MEASURES
            if m.name in judged and (judged[m.name][1:] != (0, 0)) != m.lower_is_better
        ]
        if mistakes:
            print(f"\n{item.id} [{', '.join(mistakes)}] filed {item.filed_at:%Y-%m-%d %a}\n  {item.text}")
            print(f"  gold {json.dumps(item.gold, ensure_ascii=False)}")
            print(f"  got  {json.dumps(_brief(answer), ensure_ascii=False)}")


def _brief(answer: dict[str, Any]) -> dict[str, Any]:
    names = ("agency", "location", "incident_date", "amounts", "people", "urgency", "wants_anonymity")
    brief = {"categories": [(c["code"], round(c["score"], 2)) for c in answer["categories"]]}
    return brief | {name: answer[name] for name in names}


def print_table(scores: Scores) -> None:
    """The scores over all texts, and the languages beside them, on standard error."""
    languages = [name for name in scores.slices if name.startswith("language: ")]
    table = Table(title=f"{scores.texts} texts of {scores.file}")
    for heading in ("measure", "value", "95 %", "n", "goal", *(n.split(": ")[1] for n in languages)):
        table.add_column(heading, no_wrap=True)
    for row in overall_rows(scores):
        cells = [scores.slices[name].get(row[0]) for name in languages]
        table.add_row(*row, *("" if c is None else f"{c.value:.3f}" for c in cells))
    console = Console(stderr=True, width=140)
    console.print(table)
    for name, value in scores.speed.items():
        console.print(f"{name.replace('_', ' ')}: {value:,.2f}")


def main() -> None:
    """Reads the arguments, prints a table on standard error and JSON on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT, help="JSONL of labelled texts")
    parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="write the section of this document")
    parser.add_argument("--errors", action="store_true", help="print what is not right instead of JSON")
    parser.add_argument("--no-speed", action="store_true", help="leave speed out")
    arguments = parser.parse_args()
    try:
        items = read(arguments.file)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    got = answers(items, Settings())
    scores = score(items, got, file=arguments.file.name)
    if not arguments.no_speed:
        scores.speed.update(speed(arguments.file))
    trained_on = [example.text for example in corpus.read(corpus.FOLDER)]
    for length in OVERLAP_WORDS:
        scores.shared[length] = overlap.shared([item.text for item in items], trained_on, length)
    print_table(scores)
    if arguments.write:
        stem = arguments.file.stem  # the first set's section is called after what it is for
        write_section(arguments.write, markdown(scores), "evaluation" if stem == "complaints" else stem)
    if arguments.errors:
        print_errors(items, got)
    else:
        print(json.dumps(scores.as_json(), ensure_ascii=False))


if __name__ == "__main__":
    main()
