"""Resumable uploads for staff and machines, by the tus protocol 1.0: creation, expiration, termination."""

import base64
import binascii
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Annotated

from litestar import Controller, HttpMethod, delete, get, patch, post, route
from litestar.exceptions import InternalServerException
from litestar.params import PathParameter
from litestar.response import Response
from pydantic import ValidationError

from tala.errors import TalaError
from tala.services import uploads
from tala.services.uploads import NewUpload, UploadView
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import STAFF, problems
from tala.web.auth import actor_of, context_of, takes_calls
from tala.web.problems import invalid

VERSION = "1.0.0"
PATH = "/api/v1/uploads"
_PART_TYPE = "application/offset+octet-stream"
_MOST_METADATA = 4096
UploadId = Annotated[str, PathParameter(description="Id of the upload.", max_length=64)]


class Uploads(Controller):
    """Recordings in parts."""

    path = PATH
    tags = ("Recordings",)

    @route(
        http_method=[HttpMethod.OPTIONS],
        operation_id="tusCapabilities",
        guards=[takes_calls],
        include_in_schema=False,
        sync_to_thread=False,
        status_code=204,
    )
    def capabilities(self, request: AnyRequest) -> Response[None]:
        """Which parts of the protocol are spoken here."""
        headers = {
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,expiration,termination",
            "Tus-Max-Size": str(context_of(request).settings.max_upload_bytes),
        }
        return Response(None, status_code=204, headers=headers)

    @post(
        operation_id="beginUpload",
        summary="Begin a resumable upload",
        guards=[takes_calls],
        security=STAFF,
        status_code=201,
        responses=problems(400, 401, 403, 412, 413, 422, 429),
    )
    async def create(self, request: AnyRequest) -> Response[None]:
        """Send `Upload-Length` and, in `Upload-Metadata`, `consent` (self, all-parties, unknown), `filename`,
        `filetype` and `language`. The answer's `Location` takes the parts."""
        _speaks_tus(request)
        length = request.headers.get("upload-length", "")
        if not (length.isascii() and length.isdigit()):
            raise TalaError("bad_request", "Say in Upload-Length how many bytes will come.")
        said = _metadata(request.headers.get("upload-metadata", ""))
        try:
            new = NewUpload.model_validate(
                {
                    "length": int(length[:18]),
                    "consent": said.get("consent", ""),
                    "filename": said.get("filename", ""),
                    "media_type": said.get("filetype") or "application/octet-stream",
                    "language": said.get("language") or "auto",
                }
            )
        except ValidationError as error:
            raise invalid(error) from error
        made = await uploads.create(context_of(request), new, actor=await actor_of(request))
        headers = {"Location": f"{PATH}/{made.id}", **_headers(made)}
        return Response(None, status_code=201, headers=headers)

    @get(
        "/{upload_id:str}",
        operation_id="getUpload",
        summary="How far an upload is",
        guards=[takes_calls],
        security=STAFF,
        responses=problems(401, 403, 404),
    )
    async def status(self, request: AnyRequest, upload_id: UploadId) -> Response[UploadView]:
        """`Upload-Offset` is where to go on; HEAD answers the same without a body."""
        found = await uploads.status(context_of(request), upload_id, actor=await actor_of(request))
        return Response(found, headers={"Cache-Control": "no-store", **_headers(found)})

    @patch(
        "/{upload_id:str}",
        operation_id="sendPart",
        summary="Send the next part",
        guards=[takes_calls],
        security=STAFF,
        status_code=204,
        request_max_body_size=None,  # bounded while it is read, by the length that was announced
        responses=problems(400, 401, 403, 404, 409, 412, 413, 422),
    )
    async def append(self, request: AnyRequest, upload_id: UploadId) -> Response[None]:
        """The bytes from `Upload-Offset` on, as application/offset+octet-stream. After the last one the
        header `Tala-Recording` names the recording it became."""
        _speaks_tus(request)
        if request.headers.get("content-type", "").partition(";")[0].strip() != _PART_TYPE:
            raise TalaError("bad_request", f"Send a part as {_PART_TYPE}.")
        offset = request.headers.get("upload-offset", "")
        if not (offset.isascii() and offset.isdigit()):
            raise TalaError("bad_request", "Say in Upload-Offset where the part begins.")
        found = await uploads.append(
            context_of(request),
            upload_id,
            int(offset[:18]),
            _arriving(request),
            actor=await actor_of(request),
        )
        return Response(None, status_code=204, headers=_headers(found))

    @delete(
        "/{upload_id:str}",
        operation_id="cancelUpload",
        summary="Cancel an upload",
        guards=[takes_calls],
        security=STAFF,
        status_code=204,
        responses=problems(401, 403, 404, 412),
    )
    async def cancel(self, request: AnyRequest, upload_id: UploadId) -> Response[None]:
        """Its parts are erased; a recording that was complete stays."""
        _speaks_tus(request)
        await uploads.cancel(context_of(request), upload_id, actor=await actor_of(request))
        return Response(None, status_code=204, headers={"Tus-Resumable": VERSION})


async def _arriving(request: AnyRequest) -> AsyncIterator[bytes]:
    """The body as far as it comes: a line that drops is the end of this part, not of the upload."""
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException:  # the framework's word for a client that hung up
        return


def _speaks_tus(request: AnyRequest) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise TalaError(
            "version_mismatch",
            f"Send the header Tus-Resumable: {VERSION}.",
            headers={"Tus-Version": VERSION, "Tus-Resumable": VERSION},
        )


def _headers(upload: UploadView) -> dict[str, str]:
    found = {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.length),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.recording_id:
        found["Tala-Recording"] = upload.recording_id
    return found


def _metadata(header: str) -> dict[str, str]:
    """Pairs of a name and Base64, by commas. Raises TalaError(bad_request)."""
    found: dict[str, str] = {}
    try:
        if len(header) > _MOST_METADATA:
            raise ValueError("too long")
        for pair in filter(None, (part.strip() for part in header.split(","))):
            name, _, value = pair.partition(" ")
            found[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise TalaError(
            "bad_request", "Upload-Metadata holds names with values in Base64, by commas."
        ) from error
    return found
