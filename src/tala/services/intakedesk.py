"""The intake queue of a member of staff: the recordings they took in, and what became of each."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.errors import TalaError
from tala.services.actors import Caller, Role
from tala.services.context import Context
from tala.services.drafts import read_draft
from tala.services.intake import SETTLED
from tala.store.tables import Case, Draft, Recording
from tala.transcript import Value, Warning_

TAKERS = (Role.AGENT, Role.OFFICER, Role.HEAD, Role.ADMINISTRATOR)
MOST_ROWS = 200
WATCH_SECONDS = 1.0
SETTLED_KEPT = dt.timedelta(hours=24)


class QueueDraft(Value):
    """A draft of a recording and what was understood, shortly."""

    id: str
    state: str
    categories: tuple[str, ...] = ()
    agency: str | None = None
    place: str | None = None
    is_complaint: bool = True
    emergency: bool = False
    urgency: str = "low"
    missing: tuple[str, ...] = ()
    ctn: str | None = None


class QueueRow(Value):
    """A recording of the queue. `voices` are the channels on which somebody spoke, `turns` how often the
    channel changed plus one.
    """

    id: str
    filename: str
    created_at: dt.datetime
    updated_at: dt.datetime
    state: str
    progress: float
    consent: str
    bytes: int
    duration_ms: int | None = None
    language: str | None = None
    language_probability: float | None = None
    voices: int = 0
    turns: int = 0
    warnings: tuple[Warning_, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    drafts: tuple[QueueDraft, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in SETTLED


async def queue_of(ctx: Context, *, actor: Caller, since: dt.datetime | None = None) -> list[QueueRow]:
    """The actor's recordings, newest first: all that wait for something, and what was settled within a day.

    Args:
        since: only those that changed after this moment.

    Raises:
        TalaError: forbidden.
    """
    actor.require(*TAKERS)
    if actor.id is None:
        return []
    async with ctx.database.read() as session:
        statement = (
            select(Recording, Draft)
            .join(Draft, col(Draft.id) == col(Recording.draft_id), isouter=True)
            .where(
                col(Recording.taken_by) == actor.id,
                col(Recording.state) != "erased",
                or_(
                    col(Draft.state).is_(None),
                    col(Draft.state) == "open",
                    col(Draft.updated_at) > ctx.clock() - SETTLED_KEPT,
                ),
            )
            .order_by(col(Recording.id).desc())
            .limit(MOST_ROWS)
        )
        if since is not None:
            moved = or_(col(Recording.updated_at) > since, col(Draft.updated_at) > since)
            statement = statement.where(moved)
        pairs = [(recording, draft) for recording, draft in (await session.execute(statement)).all()]
        return [await _row(ctx, session, recording, draft) for recording, draft in pairs]


async def row_of(ctx: Context, recording_id: str, *, actor: Caller) -> QueueRow:
    """One recording of the actor's. Raises TalaError(forbidden, not_found, erased)."""
    actor.require(*TAKERS)
    async with ctx.database.read() as session:
        recording = await session.get(Recording, recording_id)
        if recording is None or recording.taken_by is None or recording.taken_by != actor.id:
            raise TalaError("not_found", "There is no such recording among those you took in.")
        if recording.state == "erased":
            raise TalaError("erased", "This recording was erased.")
        draft = await session.get(Draft, recording.draft_id) if recording.draft_id else None
        return await _row(ctx, session, recording, draft)


async def peaks_of(ctx: Context, recording_id: str, *, actor: Caller) -> list[list[int]]:
    """The outline of a recording of the actor's, a list of heights from 0 to 100 for each channel."""
    await row_of(ctx, recording_id, actor=actor)
    async with ctx.database.read() as session:
        recording = await session.get(Recording, recording_id)
        return list(recording.peaks or []) if recording else []


async def watch(ctx: Context, *, actor: Caller) -> AsyncIterator[list[QueueRow]]:
    """Rows of the queue as they change, from now on; endless."""
    seen: dict[str, QueueRow] = {}
    since = ctx.clock() - dt.timedelta(seconds=5)
    while True:
        # A reader may hang up at any moment; a read that is cut short would leave its connection behind.
        found = await asyncio.shield(queue_of(ctx, actor=actor, since=since))
        changed = [row for row in found if seen.get(row.id) != row]
        seen |= {row.id: row for row in changed}
        if found:
            since = max(since, max(row.updated_at for row in found) - dt.timedelta(seconds=2))
        yield changed
        await asyncio.sleep(WATCH_SECONDS)


async def _row(ctx: Context, session: AsyncSession, recording: Recording, draft: Draft | None) -> QueueRow:
    key = await ctx.keys.load(session, recording.data_key_id) if recording.sealed_filename else None
    name = b""
    if key is not None and recording.sealed_filename:
        name = key.open(recording.sealed_filename, "recordings", recording.id, "filename")
    values: dict[str, Any] = {
        name: getattr(recording, name)
        for name in (
            "id", "created_at", "updated_at", "state", "progress", "consent", "duration_ms", "error_code",
            "error_message",
        )
    }  # fmt: skip
    shown = []
    if draft is not None:
        values["updated_at"] = max(recording.updated_at, draft.updated_at)
        if draft.sealed_facts:
            heard, summary = await _understood(ctx, session, draft)
            values |= heard
            shown.append(summary)
        shown += [
            (await _understood(ctx, session, other))[1]
            for other in await _others(session, recording, draft)
            if other.sealed_facts
        ]
    return QueueRow(
        filename=name.decode("utf-8", "replace"),
        bytes=recording.byte_count,
        warnings=tuple(Warning_.model_validate(one) for one in recording.warnings or ()),
        drafts=tuple(shown),
        **values,
    )


async def _others(session: AsyncSession, recording: Recording, draft: Draft) -> Sequence[Draft]:
    """Drafts split off the first one: made by the same person from the same recording."""
    mine = select(Draft).where(
        col(Draft.taken_by) == recording.taken_by,
        col(Draft.id) > draft.id,  # ids follow time
        col(Draft.created_at) <= draft.updated_at,
    )
    rows = await session.scalars(mine.order_by(col(Draft.id)).limit(50))
    return [row for row in rows if list(row.recording_ids) == list(draft.recording_ids)]


async def _understood(ctx: Context, session: AsyncSession, row: Draft) -> tuple[dict[str, Any], QueueDraft]:
    draft, _ = read_draft(row, await ctx.keys.load(session, row.data_key_id))
    case = await session.get(Case, row.case_id) if row.case_id else None
    facts, heard = draft.facts, draft.transcript
    channels = [segment.channel for segment in heard.segments]
    changes = sum(a != b for a, b in pairwise(channels))
    about = {
        "language": heard.language,
        "language_probability": heard.language_probability,
        "voices": len(set(channels)),
        "turns": changes + 1 if channels else 0,
    }
    summary = QueueDraft(
        id=row.id,
        state=row.state,
        categories=tuple(category.code for category in facts.categories),
        agency=facts.agency.code if facts.agency else None,
        place=facts.location.name if facts.location else None,
        is_complaint=facts.is_complaint,
        emergency=facts.emergency,
        urgency=facts.urgency,
        missing=facts.missing,
        ctn=case.ctn if case else None,
    )
    return about, summary
