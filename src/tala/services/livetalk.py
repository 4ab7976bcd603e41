"""What was said in a live session and where its conversation stands: values, and how an utterance changes
them.

Utterances that follow each other without the assistant's speaking make one turn. The turns are what the
assistant reads; joined they are the text of the draft, so that spans of the facts hold in both.
"""

import datetime as dt
from collections import Counter
from itertools import groupby

from tala.cases import assistant
from tala.extract import converse
from tala.extract.pipeline import Understander
from tala.facts import Facts
from tala.transcript import Segment, Transcript, Value, Warning_


class Talk(Value):
    """A conversation so far.

    Attributes:
        segments: everything said and typed, in order; typed ones have no words.
        turns: the number of the turn that each segment belongs to.
        turn: number of the turn that is open.
        first: segments before this one were taken back by "start over".
        state: what the assistant asked.
        before: facts at the end of the turn before.
        facts: facts of everything said.
        outcome: how the assistant ended the conversation, if it did.
        read_ms: sound up to here was read, or left to be read later.
        unread: whether something was left to be read later.
        warnings: what a person should know about the words heard.
    """

    segments: tuple[Segment, ...] = ()
    turns: tuple[int, ...] = ()
    turn: int = 0
    first: int = 0
    state: assistant.State = assistant.State()
    before: Facts = Facts()
    facts: Facts = Facts()
    outcome: assistant.Outcome | None = None
    read_ms: int = 0
    unread: bool = False
    warnings: tuple[Warning_, ...] = ()

    @property
    def said(self) -> list[str]:
        """The turns that count, as texts."""
        counted = zip(self.turns[self.first :], self.segments[self.first :], strict=True)
        return [" ".join(s.text for _, s in turn) for _, turn in groupby(counted, key=lambda pair: pair[0])]

    @property
    def is_turn_open(self) -> bool:
        """Whether something was said that the assistant has not answered."""
        return bool(self.turns) and self.turns[-1] == self.turn and len(self.turns) > self.first

    def transcript(self, seconds: float, model: str, *, whole: bool = False) -> Transcript:
        """What counts of it as a transcript; `whole`: also what was taken back, without what was typed."""
        segments = self.segments[self.first :]
        if whole:
            segments = tuple(segment for segment in self.segments if segment.words)
        language, share = _language(self.segments)
        return Transcript.of(
            segments,
            seconds=seconds,
            language=language,
            language_probability=share,
            model=model,
            warnings=self.warnings,
        )


def heard(talk: Talk, segment: Segment) -> Talk:
    """The same with an utterance that was spoken."""
    return talk.model_copy(update={"segments": (*talk.segments, segment), "turns": (*talk.turns, talk.turn)})


def typed(talk: Talk, text: str) -> Talk:
    """The same with a text that was typed: it stands behind what was said before, whatever is said next."""
    at = talk.segments[-1].end_ms if talk.segments else 0
    return heard(talk, Segment(channel=0, start_ms=at, end_ms=at, text=" ".join(text.split()), words=()))


def asked(talk: Talk, field: str) -> Talk:
    """The same with a field pending that the citizen chose to answer."""
    return talk.model_copy(update={"state": assistant.asking(talk.state, field)})


def closed(talk: Talk, field: str) -> Talk:
    """The same with a field that is not asked any more: it was answered by tap, or skipped."""
    return talk.model_copy(update={"state": assistant.settled(talk.state, field)})


def understood(talk: Talk, understander: Understander, at: dt.datetime) -> Talk:
    """The same with the facts of everything said; blocks while it reads."""
    said = talk.said
    if not said:
        return talk.model_copy(update={"facts": talk.before})
    facts = converse.understood(understander, said, talk.state.pending, talk.before, filed_at=at)
    return talk.model_copy(update={"facts": facts})


def replied(talk: Talk, facts: Facts) -> tuple[Talk, assistant.Step]:
    """End the open turn: what the assistant answers to it, and the conversation after that.

    Args:
        facts: those of the conversation with what a person corrected.
    """
    turn = talk.said[-1] if talk.is_turn_open else ""
    step = assistant.step(talk.state, facts, turn, converse.to_ask(facts))
    changed: dict[str, object] = {
        "state": step.state,
        "turn": talk.turn + 1,
        "before": talk.facts,
        "outcome": step.outcome,
    }
    if turn and assistant.intent_of(turn) == "again":
        fresh = Facts(language=talk.facts.language)
        changed |= {"first": len(talk.segments), "before": fresh, "facts": fresh}
    return talk.model_copy(update=changed), step


def question(talk: Talk, facts: Facts) -> assistant.Question | None:
    """The question that waits for an answer."""
    state = talk.state
    waiting = next((one for one in converse.to_ask(facts) if one.field == state.pending), None)
    if waiting is None and state.pending and state.question:
        # Asked for another reason than that it is missing: whether this is a complaint at all.
        return assistant.Question(field=state.pending, text=state.question)
    return waiting


def _language(segments: tuple[Segment, ...]) -> tuple[str, float]:
    """The language most of the speech was read in, and its share of it."""
    lengths: Counter[str] = Counter()
    for segment in segments:
        if segment.words and segment.language:
            lengths[segment.language] += segment.end_ms - segment.start_ms
    if not lengths:
        return "unknown", 0.0
    language, length = lengths.most_common(1)[0]
    return language, round(length / lengths.total(), 3)
