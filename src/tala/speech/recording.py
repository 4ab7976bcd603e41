"""Whole recordings of any length to a transcript: bounded memory, progress, going on after a crash."""

import json
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import Any, Protocol

import numpy as np

from tala.errors import TalaError
from tala.speech import doubts, voice
from tala.speech.decoding import Heard, HeardWord, Window
from tala.speech.engine import Engine, Priority
from tala.speech.filipino import spelled
from tala.speech.leakage import own
from tala.speech.packing import Plan, pack
from tala.speech.voice import Pcm
from tala.transcript import Segment, Transcript, Word

_CHECKPOINT_SECONDS = 2.0
_CHECKPOINT_VERSION = 1
_ASK_SECONDS = 0.5
"""How often a caller is asked whether to go on while nothing is ready."""
_SAME_SHARE = 0.02
_SEGMENT_GAP_MS = 700
_SEGMENT_MS = 15_000


class Sound(Protocol):
    """A decoded recording, as `tala.audio.decode` gives it."""

    @property
    def seconds(self) -> float:
        """Length."""

    @property
    def channels(self) -> int:
        """How many channels."""

    def pcm(self, channel: int) -> Pcm:
        """Samples of a channel: 16-bit mono at 16 kHz, mapped from disk."""


def transcribe(
    engine: Engine,
    decoded: Sound,
    *,
    language: str = "auto",
    progress: Callable[[float, float], None] | None = None,
    checkpoint: Callable[[bytes], None] | None = None,
    resume: bytes | None = None,
    cancelled: Callable[[], bool] | None = None,
    session: str = "",
) -> Transcript:
    """Transcribe a decoded recording. Blocks; run it in a thread.

    Args:
        engine: the process's engine.
        decoded: the recording; its samples are read as they are needed.
        language: `auto`, or a code such as `en` or `tl` for every utterance.
        progress: called with seconds of sound done and in all.
        checkpoint: called now and then with what is needed to go on from here.
        resume: the last such bytes; what does not fit this recording and these weights is ignored.
        cancelled: asked between windows.
        session: what the engine shares its time by; a recording's id.

    Raises:
        TalaError: the weights cannot be used, or the language is not one they know.
        CancelledError: `cancelled` said so.
    """
    asked = _asked(engine, language)
    names = _channels(decoded)
    plans = _plan(decoded, len(names))
    key = _fingerprint(engine, decoded, plans, language)
    done = _restore(resume, key)
    total, speech = decoded.seconds, sum(map(_seconds, plans))
    last_saved = time.monotonic()
    for index, heard in _read_all(engine, decoded, plans, done, asked, cancelled, session):
        done[index] = heard
        if progress is not None:
            progress(total * sum(_seconds(plans[i]) for i in done) / speech, total)
        if checkpoint is not None and time.monotonic() - last_saved >= _CHECKPOINT_SECONDS:
            checkpoint(_save(done, key))
            last_saved = time.monotonic()
    if progress is not None:
        progress(total, total)
    return _transcript(engine, decoded, names, plans, [done[i] for i in range(len(plans))], language)


def _asked(engine: Engine, language: str) -> str | None:
    if language in ("auto", "taglish", ""):
        return None
    code = {"fil": "tl", "filipino": "tl", "english": "en"}.get(language, language)
    if engine.model.vocabulary.language(code) is None:
        raise TalaError("invalid_input", "The speech model does not know this language: use auto, en or tl.")
    return code


def _channels(decoded: Sound) -> tuple[str, ...]:
    """Names of the channels worth reading: two that carry the same sound are one."""
    count = decoded.channels
    if count == 1:
        return ("mono",)
    if count == 2:
        return ("mono",) if _same(decoded.pcm(0), decoded.pcm(1)) else ("left", "right")
    return tuple(f"channel {number + 1}" for number in range(count))


def _same(left: Pcm, right: Pcm) -> bool:
    """Whether two channels differ by less than a fiftieth of their loudness (and one is not silent)."""
    power = difference = 0.0
    for start in range(0, len(left), 1 << 20):
        a = left[start : start + (1 << 20)].astype(np.float32)
        b = right[start : start + (1 << 20)].astype(np.float32)
        power += float(np.square(a).sum() + np.square(b).sum())
        difference += float(np.square(a - b).sum())
    return power > 0.0 and difference <= _SAME_SHARE * power


def _plan(decoded: Sound, channels: int) -> list[Plan]:
    """Windows of all channels in order of time."""
    plans: list[Plan] = []
    length_ms = round(decoded.seconds * 1000)
    for channel in range(channels):
        chances = voice.probabilities(decoded.pcm(channel))
        plans += pack(voice.spans(chances, length_ms), chances, channel)
    return sorted(plans, key=lambda plan: (plan.start_ms, plan.channel))


def _read_all(
    engine: Engine,
    decoded: Sound,
    plans: Sequence[Plan],
    done: dict[int, Heard],
    language: str | None,
    cancelled: Callable[[], bool] | None,
    session: str,
) -> Iterator[tuple[int, Heard]]:
    """Windows not done yet, as they are read: the engine takes those of a length together.

    Enough of them are in flight to fill its batches.
    """
    flying: dict[Future[Heard], int] = {}
    ahead = 16 * engine.model.workers
    todo = iter([index for index in range(len(plans)) if index not in done])
    try:
        while True:
            while len(flying) < ahead and (index := next(todo, None)) is not None:
                plan = plans[index]
                window = Window(plan.cut(decoded.pcm(plan.channel)), language, plan.voiced)
                flying[engine.submit(window, priority=Priority.RECORDING, session=session)] = index
            if not flying:
                return
            if cancelled is not None and cancelled():
                raise CancelledError
            ready, _ = wait(flying, timeout=_ASK_SECONDS, return_when=FIRST_COMPLETED)
            for future in ready:
                yield flying.pop(future), future.result()
    finally:
        for future in flying:
            future.cancel()


