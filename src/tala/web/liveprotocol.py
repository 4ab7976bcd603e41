"""The live protocol's messages: what a browser may send, how sound is numbered, what waits to be sent."""

import asyncio
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tala.audio.opus import packet_samples
from tala.audio.pcm import BYTES_PER_SAMPLE, samples_of
from tala.errors import TalaError
from tala.store.livesound import Codec, Frame

SUBPROTOCOL = "tala.v1"
_NUMBER = struct.Struct("<I")
_LONGEST_PCM_BYTES = samples_of(200) * BYTES_PER_SAMPLE
_LONGEST_OPUS_BYTES = 1500
_LONGEST_TEXT = 64 * 1024
_WAITING = 400

type Format = Literal["pcm16@16000", "opus"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Start(_Message):
    """The first message: how sound is going to come."""

    type: Literal["session.start"]
    format: Format = "pcm16@16000"
    resume: bool = False


class ChangeFormat(_Message):
    """From the next binary message on."""

    type: Literal["session.format"]
    format: Format


class Typed(_Message):
    """Something typed instead of said."""

    type: Literal["text"]
    text: str = Field(min_length=1, max_length=20_000)


class Answer(_Message):
    """An answer by tap: text as it would be said, or the value of a fact; null skips the question."""

    type: Literal["answer"]
    field: str = Field(min_length=1, max_length=64)
    value: Any = None


class Simple(_Message):
    """What needs no more words."""

    type: Literal["commit", "cancel", "ping"]


type ClientMessage = Start | ChangeFormat | Typed | Answer | Simple
_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(
    Annotated[Start | ChangeFormat | Typed | Answer | Simple, Field(discriminator="type")]
)


def read_message(text: str) -> ClientMessage:
    """A message of the browser.

    Raises:
        TalaError: bad_request, invalid_input.
    """
    if len(text) > _LONGEST_TEXT:
        raise TalaError("payload_too_large", "This message is too long. Send a shorter text.")
    try:
        return _CLIENT.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["loc"] and first["loc"][-1] == "format":
            raise TalaError(
                "invalid_input", "Send sound as pcm16@16000 or as opus: this format is not known here."
            ) from None
        where = "/".join(str(part) for part in first["loc"][1:]) or "message"
        raise TalaError("bad_request", f"{where}: {first['msg']}.") from None


class SequenceGapError(Exception):
    """Frames are missing: send again from `expected`."""

    def __init__(self, expected: int) -> None:
        self.expected = expected


class Arrivals:
    """Takes binary messages apart and sees to their order."""

    def __init__(self, next_sequence: int, codec: Codec) -> None:
        self.next_sequence = next_sequence
        self.codec: Codec = codec

    def take(self, data: bytes) -> Frame | None:
        """The frame in a message; None where it was there already.

        Raises:
            SequenceGapError: frames before it are missing.
            TalaError: bad_request where this is no frame of the format agreed on.
        """
        sequence, body = self._parted(data)
        samples = self._samples(body)
        if sequence < self.next_sequence:
            return None
        if sequence > self.next_sequence:
            raise SequenceGapError(self.next_sequence)
        self.next_sequence += 1
        return Frame(sequence, self.codec, samples, body)

    def _parted(self, data: bytes) -> tuple[int, bytes]:
        if len(data) <= _NUMBER.size:
            raise TalaError("bad_request", "A frame of sound is its number and then sound; this was empty.")
        return _NUMBER.unpack_from(data)[0], data[_NUMBER.size :]

    def _samples(self, body: bytes) -> int:
        if self.codec == "opus":
            try:
                if len(body) > _LONGEST_OPUS_BYTES:
                    raise ValueError("too long")
                return packet_samples(body)
            except ValueError:
                raise TalaError(
                    "bad_request", "This is no Opus packet: send one raw packet in each message."
                ) from None
        if len(body) % BYTES_PER_SAMPLE or len(body) > _LONGEST_PCM_BYTES:
            raise TalaError(
                "bad_request", "A frame is 20 to 200 ms of 16-bit mono sound at 16,000 samples a second."
            )
        return len(body) // BYTES_PER_SAMPLE


class Outbox:
    """Events on their way to a client: a bounded number, partials dropped first when the client is slow.

    Acknowledgements replace each other, and so do the partials of one utterance: only the newest counts.
    """

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: deque[dict[str, Any]] = deque()
        self._changed = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.is_full = asyncio.Event()

    def put(self, type_: str, **members: Any) -> None:
        """Have an event sent; never waits."""
        event = {"type": type_, **members}
        if type_ in ("audio.ack", "transcript.partial", "draft.updated", "pong"):
            self._drop_older(type_, members.get("utterance"))
        self._waiting.append(event)
        if len(self._waiting) > _WAITING:
            self._drop_partials()
        if len(self._waiting) > 2 * _WAITING:
            self._waiting.clear()
            self.is_full.set()  # what it missed it is told when it comes back
        self._empty.clear()
        self._changed.set()

    async def run(self) -> None:
        """Send what waits, until cancelled or the client is gone."""
        while True:
            while self._waiting:
                await self._send(msgspec.json.encode(self._waiting.popleft()).decode())
            self._empty.set()
            self._changed.clear()
            await self._changed.wait()

    async def drained(self, seconds: float) -> None:
        """Wait until everything is sent, but not long."""
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            return

    def _drop_older(self, type_: str, utterance: int | None) -> None:
        for older in self._waiting:
            if older["type"] == type_ and older.get("utterance") == utterance:
                self._waiting.remove(older)
                return

    def _drop_partials(self) -> None:
        self._waiting = deque(e for e in self._waiting if e["type"] != "transcript.partial")
