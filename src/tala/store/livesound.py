"""The sound of a live session while it comes in: numbered frames in small encrypted objects.

Each object holds consecutive frames and says in its name which, so that a listing alone tells how far the
sound is stored, on any machine, whatever died. Objects of two connections may overlap; a frame counts once.
"""

import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tala.store.keys import DataKey
from tala.store.recordings import RecordingStore

type Codec = Literal["pcm16", "opus"]
_CODECS: tuple[Codec, ...] = ("pcm16", "opus")
_RECORD = struct.Struct("<IBHH")
_NAME_PARTS = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A piece of sound as the browser numbered it. `samples` at 16 kHz, `data` as it was sent."""

    sequence: int
    codec: Codec
    samples: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    first: int
    last: int
    samples: int


class LiveSound:
    """The stored sound of one session; open it with `await LiveSound.open(…)`."""

    def __init__(self, store: RecordingStore, key: DataKey, session_id: str) -> None:
        self._store = store
        self._key = key
        self._folder = folder(session_id)
        self.next_sequence = 0
        self.samples = 0

    @classmethod
    async def open(cls, store: RecordingStore, key: DataKey, session_id: str) -> "LiveSound":
        """The sound of a session as far as it is stored without a gap."""
        sound = cls(store, key, session_id)
        for piece in await sound._pieces():
            if piece.first == sound.next_sequence:
                sound.samples += piece.samples
            elif piece.first < sound.next_sequence <= piece.last:
                sound.samples += sum(
                    f.samples for f in await sound._read(piece) if f.sequence >= sound.next_sequence
                )
            else:
                continue
            sound.next_sequence = piece.last + 1
        return sound

    async def append(self, frames: Sequence[Frame]) -> None:
        """Store the frames that follow; they survive a power cut once this returns.

        Raises:
            TalaError: storage_unavailable; nothing was stored then.
        """
        first, last = frames[0].sequence, frames[-1].sequence
        if first != self.next_sequence or last - first + 1 != len(frames):
            raise ValueError(f"frames {first} to {last} do not follow {self.next_sequence - 1}")
        samples = sum(frame.samples for frame in frames)
        name = f"{self._folder}/{first:010d}-{last:010d}-{samples}"
        data = b"".join(
            _RECORD.pack(f.sequence, _CODECS.index(f.codec), f.samples, len(f.data)) + f.data for f in frames
        )
        await self._store.put_durably(name, data, self._key)
        self.next_sequence = last + 1
        self.samples += samples

    async def frames(self, from_sample: int = 0) -> AsyncIterator[tuple[int, Frame]]:
        """The stored frames in order, each once and with the number of its first sample, from the one that
        holds a sample on.
        """
        following, at = 0, 0
        for piece in await self._pieces():
            if piece.last < following or piece.first > following:
                continue
            if piece.first == following and at + piece.samples <= from_sample:
                following, at = piece.last + 1, at + piece.samples
                continue
            for frame in await self._read(piece):
                if frame.sequence != following:
                    continue
                begins = at
                following, at = following + 1, at + frame.samples
                if at > from_sample:
                    yield begins, frame

    async def delete(self) -> None:
        """Delete what is stored."""
        for name in [name async for name in self._store.names(self._folder)]:
            await self._store.delete(name)

    async def _pieces(self) -> list[_Piece]:
        found = []
        async for name in self._store.names(self._folder):
            parts = name.rpartition("/")[2].split("-")
            if len(parts) == _NAME_PARTS and all(part.isdigit() for part in parts):
                found.append(_Piece(name, *map(int, parts)))
        return sorted(found, key=lambda piece: (piece.first, piece.last))

    async def _read(self, piece: _Piece) -> list[Frame]:
        data = await self._store.get(piece.name, self._key)
        frames, at = [], 0
        while at < len(data):
            sequence, codec, samples, length = _RECORD.unpack_from(data, at)
            at += _RECORD.size
            frames.append(Frame(sequence, _CODECS[codec], samples, data[at : at + length]))
            at += length
        return frames


def folder(session_id: str) -> str:
    """Where the objects of a session lie."""
    return f"live/{session_id}"
