"""Opaque cursors: where a page ended, as text that only this module reads."""

import base64
import binascii
import datetime as dt
import json

from tala.errors import TalaError
from tala.store.canonical import timestamp


def encode(at: dt.datetime, row_id: str, order: str = "") -> str:
    """The cursor after a row of a list in this order."""
    raw = json.dumps([timestamp(at), row_id, *([order] if order else [])], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, order: str = "") -> tuple[dt.datetime, str]:
    """The row a cursor stands after; TalaError("bad_request") for no cursor of this order."""
    try:
        at, row_id, *of = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = dt.datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(row_id, str) or of != ([order] if order else []):
            raise ValueError("not a cursor")
    except (ValueError, TypeError, AttributeError, binascii.Error, UnicodeError):
        raise TalaError(
            "bad_request", "The cursor is not one this list gave. Start again without it."
        ) from None
    return moment, row_id
