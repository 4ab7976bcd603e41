"""Erasing a case: its keys are destroyed and every readable copy goes; its number, steps and hashes stay.

What a person may ask for (rectify, erase) and what a retention period ends in come here alike. The disposal
log says what was erased, when and why; restoring a back-up replays it.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.context import Context
from tala.services.desk import checked_text
from tala.services.disposallog import DisposalLog
from tala.store import ledger, queries
from tala.store.office import HiddenCost, NoticeContact, RightsRequest, SurveyAnswer
from tala.store.tables import (
    Attachment,
    Case,
    CaseExclusion,
    CaseMessage,
    CaseText,
    Draft,
    Endorsement,
    Recording,
)

MAY_ERASE = ("head", "administrator")
_TABLES_WITH_TRACES = (
    "cases",
    "case_texts",
    "case_search",
    "case_messages",
    "notice_contacts",
    "survey_answers",
    "rights_requests",
    "data_keys",
    "drafts",
    "recordings",
    "transcripts",
)


async def erase_case(
    ctx: Context, ctn: str, actor: Actor, *, reason: str, expected_version: int | None = None
) -> Case:
    """Erase what a case says and sounds like. Doing it twice is harmless.

    Args:
        reason: the ground, as in a request or a retention rule; it stays on record, so it names nobody.

    Raises:
        TalaError: not_found, forbidden, conflict (legal hold), version_mismatch, invalid_input.
    """
    if actor.kind != "system" and actor.role not in MAY_ERASE:
        raise TalaError("forbidden", f"This is for: {', '.join(MAY_ERASE)}.")
    reason = checked_text(reason, "/reason")
    async with ctx.database.write() as session:
        with session.no_autoflush:
            case = await queries.case_by_ctn(session, ctn)
            if case is None:
                raise TalaError("not_found", "There is no such case.")
            if case.erased_at is not None:
                return case
            if case.legal_hold:
                raise TalaError("conflict", "The case is under legal hold. Lift the hold first.")
            at = ctx.clock()
            case.sealed_narrative = case.sealed_facts = case.sealed_complainant = None
            case.receipt_hash = None
            case.erased_at = at
            await ledger.append_to_case(
                session,
                case,
                "case.erase",
                actor,
                {"ground": reason},
                at=at,
                expected_version=expected_version,
            )
            log = DisposalLog(ctx, session, actor, reason, at)
            await session.flush()
            await _erase_sources(log, case)
            await _erase_attachments(log, case)
            await _erase_derived(session, case)
            await log.destroy("case", case.id, case.data_key_id)
    await log.finish()
    await ctx.database.scrub(_TABLES_WITH_TRACES)
    return case


async def _erase_sources(log: DisposalLog, case: Case) -> None:
    """The recordings, transcripts and the draft a case was made from."""
    session = log.session
    for recording in list(await session.scalars(select(Recording).where(col(Recording.case_id) == case.id))):
        await log.recording(recording)
        recording.capability_hash = None
    if case.draft_id is not None and (draft := await session.get(Draft, case.draft_id)) is not None:
        await log.destroy("draft", draft.id, draft.data_key_id)
        draft.state = "erased"
        draft.sealed_transcript = draft.sealed_facts = draft.sealed_corrections = draft.capability_hash = None


async def _erase_attachments(log: DisposalLog, case: Case) -> None:
    rows = await log.session.scalars(select(Attachment).where(col(Attachment.case_id) == case.id))
    for row in list(rows):
        await log.destroy("attachment", row.id, row.data_key_id, row.object_key)
        row.sealed_filename = None


async def _erase_derived(session: AsyncSession, case: Case) -> None:
    """Copies that are readable or sealed outside the case's row; the search index follows by trigger."""
    await session.execute(delete(CaseText).where(col(CaseText.case_id) == case.id))
    await session.execute(delete(CaseExclusion).where(col(CaseExclusion.case_id) == case.id))
    await session.execute(
        update(CaseMessage).where(col(CaseMessage.case_id) == case.id).values(sealed_body=None)
    )
    for table in (NoticeContact, HiddenCost):
        await session.execute(delete(table).where(col(table.case_id) == case.id))
    await session.execute(
        update(SurveyAnswer).where(col(SurveyAnswer.case_id) == case.id).values(sealed_comment=None)
    )
    await session.execute(
        update(RightsRequest)
        .where(col(RightsRequest.case_id) == case.id)
        .values(sealed_text=None, sealed_answer=None)
    )
    await session.execute(
        update(Endorsement).where(col(Endorsement.case_id) == case.id).values(sealed_reply=None)
    )
