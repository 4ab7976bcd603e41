"""Drafts from text, corrections and what they do to evidence, filing once."""

import asyncio
import json

import pytest
from sqlalchemy import func, select
from sqlmodel import col
from tests.integration.services.helpers import citizen

from tala.cases import ctn
from tala.errors import TalaError
from tala.services import drafts, filing, intake, sweeping
from tala.services.actors import Caller
from tala.services.context import Context
from tala.store import receipts
from tala.store.tables import Case, CaseEvent, Draft
from tala.store.verify import verify

TEXT = (
    "Last Friday at the Land Transportation Office in Quezon City an officer asked me for 500 pesos without "
    "any receipt. My name is Juana Reyes, call me at 0917 555 0123."
)


@pytest.fixture
async def opened(ctx: Context) -> drafts.OpenedDraft:
    """A draft of a typed complaint."""
    return await drafts.draft_from_text(ctx, TEXT, actor=await citizen(ctx))


@pytest.fixture
def owner(opened: drafts.OpenedDraft) -> Caller:
    """Whoever holds the draft's token."""
    return intake.bearer_of(opened.capability)


async def test_text_becomes_a_draft_with_facts(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    draft = await drafts.draft_of(ctx, opened.draft.id, actor=owner)
    assert draft == opened.draft
    assert draft.facts.agency is not None
    assert draft.facts.agency.code == "LTO"
    assert TEXT[draft.facts.agency.start : draft.facts.agency.end] == "Land Transportation Office"
    assert draft.facts.is_complaint
    async with ctx.database.read() as session:
        row = await session.get(Draft, draft.id)
    assert row is not None
    assert b"Juana" not in repr(row.model_dump()).encode()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 20_001, "a\x00b"])
async def test_text_that_says_nothing_or_too_much_is_refused(lone: Context, text: str) -> None:
    with pytest.raises(TalaError, match="invalid_input"):
        await drafts.draft_from_text(lone, text, actor=await citizen(lone))


async def test_nobody_else_opens_corrects_files_or_discards_it(
    ctx: Context, opened: drafts.OpenedDraft
) -> None:
    stranger, other = await citizen(ctx), intake.bearer_of("cap_other")
    for actor in (stranger, other):
        for attempt in (
            drafts.draft_of(ctx, opened.draft.id, actor=actor),
            drafts.correct_draft(ctx, opened.draft.id, {"urgency": "high"}, version=1, actor=actor),
            filing.file_case(ctx, opened.draft.id, actor=actor),
            sweeping.discard_draft(ctx, opened.draft.id, actor=actor),
        ):
            with pytest.raises(TalaError, match="not_found"):
                await attempt


