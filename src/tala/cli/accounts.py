"""`tala users` and `tala keys`: who may come in. With --server all but the master key goes through one."""

from typing import Annotated, Any

import typer

from tala.cli import terminal
from tala.services.actors import Role, Scope

users = typer.Typer(
    help="Members of staff: add them, change their role, let them in no more.", no_args_is_help=True
)
keys = typer.Typer(help="API keys for machines: shown once, with a role and a life.", no_args_is_help=True)

RoleOption = Annotated[Role, typer.Option(help="What they may do.")]
Agency = Annotated[str | None, typer.Option(help="Code of the agency they work for, if for one.")]
Office = Annotated[str | None, typer.Option(help="Office of that agency, if for one.")]


@users.command("add")
def add_user(
    username: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: RoleOption = Role.OFFICER,
    name: Annotated[str, typer.Option(help="Name others see.")] = "",
    agency: Agency = None,
    office: Office = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Add a member of staff and print their one-time password."""
    if server is not None:
        with terminal.exits(as_json), terminal.through(server, key) as tala:
            more = {"display_name": name, "agency_code": agency, "office": office}
            _new_user(tala.add_user(username, role.value, **more), as_json)
        return
    from tala.services import accounts

    with terminal.exits(as_json):
        added = terminal.run_async(
            lambda ctx: accounts.add_user(
                ctx,
                username,
                role,
                actor=terminal.who(),
                display_name=name,
                agency_code=agency,
                office=office,
            )
        )
    _new_user(added, as_json)


@users.command("list")
def list_users(
    server: terminal.Server = None, key: terminal.Key = None, as_json: terminal.AsJson = False
) -> None:
    """List the members of staff."""
    from tala.services import accounts

    found: Any
    with terminal.exits(as_json):
        if server is not None:
            with terminal.through(server, key) as tala:
                found = tala.users()
        else:
            found = terminal.run_async(lambda ctx: accounts.list_users(ctx, actor=terminal.who()))
    if as_json:
        for user in found:
            terminal.answer(user.model_dump(mode="json"))
        return
    rows = [
        (u.username, u.display_name, u.role, u.state, u.agency_code, u.office, _day(u.last_sign_in_at))
        for u in found
    ]
    terminal.table("", ("USER", "NAME", "ROLE", "STATE", "AGENCY", "OFFICE", "LAST SIGN-IN"), rows)


@users.command("role")
def change_role(
    username: str,
    role: Role,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Give a member of staff another role; they have to sign in again."""
    _change(username, server, key, as_json, role=role)


@users.command("disable")
def disable(
    username: str, server: terminal.Server = None, key: terminal.Key = None, as_json: terminal.AsJson = False
) -> None:
    """Let a member of staff in no more, at once."""
    _change(username, server, key, as_json, active=False)


@users.command("enable")
def enable(
    username: str, server: terminal.Server = None, key: terminal.Key = None, as_json: terminal.AsJson = False
) -> None:
    """Let a member of staff in again."""
    _change(username, server, key, as_json, active=True)


@users.command("reset-password")
def reset_password(
    username: str, server: terminal.Server = None, key: terminal.Key = None, as_json: terminal.AsJson = False
) -> None:
    """Print a new one-time password for a member of staff, and unlock them."""
    if server is not None:
        with terminal.exits(as_json), terminal.through(server, key) as tala:
            _new_user(tala.reset_password(username), as_json)
        return
    from tala.services import accounts

    with terminal.exits(as_json):
        found = terminal.run_async(lambda ctx: accounts.reset_password(ctx, username, actor=terminal.who()))
    _new_user(found, as_json)


@keys.command("add")
def add_key(
    role: RoleOption,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="Limit it to this; may be given again. Default: all of its role."),
    ] = None,
    agency: Agency = None,
    office: Office = None,
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Add an API key and print it, once."""
    from tala.services import apikeys

    called, scopes = name or f"{role} key", tuple(scope or ())
    added: Any
    with terminal.exits(as_json):
        if server is not None:
            with terminal.through(server, key) as tala:
                place = {"agency_code": agency, "office": office}
                added = tala.add_key(called, role.value, days=days, scopes=scopes, **place)
        else:
            added = terminal.run_async(
                lambda ctx: apikeys.add_key(
                    ctx,
                    called,
                    role,
                    actor=terminal.who(),
                    days=days,
                    scopes=scopes,
                    agency_code=agency,
                    office=office,
                )
            )
    if as_json:
        terminal.answer({"token": added.token, **added.key.model_dump(mode="json")})
    else:
        print(added.token)
        terminal.say(
            f"Role {added.key.role}, until {_day(added.key.expires_at)}. Keep it safe: it is not shown again."
        )


@keys.command("list")
def list_keys(
    server: terminal.Server = None, key: terminal.Key = None, as_json: terminal.AsJson = False
) -> None:
    """List the API keys, newest first."""
    from tala.services import apikeys

    found: Any
    with terminal.exits(as_json):
        if server is not None:
            with terminal.through(server, key) as tala:
                found = tala.api_keys()
        else:
            found = terminal.run_async(lambda ctx: apikeys.list_keys(ctx, actor=terminal.who()))
    if as_json:
        for one in found:
            terminal.answer(one.model_dump(mode="json"))
        return
    rows = [
        (
            k.prefix,
            k.name,
            k.role,
            _day(k.created_at),
            _day(k.expires_at),
            _day(k.last_used_at),
            _day(k.revoked_at),
        )
        for k in found
    ]
    terminal.table("", ("KEY", "NAME", "ROLE", "ADDED", "EXPIRES", "LAST USED", "REVOKED"), rows)


@keys.command("revoke")
def revoke_key(
    revoked: Annotated[
        str,
        typer.Argument(metavar="KEY", help="Its first characters as `tala keys list` shows them, or its id."),
    ],
    server: terminal.Server = None,
    key: terminal.Key = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Revoke an API key, at once."""
    from tala.services import apikeys

    done: Any
    with terminal.exits(as_json):
        if server is not None:
            with terminal.through(server, key) as tala:
                done = tala.revoke_key(revoked)
        else:
            done = terminal.run_async(lambda ctx: apikeys.revoke_key(ctx, revoked, actor=terminal.who()))
    if as_json:
        terminal.answer(done.model_dump(mode="json"))
    else:
        print(f"Revoked: {done.prefix} ({done.name})")


