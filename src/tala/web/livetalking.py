"""The conversation of one connection: facts after each utterance, the assistant's word at the end of a turn.

A turn ends when the citizen has been silent for a moment, or at once where they typed or tapped. Utterances
that come while earlier ones are being understood are understood together with them.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tala.cases import assistant
from tala.errors import TalaError
from tala.services import drafts, livetalk
from tala.services.context import Context
from tala.services.intake import bearer_of
from tala.services.live import Live
from tala.services.livetalk import Talk
from tala.services.unbroken import unbroken
from tala.transcript import Segment, Warning_
from tala.web.i18n import Messages
from tala.web.liveprotocol import Outbox

log = structlog.get_logger("tala.web.live")

_TURN_SECONDS = 1.0
"""Silence after an utterance was read, at which the assistant speaks."""
_ONCE = frozenset({"submit", "emergency_redirect"})
"""Outcomes told once, however much is said afterwards."""
# The pipeline reads one text at a time: more threads would only wait, and take those that others need.
_READERS = ThreadPoolExecutor(1, thread_name_prefix="understand")

type Tell = Callable[[TalaError], None]


class Talking:
    """Holds `talk` as it grows."""

    def __init__(self, ctx: Context, live: Live, outbox: Outbox, words: Messages, tell: Tell) -> None:
        self._ctx = ctx
        self._live = live
        self._outbox = outbox
        self._words = words
        self._tell = tell
        self.talk: Talk = live.talk
        self._changed = asyncio.Event()
        self._turn_over = False
        self._speaking = False
        self._timer: asyncio.TimerHandle | None = None
        self._model = ""
        self._settling = False

    def open(self) -> None:
        """Say who speaks here, or, after a lost line, where the conversation stood."""
        if not self._live.resumed:
            self._say(assistant.say("opening", self._words.language), self._words.language, None)
            return
        self._tell_draft()
        if self._live.draft and (question := livetalk.question(self.talk, self._live.draft.facts)):
            self._outbox.put("assistant.question", field=question.field, text=question.text)

    # -- what happens --

    def began(self) -> None:
        """Somebody began to speak."""
        self._speaking = True
        self._hold()

    def stopped(self) -> None:
        """Somebody stopped speaking."""
        self._speaking = False

    def heard(self, segment: Segment | None, end_ms: int) -> None:
        """An utterance that ended at `end_ms` was read."""
        talk = self.talk if segment is None else livetalk.heard(self.talk, segment)
        self.talk = talk.model_copy(update={"read_ms": max(talk.read_ms, end_ms)})
        if segment is not None:
            self._changed.set()
            self._hold()
            if not self._speaking:
                self._timer = asyncio.get_running_loop().call_later(_TURN_SECONDS, self._end_turn)

    def left_unread(self) -> None:
        """Something is left to be read later from the recording."""
        self.talk = self.talk.model_copy(update={"unread": True})

    def warn(self, warnings: tuple[Warning_, ...]) -> None:
        """Keep what a person should know about the words heard."""
        known = {w.code: w for w in (*self.talk.warnings, *warnings) if w.code != "no_speech"}
        self.talk = self.talk.model_copy(update={"warnings": tuple(known.values())})

    def typed(self, text: str) -> None:
        """Something was typed instead of said.

        Raises:
            TalaError: invalid_input where it is blank, or too much altogether.
        """
        if not text.strip():
            raise TalaError("invalid_input", "Write what happened.")
        length = sum(len(segment.text) for segment in self.talk.segments) + len(text)
        if length > self._ctx.settings.max_text_characters:
            raise TalaError("invalid_input", "This is more text than a complaint may have. Write less.")
        if "\x00" in text:
            raise TalaError("invalid_input", "The text holds a character that is not text.")
        self.talk = livetalk.typed(self.talk, text)
        self._end_turn()

    async def answered(self, field: str, value: Any) -> None:
        """A question was answered by tap.

        Raises:
            TalaError: invalid_input where the value cannot be.
        """
        if isinstance(value, str):
            self.talk = livetalk.asked(self.talk, field)
            self.typed(value)
            return
        if value is not None:
            if self._live.draft is None:
                raise TalaError("draft_not_ready", "Say or write first what happened.")
            draft = self._live.draft
            actor = bearer_of(self._live.capability)
            corrected = drafts.correct_draft(
                self._ctx, draft.id, {field: value}, version=draft.version, actor=actor
            )
            self._live.draft = await unbroken(corrected)
        self.talk = livetalk.closed(self.talk, field)
        self._end_turn()

    def _hold(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_turn(self) -> None:
        self._hold()
        self._turn_over = True
        self._changed.set()

    # -- what follows --

    async def run(self) -> None:
        """Understand and answer what comes, until settled or cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._understand()
            if self._settling and not self._changed.is_set():
                return

    async def settle(self, running: "asyncio.Task[None]") -> None:
        """Nothing more comes: understand what there is, and end."""
        self._hold()
        self._turn_over = False
        self._settling = True
        self._changed.set()
        await running

    async def _understand(self) -> None:
        over, self._turn_over = self._turn_over, False
        loop = asyncio.get_running_loop()
        understood = await loop.run_in_executor(_READERS, self._read, self.talk)
        self.talk = self.talk.model_copy(update={"facts": understood.facts})
        try:
            await self._live.save(self.talk, self._model_name())
        except SQLAlchemyError as error:
            # The database may be away for a moment, the disk full: nothing is lost, the next one tries again.
            log.error("live.not_saved", recording=self._live.id, error=type(error).__name__)
            self._tell(TalaError("storage_unavailable", retryable=True))
            return
        self._tell_draft()
        emergency = self.talk.facts.emergency and self.talk.outcome != "emergency_redirect"
        if (over and not self._speaking) or emergency:
            await self._reply()

    def _read(self, talk: Talk) -> Talk:
        return livetalk.understood(talk, self._ctx.understander(), self._live.created_at)

    def _model_name(self) -> str:
        if not self._model and any(segment.words for segment in self.talk.segments):
            self._model = self._ctx.engine().name
        return self._model

    async def _reply(self) -> None:
        facts = self._live.draft.facts if self._live.draft else self.talk.facts
        before = self.talk
        self.talk, step = livetalk.replied(before, facts)
        with contextlib.suppress(SQLAlchemyError):  # written with the next utterance
            await self._live.note(self.talk)
        if step.outcome in _ONCE and step.outcome == before.outcome:
            return
        question = livetalk.question(self.talk, facts) if step.state != before.state else None
        text = step.reply
        if question is not None and question.field != before.state.pending:
            # Asked in an event of its own, so that it is not said twice.
            text = text.removesuffix(question.text).strip()
        if text:
            self._say(text, facts.language, step.outcome)
        if question is not None:
            self._outbox.put("assistant.question", field=question.field, text=question.text)
        if self.talk.first != before.first:
            self._changed.set()

    def _say(self, text: str, language: str, outcome: str | None) -> None:
        spoken = "en" if language == "en" else "fil"
        self._outbox.put("assistant.reply", text=text, language=spoken, outcome=outcome)

    def _tell_draft(self) -> None:
        draft = self._live.draft
        if draft is not None:
            self._outbox.put(
                "draft.updated",
                draft_id=draft.id,
                version=draft.version,
                facts=draft.facts.model_dump(mode="json"),
                missing=list(draft.missing),
            )
