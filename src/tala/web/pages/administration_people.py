"""Pages for administrators: members of staff, offices, keys for programs."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.cases import access
from tala.errors import TalaError
from tala.services import accounts, apikeys, naming, offices, secondfactor
from tala.services.actors import Role, Scope
from tala.web.auth import actor_of, administers, context_of
from tala.web.i18n import language_of, messages
from tala.web.pages import words
from tala.web.pages.administration import admin_page
from tala.web.pages.shell import AnyRequest
from tala.web.pages.staff import Form
from tala.web.problems import body_of

ROLES = ("agent", "officer", "head", "auditor", "administrator")
LIVES = ("30", "90", "365", "730")
"""Days a key may live, as the form offers them."""
_MOST_SHOWN = 100
_FIELDS = ("display_name", "agency_code", "office", "email")


def told(request: AnyRequest, error: TalaError) -> str:
    """A refusal in the reader's words."""
    return str(body_of(request, error)["detail"])


def _back(path: str, done: str) -> Redirect:
    return Redirect(f"{path}?done={done}", status_code=303)


def _agency(data: dict[str, str]) -> str | None:
    """The agency chosen in a form, None for none. Raises TalaError(invalid_input)."""
    code = data.get("agency_code", "").strip()
    if code and code not in naming.agencies():
        detail = "No agency has this short name. Choose one from the list."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/agency_code", "detail": detail}])
    return code or None


def _role(data: dict[str, str]) -> Role:
    if data.get("role") not in ROLES:
        detail = "Choose a role."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/role", "detail": detail}])
    return Role(data["role"])


async def _office_names(request: AnyRequest) -> list[str]:
    found = await offices.listed(context_of(request))
    return sorted({one.name for one in found if one.closed_at is None})


# --- members of staff ---------------------------------------------------------------------------------------


@get("/desk/admin/users", operation_id="adminUsers", include_in_schema=False, guards=[administers])
async def users(request: AnyRequest) -> Response[str]:
    """Members of staff."""
    return await _users(request)


async def _users(
    request: AnyRequest,
    *,
    status: int = 200,
    problem: str = "",
    made: accounts.NewUser | None = None,
    given: dict[str, str] | None = None,
) -> Response[str]:
    ctx, actor = context_of(request), await actor_of(request)
    asked = {name: request.query_params.get(name, "").strip()[:100] for name in ("text", "role", "standing")}
    rows = [one for one in await accounts.list_users(ctx, actor=actor) if _matches(one, asked, ctx.clock())]
    return admin_page(
        request,
        "admin_users.html",
        status=status,
        problem=problem,
        rows=[_user(one, ctx.clock()) for one in rows[:_MOST_SHOWN]],
        count=len(rows),
        most=_MOST_SHOWN,
        asked=asked,
        roles=ROLES,
        agencies=naming.agencies(),
        home=access.home(),
        offices=await _office_names(request),
        made=made,
        given=given,
    )


def _matches(one: accounts.UserView, asked: dict[str, str], now: Any) -> bool:
    text = " ".join(filter(None, (one.username, one.display_name, one.agency_code, one.office)))
    standing = _standing(one, now)
    return (
        asked["text"].lower() in text.lower()
        and asked["role"] in ("", one.role)
        and asked["standing"] in ("", standing)
    )


def _standing(one: accounts.UserView, now: Any) -> str:
    if one.state != "active":
        return "out"
    if one.locked_until is not None and one.locked_until > now:
        return "locked"
    return "new" if one.must_change_password else "in"


def _user(one: accounts.UserView, now: Any) -> dict[str, Any]:
    return {
        "username": one.username,
        "name": one.display_name or one.username,
        "role": one.role.value,
        "place": " · ".join(filter(None, (one.agency_code or access.home(), one.office))),
        "standing": _standing(one, now),
        "second_factor": one.second_factor,
        "seen": words.moment(one.last_sign_in_at) if one.last_sign_in_at else "",
    }


@post("/desk/admin/users", operation_id="addUserForm", include_in_schema=False, guards=[administers])
async def add_user(request: AnyRequest, data: Form) -> Response[str]:
    """Add a member of staff and show the one-time password, once."""
    try:
        made = await accounts.add_user(
            context_of(request),
            data.get("username", "")[:200],
            _role(data),
            actor=await actor_of(request),
            display_name=data.get("display_name", "").strip()[:100],
            agency_code=_agency(data),
            office=data.get("office", "").strip()[:200] or None,
            email=data.get("email", "")[:300] or None,
        )
    except TalaError as error:
        return await _users(request, status=error.status, problem=told(request, error), given=data)
    return await _users(request, made=made)


