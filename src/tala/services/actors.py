"""Who asks: the one value that every use case takes to know what is allowed and whom to name in the ledger."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from tala.errors import TalaError

ActorKind = Literal["citizen", "user", "key", "operator", "system"]


class Role(StrEnum):
    """What somebody may do; the rules of each step stand with the step."""

    CITIZEN = "citizen"
    AGENT = "agent"
    OFFICER = "officer"
    HEAD = "head"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


STAFF = frozenset(Role) - {Role.CITIZEN}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or machine asking for something.

    Attributes:
        kind: how they came: a citizen with a ticket or capability, a signed-in user, an API key, the operator at this
            machine's command line, Tala itself.
        id: row id of the user or key, login name of the operator; empty for citizens.
        agency_code, office: where a member of staff works, if limited to one.
        capability: token that opens one recording, its transcript and draft.
        address_hash: keyed hash of the network address, for limits; never stored with what a citizen files.
        ticket_hash: the intake ticket in use.
        must_change_password: signed in with a one-time password; nothing else is allowed before it is changed.
    """

    kind: ActorKind
    role: Role = Role.CITIZEN
    id: str = ""
    agency_code: str | None = None
    office: str | None = None
    scopes: frozenset[str] = frozenset()
    capability: str | None = None
    address_hash: str = ""
    ticket_hash: str = ""
    session_id: str = ""
    must_change_password: bool = False

    @property
    def reference(self) -> str:
        """How corrections and attestations name this actor: `citizen`, `user:<id>`, `key:<id>`, `operator:<login>`."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def require(self, *roles: Role) -> None:
        """Raise TalaError(forbidden) unless the actor has one of these roles."""
        if self.role not in roles:
            raise TalaError("forbidden", f"This needs the role {' or '.join(roles)}.")


SYSTEM = Actor("system", Role.ADMINISTRATOR, "tala")


def operator(login: str) -> Actor:
    """Whoever runs the command line on the machine that holds the data and its keys."""
    return Actor("operator", Role.ADMINISTRATOR, login)
