"""The web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from tala.services.context import Context
from tala.settings import Settings
from tala.web import assets, description
from tala.web.api import drafts, intake, recordings, system
from tala.web.pages import citizen
from tala.web.problems import HANDLERS
from tala.web.transport import RateLimit, Transport

MAX_JSON_BYTES = 256 * 1024


def create_app(settings: Settings, *, rate_limit: RateLimit | None = None) -> Litestar:
    """The application for these settings. The database must have been migrated.

    Its context is opened when it starts and stands in `app.state.context` until it stops.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.context = await Context.open(settings)
        try:
            yield
        finally:
            await app.state.context.close()

    app = Litestar(
        route_handlers=[
            assets.static, system.healthz, system.readyz, intake.open_ticket, recordings.Recordings, drafts.Drafts,
            citizen.home, citizen.privacy, citizen.problem_list, citizen.docs, citizen.choose_language,
        ],
        lifespan=[lifespan],
        openapi_config=description.openapi(),
        exception_handlers=HANDLERS,
        request_max_body_size=MAX_JSON_BYTES,
        logging_config=None,
    )  # fmt: skip
    app.asgi_handler = Transport(
        app.asgi_handler, secure=settings.base_url.startswith("https:"), rate_limit=rate_limit or RateLimit()
    )
    return app
