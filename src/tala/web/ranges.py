"""Byte ranges of RFC 9110: one range, as players ask for."""

import re

from tala.errors import TalaError

_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The half-open range [start, end) asked for, or None for the whole.

    What is not one plain byte range is ignored, as the standard allows. Raises TalaError(bad_range) where
    nothing of it lies in `size` bytes.
    """
    found = _RANGE.match((header or "").replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        start, end = max(size - int(found[2]), 0), size
        if int(found[2]) == 0:
            start = size
    else:
        start = int(found[1])
        end = min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= size:
        raise TalaError(
            "bad_range",
            f"The recording has {size} bytes; ask for some of them.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end
