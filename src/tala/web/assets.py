"""Scripts, styles, fonts and pictures, served by Tala itself under an address that changes when any of them
does.
"""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response

from tala.errors import TalaError

FOLDER = Path(__file__).parent / "static"
_COMPRESSED = (".js", ".css", ".svg", ".txt", ".webmanifest")
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}
_IMPORT = re.compile(r'^import [^"]*?"(\.{1,2}/[^"]+)"', re.MULTILINE)
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to send."""

    body: bytes
    compressed: bytes | None
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All static files and the digest of them all, which stands in their addresses."""

    digest: str
    files: dict[str, Asset]

    def url(self, name: str) -> str:
        """Address of a file; an unknown name is a mistake of ours."""
        self.files[name]
        return f"/static/{self.digest}/{name}"


@cache
def load() -> Assets:
    """Read every file once; they are small and few."""
    files: dict[str, Asset] = {}
    whole = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if not path.is_file() or path.suffix == ".toml":
            continue
        body = path.read_bytes()
        name = path.relative_to(FOLDER).as_posix()
        whole.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        files[name] = Asset(body, gzip.compress(body, 9) if path.suffix in _COMPRESSED else None, kind)
    theme = _themes(files["css/tala.css"].body.decode()).encode()
    files["css/theme.css"] = Asset(theme, gzip.compress(theme, 9), "text/css")
    return Assets(whole.hexdigest()[:12], files)


@cache
def modules(entry: str) -> tuple[str, ...]:
    """A script and every module it imports, so that a slow line need not find out one after another."""
    files = load().files
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = None
        for imported in _IMPORT.findall(files[name].body.decode()):
            waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
    return tuple(found)


def _themes(css: str) -> str:
    """The colours of each theme for whoever chose one, made of those that follow the device: said once."""
    light = re.search(r"^:root \{\n(.*?)^\}", css, re.M | re.S)
    dark = re.search(r"^@media \(prefers-color-scheme: dark\) \{\n  :root \{\n(.*?)^  \}", css, re.M | re.S)
    if light is None or dark is None:
        raise ValueError("css/tala.css has no colours of a light and a dark theme")
    return "".join(
        f':root[data-theme="{name}"] {{\n  color-scheme: {name};\n{found[1]}}}\n'
        for name, found in (("light", light), ("dark", dark))
    )


@get(
    "/static/{digest:str}/{name:path}",
    name="static",
    include_in_schema=False,
    sync_to_thread=False,
    operation_id="static",
)
def static(request: Request[Any, Any, Any], digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One static file. Modules import each other by relative paths, so they share the digest."""
    assets = load()
    found = assets.files.get(name.lstrip("/"))
    if found is None:
        raise TalaError("not_found", "There is no such file.")
    headers = {
        "Cache-Control": _FOREVER if digest == assets.digest else "public, max-age=60",
        "Vary": "Accept-Encoding",
    }
    body = found.body
    if found.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = found.compressed, "gzip"
    return Response(body, media_type=found.media_type, headers=headers)
