"""Live sessions: tickets, the sound as it comes in, the draft that grows with it, and how they end.

A session's id is that of the recording it becomes. Its sound is on disk before it is acknowledged, its
conversation in the database after each utterance: whatever dies, it goes on from there, and what nobody
comes back to is finished by the sweeper like an upload.
"""

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.errors import TalaError
from tala.services import sweeping, tokens, understanding
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.drafts import DraftView, new_draft, read_draft, renew_draft
from tala.services.intake import PROCESS, bearer_of, may_open, use_ticket
from tala.services.livefile import assemble
from tala.services.livetalk import Talk
from tala.services.processing import transcript_row
from tala.services.unbroken import unbroken
from tala.store.columns import new_id
from tala.store.keys import DataKey
from tala.store.livesound import Frame, LiveSound
from tala.store.tables import Draft, LiveSessionRow, Recording
from tala.transcript import Value

log = structlog.get_logger(__name__)

_TABLE = "live_sessions"
_ENDED = "This conversation has ended. Open its draft, or start a new one."
_TAKEN = "This conversation goes on in another window. Close one of the two, then go on there."


class LiveRequest(Value):
    """What a citizen asks for, or staff for a caller. `resume` is the session to go on with."""

    language: str = Field("auto", max_length=16)
    consent: Literal["self", "all-parties"] = "self"
    resume: str | None = Field(None, max_length=64)


