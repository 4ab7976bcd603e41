"""Starts one program under limits: `python -I -S confine.py MEMORY_BYTES CPU_SECONDS PROGRAM ARGUMENT…`.

Runs as a script of its own between Tala and the decoder, because limits set after a fork in a process with
threads (preexec_fn) can deadlock, and limits set from outside come too late. Imports nothing but the standard
library's smallest parts, so that it costs about a hundredth of a second.
"""

import os
import resource
import sys

_OPEN_FILES = 16


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def main(arguments: list[str]) -> None:
    """Set the limits and become the program."""
    memory_bytes, cpu_seconds, program = int(arguments[0]), int(arguments[1]), arguments[2]
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, 0)  # it may write to its pipes and to no file
    _limit(resource.RLIMIT_CORE, 0)  # a crash must not leave sound in a core file
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    os.nice(5)  # a long file must not slow the web server and live speech beside it
    os.execve(program, [program, *arguments[3:]], {"LC_ALL": "C"})  # noqa: S606 - the program is ours


if __name__ == "__main__":
    main(sys.argv[1:])
