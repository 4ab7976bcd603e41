"""Erasing the sound of a filed case while the case stays: its key, its object, its word times."""

from tala.cases.people import Actor
from tala.services.context import Context
from tala.services.disposallog import DisposalLog
from tala.store import ledger
from tala.store.tables import Case, Recording


async def erase_recording(ctx: Context, recording_id: str, actor: Actor, reason: str) -> None:
    """Erase one recording of a case: an event of the case, a line of the disposal log. Twice is harmless."""
    at = ctx.clock()
    async with ctx.database.write() as session:
        with session.no_autoflush:
            row = await session.get(Recording, recording_id, with_for_update=True)
            if row is None or row.state == "erased":
                return
            if row.case_id is not None:
                case = await session.get(Case, row.case_id)
                assert case is not None
                body = {"kind": "recording", "recording": row.id, "ground": reason}
                await ledger.append_to_case(session, case, "case.dispose", actor, body, at=at)
            await session.flush()
            log = DisposalLog(ctx, session, actor, reason, at)
            await log.recording(row)
            row.capability_hash = None
    await log.finish()
