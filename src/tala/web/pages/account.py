"""A member of staff's own account: password, authenticator app, where they are signed in, light or dark."""

import base64
import io
from typing import Any

import segno
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.errors import TalaError
from tala.services import secondfactor, sessions
from tala.web.auth import actor_of, context_of, has_session, is_secure
from tala.web.i18n import language_of, messages
from tala.web.pages import words
from tala.web.pages.shell import THEME_COOKIE, THEMES, AnyRequest, page
from tala.web.pages.staff import Form
from tala.web.problems import body_of

_YEAR_SECONDS = 365 * 24 * 3600


@get("/desk/account", operation_id="accountPage", include_in_schema=False, guards=[has_session])
async def account(request: AnyRequest) -> Response[str]:
    """What belongs to oneself alone."""
    return await _account(request)


async def _account(
    request: AnyRequest, *, status: int = 200, problem: str = "", **second_factor: Any
) -> Response[str]:
    ctx, actor = context_of(request), await actor_of(request)
    found = await sessions.list_sessions(ctx, actor=actor)
    shown = [
        {
            "id": one.id,
            "device": _device(one.device),
            "since": words.moment(one.created_at),
            "seen": words.moment(one.last_seen_at),
            "current": one.current,
        }
        for one in found
    ]
    return page(
        request,
        "account.html",
        status=status,
        sessions=shown,
        themes=("", *THEMES),
        app=await secondfactor.is_on(ctx, actor.id or ""),
        problem=problem,
        enrolment=second_factor.get("enrolment"),
        picture=second_factor.get("picture", ""),
        codes=second_factor.get("codes", ()),
    )


@post("/desk/account/app", operation_id="enrolForm", include_in_schema=False, guards=[has_session])
async def enrol(request: AnyRequest, data: Form) -> Response[str]:
    """Show what an authenticator app needs, once."""
    try:
        made = await secondfactor.enrol(
            context_of(request), data.get("password", "")[:1024], actor=await actor_of(request)
        )
    except TalaError as error:
        return await _refused(request, error)
    return await _account(request, enrolment=made, picture=_picture(made.uri))


@post("/desk/account/app/confirm", operation_id="confirmForm", include_in_schema=False, guards=[has_session])
async def confirm(request: AnyRequest, data: Form) -> Response[str]:
    """Take the app's first code and show the recovery codes, once."""
    try:
        made = await secondfactor.confirm(
            context_of(request), data.get("code", "")[:16], actor=await actor_of(request)
        )
    except TalaError as error:
        return await _refused(request, error)
    return await _account(request, codes=made.codes)


@post("/desk/account/app/remove", operation_id="removeAppForm", include_in_schema=False, guards=[has_session])
async def remove(request: AnyRequest, data: Form) -> Response[Any]:
    """Take one's own app away."""
    try:
        await secondfactor.remove(
            context_of(request), data.get("password", "")[:1024], actor=await actor_of(request)
        )
    except TalaError as error:
        return await _refused(request, error)
    return Redirect("/desk/account", status_code=303)


async def _refused(request: AnyRequest, error: TalaError) -> Response[str]:
    # A wrong password here is a form to fill in again, not the end of the session.
    status = 422 if error.code == "unauthenticated" else error.status
    t = messages(language_of(request))
    wrong = (
        t("account.app_wrong") if error.code == "unauthenticated" else str(body_of(request, error)["detail"])
    )
    return await _account(request, status=status, problem=wrong)


def _picture(uri: str) -> str:
    """A QR code as an address that a picture can have."""
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(drawn, kind="svg", border=2, scale=5, xmldecl=False)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


@post(
    "/desk/account/sessions/{session_id:str}/end",
    operation_id="endSessionForm",
    include_in_schema=False,
    guards=[has_session],
)
async def end_session(request: AnyRequest, session_id: FromPath[str]) -> Redirect:
    """Sign a device of one's own out."""
    await sessions.end_session(context_of(request), session_id, actor=await actor_of(request))
    return Redirect("/desk/account", status_code=303)


@post("/desk/account/theme", operation_id="themeForm", include_in_schema=False, guards=[has_session])
async def choose_theme(request: AnyRequest, data: Form) -> Redirect:
    """Light, dark, or as the device has it."""
    chosen = data.get("theme", "")
    answer = Redirect("/desk/account", status_code=303)
    answer.set_cookie(
        THEME_COOKIE,
        chosen if chosen in THEMES else "",
        max_age=_YEAR_SECONDS if chosen in THEMES else 0,
        path="/",
        samesite="lax",
        httponly=True,
        secure=is_secure(request),
    )
    return answer


def _device(agent: str) -> str:
    """A browser and a system as people name them."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = ("Android", "iPhone", "Windows", "Mac OS", "Linux")
    browser = next((name for sign, name in browsers if sign in agent), "")
    system = next((name for name in systems if name in agent), "")
    return ", ".join(part for part in (browser, system) if part) or agent[:60]
