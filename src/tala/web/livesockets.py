"""One socket of a live session: sound in, acknowledgements and events out, until it ends one way or another.

Four things go on side by side: taking messages in, writing sound to disk, reading it, and conversing about
what was read. Sound is written whatever becomes of the other three.
"""

import asyncio
import contextlib
import time
from collections import deque
from typing import Any

import structlog
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from tala.audio.pcm import SAMPLE_RATE
from tala.errors import TalaError
from tala.services.context import Context
from tala.services.live import Live, Redeemed
from tala.services.livefile import PcmOf
from tala.services.unbroken import unbroken
from tala.store.livesound import Codec, Frame
from tala.web import liveprotocol as protocol
from tala.web.i18n import Messages
from tala.web.livehearing import Hearing
from tala.web.liveprotocol import Arrivals, Outbox, SequenceGapError
from tala.web.livetalking import Talking
from tala.web.problems import body_of

log = structlog.get_logger("tala.web.live")

type Socket = WebSocket[Any, Any, Any]

_START_SECONDS = 15.0
_IDLE_SECONDS = 600.0
_SEEN_SECONDS = 60.0
_ACK_SECONDS = 0.25
_RETRY_SECONDS = 1.0
_UNSTORED_SECONDS = 10.0
_BATCH_SECONDS = 5.0
_MOST_MISTAKES = 20
_DRAIN_SECONDS = 60.0
_CODECS: dict[str, Codec] = {"pcm16@16000": "pcm16", "opus": "opus"}


