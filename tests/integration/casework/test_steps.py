"""A case's way through its states, who may take it there, and two people at once."""

import asyncio
import datetime as dt

import pytest
from sqlalchemy import select
from sqlmodel import col

from tala.errors import TalaError
from tala.facts import Agency
from tala.services import casework, clockwork, erasure, messages, reading
from tala.services.casework import Details
from tala.services.context import Context
from tala.store import ledger, verify
from tala.store.guard import MissingEvent
from tala.store.tables import AccessLog, Case, CaseEvent, Endorsement, User

from .conftest import (
    AGENT,
    AT_BIR,
    AT_LTO,
    AUDITOR,
    CITIZEN,
    HEAD,
    MASKED,
    NARRATIVE,
    OFFICER,
    FixedClock,
    Opener,
)


async def kinds(ctx: Context, case_id: str) -> list[str]:
    async with ctx.database.read() as session:
        statement = select(col(CaseEvent.kind)).where(col(CaseEvent.ledger_id) == case_id)
        return list(await session.scalars(statement.order_by(col(CaseEvent.seq))))


async def verified(ctx: Context) -> None:
    async with ctx.database.read() as session:
        report = await verify.verify(session)
    assert report.problems == []


async def test_the_whole_way(ctx: Context, file: Opener, clock: FixedClock) -> None:
    opened = await file()
    ctn, secret = opened.case.ctn, opened.receipt_secret
    steps = [
        (OFFICER, "begin_evaluation", None, None),
        (OFFICER, "ask_for_information", "dates", Details(message="Kailan po ito nangyari?")),
        (CITIZEN, "give_information", None, Details(message="Noong Biyernes po.")),
        (OFFICER, "endorse", "first_action_by_agency", Details(disclose_identity=False)),
        (AT_LTO, "record_reply", None, Details(reply="Naibalik na ang bayad.")),
        (OFFICER, "verify", None, None),
        (OFFICER, "resolve", "refunded", Details(note="Receipt seen.")),
        (OFFICER, "ask_feedback", None, None),
        (CITIZEN, "confirm_fixed", None, None),
    ]
    for actor, action, reason, details in steps:
        clock.forward(hours=1)
        receipt = secret if actor is CITIZEN else None
        case = await casework.transition(
            ctx, ctn, action, actor, reason=reason, details=details, receipt=receipt
        )
    assert (case.state, case.outcome, case.version) == ("closed", "fixed_says_the_citizen", 10)
    assert case.closed_at is not None
    assert await kinds(ctx, case.id) == ["case.submit", *(f"case.{step[1]}" for step in steps)]
    await verified(ctx)
    shown = await reading.read_case(ctx, ctn, CITIZEN, receipt=secret)
    assert [message.body for message in shown.messages] == ["Kailan po ito nangyari?", "Noong Biyernes po."]
    assert {clock.code: clock.state for clock in shown.clocks} == {
        "ra6713_reply": "met",
        "agency_reply": "met",
    }
    reopened = await casework.transition(ctx, ctn, "reopen", CITIZEN, reason="not_fixed", receipt=secret)
    assert (reopened.state, reopened.outcome, reopened.reopen_count, reopened.closed_at) == (
        "reopened",
        None,
        1,
        None,
    )


async def test_a_wrong_receipt_opens_nothing(ctx: Context, file: Opener) -> None:
    opened = await file()
    for receipt in (None, "", "0000000000000000", opened.receipt_secret[:-1]):
        with pytest.raises(TalaError, match="not_found"):
            await reading.read_case(ctx, opened.case.ctn, CITIZEN, receipt=receipt)
        with pytest.raises(TalaError, match="not_found"):
            await casework.transition(
                ctx, opened.case.ctn, "withdraw", CITIZEN, reason="other", receipt=receipt
            )
    spaced = " ".join(opened.receipt_secret[i : i + 4] for i in range(0, 16, 4))
    assert (
        await reading.read_case(ctx, opened.case.ctn.lower(), CITIZEN, receipt=spaced)
    ).narrative == NARRATIVE


async def test_two_officers_at_once(ctx: Context, file: Opener) -> None:
    """One gets the step, the other version_mismatch; the ledger holds one event more."""
    opened = await file()
    results = await asyncio.gather(
        casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER, expected_version=1),
        casework.transition(ctx, opened.case.ctn, "withdraw", HEAD, reason="other", expected_version=1),
        return_exceptions=True,
    )
    errors = [result for result in results if isinstance(result, BaseException)]
    assert [error.code for error in errors if isinstance(error, TalaError)] == ["version_mismatch"]
    assert len(await kinds(ctx, opened.case.id)) == 2
    await verified(ctx)


