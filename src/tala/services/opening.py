"""Opening a case: everything that comes into being when a complaint is filed, in the caller's transaction."""

import asyncio
import datetime as dt
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import ctn, lifecycle, routing
from tala.cases.calendar import manila_date
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.facts import Facts
from tala.services import caseclocks
from tala.store import ledger, receipts
from tala.store.columns import new_id
from tala.store.database import Database
from tala.store.keys import Keys
from tala.store.office import HiddenCost
from tala.store.tables import Case, CaseCategory, CaseExclusion, CaseText, User

_CATEGORIES: Any = CaseCategory.__table__  # type: ignore[attr-defined]
_TEXTS: Any = CaseText.__table__  # type: ignore[attr-defined]
_EXCLUSIONS: Any = CaseExclusion.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a case is opened with. All of it was validated before.

    Args:
        narrative: the complaint in words, as confirmed.
        masked_text, masked_facts: the same with names, phones, e-mails and addresses hidden; kept readable
        for search, lists and exports.
        complainant: who complains and how to reach them, sealed with the case; None for nobody known.
        filer_relation: relation to the complainant of whoever files for them (parent, agent, relative).
        sources: what it was made from: recordings with their SHA-256, hash of the transcript, models and
        versions.
        receipt_secret, receipt_hash: of a receipt made before the transaction, because hashing takes long;
        a hash alone is that of an earlier receipt which opens this case too; neither makes a new one.
        corrections: what a person changed, each with field, old and new; sealed into the ledger.
    """

    facts: Facts
    narrative: str
    masked_text: str
    masked_facts: Mapping[str, Any]
    channel: str = "web"
    draft_id: str | None = None
    recording_ids: Sequence[str] = ()
    sources: Mapping[str, Any] = field(default_factory=dict)
    corrections: Sequence[Mapping[str, Any]] = ()
    complainant: Mapping[str, Any] | None = None
    filer_relation: str | None = None
    identity_disclosed: bool = False
    office: str | None = None
    parent_id: str | None = None
    receipt_hash: str | None = None
    receipt_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case just opened; the receipt's secret is shown once and stored only as a hash. Empty where an
    earlier receipt opens the case.
    """

    case: Case
    receipt_secret: str = field(repr=False)


async def open_case(
    session: AsyncSession, database: Database, keys: Keys, new: NewCase, actor: Actor, at: dt.datetime
) -> Opened:
    """Open a case in a `Database.write()` session: number, key, first event, clocks, masked text, exclusions.

    Raises:
        TalaError: forbidden, where this actor may not file.
    """
    step = lifecycle.check("draft", "submit", actor.role or "system", None)
    facts = new.facts
    year = manila_date(at).year
    main = facts.categories[0].code if facts.categories else None
    agency = facts.agency.code if facts.agency else None
    psgc = facts.location.psgc if facts.location else None
    route = routing.route(agency, psgc)
    secret, hashed = new.receipt_secret, new.receipt_hash
    if hashed is None:
        secret = receipts.make()
        hashed = await asyncio.to_thread(receipts.hash_of, secret)
    key = await keys.create(session, "case")
    sequence = await database.next_number(session, year)
    case = Case(
        id=new_id(),
        version=0,
        state=step.target,
        ctn=ctn.make(year, sequence),
        year=year,
        sequence=sequence,
        filed_at=at,
        updated_at=at,
        receipt_hash=hashed,
        draft_id=new.draft_id,
        parent_id=new.parent_id,
        recording_ids=list(new.recording_ids),
        data_key_id=key.id,
        identity_disclosed=new.identity_disclosed,
        anonymous=facts.wants_anonymity or new.complainant is None,
        filer_relation=new.filer_relation,
        agency_code=agency,
        office=new.office,
        authority=route.authority,
        team=route.desk,
        main_category=main,
        language=facts.language,
        psgc=psgc,
        incident_date=facts.incident_date.date if facts.incident_date else None,
        urgency=facts.urgency,
        channel=new.channel,
    )
    case.sealed_narrative = key.seal(new.narrative, "cases", case.id, "narrative")
    case.sealed_facts = key.seal(facts.model_dump_json(), "cases", case.id, "facts")
    if new.complainant is not None:
        identity = json.dumps(dict(new.complainant))
        case.sealed_complainant = key.seal(identity, "cases", case.id, "complainant")
    clocks = caseclocks.started(case, step.start, at, await caseclocks.calendar(session))
    caseclocks.carry(case, clocks)
    body = {
        "from": "draft",
        "to": step.target,
        "ctn": case.ctn,
        "draft": new.draft_id,
        "sources": dict(new.sources),
        "agency": agency,
        "categories": [category.code for category in facts.categories],
        "psgc": psgc,
        "authority": route.authority,
        "desk": route.desk,
        "routing": route.reason,
        "clocks": caseclocks.described(clocks),
        # Which facts people changed names nobody; what they changed them to is sealed.
        "corrected": sorted({str(one["field"]) for one in new.corrections}),
    }
    personal = {"corrections": [dict(one) for one in new.corrections]} if new.corrections else None
    await ledger.append_to_case(session, case, "case.submit", actor, body, personal=personal, key=key, at=at)
    session.add(case)
    await session.flush()
    await derive(session, case, facts, new.masked_text, new.masked_facts, at)
    session.add_all(clocks)
    return Opened(case, secret)


