"""Multipart uploads read as a stream: each piece of the file is handed on as it arrives, and forgotten."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from litestar import Request
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from tala.errors import TalaError

MAX_FIELD_BYTES = 4096
MAX_PARTS = 16


class Upload:
    """A form with one file in it, in the field `file`. Read `chunks()` to the end, then every field is in
    `fields`.

    Fields may stand before or after the file. Raises TalaError(bad_request, payload_too_large).
    """

    def __init__(self, request: Request[Any, Any, Any], *, max_bytes: int) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get("boundary", "")
        if kind != "multipart/form-data" or not boundary:
            raise TalaError(
                "bad_request", "Send the recording as multipart/form-data with a field named file."
            )
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > max_bytes + MAX_FIELD_BYTES * MAX_PARTS:
            raise _too_large(max_bytes)
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.media_type = ""
        self._request = request
        self._boundary = boundary
        self._max_bytes = max_bytes
        self._found = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file as they arrive."""
        try:
            parser = PushMultipartParser(
                self._boundary,
                max_segment_count=MAX_PARTS,
                max_header_count=8,
                max_header_size=MAX_FIELD_BYTES,
                max_segment_size=self._max_bytes,
                strict=True,
            )
            with parser:
                async with aclosing(self._pieces(parser)) as pieces:
                    async for piece in pieces:
                        yield piece
        except ParserLimitReached as error:
            raise _too_large(self._max_bytes) from error
        except MultipartError as error:
            raise TalaError(
                "bad_request", "The upload broke off or is not valid multipart/form-data."
            ) from error
        if not self._found:
            raise TalaError("bad_request", "The form has no file. Send the recording in a field named file.")

    async def _pieces(self, parser: PushMultipartParser) -> AsyncGenerator[bytes]:
        segment: MultipartSegment | None = None
        text = bytearray()
        stream = self._request.stream()
        while not parser.closed:
            received = await anext(stream, b"")
            for event in parser.parse(received):
                if isinstance(event, MultipartSegment):
                    segment, text = event, bytearray()
                    self._open(segment)
                elif event is None:
                    if segment is not None and segment.name != "file":
                        self.fields[segment.name] = text.decode("utf-8", errors="replace")
                    segment = None
                elif segment is not None and segment.name == "file":
                    yield bytes(event)
                else:
                    text += event
                    if len(text) > MAX_FIELD_BYTES:
                        raise TalaError("bad_request", "A field of the form is too long.")

    def _open(self, segment: MultipartSegment) -> None:
        if segment.name != "file":
            return
        if self._found:
            raise TalaError("bad_request", "Send one recording at a time.")
        self._found = True
        self.filename = (segment.filename or "")[:255]
        self.media_type = (segment.content_type or "application/octet-stream")[:100]


def _too_large(limit: int) -> TalaError:
    return TalaError(
        "payload_too_large", f"The upload is larger than {limit // (1 << 20)} MB. Send a shorter one."
    )
