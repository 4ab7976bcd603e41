"""The frame of every page: templates, words in the reader's language, addresses of scripts and styles."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request
from litestar.response import Response
from markupsafe import Markup

from tala.services.actors import Caller
from tala.web import assets
from tala.web.i18n import LANGUAGES, language_of, messages
from tala.web.pages import places

TEMPLATES = Path(__file__).parents[1] / "templates"
AnyRequest = Request[Any, Any, Any]


@cache
def environment() -> Environment:
    """Jinja with escaping on and unknown names refused."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = lambda name: assets.load().url(name)
    made.globals["places_of"] = places.of
    made.filters["embed"] = embed
    return made


def embed(value: Any) -> Markup:
    """A value as JSON inside a `<script type="application/json">`: nothing in it can close the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


THEME_COOKIE = "tala_theme"
THEMES = ("light", "dark")


def theme_of(request: AnyRequest) -> str:
    """`light` or `dark` where a person chose one, else empty: then the device decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def page(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response[Any]:
    """A page from a template.

    Templates meet `t` (messages), `language`, `languages`, `path`, `theme`, `staff` (the person signed in, or
    None) and whatever is passed here.
    """
    language = language_of(request)
    actor = request.scope.get("state", {}).get("actor")
    staff = actor if isinstance(actor, Caller) and actor.session_id else None
    body = (
        environment()
        .get_template(template)
        .render(
            t=messages(language),
            language=language,
            languages=LANGUAGES,
            path=request.scope["path"],
            staff=staff,
            theme=theme_of(request),
            **values,
        )
    )
    sent = {
        "Content-Language": language,
        "Vary": "Accept-Language, Accept-Encoding, Cookie",
        **(headers or {}),
    }
    shown = body.encode()
    # Pages for everybody hold no secret that their compressed length could give away; pages for staff may.
    if staff is None and status == 200 and "gzip" in request.headers.get("accept-encoding", ""):
        shown, sent["Content-Encoding"] = gzip.compress(shown, 6, mtime=0), "gzip"
    return Response(shown, status_code=status, media_type="text/html", headers=sent)
