"""Where an utterance begins and ends: a pure state machine fed with durations and whether there was speech.

It knows no clock, no model and no samples. Times are milliseconds from the beginning of the stream.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """All in milliseconds."""

    start_ms: int = 80
    """Speech needed before an utterance begins; less is a blip. A spoken "oo" lasts about 150."""
    forget_ms: int = 200
    """Silence after which speech heard too shortly to begin is forgotten."""
    pre_roll_ms: int = 300
    """Sound kept before the first speech, where soft consonants hide."""
    silence_ms: int = 700
    """Silence that ends an utterance."""
    post_roll_ms: int = 200
    """Sound kept after the last speech; at most `silence_ms`."""
    patience_ms: int = 15_000
    """Length after which a shorter pause is enough: better cut between words than inside one later."""
    late_silence_ms: int = 260
    """That shorter pause."""
    max_utterance_ms: int = 28_000
    """Length at which an utterance ends even without a pause."""

    def __post_init__(self) -> None:
        if min(self.start_ms, self.forget_ms, self.silence_ms, self.late_silence_ms) <= 0:
            raise ValueError("start, forget, silence and late silence must be above 0 ms")
        if min(self.pre_roll_ms, self.post_roll_ms) < 0:
            raise ValueError("pre-roll and post-roll must not be below 0 ms")
        if self.late_silence_ms > self.silence_ms or self.post_roll_ms > self.silence_ms:
            raise ValueError(
                "late silence and post-roll must not be longer than the silence that ends an utterance"
            )
        if self.max_utterance_ms <= self.pre_roll_ms + self.start_ms:
            raise ValueError("the longest utterance must be longer than pre-roll and start together")


class Reason(StrEnum):
    """Why an utterance ended."""

    SILENCE = "silence"
    LENGTH = "length"
    END_OF_INPUT = "end_of_input"


@dataclass(frozen=True, slots=True)
class Started:
    """An utterance began; `start_ms` includes the pre-roll."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """An utterance ended; its sound is from `start_ms` to `end_ms`."""

    start_ms: int
    end_ms: int
    reason: Reason


type Endpoint = Started | Ended


class Endpointer:
    """Turns a stream of (duration, is speech) into beginnings and endings of utterances.

    Every `Started` is followed by exactly one `Ended`; utterances never overlap nor exceed the longest
    length.
    """

    def __init__(self, settings: EndpointSettings | None = None) -> None:
        self._settings = settings or EndpointSettings()
        self._now = 0
        self._free_from = 0  # end of the last utterance: pre-roll must not reach behind it
        self._speech = 0  # speech heard while waiting for an utterance to begin
        self._silence = 0  # silence since the last speech
        self._first_speech = 0
        self._last_speech = 0
        self._start: int | None = None

    @property
    def now_ms(self) -> int:
        """Milliseconds fed so far."""
        return self._now

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open."""
        return self._start is not None

    @property
    def start_ms(self) -> int | None:
        """Where the open utterance began."""
        return self._start

    @property
    def pause_ms(self) -> int:
        """Silence since the last speech of the open utterance; 0 where none is open."""
        return self._silence if self._start is not None else 0

    @property
    def would_end_ms(self) -> int:
        """Where the open utterance ends if nothing more is said."""
        return min(self._now, self._last_speech + self._settings.post_roll_ms)

    def process(self, duration_ms: int, is_speech: bool) -> Endpoint | None:
        """Take the next stretch of sound, usually a frame; at most one thing happens in it.

        Raises:
            ValueError: the duration is not above 0.
        """
        if duration_ms <= 0:
            raise ValueError("a stretch of sound must be longer than 0 ms")
        before, self._now = self._now, self._now + duration_ms
        if is_speech:
            if not self._speech and self._start is None:
                self._first_speech = before
            self._speech += duration_ms
            self._silence = 0
            self._last_speech = self._now
        else:
            self._silence += duration_ms
        return self._waiting() if self._start is None else self._open(self._start)

    def finish(self) -> Ended | None:
        """The input ended: the open utterance ends with it."""
        if self._start is None:
            return None
        end = min(self._now, self._last_speech + self._settings.post_roll_ms)
        return self._end(self._start, end, Reason.END_OF_INPUT)

    def _waiting(self) -> Started | None:
        if self._silence >= self._settings.forget_ms:
            self._speech = 0
        if self._speech < self._settings.start_ms:
            return None
        self._start = max(self._free_from, self._first_speech - self._settings.pre_roll_ms)
        return Started(self._start)

    def _open(self, start: int) -> Ended | None:
        settings = self._settings
        late = self._now - start >= settings.patience_ms
        if self._silence >= (settings.late_silence_ms if late else settings.silence_ms):
            end = min(self._last_speech + settings.post_roll_ms, self._now, start + settings.max_utterance_ms)
            return self._end(start, end, Reason.SILENCE)
        if self._now - start >= settings.max_utterance_ms:
            return self._end(start, start + settings.max_utterance_ms, Reason.LENGTH)
        return None

    def _end(self, start: int, end: int, reason: Reason) -> Ended:
        self._start = None
        self._free_from = end
        # Speech that goes on after a cut at the longest length opens the next utterance where this one ended.
        self._first_speech = end
        self._speech = max(0, self._last_speech - end)
        return Ended(start, end, reason)
