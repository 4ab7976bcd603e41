"""Working on a case: its steps, class, assignment, duplicates and who is kept away from it."""

import json
from dataclasses import asdict, dataclass

from tala.cases import access, clocks, lifecycle
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.facts import Agency, Facts
from tala.services import caseclocks, notices, reading
from tala.services.alerts import tell, tell_of_step
from tala.services.context import Context
from tala.services.desk import (
    Desk,
    at_desk,
    checked_text,
    expect,
    for_staff,
    message_of,
    must_be_open,
    must_handle,
    once,
    opened,
)
from tala.services.opening import NewCase, open_case
from tala.store import ledger, queries
from tala.store.columns import new_id
from tala.store.tables import Case, CaseClock, CaseExclusion, CaseLink, CaseText, Endorsement, User

OUTCOMES = {
    "refer": "referred",
    "resolve": "answered",
    "recommend_filing": "for_filing",
    "dismiss": "dismissed",
    "withdraw": "withdrawn",
    "confirm_fixed": "fixed_says_the_citizen",
    "merge": "duplicate",
}
"""What a case came to, counted apart: only the citizen says that it is fixed."""


@dataclass(frozen=True, slots=True)
class Details:
    """What some steps need beyond a reason.

    Args:
        note: why, in words; sealed. Shown inside only.
        agency_code, office, disclose_identity: endorse and issue_notice: to whom, and whether the complainant
        agreed to be named there.
        reply: record_reply: what the agency answered; sealed.
        message: ask_for_information, give_information and others: what is said to the other side; sealed.
    """

    note: str | None = None
    agency_code: str | None = None
    office: str | None = None
    disclose_identity: bool = False
    reply: str | None = None
    message: str | None = None


async def transition(
    ctx: Context,
    ctn: str,
    action: str,
    actor: Actor,
    *,
    reason: str | None = None,
    details: Details | None = None,
    expected_version: int | None = None,
    receipt: str | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """Take one step of a case's life.

    Raises:
        TalaError: not_found, forbidden, transition_not_allowed, invalid_input, version_mismatch, erased;
        conflict, idempotency_mismatch.
    """
    if action in ("submit", "merge"):
        raise TalaError(
            "bad_request", "A case is submitted by filing a draft, and merged by naming the other case."
        )
    details = details or Details()
    asked = {"action": action, "reason": reason, **asdict(details)}
    async with once(ctx, ctn, actor, idempotency_key, asked) as before:
        if before.done is not None:
            async with ctx.database.read() as session:
                return (await opened(session, ctn, actor, receipt))[0]
        async with at_desk(ctx, ctn, actor, receipt, before) as desk:
            step = lifecycle.check(desk.case.state, action, desk.role, reason)
            expect(desk.case, expected_version)
            sent = await _exchange_with_agency(desk, step, details)
            for name, text in (
                ("note", details.note),
                ("reply", details.reply),
                ("message", details.message),
            ):
                if text is not None:
                    desk.personal[name] = checked_text(text, f"/{name}")
            _move(desk, step, reason)
            await desk.record(f"case.{action}", expected_version)
            _keep_message(desk, details.message)
            await tell_of_step(desk, action)
            if desk.role != "citizen":
                await notices.tell_citizen(desk.session, desk.case, "news", desk.at)
            desk.session.add_all([*desk.clocks, *sent])
            return desk.case


def _move(desk: Desk, step: lifecycle.Step, reason: str | None) -> None:
    case = desk.case
    touched = caseclocks.apply(case, desk.clocks, step, reason, desk.calendar, desk.at)
    desk.body |= {"from": case.state, "to": step.target, "clocks": caseclocks.described(touched)}
    if reason is not None:
        desk.body["reason"] = reason
    if step.action == "reopen":
        case.reopen_count += 1
        case.outcome = None
    if step.action in OUTCOMES:
        case.outcome = desk.body["outcome"] = OUTCOMES[step.action]
    case.state = step.target
    case.closed_at = desk.at if step.target == "closed" else None


async def _exchange_with_agency(desk: Desk, step: lifecycle.Step, details: Details) -> list[Endorsement]:
    """Endorsements made or answered by a step; rows to add after the event."""
    if step.action in ("endorse", "issue_notice"):
        agency = details.agency_code or desk.case.agency_code
        if agency is None:
            raise TalaError(
                "invalid_input",
                "Say which agency this goes to.",
                errors=[{"pointer": "/agency_code", "detail": "needed"}],
            )
        desk.body |= {
            "agency": agency,
            "office": details.office,
            "identity_disclosed": details.disclose_identity,
        }
        return [
            Endorsement(
                id=new_id(),
                case_id=desk.case.id,
                agency_code=agency,
                office=details.office,
                kind=step.action,
                sent_at=desk.at,
                identity_disclosed=details.disclose_identity,
            )
        ]
    if step.action == "record_reply":
        return await _answered(desk, details.reply)
    return []


async def _answered(desk: Desk, reply: str | None) -> list[Endorsement]:
    rows = await reading.endorsements_of(desk.session, desk.case.id)
    waiting = [row for row in rows if row.state == "sent"]
    if not waiting:
        return []
    latest = waiting[-1]
    latest.state, latest.replied_at = "replied", desk.at
    if reply is not None:
        latest.sealed_reply = desk.key.seal(reply, "endorsements", latest.id, "reply")
    desk.body |= {"agency": latest.agency_code, "endorsement": latest.id}
    return [latest]


async def classify(
    ctx: Context, ctn: str, transaction_class: str, actor: Actor, *, expected_version: int | None = None
) -> Case:
    """Say which class of transaction a case is: simple, complex or highly_technical; its 3, 7 or 20 working
    days run from the day it was filed. A new class replaces the clock of the old one.

    Raises:
        TalaError: not_found, forbidden, invalid_input, conflict, version_mismatch.
    """
    rule = clocks.load().for_class(transaction_class)
    if rule is None:
        raise TalaError(
            "invalid_input",
            "The class is simple, complex or highly_technical.",
            errors=[{"pointer": "/transaction_class", "detail": "unknown class"}],
        )
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "officer", "head")
        must_be_open(desk)
        expect(desk.case, expected_version)
        if desk.case.transaction_class == transaction_class:
            return desk.case
        classes = {one.code for one in clocks.load().clock if one.transaction_class is not None}
        for row in desk.clocks:
            if row.code in classes and row.stopped_at is None:
                caseclocks.stop(row, desk.at)
                caseclocks.refresh(row, desk.calendar, desk.at)
        rounds = [row.round for row in desk.clocks if row.code == rule.code]
        fresh = CaseClock(
            case_id=desk.case.id,
            code=rule.code,
            round=max(rounds, default=0) + 1,
            started_at=desk.case.filed_at,
            psgc=desk.case.psgc,
        )
        caseclocks.refresh(fresh, desk.calendar, desk.at)
        desk.clocks.append(fresh)
        desk.body |= {
            "old": desk.case.transaction_class,
            "new": transaction_class,
            "clocks": caseclocks.described([fresh]),
        }
        desk.case.transaction_class = transaction_class
        caseclocks.carry(desk.case, desk.clocks)
        await desk.record("case.classify", expected_version)
        desk.session.add_all(desk.clocks)
        return desk.case


