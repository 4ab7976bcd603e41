"""Measures the speech engine beside other recognisers with the same weights, on a folder with a manifest.

`python -m benchmarks.speech.compare FOLDER [--systems …] [--rounds 5] [--json OUT]`

The folder holds `manifest.jsonl` as make_spoken.py writes it: `file`, `set`, `lang`, `reference` (empty
where nobody speaks), optional `words` with times. A folder beside a `segments.jsonl` of timed turns is cut
into turns as well.

Every recogniser has a process of its own. Within a round they take turns clip by clip, so that what else
the machine does meets all of them alike; the median over the rounds is reported, and ratios to the first one.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.speech.scoring import Errors, letter_errors, normalised, paired_interval, word_errors
from benchmarks.speech.systems import SYSTEMS

from tala.audio.decode import DecodeLimits, decode
from tala.settings import PROJECT_ROOT, Settings

DEFAULT_SYSTEMS = ("tala", "faster-whisper", "faster-whisper-batched")


@dataclass(slots=True)
class Clip:
    """One piece of sound to be read, saved where every recogniser can map it."""

    name: str
    set: str
    lang: str
    reference: str | None
    sound: Path
    seconds: float
    words: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """What one recogniser made of one clip, over the rounds."""

    text: str
    language: str
    words: list[list[Any]]
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)


class Runner:
    """A recogniser at work in a process of its own."""

    def __init__(self, name: str, settings: dict[str, str]) -> None:
        self.name = name
        self.peak_mb = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speech.systems", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT,
            env={**os.environ, **settings},
        )  # fmt: skip
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def read(self, clip: Clip, language: str | None) -> dict[str, Any]:
        """Let it read a clip."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"sound": str(clip.sound), "language": language}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        self.peak_mb = float(answer["peak_mb"])
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def clips(
    folder: Path, scratch: Path, sets: Sequence[str], limit: int | None, *, cut: bool = True
) -> Iterator[Clip]:
    """The clips of a folder whose set is asked for, decoded once for all; at most `limit` of each set.

    Calls are read whole, and turn by turn as well if `cut`.
    """
    counts: dict[str, int] = defaultdict(int)
    for row in map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()):
        if row.get("exclude_from_wer") or (sets and row["set"] not in sets):
            continue
        counts[row["set"]] += 1
        if limit is not None and counts[row["set"]] > limit:
            continue
        with decode(folder / row["file"], DecodeLimits.from_settings(Settings()), scratch) as sound:
            channels = [np.array(sound.pcm(c)) for c in range(sound.channels)]
        turns = _turns(folder, row)
        whole = channels[0] if len(channels) == 1 else np.mean(channels, axis=0).astype(np.int16)
        # The reference of a call is told turn by turn; the call itself is for speed.
        reference = None if turns else row.get("reference")
        yield _clip(scratch, row["file"], row["set"], row["lang"], reference, whole, row.get("words", []))
        for turn in turns if cut else ():
            first, last = round(turn["start"] * 16_000), round(turn["end"] * 16_000)
            piece = channels[turn["channel"]][first:last]
            yield _clip(
                scratch, f"{row['file']}#{turn['id']}", f"{row['set']}_turns", row["lang"], turn["reference"],
                piece, [],
            )  # fmt: skip


def _turns(folder: Path, row: dict[str, Any]) -> list[dict[str, Any]]:
    listed = folder / Path(row["file"]).parent / "segments.jsonl"
    if row.get("channels", 1) < 2 or not listed.is_file():
        return []
    turns = map(json.loads, listed.read_text(encoding="utf-8").splitlines())
    name = Path(row["file"]).name
    return [t for t in turns if t["call"] == name and t.get("own_channel_louder", True) and t["reference"]]


def _clip(
    scratch: Path,
    name: str,
    set_: str,
    lang: str,
    reference: str | None,
    pcm: Any,
    words: list[dict[str, Any]],
) -> Clip:
    path = scratch / (name.replace("/", "_").replace("#", "_") + ".npy")
    np.save(path, pcm)
    return Clip(name, set_, lang, reference, path, len(pcm) / 16_000, words)


def language_of(clip: Clip, mode: str) -> str | None:
    """The language a recogniser is told: none, the clip's own, or one for all."""
    if mode == "auto":
        return None
    if mode == "known":
        return "en" if clip.lang.startswith("en") else "tl"
    return mode


def measure(
    found: Sequence[Clip], runners: Sequence[Runner], languages: dict[str, str], rounds: int
) -> dict[str, dict[str, Answer]]:
    """Every recogniser on every clip, in turn; by recogniser and clip."""
    answers: dict[str, dict[str, Answer]] = {runner.name: {} for runner in runners}
    for number in range(rounds):
        for index, clip in enumerate(found):
            # Who goes first changes, so that no one always finds the caches warm.
            shift = (number + index) % len(runners)
            for runner in [*runners[shift:], *runners[:shift]]:
                got = runner.read(clip, language_of(clip, languages[runner.name]))
                answer = answers[runner.name].setdefault(
                    clip.name, Answer(got["text"], got["language"], got["words"])
                )
                answer.seconds.append(got["seconds"])
                answer.cpu_seconds.append(got["cpu_seconds"])
    return answers


def report(
    found: Sequence[Clip], runners: Sequence[Runner], answers: dict[str, dict[str, Answer]]
) -> dict[str, Any]:
    """Figures for each set and recogniser; errors against the second recogniser with their interval."""
    sets: dict[str, list[Clip]] = defaultdict(list)
    for clip in found:
        sets[clip.set].append(clip)
    rows = []
    for name, members in sets.items():
        for runner in runners:
            mine = [answers[runner.name][clip.name] for clip in members]
            rows.append({"set": name, "system": runner.name, **_figures(members, mine)})
    return {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "load": os.getloadavg()[0],
        "peak_mb": {runner.name: round(runner.peak_mb) for runner in runners},
        "sets": rows,
        "against": _against(sets, runners, answers),
    }


