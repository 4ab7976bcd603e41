"""Files of a case."""

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter
from litestar.response import Stream

from tala.services import attachments
from tala.services.attachments import MOST_BYTES, AttachmentView, Incoming
from tala.web.api.parameters import Ctn, OnceKey, Receipt
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import RECEIPT, Items, problems
from tala.web.auth import actor_of, context_of, opens_cases
from tala.web.description import AttachmentOperation
from tala.web.multipart import Upload

FileId = Annotated[str, PathParameter(description="Id of the file.", max_length=64)]


class Attachments(Controller):
    """Evidence, replies and letters: PDF, JPEG, PNG, WebP or plain text, stored encrypted."""

    path = "/api/v1/cases/{number:str}/attachments"
    tags = ("Casework",)

    @get(
        operation_id="listAttachments",
        summary="The files of a case",
        guards=[opens_cases],
        security=RECEIPT,
        responses=problems(401, 403, 404),
    )
    async def listed(
        self, request: AnyRequest, number: Ctn, receipt: Receipt = None
    ) -> Items[AttachmentView]:
        """For the citizen and for those who handle the case."""
        found = await attachments.listed(
            context_of(request), number, await actor_of(request), receipt=receipt
        )
        return Items(items=found)

    @post(
        operation_id="addAttachment",
        summary="Add a file",
        guards=[opens_cases],
        security=RECEIPT,
        status_code=201,
        request_max_body_size=None,  # bounded while it is read
        operation_class=AttachmentOperation,
        responses=problems(400, 401, 403, 404, 409, 410, 413, 422),
    )
    async def add(
        self, request: AnyRequest, number: Ctn, receipt: Receipt = None, idempotency_key: OnceKey = None
    ) -> AttachmentView:
        """As multipart/form-data: `kind` (evidence, reply, correspondence, other) before the `file`, of up to
        25 MB. What its first bytes say has to be what its type says."""
        ctx, actor = context_of(request), await actor_of(request)
        upload = Upload(request, max_bytes=MOST_BYTES)
        chunks = upload.chunks()
        # The name and type of the file are known once its first bytes are.
        first = await anext(chunks, b"")

        async def whole() -> Any:
            yield first
            async for chunk in chunks:
                yield chunk

        incoming = Incoming(
            filename=upload.filename,
            media_type=upload.media_type.partition(";")[0].strip().lower(),
            chunks=whole(),
            kind=upload.fields.get("kind") or "evidence",
        )
        return await attachments.attach(
            ctx, number, incoming, actor, receipt=receipt, idempotency_key=idempotency_key
        )

    @get(
        "/{file_id:str}",
        operation_id="readAttachment",
        summary="Read a file",
        guards=[opens_cases],
        security=RECEIPT,
        responses={
            200: ResponseSpec(
                data_container=bytes, media_type="application/octet-stream", description="The file."
            ),
            **problems(401, 403, 404, 410),
        },
    )
    async def read(
        self, request: AnyRequest, number: Ctn, file_id: FileId, receipt: Receipt = None
    ) -> Stream:
        """As a download, so that no browser opens it on this site."""
        view, chunks = await attachments.read(
            context_of(request), number, file_id, await actor_of(request), receipt=receipt
        )
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(view.filename, safe='')}",
            "Cache-Control": "no-store",
        }
        return Stream(chunks, media_type=view.media_type, headers=headers)
