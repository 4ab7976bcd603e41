"""Speed of the understander in this process: `python -m benchmarks.language.speed FILE`.

The scorer starts it in a process of its own whose numerical libraries are told to use one thread.
"""

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.language.items import Item, read

MIN_WORDS, MAX_WORDS = 20, 200
LONG_TEXT_WORDS = 2000
MEASURE_SECONDS = 5.0


def measure(file: Path) -> dict[str, float]:
    """Words a second on texts of usual length, seconds for 2,000 words and to load, peak memory."""
    started = time.perf_counter()
    from tala.extract import pipeline  # loading counts the imports too
    from tala.settings import Settings

    understander = pipeline.load(Settings())
    load_seconds = time.perf_counter() - started
    every = read(file)
    items = [item for item in every if MIN_WORDS <= item.words <= MAX_WORDS] or every
    for item in items[:10]:
        understander.understand(item.text, filed_at=item.filed_at)
    # Seconds of the core, not of the clock: other work on the machine does not count.
    words, started = 0, time.process_time()
    while (elapsed := time.process_time() - started) < MEASURE_SECONDS:
        for item in items:
            understander.understand(item.text, filed_at=item.filed_at)
            words += item.words
    long_text = _long_text(items)
    long_started = time.process_time()
    understander.understand(long_text, filed_at=items[0].filed_at)
    return {
        "words_per_second": words / elapsed,
        "long_text_seconds": time.process_time() - long_started,
        "load_seconds": load_seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _long_text(items: list[Item]) -> str:
    words: list[str] = []
    while len(words) < LONG_TEXT_WORDS:
        for item in items:
            words.extend(item.text.split())
    return " ".join(words[:LONG_TEXT_WORDS])


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
