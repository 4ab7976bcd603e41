"""Answers kept for a while: made once, renewed beside, never kept when they failed."""

import asyncio

import pytest

from tala.services import fresh
from tala.services.fresh import Fresh


class Maker:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.made = 0
        self.fails = False

    async def __call__(self) -> int:
        self.made += 1
        number = self.made
        await asyncio.sleep(0)
        if self.fails:
            raise ValueError("not now")
        return number


async def test_many_who_ask_at_once_wait_for_one() -> None:
    kept, make = Fresh(), Maker()
    assert await asyncio.gather(*(kept.get("a", make) for _ in range(10))) == [1] * 10
    assert await kept.get("b", make) == 2


async def test_what_is_old_is_made_anew_and_what_ages_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(fresh.time, "monotonic", lambda: now)
    kept, make = Fresh(), Maker()
    assert await kept.get("a", make, seconds=10) == 1
    now += 5
    assert await kept.get("a", make, seconds=10) == 1  # and renewed meanwhile
    for _ in range(5):
        await asyncio.sleep(0)
    assert await kept.get("a", make, seconds=10) == 2
    now += 11
    assert await kept.get("a", make, seconds=10) == 3


async def test_a_failure_is_told_and_not_kept() -> None:
    kept, make = Fresh(), Maker()
    make.fails = True
    with pytest.raises(ValueError, match="not now"):
        await kept.get("a", make)
    make.fails = False
    assert await kept.get("a", make) == 2


async def test_one_who_hangs_up_breaks_nothing_off() -> None:
    kept, make = Fresh(), Maker()
    first = asyncio.ensure_future(kept.get("a", make))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(kept.get("a", make))
    first.cancel()
    assert await second == 1
