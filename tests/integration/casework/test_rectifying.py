"""Facts of a filed case put right: the case, its lists and its search follow, the ledger keeps what was."""

import pytest

from tala.errors import TalaError
from tala.services import idempotency, reading, rectifying, rights, statistics, trends
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.store import queries, search, verify
from tala.store.queries import CaseFilter

from .conftest import AUDITOR, CITIZEN, OFFICER, Opener

AN_OFFICER = Caller("staff", Role.OFFICER, "officer-1", "ARTA")
A_HEAD = Caller("staff", Role.HEAD, "head-1", "ARTA")
AT_BIR = Caller("staff", Role.HEAD, "bir-1", "BIR")


async def test_everything_follows_from_the_facts(ctx: Context, file: Opener) -> None:
    ctn = (await file()).case.ctn
    patch = {
        "agency": {"code": "BIR"},
        "location": {"psgc": "0731100000"},
        "categories": [{"code": "fixing", "score": 1.0}],
        "amounts": [{"php": 700, "improper": True}],
        "people": [{"name": "Juana Dela Paz", "role": "complainant"}],
        "urgency": "low",
    }
    case = await rectifying.rectify(
        ctx, ctn, patch, AN_OFFICER, reason="Another office was meant.", expected_version=1
    )
    assert (case.version, case.agency_code, case.psgc, case.urgency) == (2, "BIR", "0731100000", "low")
    shown = await reading.read_case(ctx, ctn, OFFICER)
    assert shown.facts["agency"]["name"] == "Bureau of Internal Revenue"
    assert shown.facts["agency"]["entered_by"] == "staff:officer-1"
    assert (shown.main_category, shown.categories) == ("fixing", ("fixing",))
    assert shown.complainant == {
        "names": ["Juana Dela Paz"],
        "phones": [],
        "emails": [],
        "wants_callback": False,
    }
    changes = {one["field"]: one for one in shown.events[-1].body["corrections"]}
    assert changes["agency"]["old"]["code"] == "LTO"
    assert changes["people"]["old"][0]["name"] == "Maria Santos"
    assert shown.events[-1].body["note"] == "Another office was meant."
    masked = await reading.read_case(ctx, ctn, AUDITOR)
    assert masked.events[-1].body["corrections"] == "•••"
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).problems == []
        for wanted, there in (
            (CaseFilter(agency_code="BIR"), [ctn]),
            (CaseFilter(agency_code="LTO"), []),
            (CaseFilter(category="bribery_extortion"), []),
            (CaseFilter(psgc="07"), [ctn]),
        ):
            page = await queries.list_cases(session, wanted, OFFICER)
            assert [one.ctn for one in page.rows] == there
        assert [one.ctn for one in (await search.search(session, "internal revenue", OFFICER))[0]] == [ctn]
        assert (await search.search(session, "transportation", OFFICER))[0] == []
    await statistics.refresh(ctx)
    assert [cost.agency for cost in await trends.costs(ctx, AUDITOR, CaseFilter())] == ["BIR"]
    with pytest.raises(TalaError, match="not_found"):  # now it is about them
        await reading.read_case(ctx, ctn, AT_BIR)


async def test_clocks_follow_the_place(ctx: Context, file: Opener) -> None:
    ctn = (await file()).case.ctn
    await rectifying.rectify(ctx, ctn, {"location": {"psgc": "0731100000"}}, AN_OFFICER, reason="Elsewhere.")
    async with ctx.database.read() as session:
        case = await queries.case_by_ctn(session, ctn)
        assert case is not None
        clocks = await reading.view(session, ctx, case, "full", "officer", OFFICER)
    assert [clock.state for clock in clocks.clocks] == ["running"]


async def test_nothing_changed_is_no_event(ctx: Context, file: Opener) -> None:
    ctn = (await file()).case.ctn
    case = await rectifying.rectify(ctx, ctn, {"urgency": "high"}, AN_OFFICER, reason="As it is.")
    assert case.version == 1


async def test_who_may_not(ctx: Context, file: Opener) -> None:
    ctn = (await file()).case.ctn
    patch = {"urgency": "low"}
    for role in (Role.AGENT, Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(TalaError, match="forbidden"):
            await rectifying.rectify(ctx, ctn, patch, Caller("staff", role, "x", "ARTA"), reason="Why.")
    with pytest.raises(TalaError, match="not_found"):
        await rectifying.rectify(ctx, ctn, patch, AT_BIR, reason="Why.")
    with pytest.raises(TalaError, match="version_mismatch"):
        await rectifying.rectify(ctx, ctn, patch, AN_OFFICER, reason="Why.", expected_version=7)
    for wrong in ({"agency": {"code": "NOSUCH"}}, {"id": "x"}, {"urgency": "never"}):
        with pytest.raises(TalaError, match="invalid_input"):
            await rectifying.rectify(ctx, ctn, wrong, AN_OFFICER, reason="Why.")


async def test_once_under_a_key(ctx: Context, file: Opener) -> None:
    ctn = (await file()).case.ctn
    for _ in range(2):
        case = await rectifying.rectify(
            ctx, ctn, {"urgency": "low"}, AN_OFFICER, reason="Why.", expected_version=1, idempotency_key="k"
        )
        assert case.version == 2
    with pytest.raises(TalaError, match="idempotency_mismatch"):
        await rectifying.rectify(
            ctx, ctn, {"urgency": "medium"}, AN_OFFICER, reason="Why.", idempotency_key="k"
        )
    assert idempotency.LONGEST_KEY == 255


async def test_a_request_of_the_citizen_is_granted_by_putting_facts_right(ctx: Context, file: Opener) -> None:
    opened = await file()
    ctn, receipt = opened.case.ctn, opened.receipt_secret
    asked = await rights.ask(
        ctx, ctn, "rectify", "I am Mario.", CITIZEN, receipt=receipt, idempotency_key="a"
    )
    again = await rights.ask(
        ctx, ctn, "rectify", "I am Mario.", CITIZEN, receipt=receipt, idempotency_key="a"
    )
    assert again == asked
    facts = {"people": [{"name": "Mario Santos", "role": "complainant"}]}
    for granted, patch in ((False, facts), (True, {"urgency": "never"})):
        with pytest.raises(TalaError, match="invalid_input"):
            await rights.decide(ctx, ctn, asked.id, A_HEAD, granted=granted, answer="Done.", facts=patch)
    decided = await rights.decide(ctx, ctn, asked.id, A_HEAD, granted=True, answer="Done.", facts=facts)
    assert decided.state == "granted"
    mine = await reading.read_case(ctx, ctn, CITIZEN, receipt=receipt)
    assert [person["name"] for person in mine.facts["people"]] == ["Mario Santos"]
    assert [event.kind for event in mine.events] == ["case.submit", "case.correct"]
    full = await reading.read_case(ctx, ctn, OFFICER)
    assert [event.kind for event in full.events][-3:] == [
        "case.rights_request", "case.correct", "case.rights_decision"]  # fmt: skip
    erase = await rights.ask(ctx, ctn, "erase", "Please erase it.", CITIZEN, receipt=receipt)
    with pytest.raises(TalaError, match="invalid_input"):
        await rights.decide(ctx, ctn, erase.id, A_HEAD, granted=True, answer="Done.", facts=facts)
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).problems == []
