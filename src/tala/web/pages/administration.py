"""Pages for administrators: how the installation stands, what it goes by, its models, what was changed."""

import asyncio
from collections import defaultdict
from typing import Any

from litestar import get
from litestar.response import Response

from tala.cases import clocks, datafiles, taxonomy
from tala.services import changes, condition, modelcards, naming
from tala.web.auth import actor_of, administers, context_of
from tala.web.i18n import Messages, language_of, messages
from tala.web.pages import words
from tala.web.pages.shell import AnyRequest, page

SECTIONS = (
    ("/desk/admin", "admin.overview"),
    ("/desk/admin/users", "admin.users"),
    ("/desk/admin/offices", "admin.offices"),
    ("/desk/admin/keys", "admin.keys"),
    ("/desk/admin/calendar", "admin.calendar"),
    ("/desk/admin/requests", "admin.requests"),
    ("/desk/admin/retention", "admin.retention"),
    ("/desk/admin/lists", "admin.lists"),
    ("/desk/admin/models", "admin.models"),
    ("/desk/admin/changes", "admin.changes"),
)
LISTS = ("grounds", "agencies", "questions", "clocks")
_SCARCE_BYTES = 2 << 30
_BACKUP_DAYS = 7
_LEFT_OUT = ("user", "key", "id")
_FILES = {
    "grounds": "taxonomy.toml",
    "agencies": "agencies.toml",
    "questions": "questions.toml",
    "clocks": "clocks.toml",
}