async def assign(
    ctx: Context,
    ctn: str,
    user_id: str | None,
    actor: Actor,
    *,
    team: str | None = None,
    expected_version: int | None = None,
) -> Case:
    """Give a case to an officer, to a team's queue, or (neither) to nobody.

    Raises:
        TalaError: not_found, forbidden, invalid_input (who may not see the case cannot have it),
        version_mismatch.
    """
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "officer", "head")
        if user_id not in (None, actor.id) and desk.role != "head":
            raise TalaError(
                "forbidden", "A head of office assigns cases to others; you can take one yourself."
            )
        expect(desk.case, expected_version)
        if user_id is not None:
            await _may_have_it(desk, user_id)
        desk.body |= {"old": desk.case.assignee_id, "new": user_id, "team": team or desk.case.team}
        desk.case.assignee_id = user_id
        desk.case.team = team or desk.case.team
        await desk.record("case.assign", expected_version)
        if user_id not in (None, actor.id):
            tell(desk.session, [user_id or ""], desk.case.id, "assigned", desk.at)
        return desk.case


async def _may_have_it(desk: Desk, user_id: str) -> None:
    user = await desk.session.get(User, user_id)
    person = (
        None
        if user is None or user.state != "active"
        else Actor("staff", user.role, user.id, user.agency_code, user.office)
    )
    standing = await queries.standing(desk.session, desk.case)
    if person is None or access.level(person, standing) != "full":
        raise TalaError(
            "invalid_input",
            "This person cannot be given the case.",
            errors=[{"pointer": "/user_id", "detail": "not an officer who may see it"}],
        )


def _keep_message(desk: Desk, text: str | None) -> None:
    if text is not None:
        direction = "from_citizen" if desk.role in ("citizen", "agent") else "to_citizen"
        desk.session.add(message_of(desk, text, direction))


