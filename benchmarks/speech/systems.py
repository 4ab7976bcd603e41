"""The recognisers that are compared, each behind one call; run as a program it serves one of them to
compare.py.

A recogniser has a process to itself, so that its memory can be told and no other's settings reach it. It
reads one JSON object a line (`{"sound": .npy file, "language"}`) and answers one (`{"text", "words",
"seconds", …}`).
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tala.settings import Settings
from tala.speech import weights

Pcm = np.ndarray[Any, np.dtype[np.int16]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a recogniser made of one clip; `words` as (start_ms, end_ms, text, confidence), where it tells."""

    text: str
    words: list[tuple[int, int, str, float]]
    language: str
    notes: list[str]


Recogniser = Callable[[Pcm, str | None], Result]


class _Sound:
    """A clip in memory with the surface of a decoded recording; shape (n,) or (channels, n)."""

    def __init__(self, pcm: Pcm) -> None:
        self._pcm = np.atleast_2d(pcm)

    @property
    def seconds(self) -> float:
        return self._pcm.shape[1] / 16_000

    @property
    def channels(self) -> int:
        return int(self._pcm.shape[0])

    def pcm(self, channel: int) -> Pcm:
        return self._pcm[channel]


def tala(settings: Settings) -> Recogniser:
    """This project's engine, as `tala transcribe` uses it."""
    from tala.speech.engine import Engine
    from tala.speech.recording import transcribe

    engine = Engine(settings)
    engine.model  # noqa: B018 - loads the weights before the clock starts

    def run(pcm: Pcm, language: str | None) -> Result:
        found = transcribe(engine, _Sound(pcm), language=language or "auto")
        words = [(w.start_ms, w.end_ms, w.text, w.confidence) for s in found.segments for w in s.words]
        return Result(found.text, words, found.language, [w.code for w in found.warnings])

    return run


def _faster_whisper(settings: Settings) -> Any:
    from faster_whisper import WhisperModel

    threads = settings.threads or len(os.sched_getaffinity(0))
    return WhisperModel(
        str(weights.ensure(settings)),
        device="cpu" if settings.device == "auto" else settings.device,
        compute_type="int8" if settings.compute_type == "auto" else settings.compute_type,
        cpu_threads=threads,
    )


def _collect(segments: Any, info: Any) -> Result:
    found = list(segments)
    words = [
        (round(w.start * 1000), round(w.end * 1000), w.word.strip(), w.probability)
        for s in found for w in (s.words or [])
    ]  # fmt: skip
    return Result(" ".join(s.text.strip() for s in found), words, info.language, [])


def _as_float(pcm: Pcm) -> np.ndarray[Any, np.dtype[np.float32]]:
    mono = pcm if pcm.ndim == 1 else pcm.mean(axis=0)
    return mono.astype(np.float32) / 32768.0


def faster_whisper(settings: Settings) -> Recogniser:
    """faster-whisper's transcribe(), beam 5 and its voice filter."""
    model = _faster_whisper(settings)
    return lambda pcm, language: _collect(
        *model.transcribe(_as_float(pcm), language=language, beam_size=5, vad_filter=True)
    )


def faster_whisper_greedy(settings: Settings) -> Recogniser:
    """faster-whisper's transcribe() with beam 1 and nothing else: its fastest for single utterances."""
    model = _faster_whisper(settings)
    return lambda pcm, language: _collect(*model.transcribe(_as_float(pcm), language=language, beam_size=1))


def faster_whisper_times(settings: Settings) -> Recogniser:
    """faster-whisper's transcribe(), beam 5, with times of words."""
    model = _faster_whisper(settings)
    return lambda pcm, language: _collect(
        *model.transcribe(
            _as_float(pcm), language=language, beam_size=5, vad_filter=True, word_timestamps=True
        )
    )


def faster_whisper_batched(settings: Settings) -> Recogniser:
    """faster-whisper's BatchedInferencePipeline, batches of 8, beam 5."""
    from faster_whisper import BatchedInferencePipeline

    pipeline = BatchedInferencePipeline(_faster_whisper(settings))
    return lambda pcm, language: _collect(
        *pipeline.transcribe(_as_float(pcm), language=language, batch_size=8, beam_size=5)
    )


SYSTEMS: dict[str, Callable[[Settings], Recogniser]] = {
    "tala": tala,
    "faster-whisper": faster_whisper,
    "faster-whisper-greedy": faster_whisper_greedy,
    "faster-whisper-times": faster_whisper_times,
    "faster-whisper-batched": faster_whisper_batched,
}


def peak_mb() -> float:
    """Most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(name: str) -> None:
    """Answer requests on standard input until it ends."""
    run = SYSTEMS[name](Settings())
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        pcm = np.load(Path(job["sound"]))
        wall, cpu = time.perf_counter(), time.process_time()
        found = run(pcm, job["language"])
        answer = {
            "text": found.text, "words": found.words, "language": found.language, "notes": found.notes,
            "seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu,
            "peak_mb": peak_mb(),
        }  # fmt: skip
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