async def test_a_correction_keeps_both_and_drops_the_evidence_of_what_it_replaces(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    old = opened.draft.facts.agency
    draft = await drafts.correct_draft(
        ctx, opened.draft.id, {"agency": {"code": "LTFRB"}}, version=1, actor=owner
    )
    agency = draft.facts.agency
    assert agency is not None
    assert (agency.code, agency.start, agency.text, agency.entered_by) == ("LTFRB", None, None, "citizen")
    assert agency.name != old.name  # type: ignore[union-attr]
    assert draft.version == 2
    (correction,) = draft.corrections
    assert correction.field == "agency"
    assert correction.old["code"] == "LTO"
    assert correction.new["code"] == "LTFRB"
    assert correction.by == "citizen"
    assert draft == await drafts.draft_of(ctx, draft.id, actor=owner)


async def test_a_correction_may_say_where_in_the_text_it_stands(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    start = TEXT.index("Juana Reyes")
    person = {
        "name": "Juana Reyes",
        "role": "other",
        "start": start,
        "end": start + 11,
        "text": "Juana Reyes",
    }
    draft = await drafts.correct_draft(ctx, opened.draft.id, {"people": [person]}, version=1, actor=owner)
    (kept,) = draft.facts.people
    assert (kept.start, kept.text) == (start, "Juana Reyes")
    wrong = person | {"start": start + 1}
    with pytest.raises(TalaError, match="invalid_input"):
        await drafts.correct_draft(ctx, draft.id, {"people": [wrong]}, version=draft.version, actor=owner)


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"colour": "red"}, "/facts/colour"),
        ({"missing": []}, "/facts/missing"),
        ({"urgency": "extreme"}, "/facts/urgency"),
        ({"incident_date": {"date": "yesterday"}}, "/facts/incident_date/date"),
        ({"amounts": [{"php": "many", "improper": True}]}, "/facts/amounts/0/php"),
        ({"categories": [{"code": "witchcraft", "score": 1}]}, "/facts/categories/0/code"),
        ({"agency": {"name": "No code"}}, "/facts/agency/code"),
        ({"agency": {"code": "XYZZY"}}, "/facts/agency/code"),
        ({"location": {"psgc": "9999999999"}}, "/facts/location/psgc"),
        ({"phones": [{"value": "12345"}]}, "/facts/phones/0/value"),
        ({"phones": [{"value": "0917 555 1234"}, {"value": "call me"}]}, "/facts/phones/1/value"),
        ({"emails": [{"value": "ana at example"}]}, "/facts/emails/0/value"),
        ({"emails": [{"value": "ana@@example.com"}]}, "/facts/emails/0/value"),
        ({"amounts": [{"php": -1, "improper": True}]}, "/facts/amounts/0/php"),
        ({"amounts": [{"php": 1e300, "improper": True}]}, "/facts/amounts/0/php"),
        ({"incident_date": {"date": "2026-02-30"}}, "/facts/incident_date/date"),
        ({"incident_date": {"date": "2999-01-01"}}, "/facts/incident_date/date"),
        ({"incident_date": {"date": "0214-05-06"}}, "/facts/incident_date/date"),
    ],
)
async def test_a_wrong_correction_says_where(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller, patch: dict[str, object], pointer: str
) -> None:
    if pointer == "/facts/agency/code":
        await drafts.correct_draft(ctx, opened.draft.id, {"agency": None}, version=1, actor=owner)
    version = (await drafts.draft_of(ctx, opened.draft.id, actor=owner)).version
    with pytest.raises(TalaError, match="invalid_input") as refused:
        await drafts.correct_draft(ctx, opened.draft.id, patch, version=version, actor=owner)
    assert pointer in [e["pointer"] for e in refused.value.data["errors"]]


