"""Letters about a case: drafted, read and corrected by an officer, seen as PDF, added to the files."""

from typing import Any, cast

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.cases.documents import Language
from tala.errors import TalaError
from tala.services import documents
from tala.web.auth import actor_of, context_of, handles_cases
from tala.web.i18n import LANGUAGES, Messages, language_of, messages
from tala.web.pages.shell import AnyRequest, page
from tala.web.pages.staff import Form
from tala.web.problems import body_of

# A browser shows a PDF in a viewer of its own, which is an object of the page.
_VIEWER = "default-src 'none'; object-src 'self'; frame-ancestors 'none'"


def choices(t: Messages) -> list[tuple[str, str]]:
    """Letters that can be drafted, with their names."""
    return [(kind, t(f"letter.{kind}")) for kind in documents.KINDS]


def _language(text: str, request: AnyRequest) -> Language:
    """The language asked for, else the page's."""
    return cast(Language, text if text in LANGUAGES else language_of(request))


def _texts(data: dict[str, str]) -> list[str] | None:
    """The parts of a letter as the form has them; None where it has none."""
    found: list[str] = []
    while (text := data.get(f"part-{len(found)}")) is not None:
        found.append(text)
    return found or None


@get(
    "/desk/cases/{number:str}/letters/{kind:str}",
    operation_id="letterPage",
    include_in_schema=False,
    guards=[handles_cases],
)
async def letter(request: AnyRequest, number: FromPath[str], kind: FromPath[str]) -> Response[str]:
    """A draft to read and correct."""
    chosen = _language(request.query_params.get("language", ""), request)
    return await _letter(request, number, kind, chosen)


async def _letter(
    request: AnyRequest,
    number: str,
    kind: str,
    chosen: Language,
    *,
    status: int = 200,
    problem: str = "",
    texts: list[str] | None = None,
) -> Response[str]:
    drafted = await documents.draft(context_of(request), number, kind, chosen, await actor_of(request))
    written = texts if texts is not None and len(texts) == len(drafted.parts) else None
    parts = [
        {"heading": heading, "text": written[index] if written else text, "rows": _rows(text)}
        for index, (heading, text) in enumerate(drafted.parts)
    ]
    return page(
        request,
        "letter.html",
        status=status,
        problem=problem,
        ctn=number,
        kind=kind,
        kinds=choices(messages(language_of(request))),
        chosen=chosen,
        heading=drafted.title,
        parts=parts,
        most=documents.LONGEST_LETTER,
    )


def _rows(text: str) -> int:
    """Height of a part's field in lines."""
    return min(18, sum(1 + len(line) // 72 for line in text.split("\n")) + 1)


@post(
    "/desk/cases/{number:str}/letters/{kind:str}/pdf",
    operation_id="letterAsPdf",
    include_in_schema=False,
    guards=[handles_cases],
)
async def as_pdf(
    request: AnyRequest, number: FromPath[str], kind: FromPath[str], data: Form
) -> Response[bytes]:
    """The letter as PDF, shown and not kept."""
    made = await documents.make(
        context_of(request),
        number,
        kind,
        _language(data.get("language", ""), request),
        await actor_of(request),
        texts=_texts(data),
    )
    headers = {
        "Content-Disposition": f'inline; filename="{made.filename}"',
        "Content-Security-Policy": _VIEWER,
    }
    return Response(made.data, status_code=200, media_type="application/pdf", headers=headers)


@post(
    "/desk/cases/{number:str}/letters/{kind:str}",
    operation_id="letterForm",
    include_in_schema=False,
    guards=[handles_cases],
)
async def keep(request: AnyRequest, number: FromPath[str], kind: FromPath[str], data: Form) -> Response[Any]:
    """Make the letter and add it to the case's files."""
    chosen, texts = _language(data.get("language", ""), request), _texts(data)
    try:
        await documents.keep(context_of(request), number, kind, chosen, await actor_of(request), texts=texts)
    except TalaError as error:
        if error.code in ("not_found", "forbidden", "unauthenticated", "erased"):
            raise
        problem = str(body_of(request, error)["detail"])
        return await _letter(request, number, kind, chosen, status=error.status, problem=problem, texts=texts)
    return Redirect(f"/desk/cases/{number}#files", status_code=303)


PAGES = (letter, as_pdf, keep)
