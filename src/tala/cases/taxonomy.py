"""The grounds of complaint: code, law, names and descriptions in two languages, and who can act first.

A ground is referred to by its code only. Letters of a section differ between published lists, so law, section
and paragraph are kept apart and never stand for the ground.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Route = Literal["agency", "arta", "ombudsman_or_csc", "elsewhere", "none"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(_Row):
    """The same words in English and in Filipino."""

    en: str = Field(min_length=1)
    fil: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """The words for `en`, or for any other language the Filipino ones."""
        return self.en if language == "en" else self.fil


class Ground(_Row):
    """One ground; `complaint` is false for what is not a complaint about a government service."""

    code: str = Field(pattern=r"^[a-z_]+$")
    complaint: bool
    least_urgency: Literal["low", "medium"]
    law: str
    section: str
    paragraph: str
    name: Bilingual
    description: Bilingual
    routing: tuple[Route, ...] = Field(min_length=1)

    @property
    def citation(self) -> str:
        """The law it rests on, as in "RA 11032, Section 21(a)"; empty where there is none."""
        if not self.law:
            return ""
        paragraph = f"({self.paragraph})" if self.paragraph else ""
        return f"{self.law}, Section {self.section}{paragraph}"


class Taxonomy(_Row):
    """All grounds, in the order in which equals are shown."""

    version: int = Field(ge=1)
    category: tuple[Ground, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_are_unique(self) -> "Taxonomy":
        if len({ground.code for ground in self.category}) != len(self.category):
            raise ValueError("a code stands twice in the taxonomy")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, in order."""
        return tuple(ground.code for ground in self.category)

    @property
    def complaint_codes(self) -> tuple[str, ...]:
        """The codes that make a text a complaint, in order."""
        return tuple(ground.code for ground in self.category if ground.complaint)

    def __getitem__(self, code: str) -> Ground:
        """The ground of that code; KeyError if there is none."""
        for ground in self.category:
            if ground.code == code:
                return ground
        raise KeyError(code)

    def __contains__(self, code: object) -> bool:
        return any(ground.code == code for ground in self.category)


@cache
def load() -> Taxonomy:
    """The shipped taxonomy, checked; raises pydantic.ValidationError if the file is not as described here."""
    text = resources.files("tala.data").joinpath("taxonomy.toml").read_text(encoding="utf-8")
    return Taxonomy.model_validate(tomllib.loads(text))
