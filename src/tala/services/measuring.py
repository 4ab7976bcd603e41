"""How much waits, for whoever watches the installation: numbers alone."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from tala.cases import lifecycle
from tala.services.context import Context
from tala.services.intake import WAITING
from tala.store.office import Notice, RightsRequest
from tala.store.tables import Case, Recording

CLOCKS = ("none", "running", "due_soon", "breached", "paused")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers by kind, and open cases by the state of their most urgent clock."""

    waiting: dict[str, int]
    open_cases: dict[str, int]


async def waiting(ctx: Context) -> Waiting:
    """Recordings not yet written down or set aside, notices not yet sent or given up, requests of rights."""
    recordings = select(func.count()).select_from(Recording)
    counts = {
        "recordings": recordings.where(col(Recording.state).in_(WAITING)),
        "recordings_quarantined": recordings.where(col(Recording.state) == "quarantined"),
        "recordings_failed": recordings.where(col(Recording.state) == "failed"),
        "notices": select(func.count()).select_from(Notice).where(col(Notice.state) == "waiting"),
        "notices_failed": select(func.count()).select_from(Notice).where(col(Notice.state) == "failed"),
        "rights_requests": select(func.count())
        .select_from(RightsRequest)
        .where(col(RightsRequest.state) == "open"),
    }
    by_clock = (
        select(col(Case.clock_state), func.count())
        .where(col(Case.state).in_(lifecycle.load().groups["open"]))
        .group_by(col(Case.clock_state))
    )
    async with ctx.database.read() as session:
        found = {
            name: int((await session.execute(statement)).scalar_one()) for name, statement in counts.items()
        }
        clocks = {state: int(number) for state, number in (await session.execute(by_clock)).all()}
    return Waiting(found, {state: clocks.get(state, 0) for state in CLOCKS})
