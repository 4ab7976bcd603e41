"""Whether an Ogg file ends where a page ends."""

from typing import BinaryIO

_MAX_PAGE_BYTES = 27 + 255 + 255 * 255
_HEADER_BYTES = 27


def ends_inside_page(file: BinaryIO) -> bool:
    """True if the last page of the file is not whole, as after a broken upload or a full disk."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - _MAX_PAGE_BYTES))
    tail = file.read()
    start = tail.rfind(b"OggS")
    if start < 0:
        return size > 0
    page = tail[start:]
    if len(page) < _HEADER_BYTES:
        return True
    lacing = page[_HEADER_BYTES : _HEADER_BYTES + page[26]]
    return len(page) < _HEADER_BYTES + page[26] + sum(lacing)
