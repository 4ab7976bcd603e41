"""Cases to try Tala out with, made through the same services as real ones, in the past as it would have
been.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable

from tala.cases.people import CITIZEN, Actor
from tala.services import casework, clockwork, masking, statistics
from tala.services.casework import Details
from tala.services.context import Context
from tala.services.demo_texts import MadeUp, made_up
from tala.services.opening import NewCase, open_case
from tala.transcript import Value

OFFICER = Actor("staff", "head", "demo-head")
AT_AGENCY = Details(reply="We have looked into it and acted.")


class Demo(Value):
    """A made-up case and the receipt that opens it."""

    ctn: str
    receipt_secret: str
    state: str


def new_case(complaint: MadeUp) -> NewCase:
    """What a made-up complaint is filed as."""
    text, facts = masking.masked(complaint.narrative, complaint.facts)
    names = [person.name for person in complaint.facts.people if person.role == "complainant"]
    return NewCase(
        facts=complaint.facts,
        narrative=complaint.narrative,
        masked_text=text,
        masked_facts=facts,
        complainant={"names": names} if names else None,
        sources={"demo": True},
    )


async def make_cases(
    ctx: Context, count: int, *, seed: int = 0, progress: Callable[[int], None] | None = None
) -> list[Demo]:
    """File and work on `count` made-up cases, the oldest first; their numbers and receipts.

    Args:
        progress: told after each case how many there are.
    """
    until = ctx.clock()
    made: list[Demo] = []
    for number in range(count):
        made.append(await _make(ctx, made_up(number, until, seed=seed, count=count), until))
        if progress is not None:
            progress(number + 1)
    await clockwork.tick(ctx, limit=count)
    # Cases of the past do not look changed to a server that counts beside this.
    await statistics.refresh(ctx, all_days=True)
    return made


async def _make(ctx: Context, complaint: MadeUp, until: dt.datetime) -> Demo:
    moment = complaint.filed_at
    async with ctx.database.write() as session:
        opened = await open_case(session, ctx.database, ctx.keys, new_case(complaint), CITIZEN, moment)
    case = opened.case
    for action, reason, hours in complaint.path:
        moment += dt.timedelta(hours=hours)
        if moment > until:
            break
        then = dataclasses.replace(ctx, clock=_stopped(moment))
        details = AT_AGENCY if action == "record_reply" else None
        case = await casework.transition(
            then, case.ctn, action, _who(case.authority), reason=reason, details=details
        )
    return Demo(ctn=case.ctn, receipt_secret=opened.receipt_secret, state=case.state)


def _who(authority: str | None) -> Actor:
    return dataclasses.replace(OFFICER, agency_code=authority)


def _stopped(moment: dt.datetime) -> Callable[[], dt.datetime]:
    return lambda: moment
