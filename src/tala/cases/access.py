"""Need to know: who may see how much of a case. Pure; the services and the lists decide by these rules alone.

Levels: "full" (everything, with identity and sound), "masked" (names, phones, addresses and voices hidden),
"endorsed" (masked, and only what was endorsed to the agency). None: not even that the case exists.
"""

from dataclasses import dataclass
from typing import Literal

from tala.cases import routing
from tala.cases.people import Actor

Level = Literal["full", "masked", "endorsed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a case decides who may see it.

    Args:
        authority: code of the authority that handles it.
        agency_code, office: the agency and office complained of.
        endorsed_to: agencies with their offices (None: all offices) that were sent it.
        excluded: ids of staff who may not see it, because they are named in it or recused.
        identity_disclosed: the complainant agreed to be named to the agency.
    """

    authority: str
    agency_code: str | None = None
    office: str | None = None
    endorsed_to: tuple[tuple[str, str | None], ...] = ()
    excluded: frozenset[str] = frozenset()
    identity_disclosed: bool = False


def level(actor: Actor, case: Standing) -> Level | None:
    """How much of a case a member of staff, a key or the system sees.

    A citizen's right comes from the receipt alone and is decided where the receipt is checked.
    """
    if actor.kind in ("system", "machine"):
        return "full"
    if not actor.is_staff or (actor.id is not None and actor.id in case.excluded):
        return None
    concerned = complained_of(actor, case)
    if actor.role in ("auditor", "administrator"):
        return None if concerned else "masked"
    if concerned or not handles(actor, case):
        return "endorsed" if actor.role in ("officer", "head") and _was_sent(actor, case) else None
    if actor.role in ("officer", "head"):
        return "full"
    return "masked" if actor.role == "agent" else None


def may_act(actor: Actor, case: Standing) -> bool:
    """Whether a member of staff may work on the case, as far as the rules of each step let them."""
    return level(actor, case) == "full" or (actor.role == "agent" and level(actor, case) == "masked")


def role_in(actor: Actor, case: Standing) -> str:
    """The role the steps of the lifecycle know: "agency" for whoever sees the case as endorsed."""
    if actor.kind in ("system", "machine"):
        return "system"
    return "agency" if level(actor, case) == "endorsed" else actor.role


def sees_inside(actor: Actor, authority: str | None) -> bool:
    """Whether somebody who sees a case may know who handles it: not the agency it was endorsed to."""
    return not actor.is_staff or actor.role in ("auditor", "administrator") or employer(actor) == authority


def employer(actor: Actor) -> str:
    """Code of the agency somebody works for; staff without one work for the first authority of the routing
    data.
    """
    return actor.agency_code or home()


def home() -> str:
    """The authority this installation belongs to: the first of the routing data."""
    return routing.load().authority[0].code


def handles(actor: Actor, case: Standing) -> bool:
    """Whether somebody works for the authority that handles the case."""
    return employer(actor) == case.authority


def complained_of(actor: Actor, case: Standing) -> bool:
    """Whether somebody works for the office complained of; where an office is unknown, the agency decides."""
    if case.agency_code is None or employer(actor) != case.agency_code:
        return False
    return actor.office is None or case.office is None or actor.office == case.office


def _was_sent(actor: Actor, case: Standing) -> bool:
    return any(
        agency == employer(actor) and (office is None or actor.office is None or office == actor.office)
        for agency, office in case.endorsed_to
    )
