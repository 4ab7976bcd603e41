"""A member of staff's own account: password, where they are signed in, light or dark."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.services import sessions
from tala.web.auth import actor_of, context_of, has_session, is_secure
from tala.web.pages import words
from tala.web.pages.shell import THEME_COOKIE, THEMES, AnyRequest, page
from tala.web.pages.staff import Form

_YEAR_SECONDS = 365 * 24 * 3600


@get("/desk/account", operation_id="accountPage", include_in_schema=False, guards=[has_session])
async def account(request: AnyRequest) -> Response[str]:
    """What belongs to oneself alone."""
    found = await sessions.list_sessions(context_of(request), actor=await actor_of(request))
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
    return page(request, "account.html", sessions=shown, themes=("", *THEMES))


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
