"""Doing something once under an Idempotency-Key: the same request again gets the same answer.

The answer is kept for a day, sealed with the data key of what it speaks of, so that erasing that erases it
too.
"""

import contextlib
import datetime as dt
import hashlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.errors import TalaError
from tala.services.context import Context
from tala.store.keys import DataKey
from tala.store.tables import IdempotencyKey

KEPT = dt.timedelta(hours=24)
LONGEST_KEY = 255
# A request that stops saying it is alive for this long is over: its process was killed.
_ALIVE = dt.timedelta(seconds=60)
_SAY_ALIVE_SECONDS = 15.0
_ID_BYTES = 36


def fingerprint(payload: dict[str, Any]) -> str:
    """A hash of what was asked for."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(slots=True)
class Turn:
    """One request's hold on its key. `replay` is the answer given before, if there was one."""

    ctx: Context
    scope: str
    key: str | None
    replay: dict[str, Any] | None = None
    _seen: str = ""
    _finished: bool = field(default=False)

    def replay_for(self, seen: str) -> dict[str, Any]:
        """The answer given before, if this request is the same.

        Raises:
            TalaError: idempotency_mismatch.
        """
        if self.replay is None or seen != self._seen:
            raise TalaError(
                "idempotency_mismatch",
                "Use a new Idempotency-Key: this one already stands for another request.",
            )
        return self.replay

    async def alive(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass a slow upload on, renewing the hold on the key meanwhile."""
        said = time.monotonic()
        async for chunk in chunks:
            if self.key is not None and time.monotonic() - said > _SAY_ALIVE_SECONDS:
                said = time.monotonic()
                async with self.ctx.database.write() as session:
                    row = await session.get(IdempotencyKey, (self.scope, self.key))
                    if row is not None:
                        row.expires_at = self.ctx.clock() + _ALIVE
                        session.add(row)
            yield chunk

    async def done(
        self, session: AsyncSession, seen: str, answer: dict[str, Any], data_key: DataKey, status: int
    ) -> None:
        """Keep the answer, in the transaction that makes it true."""
        self._finished = True
        if self.key is None:
            return
        row = await session.get(IdempotencyKey, (self.scope, self.key))
        if row is None:
            row = IdempotencyKey(
                scope=self.scope, key=self.key, fingerprint=seen, expires_at=self.ctx.clock()
            )
        row.fingerprint, row.state, row.status = seen, "done", status
        row.expires_at = self.ctx.clock() + KEPT
        sealed = data_key.seal(json.dumps(answer), "idempotency_keys", self._row_name, "response")
        row.sealed_response = data_key.id.encode() + sealed
        session.add(row)

    @property
    def _row_name(self) -> str:
        return f"{self.scope} {self.key}"

    async def _begin(self) -> None:
        moment = self.ctx.clock()
        async with self.ctx.database.write() as session:
            row = await session.get(IdempotencyKey, (self.scope, self.key), with_for_update=True)
            if row is not None and row.expires_at > moment:
                if row.state != "done":
                    raise TalaError(
                        "conflict", "The same request is still running; wait for it.", retryable=True
                    )
                self.replay, self._seen = await self._opened(session, row), row.fingerprint
                return
            if row is not None:
                await session.delete(row)
                await session.flush()
            session.add(
                IdempotencyKey(
                    scope=self.scope, key=self.key or "", fingerprint="", expires_at=moment + _ALIVE
                )
            )

    async def _opened(self, session: AsyncSession, row: IdempotencyKey) -> dict[str, Any]:
        sealed = row.sealed_response or b""
        data_key = await self.ctx.keys.load(session, sealed[:_ID_BYTES].decode())
        plain = data_key.open_text(sealed[_ID_BYTES:], "idempotency_keys", self._row_name, "response")
        answer: dict[str, Any] = json.loads(plain)
        return answer

    async def _give_up(self) -> None:
        async with self.ctx.database.write() as session:
            row = await session.get(IdempotencyKey, (self.scope, self.key))
            if row is not None and row.state != "done":
                await session.delete(row)


@contextlib.asynccontextmanager
async def once(ctx: Context, scope: str, key: str | None) -> AsyncIterator[Turn]:
    """Hold a key while a request runs; without a key, every request is new.

    Raises:
        TalaError: conflict while another request holds it; bad_request where it is too long.
    """
    turn = Turn(ctx, scope, key)
    if key is None:
        yield turn
        return
    if not 0 < len(key) <= LONGEST_KEY:
        raise TalaError("bad_request", f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
    try:
        await turn._begin()
    except IntegrityError as error:  # another request took the key at the same moment
        raise TalaError(
            "conflict", "The same request is still running; wait for it.", retryable=True
        ) from error
    try:
        yield turn
    finally:
        # A request that failed may be repeated at once.
        if turn.replay is None and not turn._finished:
            await turn._give_up()


async def forget_expired(ctx: Context) -> None:
    """Drop keys whose time is over."""
    async with ctx.database.write() as session:
        await session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.expires_at) <= ctx.clock()))
