"""The Whisper weights in memory: features in, tokens and times out. Thread-safe; knows no policy."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np

from tala.errors import TalaError
from tala.settings import Settings
from tala.speech.encoding import Encoding, FullEncoding
from tala.speech.mel import FULL_WINDOW_FRAMES, SAMPLE_RATE, Floats, log_mel
from tala.speech.tokens import Vocabulary


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to read a window: all its tokens, and the mean log probability of them."""

    tokens: tuple[int, ...]
    mean_log_probability: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the decoder made of one window, best hypothesis first."""

    hypotheses: tuple[Hypothesis, ...]
    no_speech: float


@dataclass(frozen=True, slots=True)
class TokenTimes:
    """Start of each text token and the end of the last, in ms of the window; probability of each token."""

    bounds_ms: tuple[int, ...]
    probabilities: tuple[float, ...]


class Model:
    """One set of weights, with as many copies at work as there are workers (they share the weights)."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.device = _device(settings)
        self.workers, threads = _division(settings, self.device)
        compute = settings.compute_type
        if compute == "auto":
            compute = "float16" if self.device == "cuda" else "int8"
        try:
            self._whisper = ctranslate2.models.Whisper(
                str(folder),
                device=self.device,
                compute_type=compute,
                inter_threads=self.workers,
                intra_threads=threads,
            )
        except ValueError as problem:
            raise TalaError(
                "settings_invalid",
                f"The speech model cannot run as TALA_COMPUTE_TYPE={compute} on TALA_DEVICE={self.device}:"
                " set both to auto.",
            ) from problem
        except RuntimeError as problem:
            raise TalaError(
                "model_damaged",
                "The speech model cannot be loaded: run `tala models verify`, or set TALA_DEVICE=cpu if there"
                " is no usable GPU.",
            ) from problem
        self.vocabulary = Vocabulary(folder)
        self.bands = int(self._whisper.n_mels)
        self.multilingual = bool(self._whisper.is_multilingual)
        self.compute_type = str(self._whisper.compute_type)
        self._filling = threading.Lock()

    def encode(self, mels: Sequence[Floats]) -> Encoding | FullEncoding:
        """Encoder states of windows; on a CPU they may differ in length."""
        if self.device == "cuda":
            return FullEncoding(self._whisper.encode(ctranslate2.StorageView.from_array(np.stack(mels))))
        # One after the other stays in the processor's cache: a batch takes nearly twice as long a window.
        return Encoding([self._states(mel) for mel in mels], self._full)

    def _states(self, mel: Floats) -> Floats:
        encoded = self._whisper.encode(ctranslate2.StorageView.from_array(mel[np.newaxis]))
        states: Floats = np.array(encoded)[0]
        return states

    @cached_property
    def _full(self) -> Floats:
        """States of a full window with somebody's voice at its beginning, then silence.

        Silence alone encodes differently, and is no good behind speech.
        """
        with self._filling:
            return self._states(log_mel(_voice(), FULL_WINDOW_FRAMES, self.bands))

    def languages(self, states: Any) -> list[dict[str, float]]:
        """Probability of each language in each window."""
        if not self.multilingual:
            return [{"en": 1.0}] * int(states.shape[0])
        return [
            {token[2:-2]: float(chance) for token, chance in found}
            for found in self._whisper.detect_language(states)
        ]

    def generate(
        self,
        states: Any,
        prompts: list[list[int]],
        *,
        beam: int,
        temperature: float = 0.0,
        hypotheses: int = 1,
        longest: int = 224,
        no_repeat: int = 0,
        repetition_penalty: float = 1.0,
    ) -> list[Reading]:
        """Decode windows; `longest` bounds the new tokens, no phrase of `no_repeat` tokens comes twice."""
        search: dict[str, Any] = (
            {"beam_size": beam, "num_hypotheses": min(hypotheses, beam)}
            if temperature == 0.0
            else {
                "beam_size": 1,
                "num_hypotheses": hypotheses,
                "sampling_topk": 0,
                "sampling_temperature": temperature,
            }
        )
        found = self._whisper.generate(
            states,
            prompts,
            max_length=min(448, longest + max(len(p) for p in prompts)),
            return_scores=True,
            return_no_speech_prob=True,
            no_repeat_ngram_size=no_repeat,
            repetition_penalty=repetition_penalty,
            **search,
        )
        return [
            Reading(
                tuple(
                    # The library divides by the length without the end token, which was scored as well.
                    Hypothesis(tuple(ids), float(score) * len(ids) / (len(ids) + 1))
                    for ids, score in zip(one.sequences_ids, one.scores, strict=True)
                ),
                float(one.no_speech_prob),
            )
            for one in found
        ]

    def align(
        self, states: Any, language: str, texts: list[list[int]], frames: list[int]
    ) -> list[TokenTimes]:
        """When each text token was said; `frames` is the length of sound in each window, in 10 ms frames."""
        start = self.vocabulary.prompt(language, times=False)
        return [
            _times(one, len(text))
            for one, text in zip(self._whisper.align(states, start, texts, frames), texts, strict=True)
        ]


def _voice() -> Floats:
    """Four seconds of a buzz with the pitch and the syllables of a voice, full scale 1.0."""
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    buzz = np.sum([np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20)], axis=0)
    voice: Floats = (0.05 * buzz * (np.sin(2 * np.pi * 4 * time) > 0)).astype(np.float32)
    return voice


def _times(result: Any, count: int) -> TokenTimes:
    """Where the alignment path steps to the next token."""
    bounds: list[int] = []
    for token, frame in result.alignments:
        while len(bounds) <= token and len(bounds) <= count:
            bounds.append(int(frame) * 20)
    last = bounds[-1] if bounds else 0
    bounds += [last] * (count + 1 - len(bounds))
    return TokenTimes(tuple(bounds), tuple(float(p) for p in result.text_token_probs))


def _device(settings: Settings) -> str:
    if settings.device != "auto":
        return settings.device
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def _division(settings: Settings, device: str) -> tuple[int, int]:
    """Workers and threads of each.

    One thread a worker does most work on few cores: the decoder's steps are too small to share. On many cores
    two or more threads a worker bound the memory.
    """
    cores = settings.threads or len(os.sched_getaffinity(0))
    if device == "cuda":
        return 1, cores
    workers = cores if cores <= 4 else max(4, cores // 4)
    return workers, max(1, cores // workers)