class LiveTicket(Value):
    """Opens the socket of one session once; `capability` opens its recording and draft, and is told when it
    begins.
    """

    ticket: str
    session: str
    expires_s: int
    capability: str | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A session whose ticket was just used; `connection` is the number of its socket."""

    session: str
    connection: int


async def open_ticket(ctx: Context, wanted: LiveRequest, *, actor: Caller) -> LiveTicket:
    """A ticket for a new session, or for one to go on with.

    Raises:
        TalaError: unauthenticated, rate_limited; consent_required for others than who speaks, of whom staff
            alone can say that they agreed; not_found where the capability is another session's;
            transition_not_allowed once it has ended.
    """
    if wanted.resume is None and wanted.consent != "self" and not actor.is_staff:
        raise TalaError(
            "consent_required",
            "Only you can be heard live. Send what others are heard in as a recording.",
            errors=[{"pointer": "/consent", "detail": "Send self."}],
        )
    moment = ctx.clock()
    ticket = tokens.make(tokens.LIVE_TICKET)
    life = ctx.settings.live_ticket_seconds
    capability = None
    if wanted.resume is None:
        await use_ticket(ctx, actor)
    async with ctx.database.write() as session:
        if wanted.resume is None:
            capability = tokens.make(tokens.CAPABILITY)
            row = await _new_row(ctx, session, wanted, actor, capability, moment)
        else:
            found = await session.get(LiveSessionRow, wanted.resume, with_for_update=True)
            if found is None or not may_open(actor, found.capability_hash, _taker(found)):
                raise TalaError("not_found", "There is no such conversation, or this token does not open it.")
            if found.state != "open":
                raise TalaError("transition_not_allowed", _ENDED)
            row = found
        row.ticket_hash = tokens.digest(ticket)
        row.ticket_expires_at = moment + dt.timedelta(seconds=life)
        row.seen_at = moment
        session.add(row)
    return LiveTicket(ticket=ticket, session=row.id, expires_s=life, capability=capability)


async def _new_row(
    ctx: Context,
    session: AsyncSession,
    wanted: LiveRequest,
    actor: Caller,
    capability: str,
    moment: dt.datetime,
) -> LiveSessionRow:
    key = await ctx.keys.create(session, "recording")
    row = LiveSessionRow(
        id=new_id(),
        created_at=moment,
        language=wanted.language,
        consent=wanted.consent,
        channel="agent" if actor.is_staff else "web",
        attested_by=actor.reference,
        capability_hash=tokens.digest(capability),
        data_key_id=key.id,
    )
    row.sealed_capability = key.seal(capability, _TABLE, row.id, "capability")
    return row


async def redeem(ctx: Context, ticket: str) -> Redeemed:
    """Use a ticket up.

    Raises:
        TalaError: unauthenticated where it is unknown, used, or too old.
    """
    refused = TalaError(
        "unauthenticated", "This ticket was used or is too old. Ask for a new one: POST /api/v1/live/tickets."
    )
    wanted = select(LiveSessionRow).where(col(LiveSessionRow.ticket_hash) == tokens.digest(ticket))
    async with ctx.database.read() as session:
        if await session.scalar(wanted) is None:
            raise refused
    moment = ctx.clock()
    async with ctx.database.write() as session:
        row = await session.scalar(wanted.with_for_update())
        if row is None or row.state != "open":
            raise refused
        if row.ticket_expires_at is None or row.ticket_expires_at <= moment:
            raise refused
        row.ticket_hash = row.ticket_expires_at = None
        row.connection += 1
        row.seen_at = moment
        session.add(row)
    return Redeemed(row.id, row.connection)


@dataclass(slots=True)
class Live:
    """One connection's hold on a session. Begin it with `await Live.begin(…)`.

    Attributes:
        sound: what is stored of it.
        talk: what was said and where the conversation stands.
        draft: the draft as last written.
        resumed: whether there was a connection before.
    """

    ctx: Context
    id: str
    connection: int
    language: str
    created_at: dt.datetime
    sound: LiveSound
    talk: Talk
    draft: DraftView | None = None
    resumed: bool = False
    capability: str = field(default="", repr=False)
    _key: DataKey | None = field(default=None, repr=False)

    @classmethod
    async def begin(cls, ctx: Context, redeemed: Redeemed) -> "Live":
        """Take a session up where it stands.

        Raises:
            TalaError: conflict where a newer connection has it; transition_not_allowed once it has ended;
                erased.
        """
        moment = ctx.clock()
        async with ctx.database.write() as session:
            row = await _own(session, redeemed)
            key = await ctx.keys.load(session, row.data_key_id)
            recording = await session.get(Recording, row.id)
            if recording is None:
                session.add(_recording(row, moment))
            row.seen_at = moment
            session.add(row)
            draft = await _open_draft(ctx, session, row.draft_id)
        talk = Talk()
        if row.sealed_talk:
            talk = Talk.model_validate_json(key.open(row.sealed_talk, _TABLE, row.id, "talk"))
        capability = key.open_text(row.sealed_capability or b"", _TABLE, row.id, "capability")
        sound = await LiveSound.open(ctx.recordings, key, row.id)
        return cls(
            ctx=ctx,
            id=row.id,
            connection=redeemed.connection,
            language=row.language,
            created_at=row.created_at,
            sound=sound,
            talk=talk,
            draft=draft,
            resumed=recording is not None,
            capability=capability,
            _key=key,
        )

    @property
    def draft_id(self) -> str | None:
        """Id of the draft, once there is one."""
        return self.draft.id if self.draft else None

    @property
    def stored_ms(self) -> int:
        """Milliseconds of sound that are stored."""
        return self.sound.samples * 1000 // 16_000

    async def store(self, frames: list[Frame]) -> None:
        """Store the frames that follow. Raises TalaError(storage_unavailable); nothing was stored then."""
        await unbroken(self.sound.append(frames))

    async def seen(self) -> None:
        """Say that somebody is still connected. Raises as begin()."""
        await unbroken(self._changed())

    async def note(self, talk: Talk) -> None:
        """Write down where the conversation stands, nothing else of it having changed. Raises as begin()."""
        await unbroken(self._changed(sealed_talk=self._sealed(talk)))
        self.talk = talk

    async def _changed(self, **values: Any) -> None:
        async with self.ctx.database.write() as session:
            row = await _own(session, Redeemed(self.id, self.connection))
            row.seen_at = self.ctx.clock()
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

    async def save(self, talk: Talk, model: str) -> DraftView | None:
        """Write down where the conversation stands, and the draft that follows from it.

        Raises as begin(); also where the draft was filed or erased meanwhile.
        """
        await unbroken(self._save(talk, model))
        return self.draft

    async def _save(self, talk: Talk, model: str) -> None:
        moment = self.ctx.clock()
        async with self.ctx.database.write() as session:
            row = await _own(session, Redeemed(self.id, self.connection))
            row.seen_at = moment
            await self._write(session, row, talk, model, moment)
        self.talk = talk

    async def _write(
        self, session: AsyncSession, row: LiveSessionRow, talk: Talk, model: str, moment: dt.datetime
    ) -> None:
        row.sealed_talk = self._sealed(talk)
        transcript = talk.transcript(self.stored_ms / 1000, model)
        if transcript.text or row.draft_id:
            facts = talk.facts.grounded(transcript)
            machine = self._machine(talk, model)
            found = await session.get(Draft, row.draft_id, with_for_update=True) if row.draft_id else None
            if found is None:
                key = await self.ctx.keys.create(session, "draft")
                found = new_draft(
                    key,
                    transcript,
                    facts,
                    moment=moment,
                    channel=row.channel,
                    recording_ids=[row.id],
                    capability_hash=row.capability_hash,
                    taken_by=_taker(row),
                    machine=machine,
                )
                row.draft_id = found.id
                self.draft = read_draft(found, key)[0]
                recording = await session.get(Recording, row.id)
                if recording is not None:
                    recording.draft_id = found.id
                    session.add(recording)
            else:
                _refuse_settled(found)
                key = await self.ctx.keys.load(session, found.data_key_id)
                self.draft = renew_draft(found, key, transcript, facts, moment=moment, machine=machine)
            session.add(found)
        session.add(row)
        await session.flush()

    def _sealed(self, talk: Talk) -> bytes:
        assert self._key is not None
        return self._key.seal(talk.model_dump_json(), _TABLE, self.id, "talk")

    def _machine(self, talk: Talk, model: str) -> dict[str, Any]:
        machine: dict[str, Any] = {"speech": model} if model else {}
        machine["pipeline"] = understanding.pipeline_version(self.ctx)
        machine["settings"] = {
            "language": self.language,
            "device": self.ctx.settings.device,
            "compute_type": self.ctx.settings.compute_type,
        }
        if talk.first:
            # Where a later reading of the whole sound has to begin: what comes before was taken back.
            machine["from_ms"] = talk.segments[talk.first - 1].end_ms
        return machine

    async def finish(self, talk: Talk, model: str, *, left: bool = False) -> str:
        """Make the recording of the stored sound and end the session; the state of the recording.

        It is `ready` with its draft where everything was read; else `received`, and a worker reads it. Where
        nothing was recorded it is `failed`, and the draft is what was typed. Doing it again after a crash is
        harmless.

        Args:
            left: nobody came back, so what was not read is read by a worker.

        Raises:
            TalaError: storage_unavailable, then nothing has changed; as begin().
        """
        return await unbroken(self._finish(talk, model, left=left))

    async def _finish(self, talk: Talk, model: str, *, left: bool) -> str:
        assert self._key is not None
        await self._changed()
        async with self.ctx.database.read() as session:
            recording = await session.get(Recording, self.id)
        assert recording is not None
        spoken = [(s.start_ms, s.end_ms) for s in talk.segments if s.words]
        made = None
        if self.sound.samples:
            made = await assemble(self.ctx, self.sound, self._key, recording.object_key, spoken)
        unread = left or talk.unread or not spoken
        if made is not None:
            known = {warning.code for warning in talk.warnings}
            told = tuple(warning for warning in made.warnings if warning.code not in known)
            talk = talk.model_copy(update={"warnings": (*talk.warnings, *told)})
        moment = self.ctx.clock()
        async with self.ctx.database.write() as session:
            row = await _own(session, Redeemed(self.id, self.connection))
            found = await session.get(Recording, self.id, with_for_update=True)
            assert found is not None
            if talk.segments:
                await self._write(session, row, talk, model, moment)
            found.updated_at = moment
            if made is None:
                await self._without_sound(session, found)
            else:
                for name, value in made.columns.items():
                    setattr(found, name, value)
                found.warnings = [w.model_dump(mode="json") for w in talk.warnings]
                found.state = "received"
                if not unread:
                    found.state, found.progress = "ready", 1.0
                    whole = talk.transcript(made.seconds, model, whole=True)
                    session.add(transcript_row(found, self._key, whole, moment))
            session.add(found)
            row.state, row.ticket_hash, row.sealed_capability, row.sealed_talk = "closed", None, None, None
            session.add(row)
            state = found.state
        self.talk = talk
        await self.sound.delete()
        if state == "received":
            await self.ctx.queue.enqueue(PROCESS, self.id)
        log.info("live.finished", recording=self.id, state=state, left=left)
        return state

    async def _without_sound(self, session: AsyncSession, recording: Recording) -> None:
        recording.state, recording.error_code = "failed", "recording_empty"
        recording.error_message = "Nothing was recorded: there is only what was typed."
        await self.ctx.keys.destroy(session, recording.data_key_id)
        draft = await session.get(Draft, recording.draft_id) if recording.draft_id else None
        if draft is not None:
            draft.recording_ids = []
            session.add(draft)
        recording.draft_id = None

    async def cancel(self) -> None:
        """Erase the sound and the draft, because the person says so."""
        await unbroken(self._cancel())

    async def _cancel(self) -> None:
        actor = bearer_of(self.capability)
        if self.draft is not None:
            await sweeping.discard_draft(self.ctx, self.draft.id, actor=actor)
        else:
            await sweeping.discard_recording(self.ctx, self.id, actor=actor)
        log.info("live.cancelled", recording=self.id)


async def finish_left(ctx: Context) -> int:
    """Finish sessions that nobody came back to; how many. What was never begun is forgotten."""
    limit = ctx.clock() - dt.timedelta(minutes=ctx.settings.live_resume_minutes)
    async with ctx.database.read() as session:
        left = list(
            await session.scalars(
                select(col(LiveSessionRow.id))
                .where(col(LiveSessionRow.state) == "open", col(LiveSessionRow.seen_at) <= limit)
                .limit(100)
            )
        )
    for session_id in left:
        try:
            await _finish_left(ctx, session_id, limit)
        except TalaError as error:
            log.warning("live.not_finished", recording=session_id, code=error.code)
        await asyncio.sleep(0)
    return len(left)


async def _finish_left(ctx: Context, session_id: str, limit: dt.datetime) -> None:
    async with ctx.database.write() as session:
        row = await session.get(LiveSessionRow, session_id, with_for_update=True)
        if row is None or row.state != "open" or row.seen_at > limit:
            return
        if await session.get(Recording, session_id) is None:
            await ctx.keys.destroy(session, row.data_key_id)
            await session.delete(row)
            return
        # A connection of our own: whoever still holds an older one may not write any more.
        row.connection += 1
        row.seen_at = ctx.clock()
        row.ticket_hash = None
        session.add(row)
        taken = Redeemed(row.id, row.connection)
    live = await Live.begin(ctx, taken)
    if live.sound.samples or live.talk.segments:
        await live.finish(live.talk, live.draft.transcript.model if live.draft else "", left=True)
    else:
        await live.cancel()


def _recording(row: LiveSessionRow, moment: dt.datetime) -> Recording:
    return Recording(
        id=row.id,
        created_at=moment,
        updated_at=moment,
        state="receiving",
        consent=row.consent,
        attested_by=row.attested_by,
        channel=row.channel,
        channel_count=1,
        media_type="audio/wav",
        object_key=f"recordings/{new_id()}",
        data_key_id=row.data_key_id,
        language=row.language,
        capability_hash=row.capability_hash,
        taken_by=_taker(row),
    )


def _taker(row: LiveSessionRow) -> str | None:
    """Who on the staff takes a caller's complaint down; None where the citizen speaks alone."""
    kind, _, who = row.attested_by.partition(":")
    return who if kind in ("staff", "key") else None


async def _own(session: AsyncSession, redeemed: Redeemed) -> LiveSessionRow:
    row = await session.get(LiveSessionRow, redeemed.session, with_for_update=True)
    if row is None or row.state != "open":
        raise TalaError("transition_not_allowed", _ENDED)
    if row.connection != redeemed.connection:
        raise TalaError("conflict", _TAKEN)
    return row


async def _open_draft(ctx: Context, session: AsyncSession, draft_id: str | None) -> DraftView | None:
    row = await session.get(Draft, draft_id) if draft_id else None
    if row is None:
        return None
    _refuse_settled(row)
    return read_draft(row, await ctx.keys.load(session, row.data_key_id))[0]


def _refuse_settled(row: Draft) -> None:
    if row.state == "filed":
        raise TalaError("transition_not_allowed", "This complaint was filed. Start a new conversation.")
    if row.state != "open":
        raise TalaError("erased", "This draft was erased. Start a new conversation.")
