"""The disposal log: the one place that destroys keys for good and writes down what was erased, in the
database and, kept apart from it, in a file. Restoring a back-up erases again what the log lists.
"""

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.services.context import Context
from tala.store.tables import Disposal, Recording, TranscriptRow

FILE = "disposals.jsonl"


class DisposalLog:
    """What one transaction erases. Call `finish()` after its commit."""

    def __init__(
        self, ctx: Context, session: AsyncSession, actor: Actor, reason: str, at: dt.datetime
    ) -> None:
        self.ctx, self.session, self.actor, self.reason, self.at = ctx, session, actor, reason, at
        self.rows: list[Disposal] = []
        self.objects: list[str] = []

    async def destroy(
        self, kind: str, subject_id: str, key_id: str | None, object_key: str | None = None
    ) -> None:
        """Destroy the key of one thing and note it; its object goes once the transaction is committed."""
        if key_id is not None:
            await self.ctx.keys.destroy(self.session, key_id)
        row = Disposal(
            at=self.at,
            kind=kind,
            subject_id=subject_id,
            data_key_id=key_id,
            object_key=object_key,
            actor_kind=self.actor.kind,
            actor_id=self.actor.id,
            reason=self.reason,
        )
        self.session.add(row)
        self.rows.append(row)
        if object_key:
            self.objects.append(object_key)

    async def recording(self, row: Recording) -> None:
        """Erase a recording: its key, its object, its words, everything that tells of its sound.

        Whoever holds its capability is still told that it was erased.
        """
        await self.session.execute(delete(TranscriptRow).where(col(TranscriptRow.recording_id) == row.id))
        await self.destroy("recording", row.id, row.data_key_id, row.object_key)
        row.state, row.updated_at = "erased", self.at
        row.sealed_filename = row.sealed_checkpoint = None
        row.lease_owner = row.lease_until = row.error_message = row.peaks = None
        self.session.add(row)

    async def finish(self) -> None:
        """Delete the objects, and repeat the log in a file: kept elsewhere, it lets an older back-up be
        restored without the erased.
        """
        for object_key in self.objects:
            await self.ctx.recordings.delete(object_key)
        if not self.rows:
            return
        with (self.ctx.settings.data_dir / FILE).open("a", encoding="utf-8") as file:
            for row in self.rows:
                file.write(row.model_dump_json() + "\n")
