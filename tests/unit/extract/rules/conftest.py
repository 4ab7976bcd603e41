"""The rule components alone, on a blank pipeline."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import spacy

from tala.extract.rules import RULES

MANILA = dt.timezone(dt.timedelta(hours=8))
FRIDAY = dt.datetime(2026, 8, 14, 15, 0, tzinfo=MANILA)


@pytest.fixture(scope="session")
def read() -> Callable[..., Any]:
    """Reads a text said on Friday, 14 August 2026 (or `filed_at`) and gives the extensions of the `Doc`."""
    nlp = spacy.blank("en")
    for rule in RULES:
        nlp.add_pipe(rule.name)

    def _read(text: str, filed_at: dt.datetime = FRIDAY) -> Any:
        doc = nlp.make_doc(text)
        doc._.filed_at = filed_at
        return nlp(doc)._

    return _read