class _Ended(Exception):
    """The session or the connection ends; `reason` as told to the client."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Storing:
    """Writes frames to disk in order and acknowledges them."""

    def __init__(self, live: Live, outbox: Outbox, tell: Any) -> None:
        self._live = live
        self._outbox = outbox
        self._tell = tell
        self._waiting: deque[Frame] = deque()
        self._samples = 0
        self._arrived = asyncio.Event()
        self._written = asyncio.Event()

    @property
    def arrived_ms(self) -> int:
        """Sound taken in so far, stored or not."""
        return (self._live.sound.samples + self._samples) * 1000 // SAMPLE_RATE

    async def put(self, frame: Frame) -> None:
        """Take a frame; waits while much is not on disk yet, which slows the client down."""
        while self._samples > _UNSTORED_SECONDS * SAMPLE_RATE:
            self._written.clear()
            await self._written.wait()
        self._waiting.append(frame)
        self._samples += frame.samples
        self._arrived.set()

    async def run(self) -> None:
        """Write what comes, some of it at a time."""
        failed = False
        while True:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            began = time.monotonic()
            try:
                await self.flush()
                failed = False
            except TalaError as error:
                if not failed:
                    self._tell(
                        TalaError(
                            "storage_unavailable",
                            "There is no room to store the sound just now. Keep this page open: it is sent "
                            "again as soon as there is.",
                            retryable=True,
                        )
                    )
                    log.error("live.not_stored", recording=self._live.id, code=error.code)
                failed = True
                await asyncio.sleep(_RETRY_SECONDS)
            await asyncio.sleep(max(0.0, _ACK_SECONDS - (time.monotonic() - began)))

    async def flush(self) -> None:
        """Write what waits. Raises TalaError(storage_unavailable); what was not written still waits then."""
        while self._waiting:
            batch: list[Frame] = []
            samples = 0
            for frame in self._waiting:
                if batch and samples > _BATCH_SECONDS * SAMPLE_RATE:
                    break
                batch.append(frame)
                samples += frame.samples
            await self._live.store(batch)
            for _ in batch:
                self._waiting.popleft()
            self._samples -= samples
            self._outbox.put("audio.ack", through=batch[-1].sequence)
            self._written.set()


class Connection:
    """A client of a session."""

    def __init__(self, socket: Socket, ctx: Context, redeemed: Redeemed, words: Messages) -> None:
        self._socket = socket
        self._ctx = ctx
        self._redeemed = redeemed
        self._words = words
        self._outbox = Outbox(socket.send_text)
        self._replaced = asyncio.Event()
        self.ended = asyncio.Event()
        self._mistakes = 0
        self._gap_told = -1

    def replace(self) -> None:
        """Somebody connected anew: this one ends."""
        self._replaced.set()

    async def run(self) -> None:
        """Serve the client until either side has enough."""
        sender = asyncio.create_task(self._outbox.run())
        try:
            await self._serve()
        except _Ended as end:
            log.info("live.disconnected", recording=self._redeemed.session, reason=end.reason)
        except TalaError as error:
            self._tell(error)
        except WebSocketDisconnect:
            pass
        except Exception as error:
            log.exception("live.failed", recording=self._redeemed.session, error=type(error).__name__)
            self._tell(TalaError("internal", retryable=True))
        finally:
            await self._outbox.drained(2.0)
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            with contextlib.suppress(Exception):
                await self._socket.close()
            self.ended.set()

    def _tell(self, error: TalaError, **members: Any) -> None:
        body = body_of(self._socket, error)
        self._outbox.put("error", code=error.code, message=body["detail"], **members)

    # -- one connection, from its first message to its last --

    async def _serve(self) -> None:
        start = await self._first()
        live = await unbroken(Live.begin(self._ctx, self._redeemed))
        self._outbox.put(
            "session.created",
            session=live.id,
            resumed=live.resumed,
            next_sequence=live.sound.next_sequence,
            recording_id=live.id,
            draft_id=live.draft_id,
            capability=live.capability,
        )
        storing = Storing(live, self._outbox, self._tell)
        talking = Talking(self._ctx, live, self._outbox, self._words, self._tell)
        hearing = Hearing(self._ctx, live, self._outbox, talking, self._words)
        talking.open()
        tasks = [
            asyncio.create_task(storing.run()),
            asyncio.create_task(talking.run()),
            asyncio.create_task(hearing.run()),
            asyncio.create_task(self._say_seen(live)),
        ]
        try:
            ending = await self._until_ended(live, start, storing, hearing, talking, tasks)
            if ending == "commit":
                await self._commit(live, storing, hearing, talking, tasks[1])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if not self.ended.is_set():
                # What arrived is stored, even if nobody is there to be told so.
                with contextlib.suppress(TalaError, ValueError):
                    await storing.flush()
        if ending == "cancel":
            await live.cancel()
            self._closed("cancelled", live, "erased")

    async def _first(self) -> protocol.Start:
        try:
            received = await asyncio.wait_for(self._receive(), _START_SECONDS)
        except TimeoutError:
            raise TalaError("bad_request", "Send session.start first.") from None
        message = protocol.read_message(received) if isinstance(received, str) else None
        if not isinstance(message, protocol.Start):
            raise TalaError("bad_request", "Send session.start first, as text.")
        return message

    async def _receive(self) -> str | bytes:
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise _Ended("disconnect")
        if event["type"] != "websocket.receive":
            return ""
        data, text = event.get("bytes"), event.get("text")
        return data if data is not None else text or ""

    async def _until_ended(
        self,
        live: Live,
        start: protocol.Start,
        storing: Storing,
        hearing: Hearing,
        talking: Talking,
        tasks: list[asyncio.Task[None]],
    ) -> str:
        """Take messages in until one of them, or anything else, ends it."""
        taking = asyncio.create_task(self._take_in(live, start, storing, hearing, talking))
        replaced = asyncio.create_task(self._replaced.wait())
        full = asyncio.create_task(self._outbox.is_full.wait())
        try:
            await asyncio.wait(
                {taking, replaced, full, tasks[1], tasks[3]}, return_when=asyncio.FIRST_COMPLETED
            )
            if taking.done():
                return taking.result()
            if replaced.done():
                self._closed("replaced", live, "receiving")
                raise _Ended("replaced")
            if full.done():
                raise _Ended("slow_reader")
            for failed in (tasks[1], tasks[3]):
                if failed.done() and (error := failed.exception()) is not None:
                    self._closed("ended", live, "ended")
                    raise error
            raise _Ended("ended")
        finally:
            for task in (taking, replaced, full):
                task.cancel()
            await asyncio.gather(taking, replaced, full, return_exceptions=True)

    async def _take_in(
        self, live: Live, start: protocol.Start, storing: Storing, hearing: Hearing, talking: Talking
    ) -> str:
        arrivals = Arrivals(live.sound.next_sequence, _CODECS[start.format])
        pcm = PcmOf()
        longest_ms = self._ctx.settings.max_recording_seconds * 1000
        while True:
            try:
                received = await asyncio.wait_for(self._receive(), _IDLE_SECONDS)
            except TimeoutError:
                self._closed("idle", live, "receiving")
                raise _Ended("idle") from None
            try:
                if isinstance(received, bytes):
                    frame = arrivals.take(received)
                    if frame is None:
                        continue
                    await storing.put(frame)
                    # Decoding a packet takes a tenth of a millisecond: not worth another thread's turn.
                    await hearing.put(pcm(frame))
                    if storing.arrived_ms > longest_ms:
                        self._tell(TalaError("recording_too_long", "This is as long as a recording may be."))
                        return "commit"
                elif ending := await self._obey(protocol.read_message(received), arrivals, talking):
                    return ending
            except SequenceGapError as gap:
                if gap.expected != self._gap_told:
                    self._gap_told = gap.expected
                    self._tell(
                        TalaError("bad_request", "Frames of sound are missing. Send again from this one."),
                        next_sequence=gap.expected,
                    )
            except TalaError as error:
                self._tell(error)
                self._mistakes += 1
                if self._mistakes >= _MOST_MISTAKES:
                    raise _Ended("garbage") from None

    async def _obey(
        self, message: protocol.ClientMessage, arrivals: Arrivals, talking: Talking
    ) -> str | None:
        """Do what a message says; how the session ends, if by this one."""
        match message:
            case protocol.Simple(type="ping"):
                self._outbox.put("pong")
            case protocol.Simple(type=ending):
                return ending
            case protocol.ChangeFormat(format=format_):
                arrivals.codec = _CODECS[format_]
            case protocol.Typed(text=text):
                talking.typed(text)
            case protocol.Answer(field=field, value=value):
                await talking.answered(field, value)
            case protocol.Start():
                raise TalaError("bad_request", "This session has begun already.")
        return None

    async def _commit(
        self, live: Live, storing: Storing, hearing: Hearing, talking: Talking, conversing: asyncio.Task[None]
    ) -> None:
        """Read what was said to its end, store it all, make the recording and the draft."""
        await hearing.drain(_DRAIN_SECONDS)
        await talking.settle(conversing)
        await storing.flush()
        talk = talking.talk
        if hearing.is_behind:
            talk = talk.model_copy(update={"unread": True})
        state = await live.finish(talk, hearing.model)
        self._closed("committed", live, state)

    def _closed(self, reason: str, live: Live, state: str) -> None:
        self._outbox.put(
            "session.closed", reason=reason, recording_id=live.id, draft_id=live.draft_id, state=state
        )

    async def _say_seen(self, live: Live) -> None:
        while True:
            await asyncio.sleep(_SEEN_SECONDS)
            await live.seen()
