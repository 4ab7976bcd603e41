"""How long each kind of thing is kept: the shipped rules (`data/retention.toml`). Pure."""

from functools import cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tala.cases import datafiles


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(_Row):
    """A kind of thing; `days` 0 keeps it for good, `warn` is how many days before the end heads are told."""

    code: str = Field(pattern=r"^[a-z_]+$")
    en: str
    fil: str
    after: str
    days: int = Field(ge=0, le=36_500)
    warn: int = Field(ge=0, le=365)


class Rules(_Row):
    """All kinds."""

    version: int
    kind: tuple[Kind, ...]

    @model_validator(mode="after")
    def _codes_are_unique(self) -> "Rules":
        if len({kind.code for kind in self.kind}) != len(self.kind):
            raise ValueError("a kind stands twice")
        return self

    def find(self, code: str) -> Kind | None:
        """The kind of a code."""
        return next((kind for kind in self.kind if kind.code == code), None)


@cache
def load() -> Rules:
    """The shipped rules."""
    return Rules.model_validate(datafiles.read("retention.toml"))
