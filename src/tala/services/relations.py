"""What stands around a case: other cases that belong with it, and to whom it was sent."""

import datetime as dt

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.store import queries
from tala.store.keys import DataKey
from tala.store.tables import Case, CaseLink, Endorsement
from tala.transcript import Value


class LinkView(Value):
    """Another case this one belongs with. Kinds: related, split, duplicate. `outgoing`: the link was made
    on this case (it was split into the other, merged into the other).
    """

    ctn: str
    kind: str
    state: str
    agency_code: str | None
    at: dt.datetime
    outgoing: bool


class EndorsementView(Value):
    """To whom a case was sent. Kinds: endorse, issue_notice; states: sent, replied, withdrawn. `reply` is
    shown to those who see the case in full.
    """

    id: str
    kind: str
    state: str
    agency_code: str
    office: str | None
    sent_at: dt.datetime
    due_at: dt.datetime | None
    replied_at: dt.datetime | None
    identity_disclosed: bool
    reply: str | None = None


async def links_of(session: AsyncSession, case: Case, actor: Actor | None) -> list[LinkView]:
    """The cases that belong with one, as far as a reader may know of them; `actor` None: the citizen, who
    holds the receipt of what was split from their complaint and of nothing else.
    """
    outgoing = (
        select(CaseLink, Case)
        .join(
            Case,
            or_(
                (col(CaseLink.case_id) == case.id) & (col(Case.id) == col(CaseLink.other_id)),
                (col(CaseLink.other_id) == case.id) & (col(Case.id) == col(CaseLink.case_id)),
            ),
        )
        .where(or_(col(CaseLink.case_id) == case.id, col(CaseLink.other_id) == case.id))
        .order_by(col(CaseLink.at), col(CaseLink.other_id))
    )
    if actor is None:
        outgoing = outgoing.where(col(CaseLink.kind) == "split")
    else:
        outgoing = outgoing.where(queries.visible_to(actor))
    return [
        LinkView(
            ctn=other.ctn,
            kind=row.kind,
            state=other.state,
            agency_code=other.agency_code,
            at=row.at,
            outgoing=row.case_id == case.id,
        )
        for row, other in (await session.execute(outgoing)).all()
    ]


async def endorsements_of(
    session: AsyncSession, case: Case, key: DataKey | None, agency_code: str | None = None
) -> list[EndorsementView]:
    """To whom a case was sent, oldest first; for an agency what was sent to it alone."""
    statement = select(Endorsement).where(col(Endorsement.case_id) == case.id)
    if agency_code is not None:
        statement = statement.where(col(Endorsement.agency_code) == agency_code)
    found = []
    for row in await session.scalars(statement.order_by(col(Endorsement.sent_at), col(Endorsement.id))):
        reply = None
        if key is not None and row.sealed_reply is not None:
            reply = key.open_text(row.sealed_reply, "endorsements", row.id, "reply")
        plain = row.model_dump(include=set(EndorsementView.model_fields) - {"reply"})
        found.append(EndorsementView(**plain, reply=reply))
    return found
