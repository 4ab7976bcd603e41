"""Cases: file a draft, read what was filed, list and search."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter
from litestar.response import Response

from tala.cases import access
from tala.errors import TalaError
from tala.services import filing, listing, reading
from tala.services.actors import Caller
from tala.services.context import Context
from tala.services.queues import QUEUES
from tala.store.queries import ORDERS, CaseFilter
from tala.web.api.parameters import Ctn, Cursor, Limit, Receipt, for_reader, provide_filter
from tala.web.api.recordings import AnyRequest, IdempotencyKey
from tala.web.api.schemas import (
    CAPABILITY,
    RECEIPT,
    STAFF,
    CasePage,
    CaseRow,
    DraftToFile,
    FiledCase,
    chosen,
    problems,
)
from tala.web.auth import actor_of, context_of, opens_cases, opens_drafts, reads_cases


class Cases(Controller):
    """Filed complaints."""

    path = "/api/v1/cases"
    tags = ("Cases",)

    @post(
        operation_id="fileCase",
        summary="File a draft",
        guards=[opens_drafts],
        security=CAPABILITY,
        status_code=201,
        responses=problems(401, 404, 409, 410, 422),
    )
    async def file(
        self, request: AnyRequest, data: JSONBody[DraftToFile], idempotency_key: IdempotencyKey = None
    ) -> Response[FiledCase]:
        """Make a case of a confirmed draft. The same draft again gives the same case; the receipt's secret
        is told only the first time, or again under the same Idempotency-Key."""
        filed = await filing.file_case(
            context_of(request), data.draft_id, actor=await actor_of(request), idempotency_key=idempotency_key
        )
        answer = FiledCase.of(filed)
        return Response(answer, status_code=201, headers={"Location": answer.case_url})

    @get(
        "/{number:str}",
        operation_id="getCase",
        summary="Read a case",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def read(
        self,
        request: AnyRequest,
        number: Ctn,
        receipt: Receipt = None,
        reason: Annotated[
            str | None,
            QueryParameter(name="reason", max_length=300, description="Why an auditor needs what is masked."),
        ] = None,
        fields: Annotated[
            str | None,
            QueryParameter(name="fields", max_length=500, description="Members to answer with, by commas."),
        ] = None,
    ) -> Response[reading.CaseView]:
        """The case as far as the reader may see it: the citizen's own by its receipt, else by role."""
        actor = await actor_of(request)
        case = await reading.read_case(context_of(request), number, actor, receipt=receipt, reason=reason)
        headers = {"ETag": f'"{case.version}"'}
        if fields is None:
            return Response(case, headers=headers)
        kept = chosen(fields, reading.CaseView)
        shown = case.model_dump(mode="json", include=kept | {"ctn"})
        return Response(shown, headers=headers)  # type: ignore[arg-type]

    @get(
        "/{number:str}/events",
        operation_id="getCaseEvents",
        summary="Read the history of a case",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 404),
    )
    async def events(
        self,
        request: AnyRequest,
        number: Ctn,
        receipt: Receipt = None,
    ) -> dict[str, list[reading.EventView]]:
        """Every step that was taken, oldest first, as far as the reader may see it."""
        case = await reading.read_case(context_of(request), number, await actor_of(request), receipt=receipt)
        return {"items": list(case.events)}

    @get(
        operation_id="listCases",
        summary="List and search cases",
        guards=[reads_cases],
        security=STAFF,
        dependencies={"wanted": Provide(provide_filter, sync_to_thread=False)},
        responses=problems(400, 401, 403, 422),
    )
    async def list_cases(
        self,
        request: AnyRequest,
        wanted: NamedDependency[CaseFilter],
        text: Annotated[
            str | None,
            QueryParameter(
                name="text", max_length=300, description="Words to look for; `word*` finds what begins so."
            ),
        ] = None,
        queue: Annotated[
            str | None,
            QueryParameter(name="queue", max_length=30, description=f"One of: {', '.join(QUEUES)}."),
        ] = None,
        sort: Annotated[
            str, QueryParameter(name="sort", max_length=20, description=f"One of: {', '.join(ORDERS)}.")
        ] = "-filed_at",
        fields: Annotated[
            str | None,
            QueryParameter(name="fields", max_length=500, description="Members to answer with, by commas."),
        ] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[CasePage]:
        """Cases the reader may see, newest first, all filters together. Send `next` back as `cursor` for the
        following page. With `text` they are searched, newest first, in what was said and understood, in both
        languages."""
        ctx, actor = context_of(request), await actor_of(request)
        wanted = for_reader(wanted, actor, queue)
        found = await page_of_cases(ctx, wanted, actor, limit=limit, cursor=cursor, text=text, sort=sort)
        return Response(found.with_fields(fields))  # type: ignore[arg-type]


async def page_of_cases(
    ctx: Context,
    wanted: CaseFilter,
    actor: Caller,
    *,
    limit: int,
    cursor: str | None,
    text: str | None = None,
    sort: str = "-filed_at",
) -> CasePage:
    """A page of the list or search, with the masked beginning of each complaint; a line of the access log."""
    if text is None:
        found = await listing.list_cases(ctx, wanted, actor, limit=limit, cursor=cursor, order=sort)
    elif sort != "-filed_at":
        detail = "What is searched comes newest first; leave sort out."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/sort", "detail": detail}])
    else:
        found = await listing.search_cases(ctx, text, actor, wanted, limit=limit, cursor=cursor)
    items = [
        CaseRow.of(row, found.texts.get(row.id, ""), inside=access.sees_inside(actor, row.authority))
        for row in found.cases
    ]
    return CasePage(items=items, next=found.next)
