"""The tokens of a text: runs of letters and digits, single signs, and white space.

Components read words of their own (`words`, `clauses`); tokens are there so that spans can be taken of a
`Doc`. spaCy's own tokenizer knows exceptions and computes a dozen attributes of every new word, which nobody
here asks for; leaving that out makes reading a text a sixth faster.
"""

import re
from pathlib import Path
from typing import Any, Final

from spacy.tokens import Doc
from spacy.util import registry

NAME: Final = "tala.tokens.v1"
_TOKEN: Final = re.compile(r"\w+|[^\w\s]|\s+")


class Tokens:
    """The tokenizer of one pipeline."""

    def __init__(self, nlp: Any) -> None:
        self.vocab = nlp.vocab
        self.vocab.lex_attr_getters = {}

    def __call__(self, text: str) -> Doc:
        """The tokens; joined they are the text again."""
        words: list[str] = []
        spaces: list[bool] = []
        for piece in _TOKEN.findall(text):
            if piece == " " and spaces and not spaces[-1]:
                spaces[-1] = True
            else:
                words.append(piece)
                spaces.append(False)
        return Doc(self.vocab, words, spaces)

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """Nothing is learned, so nothing is kept."""

    def from_disk(self, path: str | Path, **_: Any) -> "Tokens":
        """Nothing was kept."""
        return self


def make() -> Any:
    """What makes the tokenizer of a pipeline."""
    return Tokens


registry.tokenizers.register(NAME, func=make)
