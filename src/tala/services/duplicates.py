"""Cases that may tell of the same thing, and why it looks so: agency, place, ground, day and wording."""

import datetime as dt

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import desk
from tala.services.context import Context
from tala.store import queries
from tala.store.tables import Case, CaseText
from tala.transcript import Value

WITHIN = dt.timedelta(days=60)
MOST_COMPARED = 300
LEAST_SCORE = 0.5


class Similar(Value):
    """A case that may be the same: a score from 0 to 1 and what speaks for it."""

    ctn: str
    state: str
    filed_at: dt.datetime
    score: float
    reasons: tuple[str, ...]


async def similar_cases(ctx: Context, ctn: str, actor: Actor, *, limit: int = 5) -> list[Similar]:
    """Cases that somebody may see, about the same agency, filed within sixty days, most alike first.

    At most three hundred are compared, the nearest in time: it takes as long with a million cases.

    Raises:
        TalaError: not_found.
    """
    async with ctx.database.read() as session:
        case, role = await desk.for_staff(session, ctn, actor)
        if role == "agency":
            raise TalaError("forbidden", "Only the authority that handles a case looks for duplicates.")
        own = await session.get(CaseText, case.id)
        if own is None or case.agency_code is None:
            return []
        near = (
            select(Case, col(CaseText.text))
            .join_from(Case, CaseText, col(CaseText.case_id) == col(Case.id))
            .where(
                col(Case.agency_code) == case.agency_code,
                col(Case.filed_at).between(case.filed_at - WITHIN, case.filed_at + WITHIN),
                col(Case.id) != case.id,
                col(Case.merged_into_id).is_(None),
                queries.visible_to(actor),
            )
            .order_by(col(Case.filed_at).desc())
            .limit(MOST_COMPARED)
        )
        if case.psgc is not None:
            near = near.where((col(Case.psgc) == case.psgc) | col(Case.psgc).is_(None))
        rows = (await session.execute(near)).all()
    found = [_compared(case, own.text, other, text) for other, text in rows]
    alike = [one for one in found if one.score >= LEAST_SCORE]
    return sorted(alike, key=lambda one: (-one.score, one.ctn))[:limit]


def _compared(case: Case, text: str, other: Case, other_text: str) -> Similar:
    """How alike two cases of one agency are."""
    wording = fuzz.token_set_ratio(text, other_text) / 100
    score, reasons = 0.1 + 0.55 * wording, ["agency"]
    if wording >= 0.7:
        reasons.append("wording")
    if case.psgc is not None and case.psgc == other.psgc:
        score += 0.12
        reasons.append("place")
    if case.main_category is not None and case.main_category == other.main_category:
        score += 0.1
        reasons.append("ground")
    if case.incident_date is not None and other.incident_date is not None:
        apart = abs((case.incident_date - other.incident_date).days)
        if apart <= 1:
            score += 0.13
            reasons.append("day")
    elif abs(case.filed_at - other.filed_at) <= dt.timedelta(days=3):
        score += 0.08
        reasons.append("filed within days")
    return Similar(
        ctn=other.ctn,
        state=other.state,
        filed_at=other.filed_at,
        score=round(min(score, 1.0), 2),
        reasons=tuple(reasons),
    )