def admin_page(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    problem: str = "",
    given: dict[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    """A page within the frame of administration; `?done=` names what was just done, `given` is what a form
    that was refused or not yet confirmed held.
    """
    t = messages(language_of(request))
    done = t.get(f"admin.done_{request.query_params.get('done', '')[:40]}")
    return page(
        request,
        template,
        status=status,
        sections=SECTIONS,
        problem=problem,
        given=defaultdict(str, given or {}),
        done=done if status == 200 and done and not problem else "",
        **values,
    )


@get("/desk/admin", operation_id="adminPage", include_in_schema=False, guards=[administers])
async def overview(request: AnyRequest) -> Response[str]:
    """How the installation stands, and what there is to look after."""
    ctx, actor = context_of(request), await actor_of(request)
    found = await condition.read(ctx, actor=actor)
    t = messages(language_of(request))
    age = (ctx.clock() - found.last_backup.at).days if found.last_backup else None
    return admin_page(
        request,
        "admin.html",
        checks=_checks(found, t, age),
        waiting=[(t(f"admin.waiting_{name}"), number) for name, number in found.waiting.items()],
        latest=[_change(one, t) for one in (await changes.listed(ctx, actor, limit=5)).rows],
    )


def _checks(found: condition.Condition, t: Messages, age: int | None) -> list[dict[str, str]]:
    """What is looked at: its name, how it stands (ok, note, warn, danger), and a sentence about it."""
    backup, anchor = found.last_backup, found.last_anchor
    told: list[tuple[str, str, str, dict[str, Any]]] = [
        ("queue", "ok", "queue_ok", {"count": found.bells})
        if found.queue
        else ("queue", "danger", "queue_no", {}),
        ("worker", "ok", "worker_ok", {}) if found.worker else ("worker", "danger", "worker_no", {}),
        ("clocks", "warn", "clocks_behind", {"count": found.clocks_behind})
        if found.clocks_behind
        else ("clocks", "ok", "clocks_ok", {}),
        ("backup", "danger", "backup_none", {}),
        ("anchor", "warn", "anchor_none", {}),
        (
            "disk",
            "warn" if found.free_bytes < _SCARCE_BYTES else "ok",
            "disk_free",
            {"size": f"{found.free_bytes / 1e9:.0f} GB"},
        ),
        ("database", "ok", "database_at", {"kind": found.database, "schema": found.schema_now})
        if found.schema_now == found.schema_wanted
        else ("database", "danger", "database_behind", {"schema": found.schema_wanted}),
        ("mail", "ok", "mail_on", {}) if found.mail else ("mail", "note", "mail_off", {}),
        ("sms", "ok", "sms_on", {}) if found.short_messages else ("sms", "note", "sms_off", {}),
    ]
    if backup is not None:
        state = "ok" if age is not None and age <= _BACKUP_DAYS else "warn"
        values = {"at": words.moment(backup.at), "cases": backup.cases, "objects": backup.objects}
        told[3] = ("backup", state, "backup_at", values)
    if anchor is not None:
        told[4] = ("anchor", "ok", "anchor_at", {"at": words.moment(anchor)})
    return [
        {"name": t(f"admin.check_{name}"), "state": state, "told": t(f"admin.{key}", **values)}
        for name, state, key, values in told
    ]


@get("/desk/admin/lists", operation_id="adminLists", include_in_schema=False, guards=[administers])
async def lists(request: AnyRequest) -> Response[str]:
    """What Tala goes by: grounds of complaint, agencies, questions, clocks; and how each is changed."""
    asked = request.query_params.get("list", LISTS[0])
    chosen = asked if asked in LISTS else LISTS[0]
    t = messages(language_of(request))
    return admin_page(
        request,
        "admin_lists.html",
        lists=LISTS,
        chosen=chosen,
        file=_FILES[chosen],
        version=str(datafiles.read(_FILES[chosen]).get("version", "")),
        heads=[t(f"admin.head_{name}") for name in _HEADS[chosen]],
        rows=_ROWS_OF[chosen](t),
    )


_HEADS = {
    "grounds": ("name", "description", "law", "routing"),
    "agencies": ("code", "name"),
    "questions": ("field", "question_en", "question_fil", "only_for"),
    "clocks": ("name", "length", "law"),
}


def _grounds(t: Messages) -> list[tuple[str, ...]]:
    return [
        (
            one.name.in_language(t.language),
            one.description.in_language(t.language),
            one.citation or "–",
            ", ".join(t(f"admin.route_{route}") for route in one.routing),
        )
        for one in taxonomy.load().category
    ]


def _agencies(t: Messages) -> list[tuple[str, ...]]:
    return sorted(naming.agencies().items(), key=lambda one: one[0].lower())


def _questions(t: Messages) -> list[tuple[str, ...]]:
    return [
        (
            one["field"],
            one["en"],
            one["fil"],
            ", ".join(words.ground(code, t.language) for code in one.get("only_for", []))
            or t("admin.always"),
        )
        for one in datafiles.read("questions.toml")["question"]
    ]


def _clocks(t: Messages) -> list[tuple[str, ...]]:
    return [
        (
            words.clock(one.code, t.language),
            t(f"admin.unit_{one.unit}", count=one.length),
            one.law,
        )
        for one in clocks.load().clock
    ]


_ROWS_OF = {"grounds": _grounds, "agencies": _agencies, "questions": _questions, "clocks": _clocks}


@get("/desk/admin/models", operation_id="adminModels", include_in_schema=False, guards=[administers])
async def models(request: AnyRequest) -> Response[str]:
    """The models in use with their cards."""
    found = await asyncio.to_thread(modelcards.cards, context_of(request))
    return admin_page(request, "admin_models.html", cards=found, size=words.size)


@get("/desk/admin/changes", operation_id="adminChanges", include_in_schema=False, guards=[administers])
async def change_list(request: AnyRequest) -> Response[str]:
    """What was changed, by whom, as the ledgers have it."""
    ctx, actor = context_of(request), await actor_of(request)
    asked = request.query_params.get("ledger", "")
    chosen = asked if asked in changes.LEDGERS else ""
    found = await changes.listed(
        ctx, actor, ledger=chosen or None, cursor=request.query_params.get("cursor") or None
    )
    t = messages(language_of(request))
    return admin_page(
        request,
        "admin_changes.html",
        rows=[_change(one, t) for one in found.rows],
        next_cursor=found.next,
        ledgers=changes.LEDGERS,
        chosen=chosen,
    )


def _change(one: changes.Change, t: Messages) -> dict[str, Any]:
    kind = one.kind.replace(".", "_")
    return {
        "at": words.moment(one.at),
        "ledger": one.ledger,
        "seq": one.seq,
        "title": t.get(f"admin.change_{kind}") or one.kind,
        "subject": one.subject,
        "actor": one.actor if one.actor_kind in ("staff", "key") else t.get(f"who.{one.actor_kind}") or "",
        "details": _details(one.body),
        "hash": one.hash[:12],
    }


def _details(body: dict[str, Any]) -> list[str]:
    """What a change says, as `name: value`, and as `name: old → new` where both are told."""
    old, new = body.get("old"), body.get("new")
    found = []
    if isinstance(old, dict) and isinstance(new, dict):
        found += [
            f"{name}: {_plain(old.get(name))} → {_plain(new[name])}"
            for name in new
            if old.get(name) != new[name]
        ]
    elif "new" in body:
        found.append(f"{_plain(old)} → {_plain(new)}")
    rest = {name: value for name, value in body.items() if name not in ("old", "new", *_LEFT_OUT)}
    return found + [f"{name}: {_plain(value)}" for name, value in rest.items() if value not in (None, "", [])]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


PAGES = (overview, lists, models, change_list)
