"""Answers kept for a minute: figures that many ask for are made once, and say as of when they hold."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

KEEP_SECONDS = 45.0
MOST_KEPT = 256


@dataclass(slots=True)
class _Kept:
    until: float
    making: asyncio.Future[Any]


@dataclass(slots=True)
class Fresh:
    """Answers by their question. Whoever asks while one is being made waits for that one."""

    _kept: dict[Hashable, _Kept] = field(default_factory=dict)

    async def get[T](
        self, question: Hashable, make: Callable[[], Awaitable[T]], *, seconds: float = KEEP_SECONDS
    ) -> T:
        """The answer, at most `seconds` old; made anew where there is none. What fails is not kept."""
        now = time.monotonic()
        kept = self._kept.get(question)
        if kept is None or kept.until < now:
            self._forget(now)
            kept = _Kept(now + seconds, asyncio.ensure_future(make()))
            self._kept[question] = kept
        try:
            # One who hangs up must not break it off for the others who wait.
            found: T = await asyncio.shield(kept.making)
            return found
        except BaseException:
            if kept.making.done() and self._kept.get(question) is kept:
                del self._kept[question]
            raise

    def _forget(self, now: float) -> None:
        for question in [one for one, kept in self._kept.items() if kept.until < now]:
            del self._kept[question]
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
