"""The arithmetic of dialogues: what the assistant made of each, and what it asked."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.language.measures import judge

# The measure that judges each fact a dialogue's label may speak of.
FACTS: Final = {
    "categories": "main category",
    "is_complaint": "complaint or not",
    "agency": "agency",
    "location": "city or municipality",
    "incident_date": "incident date",
    "amounts": "all amounts",
    "people": "people with role",
    "wants_anonymity": "anonymity",
    "wants_callback": "callback",
    "emergency": "emergency",
    "phones": "phones and e-mails",
    "emails": "phones and e-mails",
}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One labelled dialogue; `answered`: the turn, from 1, after which a field is not to be asked."""

    id: str
    filed_at: dt.datetime
    language: str
    turns: tuple[str, ...]
    outcome: str
    facts: dict[str, Any]
    answered: dict[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one dialogue went: outcome, each fact labelled, and fields that should not have been asked."""

    outcome: bool
    facts: dict[str, bool]
    asked_again: tuple[str, ...]


def read(file: Path) -> list[Dialogue]:
    """Labelled dialogues of a JSONL file.

    Raises:
        ValueError: naming the line that is not a labelled dialogue.
    """
    dialogues = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            gold = row["gold"]
            dialogues.append(
                Dialogue(
                    id=str(row["id"]),
                    filed_at=dt.datetime.fromisoformat(row["filed_at"]),
                    language=row.get("language", ""),
                    turns=tuple(row["turns"]),
                    outcome=gold["outcome"],
                    facts=gold.get("facts") or {},
                    answered=_answered(gold.get("must_not_ask_again") or ()),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file.name} line {number} is not a labelled dialogue: {error!r}") from error
    if not dialogues:
        raise ValueError(f"{file.name} holds no labelled dialogue")
    return dialogues


def _answered(fields: Sequence[str | Mapping[str, Any]]) -> dict[str, int]:
    """A bare name was answered in the first turn."""
    return {
        entry if isinstance(entry, str) else entry["field"]: 1
        if isinstance(entry, str)
        else entry["after_turn"]
        for entry in fields
    }


def asked_again(dialogue: Dialogue, asked: Sequence[str | None]) -> tuple[str, ...]:
    """Fields asked twice, or asked after they had been answered.

    `asked` with one entry a turn (null where nothing was asked) tells when each field was asked. A shorter
    list does not, so there a field counts only if it was answered in the first turn or asked twice.
    """
    times = Counter(field for field in asked if field)
    wrong = {field for field, count in times.items() if count > 1}
    aligned = len(asked) == len(dialogue.turns)
    for field, after_turn in dialogue.answered.items():
        later = asked[after_turn - 1 :] if aligned else asked if after_turn == 1 else ()
        if field in later:
            wrong.add(field)
    return tuple(sorted(wrong))


def verdict(dialogue: Dialogue, answer: Mapping[str, Any]) -> Verdict:
    """How the assistant's answer to one dialogue stands against its label."""
    judged = judge(dialogue.facts, answer["facts"])
    return Verdict(
        outcome=answer["outcome"] == dialogue.outcome,
        facts={
            field: judged[measure][1:] == (0, 0)
            for field, measure in FACTS.items()
            if field in dialogue.facts
        },
        asked_again=asked_again(dialogue, answer["asked"]),
    )
