"""What each role finds in its navigation: the one list of the pages of staff and who goes there."""

from tala.services.actors import Role

Place = tuple[str, str, str]
"""Address, key of its name, letter that leads there after `g`."""

CASES: Place = ("/desk", "frame.cases", "c")
INTAKE: Place = ("/desk/intake", "frame.intake", "i")
BOARD: Place = ("/desk/board", "frame.board", "b")
AUDIT: Place = ("/desk/audit", "frame.audit", "a")
ADMIN: Place = ("/desk/admin", "frame.admin", "m")

PLACES: dict[Role, tuple[Place, ...]] = {
    Role.AGENT: (INTAKE, CASES),
    Role.OFFICER: (CASES, INTAKE),
    Role.HEAD: (CASES, BOARD, INTAKE),
    Role.AUDITOR: (CASES, AUDIT),
    Role.ADMINISTRATOR: (CASES, BOARD, AUDIT, INTAKE, ADMIN),
}


def of(role: str) -> tuple[Place, ...]:
    """The places of a role, the first being where it begins."""
    return PLACES.get(Role(role), ())
