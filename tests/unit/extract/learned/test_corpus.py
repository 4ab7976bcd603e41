"""The training corpus keeps its promises."""

from collections import Counter

from tala.cases import taxonomy
from tala.extract import corpus, overlap


def test_is_large_enough_in_every_language() -> None:
    examples = corpus.read(corpus.FOLDER)
    known = taxonomy.load()
    complaints = [e for e in examples if known[e.codes[0]].complaint]
    assert len({e.text for e in complaints}) >= 3000
    assert len({e.text for e in examples}) - len(complaints) >= 800
    assert min(Counter(e.language for e in examples).values()) >= 900


def test_no_two_texts_share_a_run_of_eight_words_once_masked() -> None:
    runs = overlap.Runs()
    repeated = [e.text for e in corpus.read(corpus.FOLDER) if not runs.add(e.text)]
    assert repeated == []


def test_a_repeated_run_is_noticed_through_other_names_and_numbers() -> None:
    runs = overlap.Runs()
    assert runs.add("They told me at the Pasig office that my papers were lost again")
    assert not runs.add("They told me at the Davao office that my papers were lost again in March")
    assert runs.add("Nobody at that office could say where my papers had gone")


def test_every_ground_is_written_in_every_language() -> None:
    written = Counter((e.codes[0], e.language) for e in corpus.read(corpus.FOLDER) if not e.composed)
    assert (
        min(written[code, language] for code in taxonomy.load().codes for language in corpus.LANGUAGES) >= 25
    )


def test_held_out_texts_are_written_ones_and_about_a_fifth() -> None:
    written = [e for e in corpus.read(corpus.FOLDER) if not e.composed]
    held_out = [e for e in corpus.read(corpus.FOLDER) if e.held_out]
    assert all(not e.composed for e in held_out)
    assert 0.15 < len(held_out) / len(written) < 0.25


def test_saying_a_text_again_keeps_its_meaning_and_is_seeded() -> None:
    example = next(e for e in corpus.read(corpus.FOLDER) if e.codes == ("bribery_extortion",))
    first, second = (corpus.Speaker(corpus.FOLDER / "context.toml", 3) for _ in range(2))
    told, again = first.heard(first.in_context(example)), second.heard(second.in_context(example))
    assert told == again
    assert told.codes == example.codes
    assert told.text == told.text.lower()
