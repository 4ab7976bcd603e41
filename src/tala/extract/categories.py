"""Component tala_categories: the grounds of a complaint, best first, each with the words it rests on."""

from collections import defaultdict
from typing import Any, Final

from spacy.language import Language

from tala.cases import taxonomy
from tala.extract import evidence
from tala.extract.clauses import Clauses, clauses_of
from tala.extract.lexicon import Hit
from tala.extract.spans import spans_of
from tala.extract.words import extend
from tala.facts import Category

FACTORY: Final = "tala_categories"
extend("categories", ())


def by_phrases(clauses: Clauses) -> tuple[Category, ...]:
    """Grounds by their phrases alone, before anything is trained."""
    hits: dict[str, list[Hit]] = defaultdict(list)
    for hit in evidence.phrases(clauses):
        hits[hit.label].append(hit)
    total = sum(len(found) for found in hits.values())
    ranked = sorted(hits, key=lambda code: -len(hits[code]))
    if not ranked:
        return ()
    other = [c for c in ranked if not taxonomy.load()[c].complaint]
    if ranked[0] in other:
        ranked = ranked[:1]
    else:
        ranked = [c for c in ranked if c not in other]
    return tuple(
        Category(code=code, score=round(len(hits[code]) / total, 3), evidence=spans_of(clauses, hits[code]))
        for code in ranked
    )


@Language.component(FACTORY)
def component(doc: Any) -> Any:
    """Set `doc._.categories`."""
    doc._.categories = by_phrases(clauses_of(doc))
    return doc