# -- going on after a crash --


def _fingerprint(engine: Engine, decoded: Sound, plans: Sequence[Plan], language: str) -> dict[str, Any]:
    digest = zlib.crc32(repr([(p.channel, p.pieces) for p in plans]).encode())
    return {
        "version": _CHECKPOINT_VERSION,
        "model": engine.name,
        "seconds": decoded.seconds,
        "language": language,
        "plans": digest,
    }


def _save(done: dict[int, Heard], key: dict[str, Any]) -> bytes:
    state = {
        "key": key,
        "done": {
            str(index): {
                "language": heard.language,
                "languages": _likeliest(heard.languages),
                "text": heard.text,
                "words": [[w.start_ms, w.end_ms, w.text, round(w.probability, 4)] for w in heard.words],
                "no_speech": heard.no_speech,
                "score": heard.mean_log_probability,
                "fallbacks": heard.fallbacks,
                "doubts": heard.doubts,
            }
            for index, heard in done.items()
        },
    }
    return zlib.compress(json.dumps(state, ensure_ascii=False).encode(), 1)


def _restore(resume: bytes | None, key: dict[str, Any]) -> dict[int, Heard]:
    if not resume:
        return {}
    try:
        state = json.loads(zlib.decompress(resume))
        if state["key"] != key:
            return {}
        return {
            int(index): Heard(
                one["language"],
                one["languages"],
                one["text"],
                tuple(HeardWord(*w) for w in one["words"]),
                one["no_speech"],
                one["score"],
                tuple(one["fallbacks"]),
                tuple(one["doubts"]),
            )
            for index, one in state["done"].items()
        }
    except (ValueError, KeyError, TypeError, zlib.error):
        # A damaged checkpoint costs time, not the recording.
        return {}


def _likeliest(languages: dict[str, float]) -> dict[str, float]:
    best = sorted(languages, key=lambda code: -languages[code])[:5]
    return {code: round(languages[code], 4) for code in {*best, *({"en", "tl"} & languages.keys())}}


# -- from windows to a transcript --


type _Placed = tuple[Word, str]
"""A word of a channel at its time in the recording, and the language it was read in."""


def _transcript(
    engine: Engine,
    decoded: Sound,
    names: tuple[str, ...],
    plans: Sequence[Plan],
    heard: Sequence[Heard],
    asked: str,
) -> Transcript:
    by_channel: dict[int, list[_Placed]] = {channel: [] for channel in range(len(names))}
    for plan, one in zip(plans, heard, strict=True):
        for word in one.words:
            _, start, end = plan.place(word.start_ms, word.end_ms)
            placed = Word(start_ms=start, end_ms=end, text=word.text, confidence=round(word.probability, 3))
            by_channel[plan.channel].append((placed, one.language))
    if len(names) > 1:
        by_channel = own(by_channel, [decoded.pcm(channel) for channel in range(len(names))])
    segments = [_segment(channel, group) for channel, words in by_channel.items() for group in _groups(words)]
    language, probability = _language(plans, heard)
    return Transcript.of(
        segments,
        seconds=round(decoded.seconds, 3),
        language=language,
        language_probability=probability,
        channels=names,
        model=engine.name,
        warnings=doubts.warnings(
            [(_seconds(plan), one) for plan, one in zip(plans, heard, strict=True)],
            [word.raw or word.text for segment in segments for word in segment.words],
            hear_language=asked == "auto",
        ),
    )


def _groups(words: Sequence[_Placed]) -> Iterator[list[_Placed]]:
    """Words of one channel in order, parted at pauses and at changes of language."""
    group: list[_Placed] = []
    for word, language in words:
        if group and (
            word.start_ms - group[-1][0].end_ms > _SEGMENT_GAP_MS
            or language != group[-1][1]
            or word.end_ms - group[0][0].start_ms > _SEGMENT_MS
        ):
            yield group
            group = []
        group.append((word, language))
    if group:
        yield group


def _segment(channel: int, group: Sequence[_Placed]) -> Segment:
    words = tuple(spelled([word for word, _ in group], group[0][1]))
    return Segment(
        channel=channel,
        start_ms=words[0].start_ms,
        end_ms=max(word.end_ms for word in words),
        text=" ".join(word.text for word in words),
        words=words,
        language=group[0][1],
    )


def _language(plans: Sequence[Plan], heard: Sequence[Heard]) -> tuple[str, float]:
    """The language most of the sound was read in, and how probable it was there."""
    seconds: dict[str, float] = defaultdict(float)
    chance: dict[str, float] = defaultdict(float)
    for plan, one in zip(plans, heard, strict=True):
        if one.words:
            length = _seconds(plan)
            seconds[one.language] += length
            chance[one.language] += length * one.languages.get(one.language, 0.0)
    if not seconds:
        return "unknown", 0.0
    best = max(seconds, key=lambda code: seconds[code])
    return best, round(chance[best] / seconds[best], 3)


def _seconds(plan: Plan) -> float:
    return sum(end - start for start, end in plan.pieces) / 1000
