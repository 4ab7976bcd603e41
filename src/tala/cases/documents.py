"""Drafts of letters as data (`data/documents.toml`) and how their blanks are filled. Pure."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tala.cases import datafiles

Language = Literal["en", "fil"]
BLANK = "____________________"
_VALUES = (
    "ctn filed today authority agency office place service incident grounds laws narrative complainant",
    "contact respondent amounts state outcome reply due days",
)
VALUES = frozenset(name for line in _VALUES for name in line.split())
_NAMED = re.compile(r"\{(\w+)\}")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Part(_Row):
    """A paragraph with or without a heading, in both languages."""

    heading_en: str = ""
    heading_fil: str = ""
    en: str
    fil: str


class Template(_Row):
    """A letter. `readers`: office (who handles the case), citizen (by receipt)."""

    readers: tuple[Literal["office", "citizen"], ...] = Field(alias="for", min_length=1)
    title_en: str
    title_fil: str
    part: tuple[Part, ...] = Field(min_length=1)


class Filled(_Row):
    """A letter with its values: title, then headings (may be empty) and texts."""

    title: str
    parts: tuple[tuple[str, str], ...]


@cache
def load() -> dict[str, Template]:
    """The shipped letters by kind. Raises ValueError for a value nobody fills in."""
    data = datafiles.read("documents.toml")
    found = {name: Template.model_validate(entry) for name, entry in data.items() if name != "version"}
    for name, template in found.items():
        for part in template.part:
            if unknown := set(_NAMED.findall(part.en + part.fil)) - VALUES:
                raise ValueError(f"letter {name} names unknown values: {', '.join(sorted(unknown))}")
    return found


def fill(kind: str, language: Language, values: Mapping[str, str]) -> Filled:
    """A letter with its values set in; what is not known is a blank to fill in by hand."""
    template = load()[kind]

    def text(raw: str) -> str:
        # Once over the text: what somebody said is never read as a value again.
        return _NAMED.sub(lambda match: values.get(match[1]) or BLANK, raw)

    return Filled(
        title=getattr(template, f"title_{language}"),
        parts=tuple(
            (getattr(part, f"heading_{language}"), text(getattr(part, language))) for part in template.part
        ),
    )