@get(
    "/desk/admin/users/{username:str}",
    operation_id="adminUser",
    include_in_schema=False,
    guards=[administers],
)
async def user(request: AnyRequest, username: FromPath[str]) -> Response[str]:
    """One member of staff."""
    return await _one(request, username)


async def _one(
    request: AnyRequest,
    username: str,
    *,
    status: int = 200,
    problem: str = "",
    made: accounts.NewUser | None = None,
) -> Response[str]:
    ctx = context_of(request)
    one = await _known(request, username)
    return admin_page(
        request,
        "admin_user.html",
        status=status,
        problem=problem,
        user=one,
        shown=_user(one, ctx.clock()),
        since=words.moment(one.created_at),
        roles=ROLES,
        agencies=naming.agencies(),
        home=access.home(),
        offices=await _office_names(request),
        made=made,
    )


async def _known(request: AnyRequest, username: str) -> accounts.UserView:
    listed = await accounts.list_users(context_of(request), actor=await actor_of(request))
    found = next((one for one in listed if one.username == username), None)
    if found is None:
        raise TalaError("not_found", "There is no user of this name.")
    return found


@post(
    "/desk/admin/users/{username:str}/change",
    operation_id="changeUserForm",
    include_in_schema=False,
    guards=[administers],
)
async def change_user(request: AnyRequest, username: FromPath[str], data: Form) -> Response[Any]:
    """Change what was changed in the form, and nothing else."""
    one = await _known(request, username)
    try:
        wanted: dict[str, str | None] = {
            "display_name": data.get("display_name", "").strip()[:100],
            "agency_code": _agency(data),
            "office": data.get("office", "").strip()[:200] or None,
            "email": data.get("email", "").strip()[:300] or None,
        }
        changed = {name: wanted[name] for name in _FIELDS if wanted[name] != getattr(one, name)}
        role, active = _role(data), data.get("access") == "on"
        if not changed and role == one.role and active == (one.state == "active"):
            return _back(f"/desk/admin/users/{username}", "nothing")
        await accounts.change_user(
            context_of(request),
            username,
            actor=await actor_of(request),
            role=role if role != one.role else None,
            active=active if active != (one.state == "active") else None,
            changes=changed,
        )
    except TalaError as error:
        return await _one(request, username, status=error.status, problem=told(request, error))
    return _back(f"/desk/admin/users/{username}", "changed")


@post(
    "/desk/admin/users/{username:str}/password",
    operation_id="resetPasswordForm",
    include_in_schema=False,
    guards=[administers],
)
async def reset_password(request: AnyRequest, username: FromPath[str]) -> Response[str]:
    """A new one-time password, shown once; unlocks the user."""
    made = await accounts.reset_password(context_of(request), username, actor=await actor_of(request))
    return await _one(request, username, made=made)


@post(
    "/desk/admin/users/{username:str}/second-factor",
    operation_id="removeSecondFactorForm",
    include_in_schema=False,
    guards=[administers],
)
async def remove_second_factor(request: AnyRequest, username: FromPath[str]) -> Response[Any]:
    """Take a lost second factor away."""
    one = await _known(request, username)
    try:
        await secondfactor.remove_of(context_of(request), one.id, actor=await actor_of(request))
    except TalaError as error:
        return await _one(request, username, status=error.status, problem=told(request, error))
    return _back(f"/desk/admin/users/{username}", "second_factor")


# --- offices ------------------------------------------------------------------------------------------------


@get("/desk/admin/offices", operation_id="adminOffices", include_in_schema=False, guards=[administers])
async def office_list(request: AnyRequest) -> Response[str]:
    """Offices of agencies."""
    return await _offices(request)


async def _offices(
    request: AnyRequest, *, status: int = 200, problem: str = "", given: dict[str, str] | None = None
) -> Response[str]:
    agency = request.query_params.get("agency", "")[:40]
    found = await offices.listed(context_of(request), agency_code=agency or None)
    return admin_page(
        request,
        "admin_offices.html",
        status=status,
        problem=problem,
        rows=[
            {
                "id": one.id,
                "agency": one.agency_code,
                "name": one.name,
                "place": naming.places().get(one.psgc or "", one.psgc or ""),
                "closed": words.moment(one.closed_at) if one.closed_at else "",
            }
            for one in found
        ],
        asked_agency=agency,
        agencies=naming.agencies(),
        given=given,
    )


