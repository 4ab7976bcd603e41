"""What becomes of made-up cases, worked out once for all that take the same steps from the same day on.

The rules for steps and clocks are the real ones. Clocks of working days ask on which day something happened,
not at what hour, so a thousand cases of a day share what was worked out for one of them.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tala.cases import clocks, lifecycle
from tala.cases.calendar import Calendar, manila_date
from tala.services import caseclocks
from tala.services.casework import OUTCOMES
from tala.store.canonical import timestamp
from tala.store.tables import Case, CaseClock

type Path = tuple[tuple[str, str | None, float], ...]
_NOON = dt.time(4, tzinfo=dt.UTC)  # noon in Manila
_OPENS = dt.time(0, tzinfo=dt.UTC)  # eight in Manila
_OFFICE_SECONDS = 9 * 3600


@dataclass(frozen=True, slots=True)
class Worked:
    """A case after its steps.

    `days` are those of the filing and of each step after it; moments in `clocks` and `endorsed` are places in
    that list. `submitted` are the clocks the filing starts, `steps` the events after it.
    """

    days: tuple[dt.date, ...]
    submitted: list[dict[str, Any]]
    steps: tuple[tuple[str, dict[str, Any]], ...]
    clocks: tuple[dict[str, Any], ...]
    endorsed: tuple[tuple[str, int], ...]
    case: dict[str, Any]
    closed: bool

    def moments(self, filed_at: dt.datetime, number: int) -> list[dt.datetime]:
        """When it was filed and each step was taken: in office hours, spread over them by the case's
        number.
        """
        steps = (
            dt.datetime.combine(day, _OPENS)
            + dt.timedelta(seconds=(number * 7919 + place * 104_729) % _OFFICE_SECONDS)
            for place, day in enumerate(self.days[1:])
        )
        return [filed_at, *steps]


@lru_cache(maxsize=4096)
def worked(day: dt.date, path: Path, until: dt.datetime) -> Worked:
    """A case filed on `day` that takes these steps as far as there is time."""
    used, case = Calendar.shipped(), Case(id="", ctn="", year=0, sequence=0, data_key_id="")
    noon = dt.datetime.combine(day, _NOON)
    filing = lifecycle.check("draft", "submit", "system", None)
    rows = caseclocks.started(case, filing.start, noon, used)
    submitted = caseclocks.described(rows)
    case.state = filing.target
    days, noons, steps, endorsed, hours = [day], [noon], [], [], 0.0
    for action, reason, later in path:
        hours += later
        next_day = max(days[-1] + dt.timedelta(days=1), day + dt.timedelta(days=-(-hours // 24)))
        if next_day >= manila_date(until):
            break
        moment = dt.datetime.combine(next_day, _NOON)
        step = lifecycle.check(case.state, action, "head", reason)
        touched = caseclocks.apply(case, rows, step, reason, used, moment)
        body = {"from": case.state, "to": step.target, "clocks": caseclocks.described(touched)}
        if reason is not None:
            body["reason"] = reason
        if action in OUTCOMES:
            case.outcome = body["outcome"] = OUTCOMES[action]
        if action in ("endorse", "issue_notice"):
            endorsed.append((action, len(days)))
        case.state = step.target
        days.append(next_day)
        noons.append(moment)
        steps.append((f"case.{action}", body))
    for row in rows:
        if row.stopped_at is None:
            caseclocks.refresh(row, used, until)
    caseclocks.carry(case, rows)
    return Worked(
        tuple(days),
        submitted,
        tuple(steps),
        tuple(_placed(row, noons) for row in rows),
        tuple(endorsed),
        {name: getattr(case, name) for name in ("state", "outcome", "clock_state", "next_due_at")},
        case.state == "closed",
    )


def _placed(row: CaseClock, noons: list[dt.datetime]) -> dict[str, Any]:
    """A clock's columns with places for moments."""
    if clocks.load()[row.code].unit != "working_days":
        raise ValueError(f"{row.code} counts hours: cases of a day cannot share it")
    written = [timestamp(noon) for noon in noons]
    columns = row.model_dump(exclude={"case_id", "psgc"})
    return columns | {
        "started_at": noons.index(row.started_at),
        "stopped_at": None if row.stopped_at is None else noons.index(row.stopped_at),
        "pauses": [[None if end is None else written.index(end) for end in pause] for pause in row.pauses],
    }


def clock_at(placed: dict[str, Any], moments: list[dt.datetime]) -> dict[str, Any]:
    """The columns of a clock with the moments of one case."""
    stopped = placed["stopped_at"]
    return placed | {
        "started_at": moments[placed["started_at"]],
        "stopped_at": None if stopped is None else moments[stopped],
        "pauses": [
            [None if end is None else timestamp(moments[end]) for end in pause] for pause in placed["pauses"]
        ],
    }