@keys.command("rotate-master")
def rotate_master(
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Delete master keys that wrap nothing any more, instead.")
    ] = False,
    as_json: terminal.AsJson = False,
) -> None:
    """Make a new master key and wrap every data key with it; back the keys up anew afterwards."""
    from tala.services import masterkey

    with terminal.exits(as_json):
        work = masterkey.forget_old if forget_old else masterkey.rotate
        done = terminal.run_async(lambda ctx: work(ctx, actor=terminal.who()))
    if as_json:
        terminal.answer(done.model_dump(mode="json"))
    elif forget_old:
        print(f"Deleted: {', '.join(done.forgotten) or 'none'}; in force: {done.master}")
    else:
        print(f"{done.master} wraps {done.wrapped} data keys.")
        terminal.say("Back the keys up now. Later: tala keys rotate-master --forget-old")


def _change(username: str, server: str | None, key: str | None, as_json: bool, **changes: Any) -> None:
    from tala.services import accounts

    user: Any
    with terminal.exits(as_json):
        if server is not None:
            with terminal.through(server, key) as tala:
                user = tala.change_user(username, **changes)
        else:
            user = terminal.run_async(
                lambda ctx: accounts.change_user(ctx, username, actor=terminal.who(), **changes)
            )
    if as_json:
        terminal.answer(user.model_dump(mode="json"))
    else:
        print(f"{user.username}: {user.role}, {user.state}")


def _new_user(added: Any, as_json: bool) -> None:
    if as_json:
        terminal.answer({"one_time_password": added.one_time_password, **added.user.model_dump(mode="json")})
    else:
        print(added.one_time_password)
        user = added.user
        terminal.say(f"One-time password of {user.username} ({user.role}); to be changed on first sign-in.")


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