async def test_two_corrections_at_once_lose_nothing(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    tried = await asyncio.gather(
        *(
            drafts.correct_draft(ctx, opened.draft.id, patch, version=1, actor=owner)
            for patch in ({"location": None}, {"agency": None})
        ),
        return_exceptions=True,
    )
    refused = [one for one in tried if isinstance(one, TalaError)]
    assert [one.code for one in refused] == ["version_mismatch"]
    assert (await drafts.draft_of(ctx, opened.draft.id, actor=owner)).version == 2


async def test_what_is_missing_and_whether_it_complains_follow_the_correction(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    draft = await drafts.correct_draft(
        ctx,
        opened.draft.id,
        {"categories": [{"code": "inquiry_or_feedback", "score": 0.3}]},
        version=1,
        actor=owner,
    )
    assert not draft.facts.is_complaint
    assert draft.facts.categories[0].score == 1.0
    draft = await drafts.correct_draft(ctx, draft.id, {"agency": None}, version=2, actor=owner)
    assert draft.facts.agency is None
    assert [c.field for c in draft.corrections] == ["categories", "agency"]


async def test_the_same_draft_filed_twice_is_one_case_and_its_secret_is_told_once(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    await drafts.correct_draft(ctx, opened.draft.id, {"urgency": "high"}, version=1, actor=owner)
    first = await filing.file_case(ctx, opened.draft.id, actor=owner)
    again = await filing.file_case(ctx, opened.draft.id, actor=owner)
    assert ctn.is_valid(first.ctn)
    assert first.receipt_secret is not None
    assert len(first.receipt_secret) == 16
    assert (again.ctn, again.case_id, again.receipt_secret) == (first.ctn, first.case_id, None)
    async with ctx.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Case)) == 1
        case = await session.get(Case, first.case_id)
        assert case is not None
        assert receipts.matches(first.receipt_secret, case.receipt_hash)
        assert (case.agency_code, case.urgency, case.state) == ("LTO", "high", "submitted")
        events = (await session.scalars(select(CaseEvent).where(col(CaseEvent.ledger_id) == case.id))).all()
        report = await verify(session)
    assert report.ok, report.problems
    told = "".join(event.record for event in events)
    assert "Juana" not in told
    assert "0917" not in told
    assert json.loads(events[0].record)["body"]["sources"]["models"]["pipeline"]
    with pytest.raises(TalaError, match="transition_not_allowed"):
        await drafts.correct_draft(ctx, opened.draft.id, {"urgency": "low"}, version=2, actor=owner)


async def test_a_dropped_line_gets_the_first_answer_again(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    first = await filing.file_case(ctx, opened.draft.id, actor=owner, idempotency_key="once")
    again = await filing.file_case(ctx, opened.draft.id, actor=owner, idempotency_key="once")
    other = await filing.file_case(ctx, opened.draft.id, actor=owner, idempotency_key="another")
    assert again.receipt_secret == first.receipt_secret
    assert again.replayed
    assert other.receipt_secret is None


async def test_eight_at_once_file_one_draft_once(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    filed = await asyncio.gather(*(filing.file_case(ctx, opened.draft.id, actor=owner) for _ in range(8)))
    assert len({one.ctn for one in filed}) == 1
    assert len([one for one in filed if one.receipt_secret]) == 1


async def test_eight_drafts_at_once_get_eight_numbers_in_a_row(ctx: Context) -> None:
    made = [await drafts.draft_from_text(ctx, f"{TEXT} {i}", actor=await citizen(ctx)) for i in range(8)]
    filed = await asyncio.gather(
        *(filing.file_case(ctx, one.draft.id, actor=intake.bearer_of(one.capability)) for one in made)
    )
    assert sorted(int(one.ctn[10:17]) for one in filed) == list(range(1, 9))


async def test_a_text_draft_under_one_key_is_made_once(ctx: Context) -> None:
    actor = await citizen(ctx)
    first = await drafts.draft_from_text(ctx, TEXT, actor=actor, idempotency_key="t")
    again = await drafts.draft_from_text(ctx, TEXT, actor=actor, idempotency_key="t")
    assert again.capability == first.capability
    assert again.replayed
    with pytest.raises(TalaError, match="idempotency_mismatch"):
        await drafts.draft_from_text(ctx, TEXT + "!", actor=actor, idempotency_key="t")


async def test_a_discarded_draft_is_gone_and_a_filed_one_stays(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    other = await drafts.draft_from_text(ctx, TEXT, actor=await citizen(ctx))
    await sweeping.discard_draft(ctx, opened.draft.id, actor=owner)
    with pytest.raises(TalaError, match="erased"):
        await drafts.draft_of(ctx, opened.draft.id, actor=owner)
    mine = intake.bearer_of(other.capability)
    await filing.file_case(ctx, other.draft.id, actor=mine)
    with pytest.raises(TalaError, match="transition_not_allowed"):
        await sweeping.discard_draft(ctx, other.draft.id, actor=mine)


async def test_entered_contacts_are_kept_as_one_writes_them_everywhere(
    ctx: Context, opened: drafts.OpenedDraft, owner: Caller
) -> None:
    patch = {"phones": [{"value": "0917 555 1234"}], "emails": [{"value": "ana.santos@mail.example.com"}]}
    draft = await drafts.correct_draft(ctx, opened.draft.id, patch, version=1, actor=owner)
    assert [phone.value for phone in draft.facts.phones] == ["+639175551234"]
    assert [email.value for email in draft.facts.emails] == ["ana.santos@mail.example.com"]
