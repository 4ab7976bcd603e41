"""Who asks: an Actor, as the ledger names it, with what it carries to be let in."""

from dataclasses import dataclass
from enum import StrEnum

from tala.cases.people import Actor
from tala.errors import TalaError


class Role(StrEnum):
    """What somebody may do; the rules of each step stand with the step."""

    CITIZEN = "citizen"
    AGENT = "agent"
    OFFICER = "officer"
    HEAD = "head"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What an API key may be limited to, within its role."""

    INTAKE = "intake"
    READ = "cases:read"
    WRITE = "cases:write"
    STATISTICS = "statistics"
    EXPORT = "export"
    AUDIT = "audit"
    ADMIN = "admin"


STAFF = frozenset(Role) - {Role.CITIZEN}
"""Roles that need a signed-in person or an API key."""


@dataclass(frozen=True, slots=True)
class Caller(Actor):
    """An actor at the door.

    Attributes:
        capability: token that opens one recording, its transcript and draft.
        address_hash: keyed hash of the network address, for limits; never kept with what a citizen files.
        ticket_hash: the intake ticket in use.
        session_id: the session of a signed-in person.
        scopes: what an API key is limited to; empty: all that its role may.
        must_change_password: signed in with a one-time password, which has to be changed first.
        local: runs the command line on the machine that holds the data and its keys.
    """

    capability: str | None = None
    address_hash: str = ""
    ticket_hash: str = ""
    session_id: str = ""
    scopes: frozenset[str] = frozenset()
    must_change_password: bool = False
    local: bool = False

    @property
    def reference(self) -> str:
        """How corrections and attestations name this actor: `citizen`, `staff:<id>`, `key:<id>`, `system`."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def require(self, *roles: Role) -> None:
        """Raise TalaError(forbidden) unless the actor has one of these roles and a password of their own."""
        if self.must_change_password:
            raise TalaError("forbidden", "Change your one-time password first.")
        if self.role not in roles:
            raise TalaError("forbidden", f"This needs the role {' or '.join(roles)}.")

    def require_scope(self, scope: Scope) -> None:
        """Raise TalaError(forbidden) where this is a key that was limited to other things."""
        if self.scopes and scope not in self.scopes:
            raise TalaError("forbidden", f"This key lacks the scope {scope}.")


SYSTEM = Caller("system", id="tala", local=True)


def operator(login: str) -> Caller:
    """Whoever runs the command line on the machine that holds the data and its keys."""
    return Caller("staff", Role.ADMINISTRATOR, f"operator-{login}", local=True)
