"""Cases: file a draft, follow what was filed."""

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar import Controller, get, post
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter
from litestar.response import Response

from tala.services import casework, filing, messages, reading
from tala.services.actors import Caller
from tala.services.context import Context
from tala.store import queries
from tala.store.queries import MOST_ROWS, CaseFilter
from tala.web.api.drafts import version_of
from tala.web.api.recordings import AnyRequest, IdempotencyKey
from tala.web.api.schemas import (
    CAPABILITY,
    RECEIPT,
    STAFF,
    CasePage,
    CaseRow,
    DraftToFile,
    FiledCase,
    NewMessage,
    Transition,
    problems,
)
from tala.web.auth import actor_of, context_of, opens_cases, opens_drafts, reads_cases

MANILA = ZoneInfo("Asia/Manila")
Ctn = Annotated[str, PathParameter(description="Control Tracking Number.", max_length=40)]
Receipt = Annotated[
    str | None, HeaderParameter(name="Tala-Receipt", max_length=32, description="16 digits of the receipt.")
]


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
        receipt: Annotated[
            str | None,
            HeaderParameter(name="Tala-Receipt", max_length=32, description="The 16 digits of the receipt."),
        ] = None,
        reason: Annotated[
            str | None,
            QueryParameter(name="reason", max_length=300, description="Why an auditor needs what is masked."),
        ] = None,
    ) -> Response[reading.CaseView]:
        """The case as far as the reader may see it: the citizen's own by its receipt, else by role."""
        actor = await actor_of(request)
        case = await reading.read_case(context_of(request), number, actor, receipt=receipt, reason=reason)
        return Response(case, headers={"ETag": f'"{case.version}"'})

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
        summary="List cases",
        guards=[reads_cases],
        security=STAFF,
        responses=problems(400, 401, 403, 422),
    )
    async def list_cases(
        self,
        request: AnyRequest,
        states: Annotated[
            list[str] | None, QueryParameter(name="state", description="May be repeated.")
        ] = None,
        agency: Annotated[str | None, QueryParameter(name="agency", max_length=40)] = None,
        category: Annotated[str | None, QueryParameter(name="category", max_length=60)] = None,
        psgc: Annotated[str | None, QueryParameter(name="psgc", description="Prefix of a code.")] = None,
        urgency: Annotated[str | None, QueryParameter(name="urgency", max_length=10)] = None,
        language: Annotated[str | None, QueryParameter(name="language", max_length=10)] = None,
        channel: Annotated[str | None, QueryParameter(name="channel", max_length=10)] = None,
        filed_from: Annotated[dt.date | None, QueryParameter(name="filed_from")] = None,
        filed_to: Annotated[dt.date | None, QueryParameter(name="filed_to", description="Included.")] = None,
        limit: Annotated[int, QueryParameter(name="limit", ge=1, le=MOST_ROWS)] = 50,
        cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=200)] = None,
    ) -> CasePage:
        """Cases the reader may see, newest first. Send `next` back as `cursor` for the following page."""
        wanted = CaseFilter(
            states=tuple(states or ()),
            agency_code=agency,
            category=category,
            psgc=psgc,
            urgency=urgency,
            language=language,
            channel=channel,
            filed_from=start_of_day(filed_from),
            filed_to=start_of_day(filed_to, days=1),
        )
        ctx, actor = context_of(request), await actor_of(request)
        return await page_of_cases(ctx, wanted, actor, limit=limit, cursor=cursor)

    @post(
        "/{number:str}/transitions",
        operation_id="moveCase",
        summary="Take a step",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=200,
        responses=problems(401, 403, 404, 409, 412, 422),
    )
    async def move(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[Transition],
        receipt: Receipt = None,
        if_match: Annotated[str | None, HeaderParameter(name="If-Match", max_length=64)] = None,
    ) -> Response[reading.CaseView]:
        """One step of a case's life, as the lifecycle lets the reader take it; answers with the case as it
        then is.
        """
        ctx, actor = context_of(request), await actor_of(request)
        await casework.transition(
            ctx,
            number,
            data.action,
            actor,
            reason=data.reason,
            details=casework.Details(**data.model_dump(exclude={"action", "reason"})),
            expected_version=version_of(if_match) if if_match else None,
            receipt=receipt,
        )
        case = await reading.read_case(ctx, number, actor, receipt=receipt)
        return Response(case, headers={"ETag": f'"{case.version}"'})

    @post(
        "/{number:str}/messages",
        operation_id="writeAboutCase",
        summary="Write a message or a note",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=201,
        responses=problems(401, 403, 404, 412, 422),
    )
    async def write(
        self, request: AnyRequest, number: Ctn, data: JSONBody[NewMessage], receipt: Receipt = None
    ) -> dict[str, str]:
        """From the citizen to the office by receipt; from staff a note for inside, or to the citizen."""
        ctx, actor = context_of(request), await actor_of(request)
        if actor.kind == "citizen":
            await messages.message_from_citizen(ctx, number, data.text, actor, receipt=receipt or "")
        elif data.to == "citizen":
            await messages.message_citizen(ctx, number, data.text, actor)
        else:
            await messages.add_note(ctx, number, data.text, actor)
        return {"status": "written"}


async def page_of_cases(
    ctx: Context, wanted: CaseFilter, actor: Caller, *, limit: int, cursor: str | None
) -> CasePage:
    """A page of the list, with the masked beginning of each complaint."""
    async with ctx.database.read() as session:
        found = await queries.list_cases(session, wanted, actor, limit=limit, cursor=cursor)
        texts = await queries.texts_of(session, [row.id for row in found.rows])
    return CasePage(
        items=[CaseRow.of(row, texts[row.id].text if row.id in texts else "") for row in found.rows],
        next=found.next,
    )


def start_of_day(day: dt.date | None, *, days: int = 0) -> dt.datetime | None:
    """The moment a day begins in Manila, or the day so many days later."""
    if day is None:
        return None
    return dt.datetime.combine(day + dt.timedelta(days=days), dt.time(), MANILA)
