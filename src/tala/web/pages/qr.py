"""The code on a receipt: it opens the tracking page with the number filled in, never the secret."""

import io
from typing import Any

import segno
from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response

from tala.cases import ctn
from tala.errors import TalaError
from tala.web.auth import context_of


@get("/qr/{number:str}", operation_id="receiptCode", include_in_schema=False, sync_to_thread=False)
def receipt_code(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[bytes]:
    """A QR code as SVG. The number stands behind `#`, which browsers do not send."""
    known = ctn.normalise(number)
    if known is None:
        raise TalaError("not_found", "This is not a Control Tracking Number.")
    base = context_of(request).settings.base_url
    drawn = io.BytesIO()
    segno.make(f"{base}/track#{known}", error="m").save(drawn, kind="svg", border=1, scale=4, xmldecl=False)
    return Response(drawn.getvalue(), media_type="image/svg+xml")
