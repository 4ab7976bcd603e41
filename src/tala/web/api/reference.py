"""Names to choose from when correcting: agencies, places, grounds. The same data the machine reads by."""

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import Parameter
from litestar.response import Response
from pydantic import BaseModel

from tala.cases import taxonomy
from tala.errors import TalaError
from tala.web.i18n import language_of

AnyRequest = Request[Any, Any, Any]
_PUBLIC = {"Cache-Control": "public, max-age=3600"}
_PLACES_SHOWN = 12


class Named(BaseModel):
    """A code and its name."""

    code: str
    name: str


class Place(BaseModel):
    """A city or municipality; `label` tells those of the same name apart."""

    psgc: str
    name: str
    label: str


class Ground(Named):
    """A ground of complaint; `complaint` is false for what is not a complaint about a government service."""

    description: str
    law: str
    complaint: bool


@cache
def _agencies() -> list[Named]:
    rows = tomllib.loads(files("tala.data").joinpath("agencies.toml").read_text(encoding="utf-8"))["agency"]
    named = {row["code"]: row["name"] for row in rows if row.get("code")}
    return [
        Named(code=code, name=name) for code, name in sorted(named.items(), key=lambda item: item[0].lower())
    ]


def agency_named(code: str) -> str:
    """The name of an agency. Raises TalaError(invalid_input) where there is none of this code."""
    for agency in _agencies():
        if agency.code == code:
            return agency.name
    detail = "There is no agency of this code; GET /api/v1/reference/agencies lists them."
    raise TalaError("invalid_input", detail, errors=[{"pointer": "/agencies", "detail": detail}])


@cache
def _places() -> list[tuple[str, Place]]:
    """Each city and municipality with the text that a search looks in."""
    rows = [
        line.split("\t")
        for line in files("tala.data").joinpath("places.tsv").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    names = {row[0]: row[1] for row in rows}
    found = []
    for psgc, name, kind, above, *_ in rows:
        if kind not in ("city", "municipality"):
            continue
        province = names.get(above, "")
        label = f"{name}, {province}" if province and province != name else name
        found.append((_folded(label), Place(psgc=psgc, name=name, label=label)))
    return found


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


class Reference(Controller):
    """Names to choose from."""

    path = "/api/v1/reference"
    tags = ("Reference",)

    @get("/agencies", operation_id="listAgencies", summary="Agencies", sync_to_thread=False)
    def agencies(self) -> Response[dict[str, list[Named]]]:
        """Agencies by the short name people use."""
        return Response({"items": _agencies()}, headers=_PUBLIC)

    @get("/categories", operation_id="listCategories", summary="Grounds of complaint", sync_to_thread=False)
    def categories(self, request: AnyRequest) -> Response[dict[str, list[Ground]]]:
        """Grounds of complaint, named in the language asked for."""
        language = language_of(request)
        items = [
            Ground(
                code=ground.code,
                name=ground.name.in_language(language),
                law=ground.citation,
                description=ground.description.in_language(language),
                complaint=ground.complaint,
            )
            for ground in taxonomy.load().category
        ]
        return Response({"items": items}, headers={**_PUBLIC, "Vary": "Accept-Language, Cookie"})

    @get("/places", operation_id="findPlaces", summary="Cities and municipalities", sync_to_thread=False)
    def places(
        self,
        q: Annotated[str, Parameter(min_length=2, max_length=60, description="The beginning of a name.")],
    ) -> Response[dict[str, list[Place]]]:
        """Cities and municipalities whose name holds these words; those that begin with them first."""
        wanted = _folded(q.strip())
        begin = [place for text, place in _places() if text.startswith((wanted, f"city of {wanted}"))]
        inside = [place for text, place in _places() if wanted in text and place not in begin]
        return Response({"items": (begin + inside)[:_PLACES_SHOWN]}, headers=_PUBLIC)
