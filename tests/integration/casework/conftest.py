"""Cases to work on, people who work on them, and a clock that stands still."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tala.cases.people import Actor
from tala.facts import Facts
from tala.services.context import Context
from tala.services.opening import NewCase, Opened, open_case
from tala.settings import Settings
from tala.store.tables import User

CITIZEN = Actor("citizen", "citizen")
OFFICER = Actor("staff", "officer", "officer-1", "ARTA")
HEAD = Actor("staff", "head", "head-1", "ARTA")
AUDITOR = Actor("staff", "auditor", "auditor-1", "ARTA")
ADMINISTRATOR = Actor("staff", "administrator", "administrator-1")
AGENT = Actor("staff", "agent", "agent-1", "ARTA")
AT_LTO = Actor("staff", "officer", "lto-1", "LTO")
AT_BIR = Actor("staff", "head", "bir-1", "BIR")

NARRATIVE = "Si Maria Santos po ito. Humingi ng limang daan si Pedro Reyes sa LTO Quezon City."
MASKED = "Si ••• po ito. Humingi ng limang daan si ••• sa LTO Quezon City."
FACTS = {
    "is_complaint": True,
    "language": "fil",
    "categories": [{"code": "bribery_extortion", "score": 0.9}, {"code": "fixing", "score": 0.4}],
    "agency": {"code": "LTO", "name": "Land Transportation Office"},
    "location": {"psgc": "1381300000", "name": "Quezon City"},
    "people": [
        {"name": "Maria Santos", "role": "complainant"},
        {"name": "Pedro Reyes", "role": "respondent"},
    ],
    "urgency": "high",
}


@dataclass
class FixedClock:
    """A clock that moves when told to. Starts on a Monday morning in Manila."""

    at: dt.datetime = field(default_factory=lambda: dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC))

    def __call__(self) -> dt.datetime:
        self.at += dt.timedelta(microseconds=1)  # so that events keep their order
        return self.at

    def forward(self, **span: float) -> None:
        self.at += dt.timedelta(**span)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def ctx(any_settings: Settings, clock: FixedClock) -> AsyncIterator[Context]:
    context = await Context.open(any_settings, clock=clock)
    yield context
    await context.close()


@pytest.fixture
async def staff(ctx: Context) -> list[User]:
    """Members of staff as rows, for what looks them up."""
    people = [
        User(
            id=actor.id or "",
            username=actor.id or "",
            role=actor.role,
            agency_code=actor.agency_code,
            office=actor.office,
            password_hash="-",
            display_name=name,
        )
        for actor, name in (
            (OFFICER, "Ana Cruz"),
            (HEAD, "Jose Lim"),
            (AUDITOR, "Lea Go"),
            (AGENT, "Ben Uy"),
            (AT_LTO, "Carlo Dy"),
            (AT_BIR, "Dina Yu"),
        )
    ]
    async with ctx.database.write() as session:
        session.add_all(people)
    return people


Opener = Callable[..., Awaitable[Opened]]


@pytest.fixture
def file(ctx: Context) -> Opener:
    """Opens a case: file(agency="BIR", psgc=…, narrative=…, masked=…, facts={…})."""

    async def opened(**changes: Any) -> Opened:
        facts: dict[str, Any] = {**FACTS, **changes.pop("facts", {})}
        if "agency" in changes:
            facts["agency"] = {"code": changes["agency"], "name": changes["agency"]}
        if "psgc" in changes:
            facts["location"] = {"psgc": changes["psgc"], "name": "somewhere"}
        new = NewCase(
            facts=Facts.model_validate(facts),
            narrative=changes.get("narrative", NARRATIVE),
            masked_text=changes.get("masked", MASKED),
            masked_facts={"agency": facts["agency"]},
            complainant={"name": "Maria Santos", "phone": "+639171234567"},
            sources={"model": "test"},
            corrections=changes.get("corrections", ()),
        )
        async with ctx.database.write() as session:
            return await open_case(session, ctx.database, ctx.keys, new, CITIZEN, ctx.clock())

    return opened
