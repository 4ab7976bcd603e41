"""Correcting what was heard, word by word: times stay, what the machine heard is kept beside, facts are read
again, and what a person entered stays entered.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tala.errors import TalaError
from tala.facts import Facts
from tala.services import understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.drafts import Correction, DraftView, own_draft, read_draft, seal_facts
from tala.store.keys import DataKey
from tala.store.tables import Draft
from tala.transcript import Segment, Transcript, Value, Word

MOST_EDITS = 2000
MOST_CHARACTERS = 120
FIELD = "transcript"
"""How a corrected word stands among the corrections of a draft."""


class WordEdit(Value):
    """One word of the transcript as it should be. Several words in `text` share the time of the one they
    replace; an empty text takes the word out.
    """

    segment: int = Field(ge=0)
    word: int = Field(ge=0)
    text: str = Field(max_length=MOST_CHARACTERS)


async def correct_words(
    ctx: Context, draft_id: str, edits: Sequence[WordEdit], *, version: int, actor: Caller
) -> DraftView:
    """Change words of a draft's transcript; the facts are read again from the corrected words.

    Raises:
        TalaError: not_found, erased; version_mismatch; transition_not_allowed once filed; invalid_input where
            a word is not there or nothing would be left.
    """
    async with ctx.database.read() as session:
        row = await own_draft(session, draft_id, actor)
        _must_be_at(row, version)
        key = await ctx.keys.load(session, row.data_key_id)
        draft, _ = read_draft(row, key)
    corrected, changes = edited(draft.transcript, edits)
    if not changes:
        return draft
    moment = ctx.clock()
    read = await asyncio.to_thread(understanding.read_transcript, ctx, corrected, row.created_at)
    touched = {correction.field for correction in draft.corrections} - {FIELD}
    facts = understanding.settled(kept(read.facts, draft.facts, touched, corrected.text))
    done = [Correction(**change, by=actor.reference, at=moment) for change in changes]
    async with ctx.database.write() as session:
        row = await own_draft(session, draft_id, actor, lock=True)
        _must_be_at(row, version)
        row.version += 1
        row.updated_at = moment
        _seal(row, key, corrected, facts, [*draft.corrections, *done])
        session.add(row)
        await session.flush()
        return read_draft(row, key)[0]


def _must_be_at(row: Draft, version: int) -> None:
    if row.version != version:
        raise TalaError(
            "version_mismatch", "Somebody changed this draft meanwhile. Read it again, then correct it."
        )
    if row.state != "open":
        raise TalaError("transition_not_allowed", "This draft was settled; its words stay as they are.")


def _seal(row: Draft, key: DataKey, heard: Transcript, facts: Facts, done: Sequence[Correction]) -> None:
    _, as_read = read_draft(row, key)
    row.sealed_transcript = key.seal(heard.model_dump_json(), "drafts", row.id, "transcript")
    row.sealed_facts = seal_facts(key, row.id, as_read, facts)
    row.sealed_corrections = key.seal(
        json.dumps([one.model_dump(mode="json") for one in done]), "drafts", row.id, "corrections"
    )


def edited(heard: Transcript, edits: Sequence[WordEdit]) -> tuple[Transcript, list[dict[str, Any]]]:
    """The transcript with the edits in it, and what changed as {field, old, new}.

    Raises:
        TalaError: invalid_input.
    """
    if len(edits) > MOST_EDITS:
        raise TalaError("invalid_input", f"Correct at most {MOST_EDITS} words at a time.")
    wanted: dict[tuple[int, int], str] = {}
    for index, edit in enumerate(edits):
        known = edit.segment < len(heard.segments) and edit.word < len(heard.segments[edit.segment].words)
        if not known or "\x00" in edit.text:
            detail = "The transcript has no such word. Load the page again."
            raise TalaError(
                "invalid_input", detail, errors=[{"pointer": f"/edits/{index}", "detail": detail}]
            )
        wanted[(edit.segment, edit.word)] = " ".join(edit.text.split())
    changes: list[dict[str, Any]] = []
    segments = []
    for number, segment in enumerate(heard.segments):
        if not segment.words:  # typed in between, in a live conversation
            segments.append(segment)
            continue
        words: list[Word] = []
        for place, word in enumerate(segment.words):
            text = wanted.get((number, place), word.text)
            if text != word.text:
                changes.append({"field": FIELD, "old": word.text, "new": text})
                words += _replaced(word, text)
            else:
                words.append(word)
        if words:
            joined = " ".join(word.text for word in words)
            segments.append(segment.model_copy(update={"words": tuple(words), "text": joined}))
    if not segments:
        raise TalaError("invalid_input", "Leave at least one word, or discard the recording.")
    return _again(heard, segments), changes


def _replaced(word: Word, text: str) -> list[Word]:
    """The words that stand for one: its time is shared out by length, and a person is sure of them."""
    parts = text.split()
    whole = sum(len(part) for part in parts) or 1
    found: list[Word] = []
    said = 0
    for part in parts:
        start = word.start_ms + (word.end_ms - word.start_ms) * said // whole
        said += len(part)
        end = word.start_ms + (word.end_ms - word.start_ms) * said // whole
        raw = (word.raw or word.text) if not found else None
        found.append(Word(start_ms=start, end_ms=end, text=part, confidence=1.0, raw=raw))
    return found


def _again(heard: Transcript, segments: list[Segment]) -> Transcript:
    return Transcript.of(
        segments,
        seconds=heard.seconds,
        language=heard.language,
        language_probability=heard.language_probability,
        channels=heard.channels,
        model=heard.model,
        warnings=heard.warnings,
    )


def kept(fresh: Facts, before: Facts, touched: set[str], text: str) -> Facts:
    """Facts read anew, with the fields that a person changed as they stood. A span of theirs that the new
    text does not hold is found again where its words still stand once, else dropped.
    """
    values = {name: _moved(getattr(before, name), text) for name in touched if name in Facts.model_fields}
    evidence = {name: spans for name, spans in fresh.evidence.items() if name not in touched}
    return fresh.model_copy(update={**values, "evidence": evidence})


def _moved(value: Any, text: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_moved(one, text) for one in value)
    if not isinstance(value, Value):
        return value
    changes: dict[str, Any] = {
        name: _moved(one, text)
        for name, one in value
        if isinstance(one, tuple) and one and isinstance(one[0], Value)
    }
    start, said = getattr(value, "start", None), getattr(value, "text", None)
    if start is not None and said and text[start : start + len(said)] != said:
        once = text.find(said) if text.count(said) == 1 else -1
        changes |= {"start": once, "end": once + len(said)} if once >= 0 else {"start": None, "end": None}
        changes |= {"start_ms": None, "end_ms": None, "confidence": None}
    return value.model_copy(update=changes)
