"""The way in for citizens, who need no account."""

from typing import Any

from litestar import Request, post

from tala.services import intake
from tala.web.api.schemas import problems
from tala.web.auth import address_of, context_of


@post(
    "/api/v1/intake/tickets",
    operation_id="openIntakeTicket",
    summary="Ask for an intake ticket",
    tags=["Intake"],
    status_code=201,
    responses=problems(429),
)
async def open_ticket(request: Request[Any, Any, Any]) -> intake.Ticket:
    """A short-lived token that opens the intake routes: sending recordings and typed complaints."""
    return await intake.open_ticket(context_of(request), address=address_of(request))
