"""The header of a WAV stream whose length is not known when it begins."""

import struct

_FMT = struct.Struct("<HHIIHH")
_CHUNK = struct.Struct("<4sI")
_RIFF_BYTES = 12
_MAX_HEADER_BYTES = 4096


class HeaderReader:
    """Collects bytes until the header is whole."""

    def __init__(self) -> None:
        self._bytes = b""

    def feed(self, data: bytes) -> tuple[int, bytes] | None:
        """The number of channels and the first bytes of samples, once both are known.

        Raises:
            ValueError: this is no WAV stream of 16-bit samples.
        """
        self._bytes += data
        head = self._bytes
        position, channels = _RIFF_BYTES, 0
        while len(head) >= position + _CHUNK.size:
            name, size = _CHUNK.unpack_from(head, position)
            position += _CHUNK.size
            if name == b"data" and channels:
                return channels, head[position:]
            if name == b"fmt " and len(head) >= position + _FMT.size:
                _, channels, _, _, _, bits = _FMT.unpack_from(head, position)
                if bits != 16:
                    raise ValueError(f"expected samples of 16 bits, not {bits}")
            position += size + size % 2
        if len(head) > _MAX_HEADER_BYTES:
            raise ValueError("the decoder did not write a WAV header")
        return None