@post("/desk/admin/offices", operation_id="addOfficeForm", include_in_schema=False, guards=[administers])
async def add_office(request: AnyRequest, data: Form) -> Response[Any]:
    """Add an office of an agency."""
    try:
        code = _agency(data)
        if code is None:
            raise TalaError("invalid_input", "Choose the agency of the office.")
        psgc = naming.place_named(data.get("place", "")[:100])
        await offices.add(
            context_of(request),
            await actor_of(request),
            agency_code=code,
            name=data.get("name", "")[:300],
            psgc=psgc.ljust(10, "0") if psgc else None,
        )
    except TalaError as error:
        return await _offices(request, status=error.status, problem=told(request, error), given=data)
    return _back("/desk/admin/offices", "office")


@post(
    "/desk/admin/offices/{office_id:str}/close",
    operation_id="closeOfficeForm",
    include_in_schema=False,
    guards=[administers],
)
async def close_office(request: AnyRequest, office_id: FromPath[str]) -> Redirect:
    """Close an office; cases and people that name it keep it."""
    await offices.close(context_of(request), await actor_of(request), office_id)
    return _back("/desk/admin/offices", "office_closed")


# --- keys ---------------------------------------------------------------------------------------------------


@get("/desk/admin/keys", operation_id="adminKeys", include_in_schema=False, guards=[administers])
async def keys(request: AnyRequest) -> Response[str]:
    """Keys for programs."""
    return await _keys(request)


async def _keys(
    request: AnyRequest,
    *,
    status: int = 200,
    problem: str = "",
    made: apikeys.NewKey | None = None,
    given: dict[str, str] | None = None,
) -> Response[str]:
    ctx, t = context_of(request), messages(language_of(request))
    found = await apikeys.list_keys(ctx, actor=await actor_of(request))
    now = ctx.clock()
    rows = []
    for one in found:
        over = one.expires_at is not None and one.expires_at <= now
        rows.append(
            {
                "id": one.id,
                "name": one.name,
                "prefix": one.prefix,
                "role": one.role.value,
                "place": " · ".join(filter(None, (one.agency_code or access.home(), one.office))),
                "scopes": ", ".join(one.scopes) or t("admin.all_of_role"),
                "expires": words.moment(one.expires_at) if one.expires_at else t("admin.no_end"),
                "used": words.moment(one.last_used_at) if one.last_used_at else "",
                "standing": "revoked" if one.revoked_at else "over" if over else "valid",
            }
        )
    return admin_page(
        request,
        "admin_keys.html",
        status=status,
        problem=problem,
        rows=rows,
        roles=ROLES,
        scopes=[scope.value for scope in Scope],
        lives=LIVES,
        agencies=naming.agencies(),
        home=access.home(),
        made=made,
        given=given,
    )


@post("/desk/admin/keys", operation_id="addKeyForm", include_in_schema=False, guards=[administers])
async def add_key(request: AnyRequest, data: Form) -> Response[str]:
    """Add a key and show it, once."""
    life = data.get("days", LIVES[2])
    try:
        made = await apikeys.add_key(
            context_of(request),
            data.get("name", "")[:100],
            _role(data),
            actor=await actor_of(request),
            days=int(life) if life in LIVES else None,
            scopes=tuple(scope.value for scope in Scope if data.get(f"scope_{scope.value}") == "on"),
            agency_code=_agency(data),
            office=data.get("office", "").strip()[:200] or None,
        )
    except TalaError as error:
        return await _keys(request, status=error.status, problem=told(request, error), given=data)
    return await _keys(request, made=made)


@post(
    "/desk/admin/keys/{key_id:str}/revoke",
    operation_id="revokeKeyForm",
    include_in_schema=False,
    guards=[administers],
)
async def revoke_key(request: AnyRequest, key_id: FromPath[str]) -> Redirect:
    """Revoke a key, at once."""
    await apikeys.revoke_key(context_of(request), key_id, actor=await actor_of(request))
    return _back("/desk/admin/keys", "key_revoked")


PAGES = (
    users,
    add_user,
    user,
    change_user,
    reset_password,
    remove_second_factor,
    office_list,
    add_office,
    close_office,
    keys,
    add_key,
    revoke_key,
)
