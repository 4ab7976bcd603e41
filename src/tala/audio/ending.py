"""Whether a file ends before its own structure does, as after a broken upload or on a full disk.

Only for containers whose cut end the decoder passes over in silence.
"""

import struct
from typing import BinaryIO

from tala.audio.sniff import Container

_OGG_HEADER_BYTES = 27
_MAX_OGG_PAGE_BYTES = _OGG_HEADER_BYTES + 255 + 255 * 255
_CHUNK = struct.Struct("<4sI")
_MAX_CHUNKS = 64
# What recorders write that do not know the length yet.
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)
_SLACK_BYTES = 1024


def is_cut(file: BinaryIO, container: Container) -> bool:
    """True if the end of the file is missing. The file's position is moved."""
    file.seek(0, 2)
    size = file.tell()
    if container.name == "ogg":
        return _inside_page(file, size)
    return container.name == "wav" and _inside_data(file, size)


def _inside_page(file: BinaryIO, size: int) -> bool:
    """Whether the last page of an Ogg file is not whole."""
    file.seek(max(0, size - _MAX_OGG_PAGE_BYTES))
    tail = file.read(_MAX_OGG_PAGE_BYTES)
    start = tail.rfind(b"OggS")
    page = tail[max(start, 0) :]
    if start < 0 or len(page) < _OGG_HEADER_BYTES:
        return True
    segments = page[26]
    lacing = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + segments]
    return len(page) < _OGG_HEADER_BYTES + segments + sum(lacing)


def _inside_data(file: BinaryIO, size: int) -> bool:
    """Whether the samples of a WAV file are fewer than its header says."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        head = file.read(_CHUNK.size)
        if len(head) < _CHUNK.size:
            return False
        name, length = _CHUNK.unpack(head)
        position += _CHUNK.size
        if name == b"data":
            return length not in _UNKNOWN_SIZES and position + length > size + _SLACK_BYTES
        position += length + length % 2
    return False
