"""Scores the assistant on dialogues without sound: `python -m benchmarks.language.score_dialogues`."""

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.language.dialogues import Dialogue, Verdict, read, verdict
from benchmarks.language.measures import Kind, estimate, share
from rich.console import Console
from rich.table import Table

from tala.extract import pipeline
from tala.extract.converse import converse
from tala.settings import PROJECT_ROOT, Settings

DEFAULT = PROJECT_ROOT / "models" / "evaluation" / "dialogues.jsonl"
GOALS = {"outcome": 0.90, "facts": 0.85, "nothing asked again": 1.0}


def answers(dialogues: list[Dialogue], settings: Settings) -> list[dict[str, Any]]:
    """What the assistant makes of each dialogue."""
    understander = pipeline.load(settings)
    return [
        converse(understander, dialogue.turns, filed_at=dialogue.filed_at).model_dump(mode="json")
        for dialogue in dialogues
    ]


def score(dialogues: list[Dialogue], verdicts: list[Verdict]) -> dict[str, dict[str, Any]]:
    """Shares with intervals, over all dialogues and by language."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for dialogue, judged in zip(dialogues, verdicts, strict=True):
        groups["all"].append(judged)
        groups[dialogue.language or "unknown"].append(judged)
    found: dict[str, dict[str, Any]] = {}
    for name, members in groups.items():
        facts = [share(right) for judged in members for right in judged.facts.values()]
        counts = {
            "outcome": [share(judged.outcome) for judged in members],
            "facts": facts,
            "nothing asked again": [share(not judged.asked_again) for judged in members],
        }
        found[name] = {
            measure: asdict(estimate(rows, Kind.SHARE)) for measure, rows in counts.items() if rows
        }
    by_fact: dict[str, list[bool]] = defaultdict(list)
    for judged in verdicts:
        for field, right in judged.facts.items():
            by_fact[field].append(right)
    found["facts"] = {
        field: {"value": sum(rights) / len(rights), "n": len(rights)} for field, rights in by_fact.items()
    }
    return found


def print_table(found: dict[str, dict[str, Any]]) -> None:
    """Measures by language, on standard error."""
    groups = [name for name in found if name != "facts"]
    table = Table(title="dialogues")
    for heading in ("measure", "goal", *groups):
        table.add_column(heading, no_wrap=True)
    for measure, goal in GOALS.items():
        cells = [found[name].get(measure) for name in groups]
        table.add_row(measure, f"≥ {goal:.2f}", *("" if c is None else f"{c['value']:.3f}" for c in cells))
    Console(stderr=True).print(table)


def main() -> None:
    """Reads the arguments, prints a table on standard error and JSON on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT, help="JSONL of labelled dialogues")
    parser.add_argument(
        "--errors", action="store_true", help="print dialogues that went wrong instead of JSON"
    )
    arguments = parser.parse_args()
    try:
        dialogues = read(arguments.file)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    got = answers(dialogues, Settings())
    verdicts = [verdict(dialogue, answer) for dialogue, answer in zip(dialogues, got, strict=True)]
    found = score(dialogues, verdicts)
    print_table(found)
    if not arguments.errors:
        print(json.dumps(found))
        return
    for dialogue, judged, answer in zip(dialogues, verdicts, got, strict=True):
        wrong = [field for field, right in judged.facts.items() if not right]
        if not judged.outcome or wrong or judged.asked_again:
            print(f"\n{dialogue.id} outcome {answer['outcome']} (expected {dialogue.outcome}); wrong {wrong}")
            print(f"  asked again {judged.asked_again}; asked {answer['asked']}")
            for turn in dialogue.turns:
                print(f"  > {turn}")
            print(f"  gold {json.dumps(dialogue.facts, ensure_ascii=False)}")
            held = {field: answer["facts"].get(field) for field in dialogue.facts}
            print(f"  got  {json.dumps(held, ensure_ascii=False)}")


if __name__ == "__main__":
    main()
