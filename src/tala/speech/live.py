"""Live speech: chunks of sound in, typed events out.

Listening and reading go on side by side: an utterance that is being read does not hold up the beginning of
the next. The iterator of chunks tells how a session ends: when it runs out, everything said is read to the
end; when the iterator of events is closed, what is not read yet is withdrawn. Under load partial text
pauses first; then whole utterances are left to be read later from the recording, and the caller is told so.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tala.audio.endpointing import Ended, Endpointer, Started
from tala.audio.pcm import BYTES_PER_SAMPLE, FRAME_MS, FRAME_SAMPLES, Pcm, samples_of
from tala.audio.vad import Vad
from tala.errors import TalaError
from tala.speech import doubts
from tala.speech.decoding import LONGEST_MS, Heard, Window
from tala.speech.engine import Engine, Priority
from tala.speech.filipino import spelled
from tala.speech.hypothesis import Hypothesis
from tala.transcript import Segment, Utterance, Value, Warning_, Word


class SpeechStarted(Value):
    """Somebody began to speak; `start_ms` from the beginning of the session."""

    type: Literal["speech.started"] = "speech.started"
    utterance: int
    start_ms: int


class SpeechStopped(Value):
    """The utterance ended; its text follows."""

    type: Literal["speech.stopped"] = "speech.stopped"
    utterance: int
    end_ms: int


class Partial(Value):
    """What was understood so far: `committed` only grows, `tentative` may change."""

    type: Literal["transcript.partial"] = "transcript.partial"
    utterance: int
    revision: int
    committed: str
    tentative: str
    start_ms: int


class Final(Value):
    """The text of an utterance, read anew as a whole. `segment` is None where nothing was said after all."""

    type: Literal["transcript.final"] = "transcript.final"
    utterance: int
    segment: Segment | None


class Degraded(Value):
    """How much of the session is read now: all, finals only, or nothing (the recording is read later)."""

    type: Literal["load.degraded"] = "load.degraded"
    mode: Literal["full", "finals_only", "record_only"]


type Event = SpeechStarted | SpeechStopped | Partial | Final | Degraded


_AGAIN_WORDS = 4
_AGAIN_MS = 200
_LONGEST_WAIT_MS = 4_000


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a session is read; times in milliseconds."""

    partial_every_ms: int = 600
    """New sound between two readings of an open utterance, where the engine has time."""
    first_partial_ms: int = 600
    """Sound before the first reading, pre-roll included."""
    partial_share: float = 0.4
    """Most of the time that readings of one open utterance may take."""
    tail_ms: int = 6_000
    """Sound of an open utterance that is read again, once words before it are committed."""
    ahead_ms: int = 280
    """Pause at which an utterance is read as if it had ended, so that its text is there when it has."""
    idle_seconds: float = 2.0
    """Sound waiting in the engine up to which it has time to read ahead."""
    busy_seconds: float = 1.5
    """Sound waiting in the engine above which no partial is asked for: finals must not wait behind it."""
    patience_ms: int = 4_000
    """Sound without a partial, for want of time, after which the caller is told that partials pause."""
    most_unread_ms: int = 90_000
    """Ended utterances waiting for their text, at which further ones are left to the recording."""
    events: int = 256
    """Events that may wait for a reader who is slow; partials are dropped first."""


@dataclass(slots=True)
class _Open:
    """The utterance that is being spoken."""

    number: int
    start_ms: int
    offset_ms: int = 0
    hypothesis: Hypothesis = field(default_factory=Hypothesis)
    read_ms: int = 0
    wait_ms: int = 0
    reading: asyncio.Task[None] | None = None
    ahead: "_Ahead | None" = None

    def tail_from(self, heard_ms: int, longest_ms: int) -> int:
        """Where the next reading may begin: a few committed words are read again to find the place by."""
        committed = self.hypothesis.committed
        if heard_ms - self.start_ms <= longest_ms or len(committed) < _AGAIN_WORDS:
            return self.start_ms
        return max(self.start_ms, committed[-_AGAIN_WORDS].start_ms - self.offset_ms - _AGAIN_MS)


