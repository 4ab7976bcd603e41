"""Files that live no longer than one step of work."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tala.services.context import Context
from tala.services.leases import is_alive
from tala.store.columns import new_id


@contextlib.contextmanager
def file(ctx: Context) -> Iterator[Path]:
    """A path for a file of this process, gone afterwards."""
    path = ctx.scratch / f"{os.getpid()}-{new_id()}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_left_over(ctx: Context) -> int:
    """Delete what processes that are no more left behind; how many files that were."""
    count = 0
    for path in ctx.scratch.iterdir():
        owner = path.name.partition("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            path.unlink(missing_ok=True)
            count += 1
    return count
