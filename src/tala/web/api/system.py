"""Whether this process lives and whether it can work."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Response
from sqlalchemy import text

from tala import __version__
from tala.errors import TalaError
from tala.services.context import Context
from tala.web.auth import context_of

AnyRequest = Request[Any, Any, Any]
_REMEMBERED_SECONDS = 2.0
_PATIENCE_SECONDS = 5.0


@get("/healthz", operation_id="healthz", summary="Alive", tags=["System"], sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "version": __version__}


@get(
    "/readyz",
    operation_id="readyz",
    summary="Ready",
    tags=["System"],
    responses={503: ResponseSpec(data_container=dict[str, Any], description="What cannot be reached.")},
)
async def readyz(request: AnyRequest) -> Response[dict[str, Any]]:
    """Database, storage and queue can be reached; 503 with what cannot."""
    state = request.app.state
    if time.monotonic() - getattr(state, "readiness_at", -1e9) > _REMEMBERED_SECONDS:
        state.readiness = await _checks(context_of(request))
        state.readiness_at = time.monotonic()
    found: dict[str, str] = state.readiness
    ready = all(value == "ok" for value in found.values())
    return Response(
        {"status": "ok" if ready else "unavailable", "checks": found}, status_code=200 if ready else 503
    )


async def _checks(ctx: Context) -> dict[str, str]:
    async def database() -> None:
        async with ctx.database.read() as session:
            await session.execute(text("SELECT 1"))

    async def queue() -> None:
        if not await ctx.queue.reachable():
            raise TalaError("queue_unavailable")

    checks: dict[str, Callable[[], Awaitable[object]]] = {
        "database": database,
        "storage": ctx.recordings.check,
        "queue": queue,
    }
    answers = await asyncio.gather(*(_tried(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


async def _tried(check: Callable[[], Awaitable[object]]) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await check()
    except TalaError as error:
        return error.code
    except Exception:
        return "unavailable"
    return "ok"
