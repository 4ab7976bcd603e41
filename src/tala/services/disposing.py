"""Erasing the sound of a filed case while the case stays: its key, its object, its word times."""

from sqlalchemy import delete
from sqlmodel import col

from tala.cases.people import Actor
from tala.services.context import Context
from tala.store import ledger
from tala.store.tables import Case, Disposal, Recording, TranscriptRow


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
            await ctx.keys.destroy(session, row.data_key_id)
            await session.execute(delete(TranscriptRow).where(col(TranscriptRow.recording_id) == row.id))
            row.state, row.updated_at = "erased", at
            row.sealed_filename = row.sealed_checkpoint = row.capability_hash = None
            disposal = Disposal(
                at=at,
                kind="recording",
                subject_id=row.id,
                data_key_id=row.data_key_id,
                object_key=row.object_key,
                actor_kind=actor.kind,
                actor_id=actor.id,
                reason=reason,
            )
            session.add(disposal)
            object_key = row.object_key
    if object_key:
        await ctx.recordings.delete(object_key)
    with (ctx.settings.data_dir / "disposals.jsonl").open("a", encoding="utf-8") as file:
        file.write(disposal.model_dump_json() + "\n")
