"""What citizens ask of their own data: answered by an administrator from a list, by a head on the case."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.errors import TalaError
from tala.services import rights
from tala.services.actors import Role
from tala.web.auth import actor_of, administers, context_of, erases_cases
from tala.web.i18n import language_of, messages
from tala.web.pages import case, words
from tala.web.pages.administration import admin_page
from tala.web.pages.shell import AnyRequest
from tala.web.pages.staff import Form
from tala.web.problems import body_of

_LIST = "/desk/admin/requests"


@get(_LIST, operation_id="adminRequests", include_in_schema=False, guards=[administers])
async def requests(request: AnyRequest) -> Response[str]:
    """Requests nobody has answered, the most urgent first."""
    return await _requests(request)


async def _requests(request: AnyRequest, *, status: int = 200, problem: str = "") -> Response[str]:
    found = await rights.open_ones(context_of(request), await actor_of(request))
    t = messages(language_of(request))
    return admin_page(
        request,
        "admin_requests.html",
        status=status,
        problem=problem,
        rows=[words.request(one, t) for one in found],
    )


@post(
    "/desk/cases/{number:str}/requests/{request_id:str}",
    operation_id="decideForm",
    include_in_schema=False,
    guards=[erases_cases],
)
async def decide(
    request: AnyRequest, number: FromPath[str], request_id: FromPath[str], data: Form
) -> Response[Any]:
    """Grant or refuse, with an answer to the citizen. Erasing that is granted is done at once."""
    actor = await actor_of(request)
    listed = actor.role == Role.ADMINISTRATOR
    try:
        if data.get("granted") not in ("yes", "no"):
            raise TalaError("invalid_input", messages(language_of(request))("rights.choose"))
        await rights.decide(
            context_of(request),
            number,
            request_id,
            actor,
            granted=data["granted"] == "yes",
            answer=data.get("answer", "")[:20_000],
        )
    except TalaError as error:
        if error.code in ("not_found", "forbidden", "unauthenticated"):
            raise
        problem = str(body_of(request, error)["detail"])
        if listed:
            return await _requests(request, status=error.status, problem=problem)
        return await case.case_page(request, number, problem=problem, status=error.status)
    where = f"{_LIST}?done=request" if listed else f"/desk/cases/{number}#requests"
    return Redirect(where, status_code=303)


PAGES = (requests, decide)