def _figures(members: Sequence[Clip], answers: Sequence[Answer]) -> dict[str, Any]:
    scored = [(c, a) for c, a in zip(members, answers, strict=True) if c.reference]
    words = sum((word_errors(c.reference or "", a.text) for c, a in scored), Errors(0, 0))
    letters = sum((letter_errors(c.reference or "", a.text) for c, a in scored), Errors(0, 0))
    silent = [(c, a) for c, a in zip(members, answers, strict=True) if c.reference == ""]
    sound = sum(c.seconds for c in members)
    medians = [statistics.median(a.seconds) for a in answers]
    offsets = [o for c, a in zip(members, answers, strict=True) for o in _onset_errors(c, a)]
    return {
        "clips": len(members), "minutes": round(sound / 60, 2), "reference_words": words.words,
        "wer": round(words.rate, 2) if words.words else None,
        "cer": round(letters.rate, 2) if letters.words else None,
        "invented_words": sum(len(normalised(a.text)) for _, a in silent) if silent else None,
        "real_time": round(sound / sum(medians), 2),
        "cpu_real_time": round(sound / sum(statistics.median(a.cpu_seconds) for a in answers), 2),
        "seconds_to_text": round(statistics.median(medians), 3),
        "onset_ms_median": round(statistics.median(offsets)) if offsets else None,
        "onset_ms_95": round(float(np.percentile(offsets, 95))) if offsets else None,
    }  # fmt: skip


def _onset_errors(clip: Clip, answer: Answer) -> list[float]:
    """How far the start of a word is off, in ms, for words after 150 ms of silence that were read right."""
    before = -1000
    wanted = []
    for word in clip.words:
        if word["start_ms"] - before >= 150:
            wanted.append(word)
        before = word["end_ms"]
    errors = []
    for word in wanted:
        near = [w for w in answer.words if normalised(w[2]) == normalised(word["text"])]
        if near:
            errors.append(min(abs(w[0] - word["start_ms"]) for w in near))
    return [e for e in errors if e < 2000]


def _against(
    sets: dict[str, list[Clip]], runners: Sequence[Runner], answers: dict[str, dict[str, Answer]]
) -> list[dict[str, Any]]:
    first, *others = runners
    rows = []
    for name, members in sets.items():
        scored = [c for c in members if c.reference]
        for other in others:
            speeds = []
            for round_ in range(len(answers[first.name][members[0].name].seconds)):
                mine = sum(answers[first.name][c.name].seconds[round_] for c in members)
                theirs = sum(answers[other.name][c.name].seconds[round_] for c in members)
                speeds.append(theirs / mine)
            row: dict[str, Any] = {
                "set": name, "other": other.name, "times_as_fast": round(statistics.median(speeds), 2)
            }  # fmt: skip
            if scored:
                ours = [word_errors(c.reference or "", answers[first.name][c.name].text) for c in scored]
                theirs_ = [word_errors(c.reference or "", answers[other.name][c.name].text) for c in scored]
                low, high = paired_interval(ours, theirs_)
                row["wer_difference_95"] = [round(low, 2), round(high, 2)]
            rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure and print; the figures are returned as well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder with manifest.jsonl")
    parser.add_argument("--systems", nargs="+", choices=sorted(SYSTEMS), default=list(DEFAULT_SYSTEMS))
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets")
    parser.add_argument("--limit", type=int, help="at most so many clips of each set")
    parser.add_argument("--whole", action="store_true", help="read calls whole only, not turn by turn too")
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many rounds (default 5)")
    parser.add_argument(
        "--language", action="append", default=[], metavar="SYSTEM=MODE",
        help="auto (default), known (the manifest's), or a code, for one system or for all (MODE alone)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args(arguments)
    languages = dict.fromkeys(given.systems, "auto")
    for choice in given.language:
        system, _, mode = choice.rpartition("=")
        languages |= {system: mode} if system else dict.fromkeys(given.systems, mode)
    with tempfile.TemporaryDirectory(prefix="tala-bench-") as scratch:
        found = list(clips(given.folder, Path(scratch), given.sets, given.limit, cut=not given.whole))
        if not found:
            raise SystemExit("no clip of the manifest is in these sets")
        runners = [Runner(name, {}) for name in given.systems]
        try:
            answers = measure(found, runners, languages, given.rounds)
        finally:
            for runner in runners:
                runner.close()
        figures = report(found, runners, answers) | {"languages": languages, "rounds": given.rounds}
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(table(figures))
    return figures


def table(figures: dict[str, Any]) -> str:
    """The figures as text."""
    shown = {
        "set": 32, "system": 24, "wer": 7, "cer": 7, "invented_words": 15, "real_time": 10,
        "cpu_real_time": 14, "seconds_to_text": 16, "onset_ms_median": 16,
    }  # fmt: skip
    lines = [" ".join(f"{name:>{width}}" for name, width in shown.items())]
    for row in figures["sets"]:
        cells = {name: "-" if row[name] is None else str(row[name]) for name in shown}
        lines.append(" ".join(f"{cells[name]:>{width}}" for name, width in shown.items()))
    for row in figures["against"]:
        interval = row.get("wer_difference_95")
        words = f", word errors {interval[0]:+} to {interval[1]:+} points" if interval else ""
        lines.append(f"{row['set']}: {row['times_as_fast']} times as fast as {row['other']}{words}")
    lines.append("peak memory (MB): " + ", ".join(f"{k} {v}" for k, v in figures["peak_mb"].items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
