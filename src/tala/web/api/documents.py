"""Drafts of letters about a case."""

from typing import Annotated

from litestar import Controller, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter
from litestar.response import Response

from tala.cases.documents import Language
from tala.services import documents
from tala.web.api.parameters import Ctn, Receipt
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import RECEIPT, problems
from tala.web.auth import actor_of, context_of, opens_cases


class Documents(Controller):
    """Letters to check, complete and sign; none is sworn by being printed."""

    path = "/api/v1/cases/{number:str}/documents"
    tags = ("Casework",)

    @get(
        "/{kind:str}",
        operation_id="draftLetter",
        summary="A letter as PDF",
        guards=[opens_cases],
        security=RECEIPT,
        responses={
            200: ResponseSpec(data_container=bytes, media_type="application/pdf", description="The draft."),
            **problems(401, 403, 404, 410, 422),
        },
    )
    async def draft(
        self,
        request: AnyRequest,
        number: Ctn,
        kind: Annotated[
            str, PathParameter(max_length=40, description=f"One of: {', '.join(documents.KINDS)}.")
        ],
        language: Annotated[Language, QueryParameter(name="language")] = "en",
        receipt: Receipt = None,
    ) -> Response[bytes]:
        """For those who handle the case; `formal_complaint` also for the citizen. What goes to the agency
        names nobody unless the complainant agreed to it."""
        made = await documents.make(
            context_of(request), number, kind, language, await actor_of(request), receipt=receipt
        )
        headers = {"Content-Disposition": f'attachment; filename="{made.filename}"'}
        return Response(made.data, media_type="application/pdf", headers=headers)
