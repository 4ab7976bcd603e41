"""Pages of auditors: cases by any filter, who read what, what was taken out, how right the machine is."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.response import Response

from tala.cases.calendar import MANILA
from tala.errors import TalaError
from tala.services import audit, auditing, directory
from tala.services.exporting import FORMATS
from tala.settings import PROJECT_ROOT
from tala.web.api.cases import page_of_cases
from tala.web.auth import actor_of, audits, context_of
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import cards, filters, words
from tala.web.pages.citizen import categories
from tala.web.pages.desk import prefixed, row_view
from tala.web.pages.shell import AnyRequest, page

_ROWS = 25
_LINES = 50
PARTS = (
    ("/desk/audit", "audit.cases"),
    ("/desk/audit/samples", "audit.samples"),
    ("/desk/audit/ledger", "audit.ledger"),
    ("/desk/audit/access", "audit.access"),
    ("/desk/audit/exports", "audit.exports"),
    ("/desk/audit/accuracy", "audit.accuracy"),
)
"""The pages of auditors: address and key of the name."""


@get("/desk/audit", operation_id="auditPage", include_in_schema=False, guards=[audits])
async def query(request: AnyRequest) -> Response[str]:
    """Cases under any filter the interface knows, masked."""
    ctx, actor = context_of(request), await actor_of(request)
    language = language_of(request)
    t = messages(language)
    named = words.states(t)
    asked = filters.asked_of(request)
    wanted = filters.filter_of(asked, actor)
    text = prefixed(asked["text"]) or None
    sort = "-filed_at" if text else asked["sort"] or "-filed_at"
    cursor = request.query_params.get("cursor") or None
    found = await page_of_cases(ctx, wanted, actor, limit=_ROWS, cursor=cursor, text=text, sort=sort)
    kept = urlencode(filters.given_of(asked), doseq=True)
    return page(
        request,
        "audit.html",
        parts=PARTS,
        asked=asked,
        filtered=bool(kept),
        rows=[row_view(row, t, named, {}) for row in found.items],
        count=None if text else await auditing.how_many(ctx, actor, wanted),
        more=f"/desk/audit?{filters.query_of(asked, cursor=found.next)}" if found.next else None,
        first=f"/desk/audit?{kept}" if cursor else None,
        kept=kept,
        formats=FORMATS,
        choices=filters.choices(t, named),
        categories=categories(language),
        lines=filters.lines_for_programs(ctx.settings.base_url, "/api/v1/cases", kept),
    )


@get("/desk/audit/access", operation_id="accessPage", include_in_schema=False, guards=[audits])
async def access_log(request: AnyRequest) -> Response[str]:
    """Who opened what, refused openings too."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    given = request.query_params
    asked = {
        name: str(given.get(name, "")).strip()[:64] for name in ("actor", "subject", "action", "allowed")
    }
    asked |= days_of(request)
    subject = asked["subject"] or None
    if subject and "-" in subject and len(subject) < 36:
        # Asked for by its number, as people know it.
        subject = await auditing.case_id_of(ctx, actor, subject)
    allowed = {"true": True, "false": False}.get(asked["allowed"])
    since, until = moments_of(asked)
    wanted = audit.AccessFilter(
        asked["actor"] or None, subject, asked["action"] or None, allowed, since, until
    )
    cursor = given.get("cursor") or None
    found = await audit.list_access(ctx, actor, wanted, limit=_LINES, cursor=cursor)
    people = await directory.names(ctx, actor, [row.actor_id for row in found.rows if row.actor_id])
    numbers = await auditing.numbers_of(ctx, actor, [row.subject_id for row in found.rows])
    plain = {name: value for name, value in asked.items() if value}
    return page(
        request,
        "audit_access.html",
        parts=PARTS,
        asked=asked,
        rows=[_access(row, t, people, numbers) for row in found.rows],
        more=f"/desk/audit/access?{urlencode(plain | {'cursor': found.next})}" if found.next else None,
        first=f"/desk/audit/access?{urlencode(plain)}" if cursor else None,
        actions=("read", "list", "search", "hear", "export", "download"),
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/access-log", for_programs(plain, subject=subject), whole=True
        ),
    )


@get("/desk/audit/exports", operation_id="exportsPage", include_in_schema=False, guards=[audits])
async def exports(request: AnyRequest) -> Response[str]:
    """What was taken out, by whom, under which filter, with the hash of every byte."""
    ctx, actor = context_of(request), await actor_of(request)
    found = await auditing.exports(ctx, actor)
    people = await directory.names(ctx, actor, [line.actor_id for line, _ in found if line.actor_id])
    rows = [
        {
            "at": words.moment(line.at),
            "who": people.get(line.actor_id or "", line.actor_id or line.actor_kind),
            "ledger": line.ledger_id,
            "manifest": manifest,
            "filter": ", ".join(f"{name}: {value}" for name, value in manifest["filter"].items()),
            "size": words.size(manifest["bytes"]),
        }
        for line, manifest in found
    ]
    return page(
        request,
        "audit_exports.html",
        parts=PARTS,
        rows=rows,
        formats=FORMATS,
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/ledger/events", "kind=export.done", whole=True
        ),
    )


@get("/desk/audit/accuracy", operation_id="accuracyPage", include_in_schema=False, guards=[audits])
async def accuracy(request: AnyRequest) -> Response[str]:
    """How right the machine is: what people correct here, and what was measured before it was shipped."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    found = await auditing.corrections(ctx, actor)
    return page(
        request,
        "audit_accuracy.html",
        parts=PARTS,
        corrected=[(t.get(f"field.{one.field}") or one.field, one) for one in found],
        card=cards.shown(ctx.settings.models_dir / "tala-understand" / "README.md"),
        scores=cards.shown(PROJECT_ROOT / "docs" / "accuracy.md"),
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/ledger/events", "kind=case.submit", whole=True
        ),
    )


def days_of(request: AnyRequest) -> dict[str, str]:
    """The days a log is asked for."""
    return {name: str(request.query_params.get(name, "")).strip()[:10] for name in ("since", "until")}


def moments_of(asked: dict[str, str]) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From the beginning of the first day up to the end of the last, in Manila. Raises TalaError."""
    first, last = words.day(asked["since"]), words.day(asked["until"])
    if last is not None and last >= dt.date.max - dt.timedelta(days=2):
        raise TalaError("invalid_input", "Give a day of this century.")
    return (
        dt.datetime.combine(first, dt.time(), MANILA) if first else None,
        dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), MANILA) if last else None,
    )


def for_programs(plain: dict[str, Any], **more: str | None) -> str:
    """The query of the interface that asks the same: days become moments."""
    query = {name: value for name, value in (plain | more).items() if value}
    since, until = moments_of({"since": query.get("since", ""), "until": query.get("until", "")})
    query |= {name: moment.isoformat() for name, moment in (("since", since), ("until", until)) if moment}
    return urlencode(query)


def _access(
    row: audit.AccessLine, t: Messages, people: dict[str, str], numbers: dict[str, str]
) -> dict[str, Any]:
    return {
        "at": words.moment(row.at),
        "who": people.get(
            row.actor_id or "", row.actor_id or t.get(f"who.{row.actor_kind}") or row.actor_kind
        ),
        "actor": row.actor_id or "",
        "role": t.get(f"role.{row.role}") or row.role,
        "subject": row.subject_kind,
        "id": row.subject_id,
        "ctn": numbers.get(row.subject_id, ""),
        "action": t.get(f"audit.action_{row.action}") or row.action,
        "level": t.get(f"case.level_{row.level}") or "",
        "reason": row.reason or "",
        "allowed": row.allowed,
    }
