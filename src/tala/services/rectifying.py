"""Putting facts of a filed case right: what stood there before is kept, sealed, in the ledger."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tala.cases import routing
from tala.cases.calendar import manila_date
from tala.errors import TalaError
from tala.facts import Facts
from tala.services import caseclocks, corrections, masking, opening, understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.desk import Desk, at_desk, checked_text, expect, for_staff, must_handle, once
from tala.services.filing import complainant_of
from tala.services.opening import ensure_open
from tala.store.tables import Case
from tala.transcript import Transcript

_PERSONAL = ("people", "phones", "emails")


@dataclass(frozen=True, slots=True)
class Rectified:
    """Facts put right, of which version of the case, and the text and facts that may be read without a key.

    `changes` are {field, old, new}.
    """

    version: int
    facts: Facts
    changes: list[dict[str, Any]]
    masked_text: str
    masked_facts: dict[str, Any]


async def rectify(
    ctx: Context,
    ctn: str,
    patch: Mapping[str, Any],
    actor: Caller,
    *,
    reason: str,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """Change facts of a case by JSON merge patch (RFC 7396), with everything that follows from them: the
    agency complained of and who handles the case, grounds, place and its holidays, masked text, search.

    Args:
        reason: why; sealed.

    Raises:
        TalaError: not_found, forbidden, invalid_input with JSON pointers, erased, version_mismatch; conflict,
        idempotency_mismatch.
    """
    asked = {"facts": dict(patch), "reason": reason}
    async with once(ctx, ctn, actor, idempotency_key, asked) as before:
        if before.done is not None:
            async with ctx.database.read() as session:
                return (await for_staff(session, ctn, actor))[0]
        made = await prepare(ctx, ctn, patch, actor)
        async with at_desk(ctx, ctn, actor, None, before) as desk:
            must_handle(desk, "officer", "head")
            expect(desk.case, expected_version)
            await put(desk, made, reason)
            return desk.case


async def prepare(ctx: Context, ctn: str, patch: Mapping[str, Any], actor: Caller) -> Rectified:
    """Work out what a patch makes of the facts, before the transaction: masking reads the whole text again.

    Raises:
        TalaError: not_found, forbidden, invalid_input, erased.
    """
    async with ctx.database.read() as session:
        case, role = await for_staff(session, ctn, actor)
        if role not in ("officer", "head"):
            raise TalaError("forbidden", "Facts are put right by those who handle the case.")
        ensure_open(case)
        key = await ctx.keys.load(session, case.data_key_id)
    assert case.sealed_facts is not None
    assert case.sealed_narrative is not None
    before = Facts.model_validate_json(key.open(case.sealed_facts, "cases", case.id, "facts"))
    narrative = key.open_text(case.sealed_narrative, "cases", case.id, "narrative")
    facts, changes = corrections.apply(
        before,
        dict(patch),
        Transcript.typed(narrative),
        by=actor.reference,
        complete=understanding.complete,
        today=manila_date(case.filed_at),
        agencies=understanding.agency_codes(),
    )
    facts = understanding.settled(facts)
    return Rectified(case.version, facts, changes, *await asyncio.to_thread(masking.masked, narrative, facts))


async def put(desk: Desk, made: Rectified, reason: str) -> None:
    """Put prepared facts into a case open for work, with the event; nothing where nothing changed.

    Raises:
        TalaError: version_mismatch, where the case moved on since they were prepared; invalid_input.
    """
    expect(desk.case, made.version)
    if not made.changes:
        return
    _carry(desk, made)
    desk.personal |= {"corrections": made.changes, "note": checked_text(reason, "/reason")}
    desk.body["fields"] = [change["field"] for change in made.changes]
    await desk.record("case.correct", made.version)
    desk.body.clear()
    desk.personal.clear()
    await desk.session.flush()
    text, facts = made.masked_text, made.masked_facts
    await opening.derive_again(desk.session, desk.case, made.facts, text, facts, desk.at)
    desk.session.add_all(desk.clocks)


def _carry(desk: Desk, made: Rectified) -> None:
    """What of the facts stands on the case's row."""
    case, facts = desk.case, made.facts
    fields = {change["field"] for change in made.changes}
    case.sealed_facts = desk.key.seal(facts.model_dump_json(), "cases", case.id, "facts")
    if fields.intersection(_PERSONAL):
        identity = complainant_of(facts)
        case.sealed_complainant = None
        if identity is not None:
            sealed = desk.key.seal(json.dumps(identity), "cases", case.id, "complainant")
            case.sealed_complainant = sealed
    case.anonymous = facts.wants_anonymity or case.sealed_complainant is None
    case.language, case.urgency = facts.language, facts.urgency
    case.main_category = facts.categories[0].code if facts.categories else None
    case.incident_date = facts.incident_date.date if facts.incident_date else None
    agency = facts.agency.code if facts.agency else None
    psgc = facts.location.psgc if facts.location else None
    if (agency, psgc) != (case.agency_code, case.psgc):
        route = routing.route(agency, psgc)
        old = {"agency": case.agency_code, "psgc": case.psgc, "authority": case.authority}
        case.agency_code, case.psgc = agency, psgc
        case.authority, case.team = route.authority, route.desk
        new = {"agency": agency, "psgc": psgc, "authority": route.authority}
        desk.body |= {"old": old, "new": new, "routing": route.reason}
        for row in desk.clocks:
            row.psgc = psgc
            if row.stopped_at is None:
                caseclocks.refresh(row, desk.calendar, desk.at)
        caseclocks.carry(case, desk.clocks)
