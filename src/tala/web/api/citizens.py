"""What a citizen does with the receipt after filing: survey, notices, rights over their own data."""

from typing import Annotated, Any, Literal

from litestar import Controller, get, post, put
from litestar.params import JSONBody, PathParameter
from pydantic import ConfigDict, Field

from tala.services import notices, rights, surveys
from tala.web.api.parameters import Ctn, OnceKey, Receipt
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import RECEIPT, STAFF, Body, Items, problems
from tala.web.auth import actor_of, context_of, erases_cases, holds_receipt, opens_cases

HOLDER: list[dict[str, list[str]]] = [{"receipt": []}]


class Survey(surveys.Answers):
    """A citizen's answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Subscription(Body):
    """Where to be told that there is news; leave both out to end it."""

    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=32)
    language: Literal["en", "fil"] = "en"


class NewRequest(Body):
    """What is asked of one's own data."""

    kind: Literal["rectify", "erase", "object"]
    text: str = Field(min_length=1, max_length=20_000)


class Decision(Body):
    """The answer to a request."""

    granted: bool
    answer: str = Field(min_length=1, max_length=20_000)
    facts: dict[str, Any] | None = Field(
        None, description="To rectify: the facts put right, as a JSON merge patch.", max_length=40
    )


class FollowUp(Controller):
    """By receipt, without an account."""

    path = "/api/v1/cases/{number:str}"
    tags = ("Cases",)

    @put(
        "/survey",
        operation_id="answerSurvey",
        summary="Answer the survey",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=204,
        responses=problems(400, 401, 403, 404, 409, 410, 422),
    )
    async def answer(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[Survey],
        receipt: Receipt = None,
        idempotency_key: OnceKey = None,
    ) -> None:
        """Once the case was decided, in the shape of the Client Satisfaction Measurement; again replaces."""
        ctx, actor = context_of(request), await actor_of(request)
        await surveys.answer(ctx, number, data, actor, receipt=receipt, idempotency_key=idempotency_key)

    @get(
        "/survey",
        operation_id="readSurvey",
        summary="The answers given",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def answers(
        self, request: AnyRequest, number: Ctn, receipt: Receipt = None
    ) -> Items[surveys.Answers]:
        """One, or none before there are any; for the citizen and for those who handle the case."""
        found = await surveys.of_case(context_of(request), number, await actor_of(request), receipt=receipt)
        return Items(items=[found] if found else [])

    @get(
        "/notices",
        operation_id="readNotices",
        summary="Where one is told of news",
        guards=[holds_receipt],
        security=HOLDER,
        responses=problems(401, 403, 404),
    )
    async def contact(self, request: AnyRequest, number: Ctn, receipt: Receipt = None) -> notices.Contact:
        """`possible` says what this installation can send."""
        return await notices.contact_of(context_of(request), number, await actor_of(request), receipt=receipt)

    @put(
        "/notices",
        operation_id="askForNotices",
        summary="Be told of news",
        guards=[holds_receipt],
        security=HOLDER,
        status_code=200,
        responses=problems(401, 403, 404, 409, 410, 422),
    )
    async def subscribe(
        self, request: AnyRequest, number: Ctn, data: JSONBody[Subscription], receipt: Receipt = None
    ) -> notices.Contact:
        """A notice says that there is news, never what about."""
        return await notices.subscribe(
            context_of(request),
            number,
            await actor_of(request),
            receipt=receipt,
            email=data.email,
            phone=data.phone,
            language=data.language,
        )

    @get(
        "/copy",
        operation_id="copyCase",
        summary="Everything kept about one's case",
        guards=[holds_receipt],
        security=HOLDER,
        responses=problems(401, 403, 404, 410),
    )
    async def copy(self, request: AnyRequest, number: Ctn, receipt: Receipt = None) -> dict[str, Any]:
        """A copy of one's own data, for the citizen alone."""
        return await rights.copy(context_of(request), number, await actor_of(request), receipt=receipt)

    @post(
        "/rights-requests",
        operation_id="askRight",
        summary="Ask to rectify, erase or stop using one's data",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=201,
        responses=problems(400, 401, 403, 404, 409, 410, 422),
    )
    async def ask(
        self,
        request: AnyRequest,
        number: Ctn,
        data: JSONBody[NewRequest],
        receipt: Receipt = None,
        idempotency_key: OnceKey = None,
    ) -> rights.RequestView:
        """Answered within fifteen working days."""
        ctx, actor = context_of(request), await actor_of(request)
        return await rights.ask(
            ctx, number, data.kind, data.text, actor, receipt=receipt, idempotency_key=idempotency_key
        )

    @get(
        "/rights-requests",
        operation_id="listRightsOfCase",
        summary="Requests about a case",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def requests(
        self, request: AnyRequest, number: Ctn, receipt: Receipt = None
    ) -> Items[rights.RequestView]:
        """Oldest first, with their answers."""
        found = await rights.of_case(context_of(request), number, await actor_of(request), receipt=receipt)
        return Items(items=found)

    @post(
        "/rights-requests/{request_id:str}/decision",
        operation_id="decideRight",
        summary="Answer a request",
        guards=[erases_cases],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 410, 422),
    )
    async def decide(
        self,
        request: AnyRequest,
        number: Ctn,
        request_id: Annotated[str, PathParameter(max_length=64)],
        data: JSONBody[Decision],
    ) -> rights.RequestView:
        """Erasing that is granted is done at once, and so is rectifying, where `facts` are given."""
        return await rights.decide(
            context_of(request),
            number,
            request_id,
            await actor_of(request),
            granted=data.granted,
            answer=data.answer,
            facts=data.facts,
        )


@get(
    "/api/v1/rights-requests",
    operation_id="listRights",
    summary="Requests nobody has answered",
    tags=["Administration"],
    guards=[erases_cases],
    security=STAFF,
    responses=problems(401, 403),
)
async def open_requests(request: AnyRequest) -> Items[rights.RequestView]:
    """The most urgent first, without their words."""
    return Items(items=await rights.open_ones(context_of(request), await actor_of(request)))
