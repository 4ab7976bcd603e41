"""The interface described: OpenAPI 3.1."""

from dataclasses import dataclass

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    License,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from pydantic import BaseModel

from tala import __version__

__all__ = ["AttachmentOperation", "UploadOperation", "openapi"]

_ABOUT = """\
Tala takes complaints about government services, spoken or typed, and makes tracked cases of them.

1. `POST /api/v1/intake/tickets` gives a citizen a short-lived token; no account is needed.
2. `POST /api/v1/recordings` takes a recording, or `POST /api/v1/drafts` a text; the answer holds a
   `capability`.
3. `GET /api/v1/recordings/{recording_id}/events` follows the work; `GET /api/v1/drafts/{draft_id}` is the
   result.
4. `PATCH /api/v1/drafts/{draft_id}` corrects it; `POST /api/v1/cases` files it and answers with the Control
   Tracking Number and the receipt's secret, which open `GET /api/v1/cases/{ctn}`.

Refusals are problem details (RFC 9457) with a stable `code`. Times of sound are whole milliseconds, spans
are Unicode code points, end exclusive, into the text of the same answer. Tala is not affiliated with ARTA.
"""


@dataclass
class UploadOperation(Operation):
    """The form of an upload, which the handler reads as a stream and therefore does not declare."""

    def __post_init__(self) -> None:
        fields = {
            "file": Schema(
                type=OpenAPIType.STRING,
                content_media_type="application/octet-stream",
                description="The recording, in any usual format.",
            ),
            "consent": Schema(
                type=OpenAPIType.STRING,
                enum=["self", "all-parties", "unknown"],
                description="Who is on the recording: only the speaker; others who all knew and agreed; "
                "unknown, which sets it aside.",
            ),
            "language": Schema(type=OpenAPIType.STRING, default="auto", description="auto, en, tl, …"),
        }
        schema = Schema(type=OpenAPIType.OBJECT, properties=dict(fields), required=["file", "consent"])
        self.request_body = RequestBody(
            content={"multipart/form-data": OpenAPIMediaType(schema=schema)},
            required=True,
        )


@dataclass
class AttachmentOperation(Operation):
    """The form a file of a case comes in."""

    def __post_init__(self) -> None:
        fields = {
            "kind": Schema(
                type=OpenAPIType.STRING,
                enum=["evidence", "reply", "correspondence", "other"],
                default="evidence",
                description="What it is; before the file.",
            ),
            "file": Schema(
                type=OpenAPIType.STRING,
                content_media_type="application/octet-stream",
                description="PDF, JPEG, PNG, WebP or plain text.",
            ),
        }
        schema = Schema(type=OpenAPIType.OBJECT, properties=dict(fields), required=["file"])
        self.request_body = RequestBody(
            content={"multipart/form-data": OpenAPIMediaType(schema=schema)},
            required=True,
        )


def openapi() -> OpenAPIConfig:
    """The configuration of the description; it is served as /openapi.json and shown at /docs."""

    def bearer(text: str) -> SecurityScheme:
        return SecurityScheme(type="http", scheme="bearer", description=text)

    return OpenAPIConfig(
        title="Tala",
        version=__version__,
        description=_ABOUT,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        path="/openapi.json",
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
        use_handler_docstrings=True,
        tags=[
            Tag("Intake", "Tokens for citizens"),
            Tag("Recordings", "Sound and what was heard"),
            Tag("Drafts", "What was understood, before filing"),
            Tag("Cases", "Filed complaints"),
            Tag("Casework", "What is done with a case"),
            Tag("Desk", "Queues, views and alerts of a member of staff"),
            Tag("Statistics", "Counts, times and costs"),
            Tag("Records", "Ledger, access log and exports"),
            Tag("Administration", "People, keys, offices, calendar, retention"),
            Tag("Reference", "Names to choose from"),
            Tag("Accounts", "Signing in"),
            Tag("System", "Health"),
        ],
        components=Components(
            security_schemes={
                "ticket": bearer("Intake ticket `it_…`."),
                "capability": bearer("Capability `cap_…` of one recording or draft."),
                "key": bearer("API key `tk_…` of a machine."),
                "receipt": SecurityScheme(
                    type="apiKey",
                    name="Tala-Receipt",
                    security_scheme_in="header",
                    description="The 16 digits of a receipt.",
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name="tala_session",
                    security_scheme_in="cookie",
                    description="A signed-in member of staff; writes need X-CSRF-Token.",
                ),
            }
        ),
    )


def add_examples(described: OpenAPI, *models: type[BaseModel]) -> None:
    """Put the examples that models carry into the description; the framework leaves them out."""
    schemas = described.components.schemas if described.components else {}
    for model in models:
        extra = model.model_config.get("json_schema_extra")
        for name, schema in (schemas or {}).items():
            if name.split("_")[-1] == model.__name__ and isinstance(extra, dict):
                schema.examples = list(extra["examples"])  # type: ignore[arg-type]
