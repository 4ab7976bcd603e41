"""Pages of whoever takes complaints in: recordings dropped in, their queue, the workbench for one, a call."""

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response, Stream

from tala.services import drafts, intakedesk, sessions
from tala.services.intakedesk import QueueRow
from tala.web.auth import SESSION_COOKIE, actor_of, context_of, takes_calls
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import words
from tala.web.pages.citizen import categories, limits
from tala.web.pages.shell import AnyRequest, environment, page
from tala.web.pages.streams import stream

_SCRIPT_WORDS = ("error.", "field.", "intake.", "review.", "urgency.", "warning.", "work.")
_OF_CALLER = {
    "field.complainant": "work.caller_name",
    "field.phones": "work.caller_phone",
    "field.emails": "work.caller_email",
    "field.wants_anonymity": "work.caller_anonymity",
    "field.wants_callback": "work.caller_callback",
    "review.heard": "work.was_said",
    "review.entered": "work.entered",
}
"""Words of the form that speak to the citizen, as they are said about one."""
_LANGUAGES = {"en": "English", "fil": "Filipino", "tl": "Filipino", "taglish": "Taglish"}


def csrf_of(request: AnyRequest) -> str:
    """What scripts of this page send with their writes; empty for a key, which has no session."""
    token = request.cookies.get(SESSION_COOKIE)
    return sessions.csrf_of(token) if token else ""


@get("/desk/intake", operation_id="intakePage", include_in_schema=False, guards=[takes_calls])
async def intake_page(request: AnyRequest) -> Response[str]:
    """Drop recordings, say that everybody agreed, and see what becomes of each."""
    rows = await intakedesk.queue_of(context_of(request), actor=await actor_of(request))
    language = language_of(request)
    t = messages(language)
    return page(
        request,
        "intake.html",
        rows=[row_view(row, t) for row in rows],
        limits=limits(request),
        page_data={
            "messages": t.under(*_SCRIPT_WORDS),
            "language": language,
            "limits": limits(request),
            "categories": [],
            "csrf": csrf_of(request),
        },
    )


@get(
    "/desk/intake/events",
    operation_id="intakeEvents",
    include_in_schema=False,
    guards=[takes_calls],
    media_type="text/event-stream",
)
async def intake_events(request: AnyRequest) -> Stream:
    """Rows of the queue as they change, ready to be put in their place."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))

    def told(rows: list[QueueRow]) -> list[tuple[str, object]]:
        return [("row", {"id": row.id, "html": row_html(row, t), "settled": row.settled}) for row in rows]

    return stream(intakedesk.watch(ctx, actor=actor), told)


@get(
    "/desk/intake/{recording_id:str}",
    operation_id="workbenchPage",
    include_in_schema=False,
    guards=[takes_calls],
)
async def workbench(request: AnyRequest, recording_id: FromPath[str]) -> Response[str]:
    """One recording: hear it, correct the words and the facts, and say what is to become of it."""
    ctx, actor = context_of(request), await actor_of(request)
    row = await intakedesk.row_of(ctx, recording_id, actor=actor)
    wanted = request.query_params.get("draft", "")
    chosen = next((one for one in row.drafts if one.id == wanted), row.drafts[0] if row.drafts else None)
    draft = await drafts.draft_of(ctx, chosen.id, actor=actor) if chosen else None
    language = language_of(request)
    t = messages(language)
    return page(
        request,
        "workbench.html",
        row=row_view(row, t),
        draft=draft,
        chosen=chosen,
        page_data={
            "messages": t.under(*_SCRIPT_WORDS) | {key: t(name) for key, name in _OF_CALLER.items()},
            "language": language,
            "limits": limits(request),
            "categories": categories(language),
            "csrf": csrf_of(request),
            "recording": row.id,
            "duration_ms": row.duration_ms,
            "peaks": await intakedesk.peaks_of(ctx, recording_id, actor=actor),
            "draft": draft.model_dump(mode="json") if draft else None,
        },
    )


@get("/desk/intake/call", operation_id="callPage", include_in_schema=False, guards=[takes_calls])
async def take_call(request: AnyRequest) -> Response[str]:
    """Take a complaint down while the caller speaks, over a line or the microphone."""
    language = language_of(request)
    t = messages(language)
    return page(
        request,
        "call.html",
        page_data={
            "messages": t.under(*_SCRIPT_WORDS, "call.", "live.", "speak.")
            | {key: t(name) for key, name in _OF_CALLER.items()},
            "language": language,
            "limits": limits(request),
            "categories": categories(language),
            "csrf": csrf_of(request),
        },
    )


def row_html(row: QueueRow, t: Messages) -> str:
    """A row of the queue as it stands in the page."""
    made = environment().get_template("intake_row.html").render(row=row_view(row, t), t=t)
    return str(made)


def row_view(row: QueueRow, t: Messages) -> dict[str, Any]:
    """A row with its values written out."""
    language = t.language
    return {
        "id": row.id,
        "filename": row.filename or t("intake.unnamed"),
        "at": words.moment(row.created_at),
        "state": row.state,
        "percent": round(row.progress * 100),
        "length": words.length(row.duration_ms),
        "size": words.size(row.bytes),
        "consent": row.consent,
        "heard": _LANGUAGES.get(row.language or "", row.language or ""),
        "sure": row.language_probability is None or row.language_probability >= 0.6,
        "voices": row.voices,
        "turns": row.turns,
        "warnings": [t.get(f"warning.{one.code}") or one.message for one in row.warnings],
        "problem": (t.get(f"error.{row.error_code}") or row.error_message) if row.error_code else "",
        "settled": row.settled,
        "drafts": [
            {
                "id": one.id,
                "state": one.state,
                "grounds": [words.ground(code, language) for code in one.categories],
                "agency": one.agency or "",
                "place": one.place or "",
                "complaint": one.is_complaint,
                "emergency": one.emergency,
                "urgent": one.urgency == "high",
                "missing": len(one.missing),
                "ctn": one.ctn or "",
            }
            for one in row.drafts
        ],
    }
