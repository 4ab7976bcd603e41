"""Words with their times: the values every room passes on.

All times are integer milliseconds from the start of the recording. Spans are Unicode code points, end
exclusive, into `Transcript.text`.
"""

from bisect import bisect_left, bisect_right
from functools import cached_property

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value."""

    model_config = ConfigDict(frozen=True)


class Word(Value):
    """One word as heard. `raw` is what the recogniser wrote where normalisation changed it."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float
    raw: str | None = None


class Segment(Value):
    """One utterance of one channel; `text` is its words joined by single spaces."""

    channel: int
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    language: str | None = None


class Utterance(Value):
    """A stretch of speech between two endpoints, before it has words."""

    channel: int
    start_ms: int
    end_ms: int


class Located(Value):
    """Where a span of text was said."""

    start_ms: int
    end_ms: int
    confidence: float
    channel: int


class Warning_(Value):
    """Something a person should know about a transcript: a stable code and a sentence."""

    code: str
    message: str


class Transcript(Value):
    """What was heard in a recording.

    `text` is the segments in order of time, joined by a space, or by a line break where the channel changes.
    """

    seconds: float
    language: str
    language_probability: float
    channels: tuple[str, ...] = ("mono",)
    segments: tuple[Segment, ...] = ()
    text: str = ""
    model: str = ""
    warnings: tuple[Warning_, ...] = ()

    @classmethod
    def of(
        cls,
        segments: list[Segment] | tuple[Segment, ...],
        *,
        seconds: float,
        language: str,
        language_probability: float,
        channels: tuple[str, ...] = ("mono",),
        model: str = "",
        warnings: tuple[Warning_, ...] = (),
    ) -> "Transcript":
        """Build a transcript whose text follows from its segments, put in order of time."""
        ordered = tuple(sorted(segments, key=lambda s: (s.start_ms, s.channel)))
        return cls(
            seconds=seconds,
            language=language,
            language_probability=language_probability,
            channels=channels,
            segments=ordered,
            text=join_segments(ordered),
            model=model,
            warnings=warnings,
        )

    @classmethod
    def typed(cls, text: str, language: str = "auto") -> "Transcript":
        """A complaint that was typed: text without sound."""
        return cls(seconds=0.0, language=language, language_probability=0.0, channels=(), text=text)

    @cached_property
    def _offsets(self) -> tuple[list[int], list[int], list[tuple[Word, int]]]:
        starts: list[int] = []
        ends: list[int] = []
        words: list[tuple[Word, int]] = []
        position = 0
        for index, segment in enumerate(self.segments):
            position += 1 if index else 0
            inner = position
            for word in segment.words:
                starts.append(inner)
                ends.append(inner + len(word.text))
                words.append((word, segment.channel))
                inner += len(word.text) + 1
            position += len(segment.text)
        return starts, ends, words

    def words_between(self, start: int, end: int) -> list[tuple[Word, int]]:
        """The words, each with its channel, that the text span [start, end) touches."""
        starts, ends, words = self._offsets
        return words[bisect_right(ends, start) : bisect_left(starts, end)]

    def locate(self, start: int, end: int) -> Located | None:
        """When the span [start, end) was said and how sure its least sure word is; None without sound."""
        touched = self.words_between(start, end)
        if not touched:
            return None
        return Located(
            start_ms=min(w.start_ms for w, _ in touched),
            end_ms=max(w.end_ms for w, _ in touched),
            confidence=min(w.confidence for w, _ in touched),
            channel=touched[0][1],
        )


def join_segments(segments: tuple[Segment, ...]) -> str:
    """Text of segments in order: a space between them, a line break where the channel changes."""
    parts: list[str] = []
    for index, segment in enumerate(segments):
        if index:
            parts.append(" " if segment.channel == segments[index - 1].channel else "\n")
        parts.append(segment.text)
    return "".join(parts)