async def test_a_refused_step_leaves_nothing(ctx: Context, file: Opener) -> None:
    opened = await file()
    refusals = [
        (OFFICER, "resolve", "refunded", "transition_not_allowed"),
        (OFFICER, "dismiss", "other", "forbidden"),
        (OFFICER, "fly", None, "bad_request"),
        (OFFICER, "submit", None, "bad_request"),
        (HEAD, "withdraw", None, "invalid_input"),
        (HEAD, "withdraw", "because", "invalid_input"),
        (HEAD, "begin_evaluation", "other", "invalid_input"),
        (AUDITOR, "begin_evaluation", None, "forbidden"),
        (AT_LTO, "begin_evaluation", None, "not_found"),
        (AT_BIR, "record_reply", None, "not_found"),
    ]
    for actor, action, reason, code in refusals:
        with pytest.raises(TalaError) as refused:
            await casework.transition(ctx, opened.case.ctn, action, actor, reason=reason)
        assert refused.value.code == code, action
    assert await kinds(ctx, opened.case.id) == ["case.submit"]
    async with ctx.database.read() as session:
        case = await session.get(Case, opened.case.id)
        assert case is not None
        assert (case.state, case.version) == ("submitted", 1)


async def test_levels(ctx: Context, file: Opener) -> None:
    opened = await file()
    ctn = opened.case.ctn
    full = await reading.read_case(ctx, ctn, OFFICER)
    assert (full.level, full.narrative) == ("full", NARRATIVE)
    assert full.complainant == {"name": "Maria Santos", "phone": "+639171234567"}
    masked = await reading.read_case(ctx, ctn, AUDITOR)
    assert (masked.level, masked.narrative, masked.complainant) == ("masked", MASKED, None)
    assert "Maria" not in masked.model_dump_json()
    unmasked = await reading.read_case(ctx, ctn, AUDITOR, reason="Complaint 12 of the audit plan")
    assert unmasked.narrative == NARRATIVE
    with pytest.raises(TalaError, match="forbidden"):
        await reading.read_case(ctx, ctn, AGENT, reason="curious")
    with pytest.raises(TalaError, match="not_found"):
        await reading.read_case(ctx, ctn, AT_LTO)
    await casework.transition(ctx, ctn, "begin_evaluation", OFFICER)
    await messages.add_note(ctx, ctn, "Call Pedro Reyes first.", OFFICER)
    await casework.transition(ctx, ctn, "endorse", OFFICER, reason="facilitation")
    endorsed = await reading.read_case(ctx, ctn, AT_LTO)
    assert (endorsed.level, endorsed.narrative, endorsed.complainant, endorsed.assignee_id) == (
        "endorsed",
        MASKED,
        None,
        None,
    )
    assert endorsed.actions == ("record_reply",)
    shown = endorsed.model_dump_json()
    assert not any(secret in shown for secret in ("Maria", "Pedro", "officer-1", "case.note"))
    with pytest.raises(TalaError, match="not_found"):
        await reading.read_case(ctx, ctn, AT_BIR)


async def test_every_reading_is_logged(ctx: Context, file: Opener) -> None:
    opened = await file()
    await reading.read_case(ctx, opened.case.ctn, OFFICER)
    await reading.read_case(ctx, opened.case.ctn, AUDITOR, reason="audit")
    with pytest.raises(TalaError):
        await reading.read_case(ctx, opened.case.ctn, AT_LTO)
    await reading.read_case(ctx, opened.case.ctn, CITIZEN, receipt=opened.receipt_secret)
    async with ctx.database.read() as session:
        rows = await session.scalars(select(AccessLog).order_by(col(AccessLog.at)))
        lines = [(row.actor_id, row.level, row.reason, row.allowed) for row in rows]
    assert lines == [
        ("officer-1", "full", None, True),
        ("auditor-1", "full", "audit", True),
        ("lto-1", "none", None, False),
    ]


async def test_an_officer_named_in_it_is_kept_away(ctx: Context, staff: list[User], file: Opener) -> None:
    opened = await file(facts={"people": [{"name": "ana cruz", "role": "respondent"}]})
    with pytest.raises(TalaError, match="not_found"):
        await reading.read_case(ctx, opened.case.ctn, OFFICER)
    assert (await reading.read_case(ctx, opened.case.ctn, HEAD)).level == "full"
    with pytest.raises(TalaError, match="invalid_input"):
        await casework.assign(ctx, opened.case.ctn, OFFICER.id, HEAD)


