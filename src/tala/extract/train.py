"""Rebuild the language pipeline from its corpus: python -m tala.extract.train (make train).

Nothing is fetched and nothing is drawn at random without a seed: the same corpus gives the same weights and
scores. One written text in five is kept from a first fit, which is scored and calibrated on them; the
weights that ship are fitted on everything afterwards.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from spacy import util

from tala.cases import taxonomy
from tala.extract import categories, clauses, corpus, features, pipeline, scores
from tala.extract.categories import GRADES, Calibration, Categories
from tala.extract.corpus import Example
from tala.extract.features import MEANT, SIZE, Vector
from tala.extract.linear import Floats, Linear, sigmoid, softmax, train
from tala.extract.meanings import Meanings
from tala.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "models"
CONFIG = MODELS / "tala-understand.cfg"
SEED = 7
_COPIES = 2  # ways each written text is said again
_COMPOSED_COUNT = 0.5  # a composed text counts half a written one
_TOGETHER = 0.35  # share of complaints told together with another
_HEARD = 0.5  # share told as a recogniser writes
_ABSTAIN = 0.14


def build() -> Any:
    """The pipeline of the config, untrained."""
    return util.load_model_from_config(util.load_config(CONFIG), auto_fill=True)


def vectors_of(examples: Sequence[Example]) -> list[Vector]:
    """Feature vectors of texts."""
    return [features.vector(features.blocks(clauses.split(example.text))) for example in examples]


def said_again(examples: Sequence[Example], speaker: corpus.Speaker) -> list[Example]:
    """The examples, and each in other ways: in context, together with another, as heard."""
    known = taxonomy.load()
    complaints = {
        language: [
            e for e in examples if e.language == language and known[e.codes[0]].complaint and not e.composed
        ]
        for language in corpus.LANGUAGES
    }
    result = list(examples)
    for copy in range(_COPIES):
        for example in examples:
            if example.composed and copy:
                continue
            told = speaker.in_context(example)
            if known[example.codes[0]].complaint and not example.composed and speaker.chance(_TOGETHER):
                told = speaker.together(told, speaker.one_of(complaints[example.language]))
            result.append(speaker.heard(told) if speaker.chance(_HEARD) else told)
    return result


def targets(examples: Sequence[Example]) -> dict[str, Floats]:
    """What each head should say of each text."""
    codes = taxonomy.load().codes
    main = np.zeros((len(examples), len(codes)), np.float32)
    grounds = np.zeros_like(main)
    urgency = np.zeros((len(examples), len(GRADES)), np.float32)
    language = np.zeros((len(examples), len(categories.LANGUAGES)), np.float32)
    for row, example in enumerate(examples):
        language[row, categories.LANGUAGES.index(example.language)] = 1
        main[row, codes.index(example.codes[0])] = 1
        grounds[row, [codes.index(code) for code in example.codes]] = 1
        if not example.composed:  # their urgency was not written down
            urgency[row, GRADES.index(example.urgency)] = 1
    return {"main": main, "grounds": grounds, "urgency": urgency, "language": language}


class Spread:
    """Meanings as places in the space of meaning, and what was learned of places as weights of words."""

    def __init__(self, meanings: Meanings) -> None:
        self.size = MEANT + meanings.width
        self._meant = np.arange(MEANT, self.size, dtype=np.int32)
        self._places = np.zeros((SIZE - MEANT, meanings.width), np.float32)
        for word in meanings.words():
            self._places[features.meant_slot(word) - MEANT] = meanings.place(word)

    def placed(self, vector: Vector) -> Vector:
        """A vector whose meanings are one place instead of a weight for each word."""
        words = vector.indices < MEANT
        meant = ~words
        place = vector.values[meant] @ self._places[vector.indices[meant] - MEANT]
        return Vector(
            np.concatenate([vector.indices[words], self._meant]),
            np.concatenate([vector.values[words], place]).astype(np.float32),
        )

    def by_word(self, model: Linear) -> Linear:
        """The same model with a weight for each word that has a place."""
        weights = np.zeros((SIZE, model.weights.shape[1]), np.float32)
        weights[:MEANT] = model.weights[:MEANT]
        weights[MEANT:] = self._places @ model.weights[MEANT:]
        return Linear(model.heads, weights, model.bias)


def fit(examples: Sequence[Example]) -> Linear:
    """Weights learned from texts said in several ways."""
    told = said_again(examples, corpus.Speaker(corpus.FOLDER / "context.toml", SEED))
    counts = np.array([_COMPOSED_COUNT if e.composed else 1.0 for e in told], np.float32)
    spread = Spread(Meanings())
    vectors = [spread.placed(vector) for vector in vectors_of(told)]
    model = train(vectors, categories.heads(), targets(told), counts, size=spread.size, seed=SEED)
    return spread.by_word(model)


def calibrate(model: Linear, examples: Sequence[Example]) -> Calibration:
    """Temperature of the main ground and thresholds of the further ones, on texts the model has not seen."""
    logits = np.array([model.logits(vector) for vector in vectors_of(examples)])
    wanted = targets(examples)
    main = logits[:, model.columns("main")]
    temperatures = np.arange(0.4, 3.0, 0.05)
    losses = [
        -np.log((softmax(main / t) * wanted["main"]).sum(axis=1) + 1e-9).mean()
        for t in temperatures.astype(np.float32)
    ]
    alone = sigmoid(logits[:, model.columns("grounds")])
    further = tuple(_threshold(alone[:, k], wanted["grounds"][:, k]) for k in range(alone.shape[1]))
    return Calibration(round(float(temperatures[int(np.argmin(losses))]), 2), further, _ABSTAIN)


def _threshold(chances: Floats, wanted: Floats) -> float:
    """The least probability that gives the best F1, drawn towards one half where few texts tell."""
    grid = np.arange(0.2, 0.8, 0.02)
    f1 = [
        2 * float(wanted[chances >= t].sum()) / max(float(wanted.sum()) + (chances >= t).sum(), 1)
        for t in grid
    ]
    return round(0.5 * float(grid[int(np.argmax(f1))]) + 0.25, 3)


def save(nlp: Any, folder: Path) -> None:
    """Write a pipeline with the hashes of its files."""
    nlp.to_disk(folder)
    files = sorted(
        f for f in folder.rglob("*") if f.is_file() and f.name not in (pipeline.HASHES, "README.md")
    )
    lines = [f"{pipeline.sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in files]
    (folder / pipeline.HASHES).write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Train, score, calibrate, save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", type=Path, default=MODELS / pipeline.FOLDER, help="folder of the trained pipeline"
    )
    parser.add_argument("--quick", action="store_true", help="leave out the last fit: for trying things")
    arguments = parser.parse_args()
    output, quick = arguments.output, arguments.quick
    console = Console()
    begun = time.monotonic()
    examples = corpus.read(corpus.FOLDER)
    console.print(f"{len(examples)} texts read")
    nlp = build()
    component: Categories = nlp.get_pipe(categories.FACTORY)
    with console.status("Learning from four fifths…"):
        component.model = fit([e for e in examples if not e.held_out])
    held_out = corpus.Speaker(corpus.FOLDER / "context.toml", SEED + 1).ways(
        [e for e in examples if e.held_out]
    )
    told = [example for way in held_out.values() for example in way]
    component.calibration = calibrate(component.model, told)
    results = {way: scores.score(nlp, texts) for way, texts in held_out.items()}
    for way, result in results.items():
        console.print(f"{way:10} {result.line()}")
    if not quick:
        with console.status("Learning from all…"):
            component.model = fit(examples)
    shipped = build()  # without the words met in scoring
    trained: Categories = shipped.get_pipe(categories.FACTORY)
    trained.model, trained.calibration = component.model, component.calibration
    save(shipped, output)
    if output == MODELS / pipeline.FOLDER:
        scores.report(results, examples, PROJECT_ROOT / "docs" / "accuracy.md")
    console.print(f"{output.name} rebuilt in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
