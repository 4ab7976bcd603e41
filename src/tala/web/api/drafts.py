"""Drafts: what was understood, to be checked and corrected before filing."""

from typing import Annotated, Any

from litestar import Controller, delete, get, patch, post
from litestar.params import HeaderParameter, JSONBody, PathParameter
from litestar.response import Response

from tala.errors import TalaError
from tala.services import drafts, settling, sweeping, wording
from tala.web.api.parameters import version_of
from tala.web.api.recordings import AnyRequest, IdempotencyKey
from tala.web.api.schemas import (
    CAPABILITY,
    INTAKE,
    STAFF,
    DraftForCase,
    SplitDraft,
    TypedComplaint,
    WordEdits,
    problems,
)
from tala.web.auth import actor_of, context_of, may_send_recordings, opens_drafts, takes_calls

DraftId = Annotated[str, PathParameter(description="Id of the draft.", max_length=64)]


def _tagged(draft: drafts.DraftView, status: int = 200) -> Response[drafts.DraftView]:
    return Response(draft, status_code=status, headers={"ETag": f'"{draft.version}"'})


class Drafts(Controller):
    """Complaints before they are filed."""

    path = "/api/v1/drafts"
    tags = ("Drafts",)

    @post(
        operation_id="draftFromText",
        summary="Send a typed complaint",
        guards=[may_send_recordings],
        security=INTAKE,
        status_code=201,
        responses=problems(401, 409, 422, 429),
    )
    async def from_text(
        self, request: AnyRequest, data: JSONBody[TypedComplaint], idempotency_key: IdempotencyKey = None
    ) -> Response[dict[str, Any]]:
        """A complaint without sound. The answer is the draft with its `capability`, which alone opens it."""
        opened = await drafts.draft_from_text(
            context_of(request), data.text, actor=await actor_of(request), idempotency_key=idempotency_key
        )
        draft = opened.draft
        body = {**draft.model_dump(mode="json"), "capability": opened.capability, "replayed": opened.replayed}
        headers = {"ETag": f'"{draft.version}"', "Location": f"/api/v1/drafts/{draft.id}"}
        return Response(body, status_code=201, headers=headers)

    @get(
        "/{draft_id:str}",
        operation_id="getDraft",
        summary="Read a draft",
        guards=[opens_drafts],
        security=CAPABILITY,
        responses=problems(401, 404, 410),
    )
    async def read(self, request: AnyRequest, draft_id: DraftId) -> Response[drafts.DraftView]:
        """What was heard, what was understood with its evidence, what was corrected, and what is missing."""
        return _tagged(await drafts.draft_of(context_of(request), draft_id, actor=await actor_of(request)))

    @patch(
        "/{draft_id:str}",
        operation_id="correctDraft",
        summary="Correct the facts of a draft",
        guards=[opens_drafts],
        security=CAPABILITY,
        responses=problems(401, 404, 409, 410, 412, 422, 428),
    )
    async def correct(
        self,
        request: AnyRequest,
        draft_id: DraftId,
        data: JSONBody[dict[str, Any]],
        if_match: Annotated[str | None, HeaderParameter(name="If-Match", max_length=64)] = None,
    ) -> Response[drafts.DraftView]:
        """A JSON merge patch (RFC 7396): `{"facts": {…}}`, or the members of `facts` themselves. Null
        removes, lists are replaced whole. If-Match holds the version that was read."""
        changes = data["facts"] if set(data) == {"facts"} else data
        if not isinstance(changes, dict):
            raise TalaError(
                "invalid_input", errors=[{"pointer": "/facts", "detail": "This must be an object."}]
            )
        ctx, actor = context_of(request), await actor_of(request)
        if if_match and if_match.strip() == "*":
            version = (await drafts.draft_of(ctx, draft_id, actor=actor)).version
        else:
            version = version_of(if_match)
        return _tagged(await drafts.correct_draft(ctx, draft_id, changes, version=version, actor=actor))

    @delete(
        "/{draft_id:str}",
        operation_id="discardDraft",
        summary="Erase a draft",
        guards=[opens_drafts],
        security=CAPABILITY,
        status_code=204,
        responses=problems(401, 404, 409, 410),
    )
    async def discard(self, request: AnyRequest, draft_id: DraftId) -> None:
        """Erase a draft that was not filed, with its recordings; it cannot be undone."""
        await sweeping.discard_draft(context_of(request), draft_id, actor=await actor_of(request))

    @patch(
        "/{draft_id:str}/words",
        operation_id="correctWords",
        summary="Correct what was heard",
        guards=[opens_drafts],
        security=CAPABILITY,
        responses=problems(401, 404, 409, 412, 422, 428),
    )
    async def words(
        self,
        request: AnyRequest,
        draft_id: DraftId,
        data: JSONBody[WordEdits],
        if_match: Annotated[str | None, HeaderParameter(name="If-Match", max_length=64)] = None,
    ) -> Response[drafts.DraftView]:
        """Words by their place in the transcript; times stay, facts are read again, and what a person entered
        stays entered."""
        changed = await wording.correct_words(
            context_of(request),
            draft_id,
            data.edits,
            version=version_of(if_match),
            actor=await actor_of(request),
        )
        return _tagged(changed)

    @post(
        "/{draft_id:str}/split",
        operation_id="splitDraft",
        summary="Make two complaints of one recording",
        guards=[takes_calls],
        security=STAFF,
        status_code=201,
        responses=problems(401, 403, 404, 409, 412, 422, 428),
    )
    async def split(
        self,
        request: AnyRequest,
        draft_id: DraftId,
        data: JSONBody[SplitDraft],
        if_match: Annotated[str | None, HeaderParameter(name="If-Match", max_length=64)] = None,
    ) -> dict[str, drafts.DraftView]:
        """The utterances named, by their place in the transcript, go to a new draft; the others stay."""
        stays, made = await settling.split_draft(
            context_of(request),
            draft_id,
            data.segments,
            actor=await actor_of(request),
            version=version_of(if_match),
        )
        return {"draft": stays, "new": made}

    @post(
        "/{draft_id:str}/no-complaint",
        operation_id="markNoComplaint",
        summary="Set aside as no complaint",
        guards=[takes_calls],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 412, 428),
    )
    async def no_complaint(
        self,
        request: AnyRequest,
        draft_id: DraftId,
        if_match: Annotated[str | None, HeaderParameter(name="If-Match", max_length=64)] = None,
    ) -> Response[drafts.DraftView]:
        """The same call again takes the mark off."""
        changed = await settling.mark_no_complaint(
            context_of(request), draft_id, actor=await actor_of(request), version=version_of(if_match)
        )
        return _tagged(changed)

    @post(
        "/{draft_id:str}/attach",
        operation_id="attachDraft",
        summary="Add to a case that is there",
        guards=[takes_calls],
        security=STAFF,
        status_code=200,
        responses=problems(401, 403, 404, 409, 422),
    )
    async def attach(
        self, request: AnyRequest, draft_id: DraftId, data: JSONBody[DraftForCase]
    ) -> dict[str, str]:
        """The draft's recordings become part of the case."""
        case = await settling.attach_to_case(
            context_of(request), draft_id, data.ctn, actor=await actor_of(request)
        )
        return {"ctn": case.ctn}
