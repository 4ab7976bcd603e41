"""The ledgers as auditors read them: events by any filter, one ledger whole and whether it verifies."""

import json
from typing import Any
from urllib.parse import quote, urlencode

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tala.services import audit, auditing, directory
from tala.services.audit import LedgerLine
from tala.store.verify import Report
from tala.web.auth import actor_of, audits, context_of
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import filters, words
from tala.web.pages.audit import PARTS, days_of, for_programs, moments_of
from tala.web.pages.intake import csrf_of
from tala.web.pages.shell import AnyRequest, page

_LINES = 50


@get("/desk/audit/ledger", operation_id="ledgerPage", include_in_schema=False, guards=[audits])
async def events(request: AnyRequest) -> Response[str]:
    """Events of all ledgers, newest first."""
    ctx, actor = context_of(request), await actor_of(request)
    language = language_of(request)
    t = messages(language)
    given = request.query_params
    asked = {name: str(given.get(name, "")).strip()[:64] for name in ("ledger", "kind", "actor")}
    asked |= days_of(request)
    since, until = moments_of(asked)
    wanted = audit.EventFilter(
        asked["ledger"] or None, asked["kind"] or None, asked["actor"] or None, since, until
    )
    cursor = given.get("cursor") or None
    found = await audit.list_events(ctx, actor, wanted, limit=_LINES, cursor=cursor)
    people = await directory.names(ctx, actor, [row.actor_id for row in found.rows if row.actor_id])
    numbers = await auditing.numbers_of(ctx, actor, [row.ledger_id for row in found.rows])
    plain = {name: value for name, value in asked.items() if value}
    return page(
        request,
        "audit_ledgers.html",
        parts=PARTS,
        asked=asked,
        named=auditing.NAMED,
        rows=[event_view(row, t, people) | {"ctn": numbers.get(row.ledger_id, "")} for row in found.rows],
        more=f"/desk/audit/ledger?{urlencode(plain | {'cursor': found.next})}" if found.next else None,
        first=f"/desk/audit/ledger?{urlencode(plain)}" if cursor else None,
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/ledger/events", for_programs(plain), whole=True
        ),
        page_data={"messages": t.under("audit.", "error."), "language": language, "csrf": csrf_of(request)},
    )


@get("/desk/audit/ledger/{name:str}", operation_id="oneLedgerPage", include_in_schema=False, guards=[audits])
async def one(request: AnyRequest, name: FromPath[str]) -> Response[str]:
    """One ledger whole, and whether it verifies."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    ledger, report = await auditing.ledger_of(ctx, actor, name[:100])
    people = await directory.names(ctx, actor, [row.actor_id for row in ledger.events if row.actor_id])
    return page(
        request,
        "audit_ledger.html",
        parts=PARTS,
        ledger=ledger,
        ok=report.ok,
        said=said_of(report, ledger, t),
        problems=[
            {"seq": problem.seq, "message": problem.message, "ledger": problem.ledger_id}
            for problem in report.problems
        ],
        rows=[event_view(row, t, people) for row in ledger.events],
        export=f"/api/v1/ledger/export?ledger={quote(ledger.id)}",
        lines=filters.lines_for_programs(
            ctx.settings.base_url, "/api/v1/ledger/verification", f"ledger={quote(ledger.id)}", whole=True
        ),
    )


def said_of(report: Report, ledger: auditing.Ledger, t: Messages) -> list[str]:
    """What verifying found, as sentences."""
    if not report.ok:
        return [t("audit.broken", count=len(report.problems))]
    told = [t("audit.chain_ok", count=report.events)]
    if ledger.ctn:
        told.append(t("audit.state_ok"))
    if ledger.anchored >= ledger.count:
        told.append(t("audit.anchored_all"))
    elif ledger.anchored:
        told.append(t("audit.anchored_part", count=ledger.anchored, rest=ledger.count - ledger.anchored))
    else:
        told.append(t("audit.anchored_none"))
    return told


def event_view(row: LedgerLine, t: Messages, people: dict[str, str]) -> dict[str, Any]:
    """An event with its record set out to be read."""
    action = row.kind.removeprefix("case.")
    name = t.get(f"action.{action}") or t.get(f"happened.{action}") or t.get(f"event.{action}")
    if row.actor_kind == "staff" and row.actor_id in people:
        who = people[row.actor_id]
    else:
        who = t.get(f"who.{row.actor_kind}") or row.actor_kind
    return {
        "seq": row.seq,
        "at": words.moment(row.at),
        "kind": row.kind,
        "name": name or "",
        "who": who,
        "actor": row.actor_id or "",
        "ledger": row.ledger_id,
        "hash": row.hash,
        "previous": row.prev_hash,
        "record": json.dumps(json.loads(row.record), indent=2, ensure_ascii=False),
    }
