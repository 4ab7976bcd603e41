"""Whisper's vocabulary: text and time tokens, and which of them make a word."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tokenizers

from tala.errors import TalaError

TIME_STEP_MS = 20


@dataclass(frozen=True, slots=True)
class WordTokens:
    """One written word and the text tokens it is made of; `text` keeps no surrounding space."""

    text: str
    ids: tuple[int, ...]


class Vocabulary:
    """The tokens of one set of weights."""

    def __init__(self, folder: Path) -> None:
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise TalaError(
                "model_missing",
                "The folder of the speech model has no tokenizer.json: copy the one that belongs to these"
                " weights into it, or run `tala models fetch`.",
            )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self.end = self._id("<|endoftext|>")
        self.start = self._id("<|startoftranscript|>")
        self.transcribe = self._id("<|transcribe|>")
        self.previous = self._id("<|startofprev|>")
        self.no_times = self._id("<|notimestamps|>")
        self.first_time = self.no_times + 1

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise TalaError(
                "model_damaged", f"The speech model's tokenizer has no {token}: fetch the weights anew."
            )
        return int(found)

    def language(self, code: str) -> int | None:
        """Token of a language (`en`, `tl`…), None where these weights do not know it."""
        found = self._tokenizer.token_to_id(f"<|{code}|>")
        return None if found is None else int(found)

    def prompt(self, language: str, *, times: bool = True, context: tuple[int, ...] = ()) -> list[int]:
        """Tokens that open a decode; `context` is text said before or words to expect."""
        spoken = self.language(language)
        opening = [self.start] if spoken is None else [self.start, spoken, self.transcribe]
        if not times:
            opening.append(self.no_times)
        return [self.previous, *context, *opening] if context else opening

    def encode(self, text: str) -> list[int]:
        """Text tokens of `text`."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def is_text(self, token: int) -> bool:
        """Whether a token is text, not a mark of time, language or task."""
        return token < self.end

    def is_time(self, token: int) -> bool:
        """Whether a token is a time."""
        return token >= self.first_time

    def milliseconds(self, token: int) -> int:
        """The time a time token stands for, from the start of its window."""
        return (token - self.first_time) * TIME_STEP_MS

    def text(self, ids: list[int]) -> str:
        """What text tokens spell; other tokens are skipped."""
        written: str = self._tokenizer.decode([i for i in ids if self.is_text(i)], skip_special_tokens=True)
        return written

    @cached_property
    def _spelling(self) -> dict[int, str]:
        return {}

    def _piece(self, token: int) -> str:
        known = self._spelling.get(token)
        if known is None:
            known = self._spelling[token] = self._tokenizer.id_to_token(token) or ""
        return known

    def words(self, ids: list[int]) -> list[WordTokens]:
        """Text tokens gathered into words at their leading spaces.

        Bytes of one character may be spread over tokens, so tokens are joined before they are read as text.
        """
        groups: list[list[int]] = []
        for token in ids:
            if not self.is_text(token):
                continue
            # Ġ is how the byte-level vocabulary writes a leading space.
            if not groups or self._piece(token).startswith("Ġ"):
                groups.append([token])
            else:
                groups[-1].append(token)
        made: list[WordTokens] = []
        carried: list[int] = []
        for group in groups:
            text = self.text(carried + group).strip()
            if not text:
                carried += group
                continue
            made.append(WordTokens(text, tuple(carried + group)))
            carried = []
        if carried and made:
            made[-1] = WordTokens(made[-1].text, made[-1].ids + tuple(carried))
        return made
