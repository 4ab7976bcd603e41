"""Who holds a recording: names of workers that tell, on the same machine, whether the process still lives.

A lease that runs out is enough to be safe; this only makes the wait short where a worker was killed and
started again.
"""

import os
from functools import cache
from pathlib import Path

from tala.store.columns import new_id


@cache
def _machine() -> str:
    """This boot of this machine, and the space its process numbers live in.

    Empty where that cannot be told.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def new_owner() -> str:
    """A name for one claim by this process."""
    return f"{_machine()}/{os.getpid()}/{new_id()}"


def is_dead(owner: str) -> bool:
    """Whether the process behind a claim is known to be no more; False where it may live elsewhere."""
    machine, _, rest = owner.partition("/")
    number = rest.partition("/")[0]
    if not machine or machine != _machine() or not number.isdigit():
        return False
    return not is_alive(int(number))


def is_alive(pid: int) -> bool:
    """Whether there is a process of this number here."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
