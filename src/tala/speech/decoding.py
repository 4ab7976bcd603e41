"""How a batch of windows becomes words, and what is done when the result looks bad.

The encoder sees as many frames as there is sound, plus a margin: the padded window of 30 s would be most of
the cost. Language, text and times come from one encoding. Sure English is read greedily; anything suspicious
is read again with more care, from the full window, and then by sampling.
"""

import itertools
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tala.speech import wording
from tala.speech.encoding import Encoding, FullEncoding
from tala.speech.languages import filipino_share
from tala.speech.mel import FULL_WINDOW_FRAMES, HOP, log_mel
from tala.speech.model import Hypothesis, Model, TokenTimes
from tala.speech.timing import TimingSettings, settled
from tala.speech.tokens import Vocabulary

LONGEST_MS = 28_000
"""Longest window of sound: with the margin it fits into the 30 s the weights were trained on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers that decide how windows are read."""

    margin_frames: int = 100
    """Silence after the sound, in 10 ms frames. With the states of silence that the model adds behind it the
    text is as good as from the full window; without them even 4 s would not do for Filipino."""
    most_beyond_ms: int = 1000
    """Text with a time so far behind the sound was not heard in it."""
    most_left_out_ms: int = 2500
    """Sound behind the text that may be a noise; more is speech that was left out."""
    step_frames: int = 50
    """Window lengths are rounded up to this, so that windows share batches."""
    beam: int = 5
    hypotheses: int = 5
    """Readings of a beam that are weighed against each other."""
    wording: float = 0.3
    """How much the likelihood of a Filipino wording counts beside that of its sound."""
    sure_reading: float = -0.35
    """Mean log probability from which a greedy reading of English is kept: a beam finds nothing better."""
    temperatures: tuple[float, ...] = (0.2, 0.6)
    """Tried in turn when the full window looks bad as well."""
    most_compression: float = 2.4
    least_log_probability: float = -1.0
    no_speech: float = 0.6
    """Above it nobody spoke, where the voice detector is not sure either."""
    most_letters_per_second: float = 32.0
    timing: TimingSettings = field(default_factory=TimingSettings)
    sure_english: float = 0.6
    """Probability at which a window is English without a second look."""
    sure_filipino: float = 0.85
    """Share of Filipino and its kin, against English, at which it is Filipino; else it is read in both."""
    filipino_ahead: float = 0.06
    """Log probability that Filipino text may lack: English under a Filipino prompt stays English, Filipino
    under an English one becomes a translation."""
    sure_voice: float = 0.75
    """Certainty of the voice detector at which somebody spoke whatever the weights say."""


@dataclass(frozen=True, slots=True)
class Window:
    """Sound to be read in one piece, at most LONGEST_MS of it.

    Attributes:
        pcm: 16-bit mono samples at 16 kHz, shape (n,).
        language: of the text to write; None to hear it from the sound.
        voiced: how sure the voice detector is that somebody speaks, 0 to 1.
        words: whether times and confidence of words are wanted.
        beam: beam size, None for the policy's own; live partials take 1.
    """

    pcm: NDArray[np.int16]
    language: str | None = None
    voiced: float = 1.0
    words: bool = True
    beam: int | None = None

    @property
    def milliseconds(self) -> int:
        """Length of the sound."""
        return len(self.pcm) * 1000 // 16_000


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word with times in ms of its window and a probability."""

    start_ms: int
    end_ms: int
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was read from a window.

    Attributes:
        language: the text was written in.
        languages: how probable each language of the weights was.
        words: empty when words were not asked for, or nobody spoke.
        no_speech: how probable it is that nobody spoke.
        fallbacks: the steps taken beyond the first reading.
        doubts: what still looks bad about the reading kept.
    """

    language: str
    languages: dict[str, float]
    text: str
    words: tuple[HeardWord, ...]
    no_speech: float
    mean_log_probability: float
    fallbacks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Attempt:
    """One reading of one window and what looks bad about it."""

    hypothesis: Hypothesis
    language: str
    no_speech: float
    doubts: tuple[str, ...]
    states: Encoding | FullEncoding
    row: int
    frames: int
    step: str = ""
    ahead: float = 0.0
    wording: float = 0.0
    """Weighted log probability of the text as a wording of its language."""

    @property
    def rank(self) -> tuple[int, float]:
        """Fewer doubts are better, then what is more probable: to choose between languages by."""
        return (self._soundness, self.hypothesis.mean_log_probability + self.ahead)

    @property
    def rank_in_language(self) -> tuple[int, float]:
        """The same among readings in one language: the wording counts, and the whole, not the mean."""
        tokens = len(self.hypothesis.tokens) + 1
        return (self._soundness, self.hypothesis.mean_log_probability * tokens + self.wording)

    @property
    def _soundness(self) -> int:
        return -sum(_GRAVITY.get(doubt, 1) for doubt in self.doubts)


