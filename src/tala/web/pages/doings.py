"""The forms of a case: each names a use case, hands on its fields and answers where to go next."""

from collections.abc import Awaitable, Callable

from tala.errors import TalaError
from tala.facts import Agency
from tala.services import casework, clockwork, linking, messages, naming
from tala.services.actors import Caller
from tala.services.context import Context

type Fields = dict[str, str]
type Doing = Callable[[Context, str, Caller, Fields], Awaitable[str | None]]


def _version(fields: Fields) -> int | None:
    version = fields.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None


def _text(fields: Fields, name: str) -> str | None:
    return fields.get(name, "").strip() or None


async def take_step(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    """A step of the case's life."""
    action, _, reason = fields.get("step", "").partition(":")
    details = casework.Details(
        note=_text(fields, "note"),
        message=_text(fields, "message"),
        reply=_text(fields, "reply"),
        agency_code=_text(fields, "agency_code"),
        office=_text(fields, "office"),
        disclose_identity=fields.get("disclose_identity") == "on",
    )
    await casework.transition(
        ctx, ctn, action, actor, reason=reason or None, details=details, expected_version=_version(fields)
    )
    return None


async def _note(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await messages.add_note(ctx, ctn, fields.get("text", ""), actor)
    return f"/desk/cases/{ctn}#talk"


async def _message(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await messages.message_citizen(ctx, ctn, fields.get("text", ""), actor)
    return f"/desk/cases/{ctn}#talk"


async def _assign(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    chosen = fields.get("user_id", "")
    user_id = actor.id if chosen == "me" else chosen or None
    await casework.assign(ctx, ctn, user_id, actor, expected_version=_version(fields))
    return f"/desk/cases/{ctn}#main"


async def _classify(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await casework.classify(
        ctx, ctn, fields.get("transaction_class", ""), actor, expected_version=_version(fields)
    )
    return f"/desk/cases/{ctn}#clocks-heading"


async def _extend(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await clockwork.extend_clock(
        ctx,
        ctn,
        fields.get("code", ""),
        actor,
        reason=fields.get("text", ""),
        expected_version=_version(fields),
    )
    return f"/desk/cases/{ctn}#clocks-heading"


async def _link(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await linking.link(ctx, ctn, fields.get("other", ""), actor, expected_version=_version(fields))
    return f"/desk/cases/{ctn}#related"


async def _merge(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    case = await casework.merge(ctx, ctn, fields.get("other", ""), actor, expected_version=_version(fields))
    return f"/desk/cases/{case.ctn}#history"


async def _split(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    code = fields.get("agency_code", "").strip()
    name = naming.agencies().get(code)
    if name is None:
        detail = "No agency has this short name. Choose one from the list."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/agency_code", "detail": detail}])
    made = await casework.split(
        ctx, ctn, actor, agency=Agency(code=code, name=name), expected_version=_version(fields)
    )
    return f"/desk/cases/{made.ctn}"


async def _hold(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await casework.set_legal_hold(
        ctx, ctn, actor, held=fields.get("held") == "on", reason=fields.get("text", "")
    )
    return None


async def _step_back(ctx: Context, ctn: str, actor: Caller, fields: Fields) -> str | None:
    await casework.exclude(ctx, ctn, actor.id or "", actor, reason=fields.get("text", ""))
    return "/desk"


DOINGS: dict[str, Doing] = {
    "note": _note,
    "message": _message,
    "assign": _assign,
    "classify": _classify,
    "extend": _extend,
    "link": _link,
    "merge": _merge,
    "split": _split,
    "hold": _hold,
    "step-back": _step_back,
}