async def merge(
    ctx: Context, ctn: str, into: str, actor: Actor, *, expected_version: int | None = None
) -> Case:
    """Close a case as a duplicate of another one. Both stay readable; the link stands on both ledgers.

    Raises:
        TalaError: not_found, forbidden, transition_not_allowed, invalid_input (itself, or a merged case),
        version_mismatch.
    """
    async with at_desk(ctx, ctn, actor, None) as desk:
        step = lifecycle.check(desk.case.state, "merge", desk.role, "duplicate")
        expect(desk.case, expected_version)
        other, role = await for_staff(desk.session, into, actor)
        if other.id == desk.case.id or other.merged_into_id is not None or role not in step.roles:
            raise TalaError(
                "invalid_input",
                "Name another case you work on that was not merged itself.",
                errors=[{"pointer": "/into", "detail": "not a case to merge into"}],
            )
        desk.case.merged_into_id = other.id
        desk.body["into"] = other.ctn
        _move(desk, step, "duplicate")
        await desk.record("case.merge", expected_version)
        await ledger.append_to_case(
            desk.session, other, "case.take_duplicate", actor, {"duplicate": desk.case.ctn}, at=desk.at
        )
        desk.session.add_all(
            [*desk.clocks, CaseLink(case_id=desk.case.id, other_id=other.id, kind="duplicate", at=desk.at)]
        )
        return desk.case


async def split(
    ctx: Context,
    ctn: str,
    actor: Actor,
    *,
    agency: Agency,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> Case:
    """Open a further case of the same complaint, about another agency it names.

    The new case has a number, a key, clocks and a ledger of its own; the citizen opens it with the same
    receipt.

    Raises:
        TalaError: not_found, forbidden, conflict (decided, or about that agency already), version_mismatch.
    """
    async with once(ctx, ctn, actor, idempotency_key, {"split": agency.code}) as before:
        if before.done is not None:
            async with ctx.database.read() as session:
                opened_before = await session.get(Case, before.done)
            assert opened_before is not None
            return opened_before
        async with at_desk(ctx, ctn, actor, None, before) as desk:
            must_handle(desk, "officer", "head")
            must_be_open(desk)
            expect(desk.case, expected_version)
            if agency.code == desk.case.agency_code:
                raise TalaError("conflict", f"This case is about {agency.code} already.")
            new = await _same_complaint(desk, agency)
            made = (await open_case(desk.session, ctx.database, ctx.keys, new, actor, desk.at)).case
            desk.body["into"] = made.ctn
            await desk.record("case.split", expected_version, made.id)
            desk.session.add(CaseLink(case_id=desk.case.id, other_id=made.id, kind="split", at=desk.at))
            return made


async def _same_complaint(desk: Desk, agency: Agency) -> NewCase:
    case, key = desk.case, desk.key
    text = await desk.session.get(CaseText, case.id)
    assert text is not None
    assert case.sealed_narrative is not None
    assert case.sealed_facts is not None
    facts = Facts.model_validate_json(key.open(case.sealed_facts, "cases", case.id, "facts"))
    complainant = None
    if case.sealed_complainant is not None:
        complainant = json.loads(key.open(case.sealed_complainant, "cases", case.id, "complainant"))
    return NewCase(
        facts=facts.model_copy(update={"agency": agency}),
        narrative=key.open_text(case.sealed_narrative, "cases", case.id, "narrative"),
        masked_text=text.text,
        masked_facts=json.loads(text.facts) | {"agency": agency.model_dump(mode="json")},
        channel=case.channel,
        sources={"split_from": case.ctn},
        complainant=complainant,
        filer_relation=case.filer_relation,
        identity_disclosed=case.identity_disclosed,
        parent_id=case.id,
        receipt_hash=case.receipt_hash,
    )


async def exclude(
    ctx: Context, ctn: str, user_id: str, actor: Actor, *, reason: str, expected_version: int | None = None
) -> Case:
    """Keep a member of staff away from a case: because they are named in it, or recuse themselves."""
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "officer", "head")
        if user_id != actor.id and desk.role != "head":
            raise TalaError(
                "forbidden", "A head of office keeps others away; you can only step back yourself."
            )
        expect(desk.case, expected_version)
        if await desk.session.get(User, user_id) is None:
            raise TalaError("not_found", "There is no such member of staff.")
        if await desk.session.get(CaseExclusion, (desk.case.id, user_id)) is not None:
            return desk.case
        if desk.case.assignee_id == user_id:
            desk.case.assignee_id = None
        desk.body["user"] = user_id
        desk.personal["note"] = checked_text(reason, "/reason")
        await desk.record("case.exclude", expected_version)
        desk.session.add(CaseExclusion(case_id=desk.case.id, user_id=user_id, reason="recused", at=desk.at))
        return desk.case


async def set_legal_hold(
    ctx: Context, ctn: str, actor: Actor, *, held: bool, reason: str, expected_version: int | None = None
) -> None:
    """Keep a case from being erased while a court or an inquiry needs it, or let it go again."""
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "head")
        expect(desk.case, expected_version)
        if desk.case.legal_hold != held:
            desk.case.legal_hold = held
            desk.body |= {"held": held}
            desk.personal["note"] = checked_text(reason, "/reason")
            await desk.record("case.legal_hold", expected_version)
