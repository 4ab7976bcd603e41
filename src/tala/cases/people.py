"""Who acts: the value that goes into the ledger and that every permission is decided on."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["citizen", "staff", "key", "machine", "system"]
ROLES = ("citizen", "agent", "officer", "head", "auditor", "administrator")


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts.

    Args:
        kind: citizen (holder of a receipt or ticket), staff (signed in), key (API key), machine (recogniser,
            language pipeline) or system (clock, sweeper).
        role: one of ROLES for people and keys, empty for machine and system.
        id: opaque id of user or API key; for a machine its name and version. Never a name or an address.
        agency_code: agency the person works for, None for the authority that handles complaints.
        office: office of that agency, None for all of it.
    """

    kind: ActorKind
    role: str = ""
    id: str | None = None
    agency_code: str | None = None
    office: str | None = None

    @property
    def is_staff(self) -> bool:
        """Whether a member of staff or a key of theirs acts."""
        return self.kind in ("staff", "key") and self.role != "citizen"


SYSTEM = Actor("system")
CITIZEN = Actor("citizen", "citizen")