_GRAVITY = {"echo": 5, "repetition": 4, "too_fast": 3, "beyond_end": 2, "cut_off": 2, "left_out": 2}


@dataclass(slots=True)
class _Work:
    window: Window
    sound: NDArray[np.float32]
    language: str = "en"
    other: str | None = None
    languages: dict[str, float] = field(default_factory=dict)
    attempts: list[_Attempt] = field(default_factory=list)

    @property
    def best(self) -> _Attempt:
        """The best of the best readings in each language."""
        bests: dict[str, _Attempt] = {}
        for attempt in self.attempts:
            known = bests.get(attempt.language)
            if known is None or attempt.rank_in_language > known.rank_in_language:
                bests[attempt.language] = attempt
        return max(bests.values(), key=lambda a: a.rank)


def frames_of(window: Window, policy: Policy) -> int:
    """Length of the encoder's window for this sound, in 10 ms frames."""
    needed = -(-len(window.pcm) // HOP) + policy.margin_frames
    return min(FULL_WINDOW_FRAMES, -(-needed // policy.step_frames) * policy.step_frames)


def read(model: Model, windows: Sequence[Window], policy: Policy) -> list[Heard]:
    """Read windows in one batch; they should be of like length and ask for the same beam."""
    works = [_Work(window, _levelled(window.pcm)) for window in windows]
    # A GPU encodes full windows in no time.
    frames = [FULL_WINDOW_FRAMES if model.device == "cuda" else frames_of(w, policy) for w in windows]
    states = model.encode(
        [log_mel(work.sound, length, model.bands) for work, length in zip(works, frames, strict=True)]
    )
    _choose_languages(model, works, states, policy)
    batch = _Batch(model, policy, states, max(frames))
    _read_first(batch, works, windows[0].beam)
    _read_again(batch, works)
    times = _align(model, works)
    return [_heard(model, work, time, policy) for work, time in zip(works, times, strict=True)]


FILIPINO_BEFORE = (
    "Kumusta po kayo? Ang sabi po nila sa akin, kailangan ko raw pong bumalik bukas dahil hindi pa tapos ang"
    " mga dokumento, kaya nagtanong na lang ako sa guard."
)
"""What Filipino readings are told was said before: everyday Filipino with English in it, well spelled.
The weights then go on in that spelling, where they would else write by ear."""


@lru_cache(maxsize=4)
def _context(vocabulary: Vocabulary) -> tuple[int, ...]:
    return tuple(vocabulary.encode(" " + FILIPINO_BEFORE))


@dataclass(slots=True)
class _Batch:
    """Windows encoded together; further readings of some of them share the encoding."""

    model: Model
    policy: Policy
    states: Encoding | FullEncoding
    frames: int

    def attempt(
        self, rows: Sequence[tuple[int, _Work]], *, step: str = "", other: bool = False, **search: Any
    ) -> None:
        """Read the windows in these rows, in the other language if asked to, and note the attempts."""
        by_language: dict[str, list[tuple[int, _Work]]] = {}
        for row, work in rows:
            by_language.setdefault(work.other if other and work.other else work.language, []).append(
                (row, work)
            )
        # What goes before must be equally long in all windows of a call.
        for language, some in by_language.items():
            self._attempt(some, language, step, search)

    def _attempt(
        self, rows: Sequence[tuple[int, _Work]], language: str, step: str, search: dict[str, Any]
    ) -> None:
        vocabulary = self.model.vocabulary
        before = _context(vocabulary) if language == "tl" else ()
        readings = self.model.generate(
            self.states.reading([row for row, _ in rows]),
            [vocabulary.prompt(language, context=before)] * len(rows),
            longest=_longest([work for _, work in rows]),
            **{"hypotheses": self.policy.hypotheses} | search,
        )
        ahead = self.policy.filipino_ahead if language == "tl" else 0.0
        for (row, work), reading in zip(rows, readings, strict=True):
            # The beam's other readings cost nothing more, and one of them may read better.
            for hypothesis in reading.hypotheses:
                doubts = _doubts(self.model, work, hypothesis, self.frames, self.policy)
                work.attempts.append(
                    _Attempt(
                        hypothesis, language, reading.no_speech, doubts, self.states, row, self.frames, step,
                        ahead, self._wording(language, hypothesis),
                    )
                )  # fmt: skip

    def _wording(self, language: str, hypothesis: Hypothesis) -> float:
        if language != "tl" or not self.policy.wording:
            return 0.0
        text = self.model.vocabulary.text(list(hypothesis.tokens))
        return self.policy.wording * wording.load().text(text)


def _read_first(batch: _Batch, works: Sequence[_Work], beam: int | None) -> None:
    """The first reading: of English greedily, and with a beam where that is not sure; else with the beam."""
    rows = list(enumerate(works))
    if beam is not None:
        batch.attempt(rows, beam=beam)
        return
    english = [(row, work) for row, work in rows if work.language == "en"]
    batch.attempt(english, beam=1)
    sure = {
        row
        for row, work in english
        if not work.best.doubts and work.best.hypothesis.mean_log_probability >= batch.policy.sure_reading
    }
    batch.attempt([(row, work) for row, work in rows if row not in sure], beam=batch.policy.beam)


def _read_again(batch: _Batch, works: Sequence[_Work]) -> None:
    """Read what looks bad once more, in steps that cost more and more; each step is one call."""
    policy = batch.policy
    rows = list(enumerate(works))

    def doubted(*kinds: str) -> list[tuple[int, _Work]]:
        return [
            (row, work)
            for row, work in rows
            if not _silent(work, policy)
            and work.best.doubts
            and (not kinds or set(kinds) & set(work.best.doubts))
        ]

    batch.attempt(
        [(row, work) for row, work in rows if work.other and not _silent(work, policy)],
        step="other_language",
        other=True,
        beam=policy.beam,
    )
    # A loop is broken by forbidding it, on the encoding there is.
    batch.attempt(
        doubted("repetition"), step="no_repetition", beam=policy.beam, no_repeat=4, repetition_penalty=1.1
    )
    left = doubted()
    if not left:
        return
    full = batch
    if batch.frames < FULL_WINDOW_FRAMES:
        mels = [log_mel(work.sound, FULL_WINDOW_FRAMES, batch.model.bands) for _, work in left]
        full = _Batch(batch.model, policy, batch.model.encode(mels), FULL_WINDOW_FRAMES)
        left = list(enumerate(work for _, work in left))
        full.attempt(left, step="full_window", beam=policy.beam, no_repeat=6)
    for temperature in policy.temperatures:
        left = [(row, work) for row, work in left if {"repetition", "too_fast"} & set(work.best.doubts)]
        full.attempt(left, step="temperature", beam=1, temperature=temperature, hypotheses=policy.beam)


def _levelled(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """Samples from -1 to 1, quiet sound lifted: the weights were trained on speech of usual loudness."""
    sound: NDArray[np.float32] = pcm.astype(np.float32) / 32768.0
    peak = float(np.abs(sound).max(initial=0.0))
    if 0.0 < peak < 0.25:
        sound *= min(0.5 / peak, 100.0)
    return sound


def _choose_languages(
    model: Model, works: list[_Work], states: Encoding | FullEncoding, policy: Policy
) -> None:
    """The language each window is written in, and a second one where the sound leaves it open."""
    open_rows = [row for row, work in enumerate(works) if work.window.language is None]
    for work in works:
        if work.window.language is not None:
            work.language = work.window.language
            work.languages = {work.window.language: 1.0}
    if not open_rows:
        return
    for row, found in zip(open_rows, model.languages(states.language(open_rows)), strict=True):
        works[row].languages = found
        english = found.get("en", 0.0)
        filipino = filipino_share(found)
        works[row].language = "tl" if filipino >= 0.5 and english < policy.sure_english else "en"
        if english < policy.sure_english and filipino < policy.sure_filipino:
            works[row].other = "en" if works[row].language == "tl" else "tl"


def _longest(works: Sequence[_Work]) -> int:
    """Most tokens a reading may take: speech has fewer than 10 a second, and loops should end early."""
    seconds = max(work.window.milliseconds for work in works) / 1000
    return min(224, 20 + int(10 * seconds))


def _doubts(
    model: Model, work: _Work, hypothesis: Hypothesis, frames: int, policy: Policy
) -> tuple[str, ...]:
    vocabulary = model.vocabulary
    text = vocabulary.text(list(hypothesis.tokens)).strip()
    found = []
    if hypothesis.mean_log_probability < policy.least_log_probability:
        found.append("improbable")
    if text and (compression(text) > policy.most_compression or repeats(text)):
        found.append("repetition")
    length = work.window.milliseconds
    if len(text) > 12 and len(text) * 1000 > policy.most_letters_per_second * max(length, 500):
        found.append("too_fast")
    if len(hypothesis.tokens) >= _longest([work]):
        found.append("cut_off")
    latest = max((vocabulary.milliseconds(t) for t in hypothesis.tokens if vocabulary.is_time(t)), default=0)
    if frames < FULL_WINDOW_FRAMES and latest > length + policy.most_beyond_ms:
        found.append("beyond_end")
    # Speech fills a window to its end; a reading that stops before has left out the rest.
    ended = bool(hypothesis.tokens) and vocabulary.is_time(hypothesis.tokens[-1])
    if ended and latest < length - policy.most_left_out_ms:
        found.append("left_out")
    if len(text) > 20 and text.lower() in FILIPINO_BEFORE.lower():
        found.append("echo")
    if not text and length > 1500:
        found.append("nothing_read")
    return tuple(found)


def compression(text: str) -> float:
    """How many times smaller a compressor makes a text; loops compress well."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def repeats(text: str) -> bool:
    """Whether a phrase of three to eight words comes three times in a row, or one or two words six times."""
    words = text.lower().split()
    for size in range(1, 9):
        needed = 3 if size >= 3 else 6
        for start in range(len(words) - size * needed + 1):
            phrase = words[start : start + size]
            if all(words[start + size * k : start + size * (k + 1)] == phrase for k in range(1, needed)):
                return True
    return False


def _silent(work: _Work, policy: Policy) -> bool:
    """Whether nobody spoke after all: the voice detector was not sure, and the weights are not either."""
    best = work.best
    return work.window.voiced < policy.sure_voice and (
        best.no_speech > policy.no_speech
        or best.hypothesis.mean_log_probability < policy.least_log_probability
    )


def _align(model: Model, works: Sequence[_Work]) -> list[TokenTimes | None]:
    """Times of the best readings, those of one encoding and language in one call."""
    found: list[TokenTimes | None] = [None] * len(works)
    groups: dict[tuple[int, str], list[int]] = {}
    for index, work in enumerate(works):
        if work.window.words and any(model.vocabulary.is_text(t) for t in work.best.hypothesis.tokens):
            groups.setdefault((id(work.best.states), work.best.language), []).append(index)
    for (_, language), indexes in groups.items():
        bests = [works[i].best for i in indexes]
        states = bests[0].states.aligning([b.row for b in bests])
        texts = [[t for t in b.hypothesis.tokens if model.vocabulary.is_text(t)] for b in bests]
        lengths = [
            min(b.frames, len(works[i].window.pcm) // HOP + 20) for i, b in zip(indexes, bests, strict=True)
        ]
        for index, times in zip(indexes, model.align(states, language, texts, lengths), strict=True):
            found[index] = times
    return found


def _heard(model: Model, work: _Work, times: TokenTimes | None, policy: Policy) -> Heard:
    best = work.best
    ids = list(best.hypothesis.tokens)
    quiet = _silent(work, policy)
    words = () if quiet or times is None else _words(model, ids, times, work.window, policy)
    text = "" if quiet else model.vocabulary.text(ids).strip()
    return Heard(
        language=best.language,
        languages=work.languages,
        text=text,
        words=words,
        no_speech=best.no_speech,
        mean_log_probability=best.hypothesis.mean_log_probability,
        fallbacks=tuple(step for step, _ in Counter(a.step for a in work.attempts if a.step).items()),
        doubts=best.doubts,
    )


def _words(
    model: Model, ids: list[int], times: TokenTimes, window: Window, policy: Policy
) -> tuple[HeardWord, ...]:
    found = model.vocabulary.words(ids)
    bounds = [0]
    for word in found:
        bounds.append(bounds[-1] + len(word.ids))
    spans = [(times.bounds_ms[first], times.bounds_ms[last]) for first, last in itertools.pairwise(bounds)]
    made = []
    for index, (word, (start_ms, end_ms)) in enumerate(
        zip(found, settled(spans, window.pcm, policy.timing), strict=True)
    ):
        chances = times.probabilities[bounds[index] : bounds[index + 1]]
        made.append(HeardWord(start_ms, end_ms, word.text, _mean_probability(chances)))
    return tuple(made)


def _mean_probability(chances: Sequence[float]) -> float:
    """Geometric mean: one unlikely part makes an unlikely word."""
    return float(np.exp(np.mean(np.log(np.maximum(chances, 1e-6))))) if chances else 0.0
