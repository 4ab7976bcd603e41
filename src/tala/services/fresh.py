"""Answers kept for less than a minute: figures many ask for are made once, and say as of when they hold."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

KEEP_SECONDS = 35.0
AHEAD = 0.4
"""Part of its time after which an answer that is asked for is made anew beside, so that nobody waits."""
MOST_KEPT = 256


@dataclass(slots=True)
class _Kept:
    since: float
    seconds: float
    making: asyncio.Future[Any]
    next: asyncio.Future[Any] | None = None

    def age(self) -> float:
        return (time.monotonic() - self.since) / self.seconds


@dataclass(slots=True)
class Fresh:
    """Answers by their question. Whoever asks while one is being made waits for that one."""

    _kept: dict[Hashable, _Kept] = field(default_factory=dict)

    async def get[T](
        self, question: Hashable, make: Callable[[], Awaitable[T]], *, seconds: float = KEEP_SECONDS
    ) -> T:
        """The answer, at most `seconds` old; made anew where there is none. What fails is not kept."""
        kept = self._kept.get(question)
        if kept is None or kept.age() >= 1:
            self._forget()
            kept = _Kept(time.monotonic(), seconds, asyncio.ensure_future(make()))
            self._kept[question] = kept
        elif kept.age() >= AHEAD and kept.next is None and kept.making.done():
            self._renew(question, kept, make)
        try:
            # One who hangs up must not break it off for the others who wait.
            found: T = await asyncio.shield(kept.making)
            return found
        except BaseException:
            if kept.making.done() and self._kept.get(question) is kept:
                del self._kept[question]
            raise

    def _renew(self, question: Hashable, kept: _Kept, make: Callable[[], Awaitable[Any]]) -> None:
        begun = time.monotonic()
        kept.next = asyncio.ensure_future(make())

        def done(made: asyncio.Future[Any]) -> None:
            kept.next = None
            if not made.cancelled() and made.exception() is None and self._kept.get(question) is kept:
                self._kept[question] = _Kept(begun, kept.seconds, made)

        kept.next.add_done_callback(done)

    def _forget(self) -> None:
        for question in [one for one, kept in self._kept.items() if kept.age() >= 1]:
            del self._kept[question]
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
