"""Pages for staff: signing in, the list of cases, one case."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Response

from tala.errors import TalaError
from tala.services import sessions
from tala.web.auth import (
    SESSION_COOKIE,
    actor_of,
    context_of,
    end_cookie,
    same_origin,
    session_cookie,
    signed_in,
)
from tala.web.i18n import language_of, messages
from tala.web.pages.shell import page

AnyRequest = Request[Any, Any, Any]
Form = URLEncodedBody[dict[str, str]]
_FIRST_PAGE = "/desk"


def _own_path(target: str) -> str:
    parts = urlsplit(target)
    ours = target.startswith("/") and not parts.netloc and not parts.scheme and "\\" not in target
    return parts.path if ours else _FIRST_PAGE


@get("/sign-in", operation_id="signInPage", include_in_schema=False, sync_to_thread=False)
def sign_in_page(request: AnyRequest) -> Response[str]:
    """The form to sign in with."""
    return page(
        request,
        "sign_in.html",
        next=_own_path(request.query_params.get("next", _FIRST_PAGE)),
        problem="",
        ask_code=False,
    )


@post("/sign-in", operation_id="signInForm", include_in_schema=False)
async def sign_in(request: AnyRequest, data: Form) -> Response[Any]:
    """Sign in and go where one wanted to go, or on to choosing a password of one's own."""
    if not same_origin(request):
        raise TalaError("forbidden", "This form was not sent from a page of this site.")
    ctx, target = context_of(request), _own_path(data.get("next", _FIRST_PAGE))
    try:
        made = await sessions.sign_in(
            ctx,
            data.get("username", "")[:64],
            data.get("password", "")[:1024],
            device=request.headers.get("user-agent", "")[:200],
            code=data.get("code", "")[:16],
        )
    except TalaError as error:
        t, ask_code = messages(language_of(request)), bool(error.data.get("second_factor"))
        wrong = error.message
        if error.code == "unauthenticated":
            wrong = t("sign_in.code_needed" if ask_code else "sign_in.wrong")
        return page(
            request, "sign_in.html", status=error.status, next=target, problem=wrong, ask_code=ask_code
        )
    answer = Redirect("/sign-in/password" if made.must_change_password else target, status_code=303)
    answer.set_cookie(session_cookie(request, made.token))
    return answer


@get(
    "/sign-in/password",
    operation_id="passwordPage",
    include_in_schema=False,
    guards=[signed_in],
    sync_to_thread=False,
)
def password_page(request: AnyRequest) -> Response[str]:
    """The form to choose a password with."""
    return page(request, "password.html", problem="")


@post("/sign-in/password", operation_id="passwordForm", include_in_schema=False, guards=[signed_in])
async def change_password(request: AnyRequest, data: Form) -> Response[Any]:
    """Change one's own password."""
    ctx, actor = context_of(request), await actor_of(request)
    try:
        await sessions.change_password(
            ctx, data.get("old", "")[:1024], data.get("new", "")[:1024], actor=actor
        )
    except TalaError as error:
        return page(request, "password.html", status=error.status, problem=error.message)
    return Redirect(_FIRST_PAGE, status_code=303)


@post("/sign-out", operation_id="signOutForm", include_in_schema=False, guards=[signed_in])
async def sign_out(request: AnyRequest) -> Redirect:
    """End the session."""
    ctx = context_of(request)
    await sessions.sign_out(ctx, request.cookies[SESSION_COOKIE])
    answer = Redirect("/", status_code=303)
    answer.set_cookie(end_cookie(request))
    return answer