async def test_recusal(ctx: Context, staff: list[User], file: Opener) -> None:
    opened = await file()
    await casework.assign(ctx, opened.case.ctn, OFFICER.id, HEAD)
    case = await casework.exclude(ctx, opened.case.ctn, "officer-1", OFFICER, reason="A cousin of mine.")
    assert case.assignee_id is None
    with pytest.raises(TalaError, match="not_found"):
        await reading.read_case(ctx, opened.case.ctn, OFFICER)
    await verified(ctx)


async def test_assignment(ctx: Context, staff: list[User], file: Opener) -> None:
    opened = await file()
    with pytest.raises(TalaError, match="forbidden"):
        await casework.assign(ctx, opened.case.ctn, "head-1", OFFICER)
    assert (await casework.assign(ctx, opened.case.ctn, "officer-1", OFFICER)).assignee_id == "officer-1"
    for nobody in ("lto-1", "auditor-1", "nobody"):
        with pytest.raises(TalaError, match="invalid_input"):
            await casework.assign(ctx, opened.case.ctn, nobody, HEAD)
    assert (await casework.assign(ctx, opened.case.ctn, None, HEAD, team="region-07")).team == "region-07"


async def change(ctx: Context, case_id: str) -> None:
    async with ctx.database.write() as session:
        case = await session.get(Case, case_id)
        assert case is not None
        case.urgency = "low"


async def add(ctx: Context, row: Case) -> None:
    async with ctx.database.write() as session:
        session.add(row)


async def test_a_change_without_an_event_raises(ctx: Context, file: Opener) -> None:
    opened = await file()
    with pytest.raises(MissingEvent):
        await change(ctx, opened.case.id)
    stray = Case(id="x", ctn="x", year=1, sequence=1, data_key_id=opened.case.data_key_id)
    with pytest.raises(MissingEvent):
        await add(ctx, stray)
    async with ctx.database.read() as session:
        case = await session.get(Case, opened.case.id)
        assert case is not None
        assert case.urgency == "high"


async def test_merge_keeps_both(ctx: Context, file: Opener) -> None:
    first, second = await file(), await file()
    for opened in (first, second):
        await casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER)
    with pytest.raises(TalaError, match="invalid_input"):
        await casework.merge(ctx, second.case.ctn, second.case.ctn, OFFICER)
    merged = await casework.merge(ctx, second.case.ctn, first.case.ctn, OFFICER)
    assert (merged.state, merged.outcome) == ("closed", "duplicate")
    assert (await reading.read_case(ctx, second.case.ctn, OFFICER)).merged_into == first.case.ctn
    assert (await kinds(ctx, first.case.id))[-1] == "case.take_duplicate"
    with pytest.raises(TalaError, match="invalid_input"):
        await casework.merge(ctx, first.case.ctn, second.case.ctn, OFFICER)
    await verified(ctx)


async def test_personal_values_stand_sealed_in_the_ledger(ctx: Context, file: Opener) -> None:
    correction = {"field": "people", "old": "Petro Reyes", "new": "Pedro Reyes", "by": "citizen"}
    opened = await file(corrections=[correction])
    await messages.add_note(ctx, opened.case.ctn, "Call Pedro Reyes.", OFFICER)
    async with ctx.database.read() as session:
        rows = list(await session.scalars(select(CaseEvent)))
        key = await ctx.keys.load(session, opened.case.data_key_id)
    assert not any("Reyes" in row.record for row in rows)
    events = (await reading.read_case(ctx, opened.case.ctn, OFFICER)).events
    assert events[0].body["corrections"] == [correction]
    assert events[1].body["text"] == "Call Pedro Reyes."
    assert ledger.open_personal({"other": 1}, "x", key) == {"other": 1}


async def test_reply_is_sealed_with_the_endorsement(ctx: Context, file: Opener) -> None:
    opened = await file()
    await casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER)
    await casework.transition(
        ctx,
        opened.case.ctn,
        "endorse",
        OFFICER,
        reason="other",
        details=Details(agency_code="BIR", office="RDO 40"),
    )
    await casework.transition(
        ctx, opened.case.ctn, "record_reply", AT_BIR, details=Details(reply="We looked.")
    )
    async with ctx.database.read() as session:
        row = (await session.scalars(select(Endorsement))).one()
        key = await ctx.keys.load(session, opened.case.data_key_id)
    assert (row.agency_code, row.office, row.state) == ("BIR", "RDO 40", "replied")
    assert row.sealed_reply is not None
    assert key.open_text(row.sealed_reply, "endorsements", row.id, "reply") == "We looked."


