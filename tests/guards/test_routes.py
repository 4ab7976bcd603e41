"""Every route has a guard or stands in the list of public ones, and says what it is."""

from litestar.routes import HTTPRoute, WebSocketRoute

from tala.settings import Settings
from tala.web.app import create_app
from tala.web.auth import PUBLIC

APP = create_app(Settings(_env_file=None))  # type: ignore[call-arg]
# The description of the interface is served by the framework, under this prefix.
DESCRIPTION = "/openapi.json"


def handlers() -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for route in APP.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(DESCRIPTION):
            found += [(route.path, h) for h in route.route_handlers if h.http_methods != {"OPTIONS"}]
        elif isinstance(route, WebSocketRoute):
            found.append((route.path, route.route_handler))
    return found


def name_of(handler: object) -> str:
    return str(getattr(handler, "operation_id", None) or getattr(handler, "name", ""))


def test_every_route_has_a_guard_or_is_public_by_name() -> None:
    open_ones = [
        (path, name_of(h))
        for path, h in handlers()
        if not h.resolve_guards() and name_of(h) not in PUBLIC  # type: ignore[attr-defined]
    ]
    assert open_ones == []


def test_no_public_name_has_a_guard_or_leads_nowhere() -> None:
    guarded = {name_of(h) for _, h in handlers() if h.resolve_guards()}  # type: ignore[attr-defined]
    assert PUBLIC & guarded == set()
    assert PUBLIC - {name_of(h) for _, h in handlers()} - {"openapi"} == set()


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [name_of(h) for _, h in handlers()]
    assert "" not in names
    assert len(names) == len(set(names))
