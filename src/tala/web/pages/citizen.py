"""Pages for citizens."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.cases import clocks, lifecycle, taxonomy
from tala.errors import CATALOGUE, TalaError
from tala.web import assets
from tala.web.auth import context_of, is_secure
from tala.web.i18n import COOKIE, LANGUAGES, language_of, messages
from tala.web.pages.shell import page

AnyRequest = Request[Any, Any, Any]
_HOME_MESSAGES = (
    "ask.",
    "attach.",
    "error.",
    "problem.",
    "field.",
    "file.",
    "home.",
    "live.",
    "notice.consent_needed",
    "notice.who_needed",
    "receipt.",
    "refused.",
    "review.",
    "speak.",
    "type.",
    "urgency.",
    "warning.",
    "working.",
)


_TRACK_MESSAGES = (
    "attach.",
    "clock.",
    "error.",
    "event.",
    "field.",
    "own.",
    "reason.",
    "receipt.",
    "survey.",
    "track.",
)


def limits(request: AnyRequest) -> dict[str, Any]:
    """What pages say about limits, in units people use."""
    settings = context_of(request).settings
    return {
        "hours": max(1, settings.max_recording_seconds // 3600),
        "seconds": settings.max_recording_seconds,
        "bytes": settings.max_upload_bytes,
        "size": _size(settings.max_upload_bytes),
        "characters": settings.max_text_characters,
        "days": settings.draft_days,
    }


def _size(count: int) -> str:
    """Bytes as people say them, rounded down so that what is promised fits."""
    if count >= 1_000_000_000:
        return f"{count // 100_000_000 / 10:g} GB"
    return f"{max(1, count // 1_000_000)} MB"


def categories(language: str) -> list[dict[str, Any]]:
    """Grounds to choose from, named in the reader's language."""
    return [
        {"code": ground.code, "name": ground.name.in_language(language), "complaint": ground.complaint}
        for ground in taxonomy.load().category
    ]


@get("/", operation_id="homePage", include_in_schema=False, sync_to_thread=False)
def home(request: AnyRequest) -> Response[bytes]:
    """Tell, check, file."""
    language = language_of(request)
    return page(
        request,
        "home.html",
        limits=limits(request),
        categories=categories(language),
        modules=assets.modules("js/home.js"),
        script_messages=messages(language).under(*_HOME_MESSAGES),
    )


def states(language: str) -> dict[str, str]:
    """Names of the states of a case in the reader's language."""
    return {
        code: state.en if language == "en" else state.fil for code, state in lifecycle.load().states.items()
    }


@get("/track", operation_id="trackPage", include_in_schema=False, sync_to_thread=False)
def track(request: AnyRequest) -> Response[bytes]:
    """Two numbers open a case."""
    language = language_of(request)
    return page(
        request,
        "track.html",
        categories=categories(language),
        states=states(language),
        clocks=_clocks(language),
        steps={step.action: list(step.reasons) for step in lifecycle.load().step if "citizen" in step.roles},
        script_messages=messages(language).under(*_TRACK_MESSAGES),
    )


def _clocks(language: str) -> dict[str, dict[str, str]]:
    """What each clock is called and which law it comes from."""
    return {
        rule.code: {"name": rule.en if language == "en" else rule.fil, "law": rule.law}
        for rule in clocks.load().clock
    }


@get("/privacy", operation_id="privacyPage", include_in_schema=False, sync_to_thread=False)
def privacy(request: AnyRequest) -> Response[bytes]:
    """What happens to a citizen's data."""
    return page(request, "privacy.html", limits=limits(request))


@get("/problems", operation_id="problemsPage", include_in_schema=False, sync_to_thread=False)
def problem_list(request: AnyRequest) -> Response[bytes]:
    """What each error code means: where the `type` of a problem leads."""
    t = messages(language_of(request))
    rows = [
        (code, entry.status, t.get(f"error_title.{code}") or entry.title) for code, entry in CATALOGUE.items()
    ]
    return page(request, "problems.html", codes=sorted(rows))


@get("/docs", operation_id="docsPage", include_in_schema=False, sync_to_thread=False)
def docs(request: AnyRequest) -> Response[bytes]:
    """The interface, to read and to try."""
    return page(request, "docs.html")


@get("/language/{code:str}", operation_id="chooseLanguage", include_in_schema=False, sync_to_thread=False)
def choose_language(request: AnyRequest, code: FromPath[str]) -> Redirect:
    """Remember the language a person chose and go back."""
    if code not in LANGUAGES:
        raise TalaError("not_found")
    target = urlsplit(request.query_params.get("next", "/"))
    # Only a path of our own: `//elsewhere` and absolute addresses would lead people away.
    path = target.path if target.path.startswith("/") and not target.netloc and not target.scheme else "/"
    answer = Redirect("/" + path.lstrip("/\\"), status_code=303)
    answer.set_cookie(
        COOKIE,
        code,
        max_age=365 * 24 * 3600,
        path="/",
        samesite="lax",
        httponly=True,
        secure=is_secure(request),
    )
    return answer
