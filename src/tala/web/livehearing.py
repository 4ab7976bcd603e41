"""Reading live sound: what a session's engine makes of it, told as events and handed on to the conversation.

After a lost line or a restart it begins where the text ends: with the stored sound nobody has read yet.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import structlog

from tala.audio import quality, vad
from tala.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE, from_bytes
from tala.errors import TalaError
from tala.services.context import Context
from tala.services.live import Live
from tala.services.livefile import samples_from
from tala.speech.live import Degraded, Event, Final, LiveSession, Partial, SpeechStarted, SpeechStopped
from tala.web.i18n import Messages
from tala.web.liveprotocol import Outbox
from tala.web.livetalking import Talking

log = structlog.get_logger("tala.web.live")

_QUEUE_SECONDS = 60.0
_CHECK_SECONDS = (6, 30, 90, 300, 900)
"""After how much sound it is listened to for what the person could mend."""
_CHECK_WINDOW = 8 * SAMPLE_RATE * BYTES_PER_SAMPLE
_TOLD = frozenset({"sound_silent", "sound_no_speech", "sound_quiet", "sound_clipped", "sound_noisy"})


class Hearing:
    """Reads the sound of one connection.

    Attributes:
        model: name of the weights, once they are loaded.
        is_behind: whether something was left to be read later from the recording.
    """

    def __init__(self, ctx: Context, live: Live, outbox: Outbox, talking: Talking, words: Messages) -> None:
        self._ctx = ctx
        self._live = live
        self._outbox = outbox
        self._talking = talking
        self._words = words
        self._queue = SoundQueue(_QUEUE_SECONDS)
        self._at = live.sound.samples
        """Number of the sample that comes next."""
        self._from = live.talk.read_ms * SAMPLE_RATE // 1000
        self._ends: dict[int, int] = {}
        self._recent = b""
        self._checks = deque(_CHECK_SECONDS)
        self._warned: set[str] = set()
        self._checking: asyncio.Task[None] | None = None
        self._done = asyncio.Event()
        self._used = asyncio.Event()
        if live.sound.samples > self._from:
            self._used.set()
        self.model = ""
        self.is_behind = False

    async def put(self, data: bytes) -> None:
        """Have sound read; waits while too much waits already."""
        self._used.set()
        await self._queue.put(data)

    async def run(self) -> None:
        """Read until the sound ends. Whatever goes wrong, the sound is stored and read later."""
        try:
            await self._used.wait()  # an idle socket needs no detector and no weights
            engine = self._ctx.engine()  # its weights are loaded by whoever asks first, in another thread
            self.model = engine.name
            session = LiveSession(
                engine, language=self._live.language, session=self._live.id, start_ms=self._live.talk.read_ms
            )
            async for event in session.events(self._sound()):
                self._take(event)
            self.is_behind = self.is_behind or bool(session.unread)
            self._talking.warn(session.warnings())
        except Exception as error:
            code = error.code if isinstance(error, TalaError) else None
            log.error("live.unread", recording=self._live.id, error=type(error).__name__, code=code)
            self.is_behind = True
            self._talking.left_unread()
            self._outbox.put("load.degraded", mode="record_only")
            async for _ in self._queue:  # so that nobody waits for room in it
                pass
        finally:
            self._done.set()

    async def drain(self, seconds: float) -> None:
        """Have everything said so far read, for some seconds at most."""
        await self._queue.close()
        if not self._used.is_set():
            return
        try:
            await asyncio.wait_for(self._done.wait(), seconds)
        except TimeoutError:
            self.is_behind = True

    async def _sound(self) -> AsyncIterator[bytes]:
        async for piece in samples_from(self._live.sound, self._live.talk.read_ms):
            yield piece
        async for piece in self._queue:
            # Sound that was read before it was stored is sent again, but not read again.
            surplus = min(len(piece), max(0, self._from - self._at) * BYTES_PER_SAMPLE)
            self._at += len(piece) // BYTES_PER_SAMPLE
            self._check(piece)
            if surplus < len(piece):
                yield piece[surplus:]

    def _take(self, event: Event) -> None:
        match event:
            case SpeechStarted():
                self._talking.began()
            case SpeechStopped(utterance=number, end_ms=end):
                self._ends[number] = end
            case Degraded(mode="record_only"):
                self._talking.left_unread()
            case _:
                pass
        if isinstance(event, Final | Partial | Degraded | SpeechStarted | SpeechStopped):
            self._outbox.put(**event.model_dump(mode="json") | {"type_": event.type})
        if isinstance(event, SpeechStopped):
            self._talking.stopped()
        if isinstance(event, Final):
            self._talking.heard(event.segment, self._ends.pop(event.utterance, 0))

    def _check(self, piece: bytes) -> None:
        """Now and then listen to how it sounds."""
        self._recent = (self._recent + piece)[-_CHECK_WINDOW:]
        if not self._checks or self._at < self._checks[0] * SAMPLE_RATE:
            return
        self._checks.popleft()
        self._checking = asyncio.create_task(self._warn(self._recent))

    async def _warn(self, sound: bytes) -> None:
        pcm = from_bytes(sound)
        measured = await asyncio.to_thread(lambda: quality.measure(pcm, vad.speech_spans(pcm)))
        for warning in quality.warnings(measured):
            if warning.code in _TOLD and warning.code not in self._warned:
                self._warned.add(warning.code)
                text = self._words.get(f"warning.{warning.code}") or warning.message
                self._outbox.put("quality.warning", code=warning.code, text=text)


class SoundQueue:
    """Sound on its way to be read, bounded in seconds; an iterator that ends when it is closed."""

    def __init__(self, most_seconds: float) -> None:
        self._most = round(most_seconds * SAMPLE_RATE) * BYTES_PER_SAMPLE
        self._chunks: deque[bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def put(self, data: bytes) -> None:
        """Add sound; waits while there is too much already."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._bytes < self._most or self._closed)
            self._chunks.append(data)
            self._bytes += len(data)
            self._changed.notify_all()

    async def close(self) -> None:
        """Nothing more comes."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._chunks) or self._closed)
                if not self._chunks:
                    return
                data = b"".join(self._chunks)
                self._chunks.clear()
                self._bytes = 0
                self._changed.notify_all()
            yield data
