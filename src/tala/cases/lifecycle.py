"""The life of a case as data (`data/lifecycle.toml`) and the pure questions asked of it."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tala.cases import datafiles
from tala.cases.people import ROLES
from tala.errors import TalaError

ALL_CLOCKS = "*"
ACTORS = (*ROLES, "agency", "system")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class State(_Row):
    """A state's names for people."""

    en: str
    fil: str


class Step(_Row):
    """A transition: from any of `sources` to `target`, by one of `roles`, with a reason where there are
    some.
    """

    action: str
    sources: tuple[str, ...] = Field(alias="from", min_length=1)
    target: str = Field(alias="to")
    roles: tuple[str, ...] = Field(min_length=1)
    reasons: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    pause: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()


class Lifecycle(_Row):
    """States and steps."""

    version: int
    states: dict[str, State]
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    step: tuple[Step, ...]

    @model_validator(mode="before")
    @classmethod
    def _spell_groups_out(cls, data: Any) -> Any:
        groups = data.get("groups", {})
        steps = []
        for step in data["step"]:
            sources = [
                state for name in step["from"] for state in (groups[name[1:]] if name[:1] == "@" else [name])
            ]
            steps.append(step | {"from": sources})
        return data | {"step": steps}

    @model_validator(mode="after")
    def _check(self) -> "Lifecycle":
        seen: set[str] = set()
        for step in self.step:
            unknown = {*step.sources, step.target} - set(self.states)
            if unknown:
                raise ValueError(f"step {step.action} names unknown states: {', '.join(sorted(unknown))}")
            if wrong := set(step.roles) - set(ACTORS):
                raise ValueError(f"step {step.action} names unknown roles: {', '.join(sorted(wrong))}")
            if step.action in seen or len(set(step.sources)) != len(step.sources):
                raise ValueError(f"step {step.action} stands twice")
            seen.add(step.action)
        return self

    def find(self, action: str) -> Step | None:
        """The step of that name."""
        return next((step for step in self.step if step.action == action), None)


@cache
def load() -> Lifecycle:
    """The shipped life of a case."""
    return Lifecycle.model_validate(datafiles.read("lifecycle.toml"))


def allowed(state: str, action: str, role: str) -> bool:
    """Whether somebody of this role may take this step from this state."""
    step = load().find(action)
    return step is not None and state in step.sources and role in step.roles


def actions(state: str, role: str) -> tuple[Step, ...]:
    """The steps open to a role in a state."""
    return tuple(step for step in load().step if state in step.sources and role in step.roles)


def is_open(state: str) -> bool:
    """Whether work on a case in this state is still going on."""
    return state in load().groups["open"]


def check(state: str, action: str, role: str, reason: str | None) -> Step:
    """The step, or why it cannot be taken.

    Raises:
        TalaError: bad_request (no such step), forbidden (not this role), transition_not_allowed (not from
        here), invalid_input (a reason of the step's list is missing).
    """
    step = load().find(action)
    if step is None:
        raise TalaError("bad_request", f"There is no step {action!r}.")
    if role not in step.roles:
        raise TalaError("forbidden", f"This step is for: {', '.join(step.roles)}.")
    if state not in step.sources:
        here = ", ".join(other.action for other in actions(state, role)) or "none"
        raise TalaError(
            "transition_not_allowed",
            f"A case that is {state} cannot take the step {action}. Open steps: {here}.",
            state=state,
            action=action,
        )
    if step.reasons and reason not in step.reasons:
        raise TalaError(
            "invalid_input",
            f"Give a reason: {', '.join(step.reasons)}.",
            errors=[{"pointer": "/reason", "detail": f"one of {', '.join(step.reasons)}"}],
        )
    if not step.reasons and reason is not None:
        raise TalaError(
            "invalid_input",
            "This step takes no reason.",
            errors=[{"pointer": "/reason", "detail": "leave it out"}],
        )
    return step
