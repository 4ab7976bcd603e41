"""Signed anchors: what the ends of the ledgers were, stated under a key that the database does not hold.

An anchor covers every ledger that moved since the one before; anchors are chained themselves. Sent out of the
house, an anchor shows a rewrite of the whole chain, which would otherwise verify.
"""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import collate, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.settings import Settings
from tala.store.canonical import GENESIS, canonical, chain_hash, timestamp
from tala.store.columns import now
from tala.store.keyfiles import read_secret, write_secret
from tala.store.tables import LedgerAnchor, LedgerAnchorHead, LedgerHead

VERSION = 1


@dataclass(frozen=True, slots=True)
class Signer:
    """The Ed25519 key that signs anchors; it lives in `data_dir/keys/ledger-signing.key` and nowhere else."""

    private: Ed25519PrivateKey

    @classmethod
    def open_folder(cls, settings: Settings) -> "Signer":
        """Read the key, making it on first use."""
        path = settings.data_dir / "keys" / "ledger-signing.key"
        write_secret(path, os.urandom(32))  # changes nothing where there is one
        return cls(Ed25519PrivateKey.from_private_bytes(read_secret(path)))

    @property
    def public_key(self) -> str:
        """The 32 bytes of the public key in hex: give these to whoever verifies."""
        return self.private.public_key().public_bytes_raw().hex()

    @property
    def key_id(self) -> str:
        """Short name of the public key."""
        return key_id(self.public_key)

    def sign(self, digest: str) -> str:
        """Signature in hex over a hash given in hex."""
        return self.private.sign(bytes.fromhex(digest)).hex()


def key_id(public_key: str) -> str:
    """Short name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


class HeadDigest:
    """SHA-256 over the ends of ledgers, fed in order of ledger id."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.count = 0

    def add(self, ledger_id: str, seq: int, head: str) -> None:
        """Take one ledger's end in."""
        self._digest.update(f"{ledger_id} {seq} {head}\n".encode())
        self.count += 1

    def hexdigest(self) -> str:
        """The digest so far, in hex."""
        return self._digest.hexdigest()


async def anchor(session: AsyncSession, signer: Signer, at: dt.datetime | None = None) -> LedgerAnchor | None:
    """State and sign where every ledger that moved since the last anchor ends; None where none moved.

    Runs in a `Database.write()` session. Events appended meanwhile are left to the next anchor.
    """
    await _one_at_a_time(session)
    last = (
        await session.scalars(select(LedgerAnchor).order_by(col(LedgerAnchor.seq).desc()).limit(1))
    ).first()
    seq = last.seq + 1 if last else 1
    moved = select(literal(seq), col(LedgerHead.ledger_id), col(LedgerHead.seq), col(LedgerHead.hash)).where(
        col(LedgerHead.anchored_seq) < col(LedgerHead.seq)
    )
    await session.execute(
        insert(LedgerAnchorHead).from_select(["anchor_seq", "ledger_id", "seq", "hash"], moved)
    )
    digest = HeadDigest()
    async for ledger_id, head_seq, head in await session.stream(heads_of(session, seq)):
        digest.add(ledger_id, head_seq, head)
    if not digest.count:
        return None
    at = at or now()
    record = canonical(
        {
            "v": VERSION,
            "anchor": seq,
            "at": timestamp(at),
            "ledgers": digest.count,
            "heads": digest.hexdigest(),
        }
    )
    digest_of_anchor = chain_hash(last.hash if last else GENESIS, record)
    stated = LedgerAnchor(
        seq=seq,
        at=at,
        record=record,
        hash=digest_of_anchor,
        signature=signer.sign(digest_of_anchor),
        key_id=signer.key_id,
    )
    session.add(stated)
    reached = (
        select(col(LedgerAnchorHead.seq))
        .where(
            col(LedgerAnchorHead.anchor_seq) == seq,
            col(LedgerAnchorHead.ledger_id) == col(LedgerHead.ledger_id),
        )
        .scalar_subquery()
    )
    await session.execute(
        update(LedgerHead)
        .where(
            col(LedgerHead.ledger_id).in_(
                select(col(LedgerAnchorHead.ledger_id)).where(col(LedgerAnchorHead.anchor_seq) == seq)
            )
        )
        .values(anchored_seq=reached)
        .execution_options(synchronize_session=False)
    )
    await session.flush()
    return stated


def heads_of(session: AsyncSession, anchor_seq: int) -> Any:
    """The statement that reads what one anchor states, in the order it was hashed: by bytes of the ledger
    id.
    """
    name = col(LedgerAnchorHead.ledger_id)
    order = collate(name, "C") if session.get_bind().dialect.name == "postgresql" else name
    return (
        select(name, col(LedgerAnchorHead.seq), col(LedgerAnchorHead.hash))
        .where(col(LedgerAnchorHead.anchor_seq) == anchor_seq)
        .order_by(order)
        .execution_options(yield_per=5000)
    )


def as_sent(stated: LedgerAnchor, public_key: str) -> str:
    """One line to send out of the house: the anchor with what is needed to check it."""
    return canonical(
        {
            "seq": stated.seq,
            "record": stated.record,
            "hash": stated.hash,
            "signature": stated.signature,
            "key_id": stated.key_id,
            "public_key": public_key,
        }
    )


def check_anchors(anchors: Iterable[LedgerAnchor], public_keys: Iterable[str]) -> list[tuple[int, str]]:
    """What is wrong with a row of anchors in order, as (anchor number, sentence); their heads are checked
    apart.
    """
    known = {
        key_id(public): Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)) for public in public_keys
    }
    problems: list[tuple[int, str]] = []
    previous = GENESIS
    for expected, stated in enumerate(anchors, start=1):
        if stated.seq != expected:
            problems.append((expected, "an anchor is missing"))
        if chain_hash(previous, stated.record) != stated.hash:
            problems.append((stated.seq, "the anchor does not follow from the one before"))
        if json.loads(stated.record).get("anchor") != stated.seq:
            problems.append((stated.seq, "the anchor stands under another number"))
        previous = stated.hash
        public_key = known.get(stated.key_id)
        if public_key is None:
            problems.append((stated.seq, "the anchor was signed with a key that is not known here"))
            continue
        try:
            public_key.verify(bytes.fromhex(stated.signature), bytes.fromhex(stated.hash))
        except (InvalidSignature, ValueError):
            problems.append((stated.seq, "the anchor's signature does not verify"))
    return problems


async def _one_at_a_time(session: AsyncSession) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(0x544C4141)))
