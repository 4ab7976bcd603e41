"""What makes the citizen's pages installable, and what opens them without a line."""

import json
from typing import Any

from litestar import Request, get
from litestar.response import Response

from tala.web import assets
from tala.web.i18n import LANGUAGES, language_of, messages

_PAGES = ("/", "/track")
_ENTRIES = ("js/home.js", "js/live/talk.js", "js/review.js", "js/track.js")
_BESIDES = (
    "css/tala.css",
    "css/talk.css",
    "js/live/capture.js",
    "mark.svg",
    "vendor/atkinson-hyperlegible-next.woff2",
)
_NIGHT = "#101d4d"


@get("/manifest.webmanifest", operation_id="webManifest", include_in_schema=False, sync_to_thread=False)
def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Name, icons and colours of the installed page, in the language of the page that names it."""
    asked = request.query_params.get("language", "")
    t = messages(asked if asked in LANGUAGES else language_of(request))
    url = assets.load().url
    icons = [
        {"src": url(f"icons/tala-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": use}
        for size, use in ((192, "any"), (512, "any"), (512, "maskable"))
    ]
    body = {
        "name": f"{t('site.name')} · {t('site.tagline')}",
        "short_name": t("site.name"),
        "description": t("home.lead"),
        "lang": t.language,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": _NIGHT,
        "theme_color": _NIGHT,
        "icons": icons,
        "shortcuts": [{"name": t("site.track"), "url": "/track"}],
    }
    return Response(
        json.dumps(body, ensure_ascii=False).encode(),
        media_type="application/manifest+json",
        headers={"Cache-Control": "public, max-age=3600"},
    )


@get("/sw.js", operation_id="serviceWorker", include_in_schema=False, sync_to_thread=False)
def service_worker() -> Response[bytes]:
    """The service worker with what it keeps: files that hold nobody's data, and two empty pages."""
    known = assets.load()
    names = dict.fromkeys([*_BESIDES, *(module for entry in _ENTRIES for module in assets.modules(entry))])
    shell = {"digest": known.digest, "assets": [known.url(name) for name in names], "pages": _PAGES}
    script = f"const SHELL = {json.dumps(shell)};\n".encode() + known.files["worker/shell.js"].body
    return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})
