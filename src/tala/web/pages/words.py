"""Moments, grounds, names of states: how values are written on the pages of staff."""

import datetime as dt
from typing import Any

from tala.cases import clocks, lifecycle, taxonomy
from tala.cases.calendar import MANILA
from tala.errors import TalaError
from tala.services import rights
from tala.web.i18n import Messages


def moment(value: dt.datetime) -> str:
    """A moment in Manila, to the minute."""
    return value.astimezone(MANILA).strftime("%Y-%m-%d %H:%M")


def due(value: dt.datetime) -> str:
    """The last day of a period; one that ends within a day, with its time."""
    local = value.astimezone(MANILA)
    if local.time() == dt.time():
        return (local.date() - dt.timedelta(days=1)).isoformat()
    return moment(value)


def day(text: str | None) -> dt.date | None:
    """A day of a form; None where none was given. Raises TalaError(invalid_input)."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise TalaError("invalid_input", "A day is written as 2026-01-31.") from None


def states(t: Messages) -> dict[str, str]:
    """Names of states as staff say them: those that speak to the citizen are said about one."""
    spoken = lifecycle.load().states.items()
    return {
        code: t.get(f"state.{code}") or (state.en if t.language == "en" else state.fil)
        for code, state in spoken
    }


def ground(code: str, language: str) -> str:
    """The name of a ground of complaint."""
    known = taxonomy.load()
    return known[code].name.in_language(language) if code in known else code


def clock(code: str, language: str) -> str:
    """The name of a clock."""
    rule = clocks.load()[code]
    return rule.en if language == "en" else rule.fil


def length(milliseconds: int | None) -> str:
    """A time of sound as minutes and seconds; empty where it is not known."""
    if milliseconds is None:
        return ""
    seconds = round(milliseconds / 1000)
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(1, count // 1000)} kB"


def request(one: rights.RequestView, t: Messages) -> dict[str, Any]:
    """What a citizen asks of their data, with its values written out."""
    return {
        "id": one.id,
        "ctn": one.ctn,
        "kind": t(f"rights.{one.kind}"),
        "at": moment(one.at),
        "due": due(one.due_at),
        "open": one.state == "open",
        "state": t(f"rights.{one.state}"),
        "text": one.text,
        "answer": one.answer,
    }