@dataclass(slots=True)
class _Ahead:
    """A reading of an utterance up to a pause, which stands if it ended there."""

    end_ms: int
    reading: asyncio.Task[Heard]


class LiveSession:
    """One speaker's live sound.

    Args:
        engine: the process's engine.
        language: `auto`, or a code for every utterance.
        session: what the engine shares its time by.
        channel: channel of the segments made.
        start_ms: where in the recording the first sample lies, after a resumed connection.
        settings: how often and how much is read.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        language: str = "auto",
        session: str = "",
        channel: int = 0,
        start_ms: int = 0,
        settings: LiveSettings | None = None,
    ) -> None:
        self._engine = engine
        self._language = {"auto": None, "fil": "tl", "taglish": None, "": None}.get(language, language)
        self._session = session
        self._channel = channel
        self._offset_ms = start_ms
        self._settings = settings or LiveSettings()
        self._vad = Vad()
        self._endpointer = Endpointer()
        self._rest = np.zeros(0, np.int16)
        self._sound = np.zeros(0, np.int16)
        self._sound_from_ms = 0
        self._heard_ms = 0
        self._open: _Open | None = None
        self._count = 0
        self._unread_ms = 0
        self._unread: list[Utterance] = []
        self._mode: Literal["full", "finals_only", "record_only"] = "full"
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(self._settings.events)
        self._last_final: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._passages: list[doubts.Passage] = []
        self._words_heard: list[str] = []

    def warnings(self) -> tuple[Warning_, ...]:
        """What a person should know about what was read so far."""
        return doubts.warnings(self._passages, self._words_heard, hear_language=self._language is None)

    @property
    def unread(self) -> tuple[Utterance, ...]:
        """Utterances that were left to be read later from the recording."""
        return tuple(self._unread)

    async def events(self, chunks: AsyncIterable[bytes]) -> AsyncGenerator[Event]:
        """Read chunks of 16-bit little-endian mono sound at 16 kHz, of any length, and tell what was said.

        The events end when the chunks have ended and everything is read. Closing the generator cancels.
        """
        listening = asyncio.create_task(self._listen(chunks))
        try:
            while (event := await self._events.get()) is not None:
                yield event
            await listening
        finally:
            for task in (listening, *self._tasks):
                task.cancel()
            await asyncio.gather(listening, *self._tasks, return_exceptions=True)

    # -- listening --

    async def _listen(self, chunks: AsyncIterable[bytes]) -> None:
        try:
            odd = b""
            async for chunk in chunks:
                data = odd + chunk
                whole = len(data) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
                odd = data[whole:]
                await self._take(np.frombuffer(data[:whole], "<i2"))
            if ended := self._endpointer.finish():
                await self._end(ended)
            while self._tasks:
                # Readings that were dropped end as cancelled; what failed is raised to the caller.
                for result in await asyncio.gather(*self._tasks, return_exceptions=True):
                    if isinstance(result, Exception):
                        raise result
        finally:
            # The reader learns of an end in any case; whatever went wrong is raised to it afterwards.
            with suppress(asyncio.QueueFull):
                self._events.put_nowait(None)

    async def _take(self, samples: Pcm) -> None:
        pending = np.concatenate([self._rest, samples])
        frames = len(pending) // FRAME_SAMPLES
        used, self._rest = pending[: frames * FRAME_SAMPLES], pending[frames * FRAME_SAMPLES :]
        if not frames:
            return
        self._sound = np.concatenate([self._sound, used])
        # The detector takes a fraction of a millisecond a frame: off the loop that serves everybody.
        spoken = await asyncio.to_thread(
            lambda: [self._vad.is_speech(frame) for frame in used.reshape(frames, FRAME_SAMPLES)]
        )
        for speech in spoken:
            self._heard_ms += FRAME_MS
            match self._endpointer.process(FRAME_MS, speech):
                case Started(start_ms=start):
                    self._count += 1
                    self._open = _Open(self._count, start, self._offset_ms, read_ms=start)
                    await self._tell(SpeechStarted(utterance=self._count, start_ms=start + self._offset_ms))
                case Ended() as ended:
                    await self._end(ended)
        self._forget()
        self._maybe_read_ahead()
        await self._maybe_read()

    def _forget(self) -> None:
        """Drop sound that no utterance can reach back to."""
        keep_ms = self._open.start_ms if self._open else self._heard_ms - 1000
        surplus = samples_of(keep_ms - self._sound_from_ms) if keep_ms > self._sound_from_ms else 0
        if surplus > 0:
            self._sound = self._sound[surplus:].copy()
            self._sound_from_ms = keep_ms

    def _cut(self, start_ms: int, end_ms: int) -> Pcm:
        first = samples_of(max(0, start_ms - self._sound_from_ms))
        return self._sound[first : samples_of(max(0, end_ms - self._sound_from_ms))].copy()

    async def _tell(self, event: Event) -> None:
        if isinstance(event, Partial) and self._events.full():
            return
        await self._events.put(event)

    # -- reading --

    async def _maybe_read(self) -> None:
        """Read the open utterance once more, if there is enough new sound and the engine has time."""
        now = self._open
        if now is None or now.reading is not None or now.ahead is not None:
            return
        settings = self._settings
        every = settings.partial_every_ms if now.hypothesis.revision else settings.first_partial_ms
        fresh = self._heard_ms - now.read_ms
        if fresh < max(every, now.wait_ms):
            return
        if self._too_much():
            await self._turn("record_only")
        elif self._engine.waiting_seconds <= settings.busy_seconds:
            await self._turn("full")
            now.read_ms = self._heard_ms
            start = now.tail_from(self._heard_ms, settings.tail_ms)
            sound = self._cut(start, min(self._heard_ms, start + LONGEST_MS))
            now.reading = self._spawn(self._read_partial(now, start, sound))
        elif fresh >= settings.patience_ms:
            await self._turn("finals_only")

    def _maybe_read_ahead(self) -> None:
        """Read the open utterance as if it ended with the pause in which it is, if the engine has time."""
        now = self._open
        if now is None:
            return
        pause = self._endpointer.pause_ms
        if now.ahead is not None:
            if pause < self._settings.ahead_ms:  # it goes on
                self._drop_ahead(now)
            return
        idle = self._engine.waiting_seconds <= self._settings.idle_seconds
        if pause < self._settings.ahead_ms or not idle or self._mode == "record_only":
            return
        end = self._endpointer.would_end_ms
        if now.reading is not None:
            now.reading.cancel()
        reading = asyncio.create_task(self._read(self._final_window(now, end), Priority.FINAL))
        self._tasks.add(reading)
        reading.add_done_callback(self._tasks.discard)
        now.ahead = _Ahead(end, reading)

    def _drop_ahead(self, now: _Open) -> None:
        """What was read up to a pause that ended no utterance is worth a partial."""
        ahead, now.ahead = now.ahead, None
        if ahead is None:
            return
        if ahead.reading.done() and not ahead.reading.cancelled() and ahead.reading.exception() is None:
            now.reading = self._spawn(self._tell_partial(now, ahead.reading.result(), now.start_ms))
            now.read_ms = self._heard_ms
        else:
            ahead.reading.cancel()

    def _final_window(self, now: _Open, end_ms: int) -> Window:
        end = min(end_ms, now.start_ms + LONGEST_MS)
        return Window(self._cut(now.start_ms, end), self._language, voiced=0.6)

    def _too_much(self) -> bool:
        return self._unread_ms > self._settings.most_unread_ms

    async def _turn(self, mode: Literal["full", "finals_only", "record_only"]) -> None:
        if mode != self._mode:
            self._mode = mode
            await self._tell(Degraded(mode=mode))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _read_partial(self, now: _Open, start_ms: int, sound: Pcm) -> None:
        began = time.monotonic()
        try:
            heard = await self._read(Window(sound, self._language, beam=1), Priority.PARTIAL)
        except TalaError:
            return  # the final tells what is wrong
        finally:
            now.reading = None
        took = (time.monotonic() - began) * 1000
        now.wait_ms = min(_LONGEST_WAIT_MS, round(took / self._settings.partial_share))
        await self._tell_partial(now, heard, start_ms)

    async def _tell_partial(self, now: _Open, heard: Heard, start_ms: int) -> None:
        now.reading = None
        if self._open is not now:
            return
        now.hypothesis.insert(self._words(heard, start_ms))
        await self._tell(
            Partial(
                utterance=now.number,
                revision=now.hypothesis.revision,
                committed=" ".join(w.text for w in now.hypothesis.committed),
                tentative=" ".join(w.text for w in now.hypothesis.tentative),
                start_ms=now.start_ms + self._offset_ms,
            )
        )

    async def _end(self, ended: Ended) -> None:
        now, self._open = self._open, None
        if now is None:
            return
        if now.reading is not None:
            now.reading.cancel()
        ahead = now.ahead
        if ahead is not None and ahead.end_ms != ended.end_ms:
            ahead.reading.cancel()
            ahead = None
        await self._tell(SpeechStopped(utterance=now.number, end_ms=ended.end_ms + self._offset_ms))
        if self._too_much():
            if ahead is not None:
                ahead.reading.cancel()
            await self._leave(ended)
            return
        self._unread_ms += ended.end_ms - ended.start_ms
        window = None if ahead is not None else self._final_window(now, ended.end_ms)
        self._last_final = self._spawn(self._read_final(now, ended, window, self._last_final))

    async def _leave(self, ended: Ended) -> None:
        """Leave an utterance to be read later from the recording."""
        await self._turn("record_only")
        self._unread.append(
            Utterance(
                channel=self._channel,
                start_ms=ended.start_ms + self._offset_ms,
                end_ms=ended.end_ms + self._offset_ms,
            )
        )

    async def _read_final(
        self, now: _Open, ended: Ended, window: Window | None, before: asyncio.Task[None] | None
    ) -> None:
        length = ended.end_ms - ended.start_ms
        try:
            if window is None:
                assert now.ahead is not None
                heard = await now.ahead.reading
            else:
                heard = await self._read(window, Priority.FINAL)
        except TalaError:
            await self._leave(ended)
            return
        finally:
            self._unread_ms -= length
        if before is not None:
            # Finals are told in the order they were spoken.
            await asyncio.wait([before])
        words = spelled(self._words(heard, now.start_ms), heard.language)
        segment = None
        if words:
            self._passages.append((length / 1000, heard))
            self._words_heard += [word.raw or word.text for word in words]
            segment = Segment(
                channel=self._channel,
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                text=" ".join(w.text for w in words),
                words=tuple(words),
                language=heard.language,
            )
        await self._tell(Final(utterance=now.number, segment=segment))

    async def _read(self, window: Window, priority: Priority) -> Heard:
        # Loading the weights and a full queue make submit() wait.
        future = await asyncio.to_thread(
            self._engine.submit, window, priority=priority, session=self._session
        )
        return await asyncio.wrap_future(future)

    def _words(self, heard: Heard, start_ms: int) -> list[Word]:
        shift = start_ms + self._offset_ms
        return [
            Word(
                start_ms=w.start_ms + shift,
                end_ms=w.end_ms + shift,
                text=w.text,
                confidence=round(w.probability, 3),
            )
            for w in heard.words
        ]