async def test_clocks_of_a_case(ctx: Context, file: Opener, clock: FixedClock) -> None:
    opened = await file()
    ctn = opened.case.ctn
    await casework.transition(ctx, ctn, "begin_evaluation", OFFICER)
    case = await casework.classify(ctx, ctn, "simple", OFFICER)
    assert case.next_due_at == dt.datetime(2026, 3, 5, 16, tzinfo=dt.UTC)  # the end of Thursday in Manila
    case = await clockwork.extend_clock(ctx, ctn, "ra11032_simple", HEAD, reason="Papers came late")
    assert case.next_due_at == dt.datetime(2026, 3, 10, 16, tzinfo=dt.UTC)
    with pytest.raises(TalaError, match="once"):
        await clockwork.extend_clock(ctx, ctn, "ra11032_simple", HEAD, reason="again")
    with pytest.raises(TalaError, match="no extension"):
        await clockwork.extend_clock(ctx, ctn, "ra6713_reply", HEAD, reason="again")
    account = await clockwork.explain_clock(ctx, ctn, "ra11032_simple", OFFICER)
    assert [(day.date.day, day.number) for day in account] == [
        (2, None),
        (3, 1),
        (4, 2),
        (5, 3),
        (6, 4),
        (7, None),
        (8, None),
        (9, 5),
        (10, 6),
    ]
    assert await clockwork.tick(ctx) == 0
    clock.at = dt.datetime(2026, 3, 10, 1, tzinfo=dt.UTC)
    assert await clockwork.tick(ctx) == 1
    assert (await reading.read_case(ctx, ctn, OFFICER)).clock_state == "due_soon"
    clock.at = dt.datetime(2026, 3, 10, 16, tzinfo=dt.UTC)
    assert await clockwork.tick(ctx) == 1
    assert await clockwork.tick(ctx) == 0
    seen = await reading.read_case(ctx, ctn, OFFICER)
    assert seen.clock_state == "breached"
    assert [event.body["tell"] for event in seen.events if event.kind == "clock.moved"] == [
        ["officer"],
        ["head", "officer"],
    ]
    with pytest.raises(TalaError, match="conflict"):
        await clockwork.extend_clock(ctx, ctn, "ra11032_simple", HEAD, reason="too late")
    await verified(ctx)


async def test_waiting_for_the_citizen_stops_the_clocks(
    ctx: Context, file: Opener, clock: FixedClock
) -> None:
    opened = await file()
    ctn = opened.case.ctn
    await casework.transition(ctx, ctn, "begin_evaluation", OFFICER)
    case = await casework.transition(ctx, ctn, "ask_for_information", OFFICER, reason="evidence")
    assert (case.clock_state, case.next_due_at) == ("paused", None)
    clock.forward(days=30)
    assert await clockwork.tick(ctx) == 0
    case = await casework.transition(ctx, ctn, "give_information", CITIZEN, receipt=opened.receipt_secret)
    assert case.clock_state == "running"
    account = await clockwork.explain_clock(ctx, ctn, "ra6713_reply", CITIZEN, opened.receipt_secret)
    assert account[1].reason == "The clock was paused"
    assert sum(day.number is not None for day in account) == 15


async def test_one_complaint_becomes_two_cases(ctx: Context, file: Opener) -> None:
    opened = await file()
    bir = Agency(code="BIR", name="Bureau of Internal Revenue", entered_by="officer-1")
    with pytest.raises(TalaError, match="about LTO already"):
        await casework.split(ctx, opened.case.ctn, OFFICER, agency=Agency(code="LTO", name="LTO"))
    with pytest.raises(TalaError, match="forbidden"):
        await casework.split(ctx, opened.case.ctn, AUDITOR, agency=bir)
    second = await casework.split(ctx, opened.case.ctn, OFFICER, agency=bir)
    assert (second.agency_code, second.parent_id, second.state) == ("BIR", opened.case.id, "submitted")
    for ctn in (opened.case.ctn, second.ctn):
        shown = await reading.read_case(ctx, ctn, CITIZEN, receipt=opened.receipt_secret)
        assert shown.narrative == NARRATIVE
    assert await kinds(ctx, opened.case.id) == ["case.submit", "case.split"]
    assert (await reading.read_case(ctx, second.ctn, OFFICER)).facts["agency"]["entered_by"] == "officer-1"
    await verified(ctx)
    await erasure.erase_case(ctx, opened.case.ctn, HEAD, reason="Request")
    assert (await reading.read_case(ctx, second.ctn, OFFICER)).narrative == NARRATIVE
