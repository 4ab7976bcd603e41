"""Which authority and desk handles a case: rules as data (`data/authorities.toml`)."""

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from tala.cases import datafiles


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Authority(_Row):
    """An authority that handles complaints."""

    code: str
    name: str


class Rule(_Row):
    """A rule of routing; empty lists match anything."""

    agencies: tuple[str, ...] = ()
    psgc: tuple[str, ...] = ()
    needs_place: bool = False
    authority: str
    desk: str
    reason: str

    def matches(self, agency_code: str | None, psgc: str | None) -> bool:
        """Whether the rule is for this agency in this place."""
        if self.agencies and agency_code not in self.agencies:
            return False
        if self.needs_place and psgc is None:
            return False
        return not self.psgc or (psgc is not None and psgc.startswith(self.psgc))


class Routing(_Row):
    """Authorities and the rules between them."""

    version: int
    authority: tuple[Authority, ...]
    rule: tuple[Rule, ...]

    @model_validator(mode="after")
    def _check(self) -> "Routing":
        known = {authority.code for authority in self.authority}
        if unknown := {rule.authority for rule in self.rule} - known:
            raise ValueError(f"routing names unknown authorities: {', '.join(sorted(unknown))}")
        last = self.rule[-1]
        if last.agencies or last.psgc or last.needs_place:
            raise ValueError("the last rule of routing must match everything")
        return self


class Route(_Row):
    """Where a case goes and why."""

    authority: str
    desk: str
    reason: str


@cache
def load() -> Routing:
    """The shipped routing."""
    return Routing.model_validate(datafiles.read("authorities.toml"))


def route(agency_code: str | None, psgc: str | None) -> Route:
    """The authority and desk for a complaint about an agency's office in a city or municipality."""
    rule = next(rule for rule in load().rule if rule.matches(agency_code, psgc))
    return Route(authority=rule.authority, desk=rule.desk.format(region=(psgc or "")[:2]), reason=rule.reason)
