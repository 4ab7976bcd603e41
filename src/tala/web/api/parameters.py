"""Parameters that many routes take, and what they mean."""

import datetime as dt
import re
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar.params import HeaderParameter, PathParameter, QueryParameter

from tala.cases import lifecycle, taxonomy
from tala.errors import TalaError
from tala.services import queues
from tala.services.actors import Caller
from tala.store.queries import CaseFilter

MANILA = ZoneInfo("Asia/Manila")
CLOCK_STATES = ("none", "running", "due_soon", "breached", "paused")
URGENCIES = ("low", "medium", "high")

Ctn = Annotated[str, PathParameter(description="Control Tracking Number.", max_length=40)]
Receipt = Annotated[
    str | None, HeaderParameter(name="Tala-Receipt", max_length=32, description="16 digits of the receipt.")
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=64,
        description="The ETag of the case that was read; staff and keys must send it to change a case.",
    ),
]
OnceKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=255,
        description="The same key with the same body is done once, for a day.",
    ),
]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=1000)]
Cursor = Annotated[
    str | None, QueryParameter(name="cursor", max_length=300, description="`next` of the page before.")
]
Day = dt.date | None
_ETAG = re.compile(r'^(?:W/)?"?(\d{1,9})"?$')


def version_of(if_match: str | None, what: str = "draft") -> int:
    """The version in an If-Match header. Raises TalaError(precondition_required, version_mismatch)."""
    if not if_match:
        raise TalaError("precondition_required", f"Send If-Match with the ETag of the {what} that you read.")
    found = _ETAG.match(if_match.strip())
    if found is None:
        raise TalaError("version_mismatch", f"If-Match holds no version of this {what}. Read it again.")
    return int(found[1])


def expected(actor: Caller, if_match: str | None) -> int | None:
    """The version a writer read: staff and keys must name one, a citizen may."""
    if actor.kind == "citizen" and not if_match:
        return None
    return version_of(if_match, "case")


def start_of_day(day: dt.date | None, *, days: int = 0) -> dt.datetime | None:
    """The moment a day begins in Manila, or the day so many days later."""
    if day is None:
        return None
    try:
        return dt.datetime.combine(day + dt.timedelta(days=days), dt.time(), MANILA)
    except OverflowError:
        raise TalaError("invalid_input", "Give a day of this century.") from None


def provide_filter(
    states: Annotated[
        list[str] | None, QueryParameter(name="state", description="May be repeated.", max_items=20)
    ] = None,
    agency: Annotated[str | None, QueryParameter(name="agency", max_length=40)] = None,
    office: Annotated[str | None, QueryParameter(name="office", max_length=200)] = None,
    authority: Annotated[str | None, QueryParameter(name="authority", max_length=40)] = None,
    team: Annotated[str | None, QueryParameter(name="team", max_length=60)] = None,
    category: Annotated[
        str | None, QueryParameter(name="category", max_length=60, description="A ground the case bears.")
    ] = None,
    main_category: Annotated[str | None, QueryParameter(name="main_category", max_length=60)] = None,
    psgc: Annotated[
        str | None,
        QueryParameter(
            name="psgc",
            max_length=10,
            description="Prefix of a PSGC code: 2 digits a region, 5 a province, 7 or 10 a municipality.",
        ),
    ] = None,
    language: Annotated[str | None, QueryParameter(name="language", max_length=10)] = None,
    channel: Annotated[str | None, QueryParameter(name="channel", max_length=10)] = None,
    urgency: Annotated[str | None, QueryParameter(name="urgency", max_length=10)] = None,
    clock_states: Annotated[
        list[str] | None,
        QueryParameter(name="clock", max_items=5, description="none, running, due_soon, breached, paused."),
    ] = None,
    assignee: Annotated[
        str | None, QueryParameter(name="assignee", max_length=64, description="An id, `none`, or `me`.")
    ] = None,
    outcome: Annotated[str | None, QueryParameter(name="outcome", max_length=40)] = None,
    anonymous: Annotated[bool | None, QueryParameter(name="anonymous")] = None,
    reopened: Annotated[bool | None, QueryParameter(name="reopened")] = None,
    filed_from: Annotated[Day, QueryParameter(name="filed_from")] = None,
    filed_to: Annotated[Day, QueryParameter(name="filed_to", description="Included.")] = None,
    incident_from: Annotated[Day, QueryParameter(name="incident_from")] = None,
    incident_to: Annotated[Day, QueryParameter(name="incident_to", description="Included.")] = None,
    due_to: Annotated[Day, QueryParameter(name="due_to", description="Due by the end of this day.")] = None,
    updated_from: Annotated[Day, QueryParameter(name="updated_from")] = None,
) -> CaseFilter:
    """The filters that lists, exports and statistics share."""
    _known("state", states or (), lifecycle.load().states)
    _known("clock", clock_states or (), CLOCK_STATES)
    _known("urgency", [urgency] if urgency else (), URGENCIES)
    for name, code in (("category", category), ("main_category", main_category)):
        _known(name, [code] if code else (), [one.code for one in taxonomy.load().category])
    try:
        after_incident = incident_to + dt.timedelta(days=1) if incident_to else None
    except OverflowError:
        after_incident = None
    return CaseFilter(
        states=tuple(states or ()),
        agency_code=agency,
        office=office,
        authority=authority,
        team=team,
        category=category,
        main_category=main_category,
        psgc=psgc,
        language=language,
        channel=channel,
        urgency=urgency,
        clock_states=tuple(clock_states or ()),
        assignee_id=None if assignee == "none" else assignee,
        unassigned=assignee == "none",
        outcome=outcome,
        anonymous=anonymous,
        reopened=reopened,
        filed_from=start_of_day(filed_from),
        filed_to=start_of_day(filed_to, days=1),
        incident_from=incident_from,
        incident_to=after_incident,
        due_before=start_of_day(due_to, days=1),
        updated_from=start_of_day(updated_from),
    )


def _known(name: str, given: Any, known: Any) -> None:
    if unknown := [one for one in given if one not in known]:
        detail = f"No such {name}: {', '.join(unknown)[:100]}. There are: {', '.join(known)}."
        raise TalaError("invalid_input", detail, errors=[{"pointer": f"/{name}", "detail": detail}])


def for_reader(wanted: CaseFilter, actor: Caller, queue: str | None = None) -> CaseFilter:
    """A filter as its reader means it: `me` is the reader, and a queue is a filter under the others."""
    if wanted.assignee_id == "me":
        wanted = replace(wanted, assignee_id=actor.id or "")
    if queue is None:
        return wanted
    base, given = queues.filter_of(queue, actor), CaseFilter()
    narrowed = {name: getattr(wanted, name) for name in CaseFilter.__slots__}
    changed = {name: value for name, value in narrowed.items() if value != getattr(given, name)}
    if base.states and wanted.states:
        # A state outside the queue leaves nothing of it, not everything.
        changed["states"] = tuple(state for state in wanted.states if state in base.states) or ("-",)
    return replace(base, **changed)