async def derive(
    session: AsyncSession,
    case: Case,
    facts: Facts,
    masked_text: str,
    masked_facts: Mapping[str, Any],
    at: dt.datetime,
) -> None:
    """Write what follows from a new case's facts: grounds, masked text, hidden cost, who is kept away."""
    if facts.categories:
        await session.execute(_CATEGORIES.insert(), _categories(case.id, facts))
    text = {
        "case_id": case.id,
        "text": masked_text,
        "facts": json.dumps(masked_facts),
        "words": search_words(case.ctn, facts),
    }
    await session.execute(_TEXTS.insert(), [text])
    asked_for = round(sum(amount.php for amount in facts.amounts if amount.improper))
    if asked_for > 0:
        session.add(HiddenCost(case_id=case.id, php=asked_for))
    await _exclude_the_named(session, case, facts, at)


async def derive_again(
    session: AsyncSession,
    case: Case,
    facts: Facts,
    masked_text: str,
    masked_facts: Mapping[str, Any],
    at: dt.datetime,
) -> None:
    """The same where facts were changed. Who was kept away stays so."""
    for table in (CaseCategory, CaseText, HiddenCost):
        await session.execute(delete(table).where(col(table.case_id) == case.id))
    await derive(session, case, facts, masked_text, masked_facts, at)


def _categories(case_id: str, facts: Facts) -> list[dict[str, Any]]:
    unique = {category.code: category.score for category in reversed(facts.categories)}
    ordered = list(dict.fromkeys(category.code for category in facts.categories))
    return [
        {"case_id": case_id, "code": code, "rank": rank, "score": unique[code]}
        for rank, code in enumerate(ordered)
    ]


def search_words(number: str, facts: Facts) -> str:
    """What else the case is found by: number, agency, place, service, grounds; none of it names a person."""
    parts = [number, number.replace("-", " ")]
    if facts.agency:
        parts += [facts.agency.code, facts.agency.name]
    if facts.location and facts.location.name:
        parts.append(facts.location.name)
    if facts.service and facts.service.text:
        parts.append(facts.service.text)
    parts += [category.code.replace("_", " ") for category in facts.categories]
    text = " ".join(parts)
    plain = unfold(text)
    return text if plain == text else f"{text} {plain}"


def unfold(text: str) -> str:
    """Text without its accents, as people type it into a search box."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


async def _exclude_the_named(session: AsyncSession, case: Case, facts: Facts, at: dt.datetime) -> None:
    """Keep staff whose name was spoken as the person complained of away from the case."""
    named = [_name_parts(person.name) for person in facts.people if person.role == "respondent"]
    if not any(named):
        return
    staff = (await session.execute(select(col(User.id), col(User.display_name), col(User.username)))).all()
    away = set(
        await session.scalars(select(col(CaseExclusion.user_id)).where(col(CaseExclusion.case_id) == case.id))
    )
    rows = [
        {"case_id": case.id, "user_id": user_id, "reason": "named in the complaint", "at": at}
        for user_id, display_name, username in staff
        if user_id not in away
        and any(same_person(parts, _name_parts(display_name or username)) for parts in named)
    ]
    if rows:
        await session.execute(_EXCLUSIONS.insert(), rows)


def _name_parts(name: str) -> frozenset[str]:
    folded = unfold(name).casefold()
    return frozenset(
        part for part in "".join(c if c.isalpha() else " " for c in folded).split() if len(part) > 1
    )


def same_person(spoken: frozenset[str], known: frozenset[str]) -> bool:
    """Whether a spoken name may be a member of staff's: one holds all parts of the other.

    A surname alone shuts out everyone of that surname: better one officer too many kept away than the one.
    """
    return bool(spoken) and bool(known) and (spoken <= known or known <= spoken)


def ensure_open(case: Case) -> None:
    """Raise TalaError("erased") for a case whose content was erased."""
    if case.erased_at is not None:
        raise TalaError("erased", "This case was erased. Its number and its steps remain on record.")
