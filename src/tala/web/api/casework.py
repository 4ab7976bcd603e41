"""Work on a case: steps, assignment, messages, clocks, and cases that belong together."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Response

from tala.facts import Agency
from tala.services import (
    bulk,
    casework,
    clockwork,
    directory,
    duplicates,
    erasure,
    linking,
    messages,
    reading,
    rectifying,
)
from tala.services.actors import Caller
from tala.services.context import Context
from tala.web.api.bodies import (
    Assignment,
    BulkOrder,
    Classification,
    ClockDay,
    Exclusion,
    LegalHold,
    Merge,
    NewLink,
    NewMessage,
    Reason,
    Rectification,
    Split,
    SplitCase,
    Transition,
    Written,
)
from tala.web.api.parameters import Ctn, IfMatch, OnceKey, Receipt, expected
from tala.web.api.recordings import AnyRequest
from tala.web.api.reference import agency_named
from tala.web.api.schemas import RECEIPT, STAFF, Items, problems
from tala.web.auth import actor_of, context_of, erases_cases, handles_cases, opens_cases, works_on_cases

ClockCode = Annotated[str, PathParameter(description="Code of a clock.", max_length=60)]


async def shown(
    ctx: Context, number: str, actor: Caller, receipt: str | None = None
) -> Response[reading.CaseView]:
    """The case as its writer sees it after a change, with its new ETag."""
    case = await reading.read_case(ctx, number, actor, receipt=receipt)
    return Response(case, status_code=200, headers={"ETag": f'"{case.version}"'})


class Casework(Controller):
    """Changes of a case; every one is an event of its ledger."""

    path = "/api/v1/cases"
    tags = ("Casework",)

    @post(
        "/{number:str}/transitions",
        operation_id="moveCase",
        summary="Take a step",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=200,
        responses=problems(400, 401, 403, 404, 409, 410, 412, 422, 428),
    )
    async def move(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[Transition],
        receipt: Receipt = None,
        if_match: IfMatch = None,
        idempotency_key: OnceKey = None,
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
            expected_version=expected(actor, if_match),
            receipt=receipt,
            idempotency_key=idempotency_key,
        )
        return await shown(ctx, number, actor, receipt)

    @post(
        "/{number:str}/messages",
        operation_id="writeAboutCase",
        summary="Write a message or a note",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=201,
        responses=problems(400, 401, 403, 404, 409, 410, 412, 422),
    )
    async def write(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[NewMessage],
        receipt: Receipt = None,
        idempotency_key: OnceKey = None,
    ) -> Written:
        """From the citizen to the office by receipt; from staff a note for inside, or to the citizen."""
        ctx, actor = context_of(request), await actor_of(request)
        if actor.kind == "citizen":
            row = await messages.message_from_citizen(
                ctx, number, data.text, actor, receipt=receipt or "", idempotency_key=idempotency_key
            )
        elif data.to == "citizen":
            row = await messages.message_citizen(
                ctx, number, data.text, actor, idempotency_key=idempotency_key
            )
        else:
            row = await messages.add_note(ctx, number, data.text, actor, idempotency_key=idempotency_key)
        return Written(id=row.id, at=row.at, direction=row.direction)

    @get(
        "/{number:str}/messages",
        operation_id="listMessages",
        summary="Messages and notes",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def list_messages(
        self, request: AnyRequest, number: Ctn, receipt: Receipt = None
    ) -> Items[reading.MessageView]:
        """What was written, oldest first: a citizen reads no inside notes, a masked reader nothing."""
        case = await reading.read_case(context_of(request), number, await actor_of(request), receipt=receipt)
        return Items(items=list(case.messages))

    @post(
        "/{number:str}/assignment",
        operation_id="assignCase",
        summary="Give a case to somebody",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 410, 412, 422, 428),
    )
    async def assign(
        self, request: AnyRequest, number: Ctn, data: JSONBody[Assignment], if_match: IfMatch = None
    ) -> Response[reading.CaseView]:
        """An officer takes a case; a head of office gives it to an officer, a team, or back to nobody."""
        ctx, actor = context_of(request), await actor_of(request)
        user_id = actor.id if data.user_id == "me" else data.user_id
        version = expected(actor, if_match)
        await casework.assign(ctx, number, user_id, actor, team=data.team, expected_version=version)
        return await shown(ctx, number, actor)

    @get(
        "/{number:str}/assignees",
        operation_id="listAssignees",
        summary="Who may be given a case",
        guards=[handles_cases],
        security=STAFF,
        responses=problems(401, 403, 404),
    )
    async def assignees(self, request: AnyRequest, number: Ctn) -> Items[directory.Colleague]:
        """Officers and heads of the authority who are not kept away from the case."""
        found = await directory.assignees(context_of(request), number, await actor_of(request))
        return Items(items=found)

    @post(
        "/{number:str}/classification",
        operation_id="classifyCase",
        summary="Say which class of transaction it is",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 410, 412, 422, 428),
    )
    async def classify(
        self, request: AnyRequest, number: Ctn, data: JSONBody[Classification], if_match: IfMatch = None
    ) -> Response[reading.CaseView]:
        """Its 3, 7 or 20 working days run from the day it was filed."""
        ctx, actor = context_of(request), await actor_of(request)
        version = expected(actor, if_match)
        await casework.classify(ctx, number, data.transaction_class, actor, expected_version=version)
        return await shown(ctx, number, actor)

    @patch(
        "/{number:str}/facts",
        operation_id="rectifyCase",
        summary="Put facts right",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(400, 401, 403, 404, 409, 410, 412, 422, 428),
    )
    async def rectify(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[Rectification],
        if_match: IfMatch = None,
        idempotency_key: OnceKey = None,
    ) -> Response[reading.CaseView]:
        """As a JSON merge patch: null removes, lists are replaced whole. What stood there before is kept in
        the ledger, sealed; agency and place decide anew who handles the case."""
        ctx, actor = context_of(request), await actor_of(request)
        await rectifying.rectify(
            ctx,
            number,
            data.facts,
            actor,
            reason=data.reason,
            expected_version=expected(actor, if_match),
            idempotency_key=idempotency_key,
        )
        return await shown(ctx, number, actor)

    @get(
        "/{number:str}/clocks",
        operation_id="listClocks",
        summary="The clocks of a case",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def clocks(
        self, request: AnyRequest, number: Ctn, receipt: Receipt = None
    ) -> Items[reading.ClockView]:
        """Every clock, oldest first."""
        case = await reading.read_case(context_of(request), number, await actor_of(request), receipt=receipt)
        return Items(items=list(case.clocks))

    @get(
        "/{number:str}/clocks/{code:str}",
        operation_id="explainClock",
        summary="Every day a clock counted or skipped",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def explain(
        self, request: AnyRequest, number: Ctn, code: ClockCode, receipt: Receipt = None
    ) -> Items[ClockDay]:
        """From the start to the due day, each day with its number or why it does not count, and the law."""
        ctx, actor = context_of(request), await actor_of(request)
        days = await clockwork.explain_clock(ctx, number, code, actor, receipt)
        return Items(items=[ClockDay.model_validate(day, from_attributes=True) for day in days])

    @post(
        "/{number:str}/clocks/{code:str}/extension",
        operation_id="extendClock",
        summary="Extend a clock, once",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 410, 412, 422, 428),
    )
    async def extend(
        self,
        request: AnyRequest,
        number: Ctn,
        code: ClockCode,
        data: JSONBody[Reason],
        if_match: IfMatch = None,
    ) -> Response[reading.CaseView]:
        """By the same length again, before it lapses, by a head of office, with the reason."""
        ctx, actor = context_of(request), await actor_of(request)
        version = expected(actor, if_match)
        await clockwork.extend_clock(ctx, number, code, actor, reason=data.reason, expected_version=version)
        return await shown(ctx, number, actor)

    @get(
        "/{number:str}/similar",
        operation_id="findSimilarCases",
        summary="Cases that may tell of the same",
        guards=[works_on_cases],
        security=STAFF,
        responses=problems(401, 403, 404, 422),
    )
    async def similar(
        self,
        request: AnyRequest,
        number: Ctn,
        limit: Annotated[int, QueryParameter(name="limit", ge=1, le=20)] = 5,
    ) -> Items[duplicates.Similar]:
        """Most alike first, with what speaks for it: agency, wording, place, ground, day."""
        ctx = context_of(request)
        return Items(items=await duplicates.similar_cases(ctx, number, await actor_of(request), limit=limit))

    @post(
        "/{number:str}/merge",
        operation_id="mergeCase",
        summary="Close as a duplicate",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 410, 412, 422, 428),
    )
    async def merge(
        self, request: AnyRequest, number: Ctn, data: JSONBody[Merge], if_match: IfMatch = None
    ) -> Response[reading.CaseView]:
        """Both cases stay readable, and the link stands on both ledgers."""
        ctx, actor = context_of(request), await actor_of(request)
        version = expected(actor, if_match)
        await casework.merge(ctx, number, data.into, actor, expected_version=version)
        return await shown(ctx, number, actor)

    @post(
        "/{number:str}/split",
        operation_id="splitCase",
        summary="Make several cases of one complaint",
        guards=[handles_cases],
        security=STAFF,
        status_code=201,
        responses=problems(400, 401, 403, 404, 409, 410, 412, 422, 428),
    )
    async def split(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[Split],
        if_match: IfMatch = None,
        idempotency_key: OnceKey = None,
    ) -> Items[SplitCase]:
        """One for each further agency the complaint is about; the citizen's receipt opens them too."""
        ctx, actor = context_of(request), await actor_of(request)
        agencies = [Agency(code=code, name=agency_named(code)) for code in data.agencies]
        version = expected(actor, if_match)
        opened = await linking.split_into(
            ctx, number, agencies, actor, expected_version=version, idempotency_key=idempotency_key
        )
        return Items(items=[SplitCase(ctn=case.ctn, agency_code=case.agency_code or "") for case in opened])

    @post(
        "/{number:str}/links",
        operation_id="linkCases",
        summary="Say that two cases belong together",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 410, 412, 422, 428),
    )
    async def link(
        self, request: AnyRequest, number: Ctn, data: JSONBody[NewLink], if_match: IfMatch = None
    ) -> Response[reading.CaseView]:
        """The link stands on both ledgers."""
        ctx, actor = context_of(request), await actor_of(request)
        await linking.link(ctx, number, data.other, actor, expected_version=expected(actor, if_match))
        return await shown(ctx, number, actor)

    @delete(
        "/{number:str}/links/{other:str}",
        operation_id="unlinkCases",
        summary="Take a link away",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 410, 412, 428),
    )
    async def unlink(
        self, request: AnyRequest, number: Ctn, other: Ctn, if_match: IfMatch = None
    ) -> Response[reading.CaseView]:
        """What was split or merged stays linked."""
        ctx, actor = context_of(request), await actor_of(request)
        await linking.unlink(ctx, number, other, actor, expected_version=expected(actor, if_match))
        return await shown(ctx, number, actor)

    @post(
        "/{number:str}/exclusions",
        operation_id="excludeFromCase",
        summary="Keep somebody away",
        guards=[handles_cases],
        security=STAFF,
        status_code=204,
        responses=problems(401, 403, 404, 410, 412, 422, 428),
    )
    async def exclude(
        self, request: AnyRequest, number: Ctn, data: JSONBody[Exclusion], if_match: IfMatch = None
    ) -> None:
        """Step back from a case, or (a head of office) keep somebody named in it away."""
        ctx, actor = context_of(request), await actor_of(request)
        user_id = (actor.id or "") if data.user_id == "me" else data.user_id
        version = expected(actor, if_match)
        await casework.exclude(ctx, number, user_id, actor, reason=data.reason, expected_version=version)

    @put(
        "/{number:str}/legal-hold",
        operation_id="holdCase",
        summary="Keep a case from being erased",
        guards=[handles_cases],
        security=STAFF,
        status_code=204,
        responses=problems(401, 403, 404, 410, 412, 422, 428),
    )
    async def hold(
        self, request: AnyRequest, number: Ctn, data: JSONBody[LegalHold], if_match: IfMatch = None
    ) -> None:
        """While a court or an inquiry needs it; by a head of office, with the reason."""
        ctx, actor = context_of(request), await actor_of(request)
        version = expected(actor, if_match)
        await casework.set_legal_hold(
            ctx, number, actor, held=data.held, reason=data.reason, expected_version=version
        )

    @post(
        "/{number:str}/erasure",
        operation_id="eraseCase",
        summary="Erase what a case says",
        guards=[erases_cases],
        security=STAFF,
        status_code=204,
        responses=problems(401, 403, 404, 409, 412, 422, 428),
    )
    async def erase(
        self, request: AnyRequest, number: Ctn, data: JSONBody[Reason], if_match: IfMatch = None
    ) -> None:
        """Its keys are destroyed and every readable copy goes; number, steps and hashes stay. The reason
        stays on record: name nobody in it."""
        ctx, actor = context_of(request), await actor_of(request)
        version = expected(actor, if_match)
        await erasure.erase_case(ctx, number, actor, reason=data.reason, expected_version=version)

    @post(
        "/bulk",
        operation_id="changeCases",
        summary="Do one thing to many cases",
        guards=[handles_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 422),
    )
    async def change_many(self, request: AnyRequest, data: JSONBody[BulkOrder]) -> Items[bulk.Outcome]:
        """Assign, note or take a step, for up to a hundred cases; each is answered by itself, and a refused
        one does not stop the rest."""
        ctx, actor = context_of(request), await actor_of(request)
        user_id = actor.id if data.user_id == "me" else data.user_id
        order = bulk.Order(action=data.action, user_id=user_id, text=data.text, reason=data.reason)
        chosen = [bulk.Selected(ctn=one.ctn, version=one.version) for one in data.items]
        return Items(items=await bulk.do(ctx, chosen, order, actor))
