"""Canonical JSON and the hashes built on it. Pure: an export is verified with these functions alone."""

import datetime as dt
import hashlib
import json
from typing import Any

GENESIS = "0" * 64
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and no escapes beyond those JSON needs."""
    return _ENCODER.encode(value)


def chain_hash(prev_hash: str, record: str) -> str:
    """SHA-256 in hex over the previous hash and a canonical record."""
    return hashlib.sha256(bytes.fromhex(prev_hash) + record.encode()).hexdigest()


def timestamp(moment: dt.datetime) -> str:
    """UTC with microseconds and a Z, the one way times are written into the ledger."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
