"""Signing in and out, for programs that act for a person; people use the page."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import JSONBody, PathParameter
from litestar.response import Response
from pydantic import Field

from tala.services import secondfactor, sessions
from tala.services.actors import Role
from tala.transcript import Value
from tala.web.api.schemas import SESSION, Body, Items, problems
from tala.web.auth import (
    SESSION_COOKIE,
    actor_of,
    context_of,
    end_cookie,
    has_session,
    session_cookie,
    signed_in,
)

AnyRequest = Request[Any, Any, Any]


class Credentials(Body):
    """Who signs in."""

    username: str = Field(max_length=64)
    password: str = Field(max_length=1024)
    code: str = Field("", max_length=16, description="Six digits of the app, or a recovery code.")


class Password(Body):
    """One's own password, asked for again before something that matters."""

    password: str = Field(max_length=1024)


class Code(Body):
    """The six digits an app shows."""

    code: str = Field(max_length=16)


class NewPassword(Body):
    """A change of one's own password."""

    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024)


class Session(Value):
    """Who is signed in; `csrf` goes into the header X-CSRF-Token of every write."""

    id: str
    role: Role
    must_change_password: bool
    csrf: str
    second_factor: bool = False


class Sessions(Controller):
    """The session of a member of staff."""

    path = "/api/v1/session"
    tags = ("Accounts",)

    @post(operation_id="signIn", summary="Sign in", status_code=201, responses=problems(401, 422, 429))
    async def sign_in(self, request: AnyRequest, data: JSONBody[Credentials]) -> Response[Session]:
        """Starts a session, which a cookie carries. 401 with `second_factor: true` asks for the code too."""
        ctx = context_of(request)
        device = request.headers.get("user-agent", "")[:200]
        made = await sessions.sign_in(ctx, data.username, data.password, device=device, code=data.code)
        answer = Response(
            Session(
                id=made.actor_id,
                role=made.role,
                must_change_password=made.must_change_password,
                csrf=made.csrf,
            ),
            status_code=201,
        )
        answer.set_cookie(session_cookie(request, made.token))
        return answer

    @get(
        operation_id="whoAmI",
        summary="Who is signed in",
        guards=[signed_in],
        security=SESSION,
        responses=problems(401),
    )
    async def who(self, request: AnyRequest) -> Session:
        """The person whose session this is."""
        actor = await actor_of(request)
        return Session(
            id=actor.id or "",
            role=Role(actor.role or Role.CITIZEN),
            must_change_password=actor.must_change_password,
            csrf=sessions.csrf_of(request.cookies[SESSION_COOKIE]),
            second_factor=await secondfactor.is_on(context_of(request), actor.id or ""),
        )

    @delete(
        operation_id="signOut",
        summary="Sign out",
        guards=[signed_in],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403),
    )
    async def sign_out(self, request: AnyRequest) -> Response[None]:
        """Ends the session."""
        ctx = context_of(request)
        await sessions.sign_out(ctx, request.cookies[SESSION_COOKIE])
        answer: Response[None] = Response(None, status_code=204)
        answer.set_cookie(end_cookie(request))
        return answer

    @post(
        "/password",
        operation_id="changePassword",
        summary="Change one's own password",
        guards=[signed_in],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403, 422),
    )
    async def change_password(self, request: AnyRequest, data: JSONBody[NewPassword]) -> None:
        """Every other session of the person ends."""
        await sessions.change_password(context_of(request), data.old, data.new, actor=await actor_of(request))

    @get(
        "/devices",
        operation_id="listDevices",
        summary="Where one is signed in",
        guards=[signed_in],
        security=SESSION,
        responses=problems(401),
    )
    async def devices(self, request: AnyRequest) -> Items[sessions.SessionView]:
        """Latest first; `current` is this one."""
        return Items(items=await sessions.list_sessions(context_of(request), actor=await actor_of(request)))

    @delete(
        "/devices/{session_id:str}",
        operation_id="signDeviceOut",
        summary="Sign a device out",
        guards=[signed_in],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403, 404),
    )
    async def sign_device_out(
        self, request: AnyRequest, session_id: Annotated[str, PathParameter(max_length=64)]
    ) -> None:
        """One of one's own, at once."""
        await sessions.end_session(context_of(request), session_id, actor=await actor_of(request))

    @post(
        "/second-factor",
        operation_id="enrolSecondFactor",
        summary="Set an authenticator app up",
        guards=[has_session],
        security=SESSION,
        status_code=201,
        responses=problems(401, 403, 409, 422),
    )
    async def enrol(self, request: AnyRequest, data: JSONBody[Password]) -> secondfactor.Enrolment:
        """A secret for the app, shown once. It counts from the first code confirmed."""
        return await secondfactor.enrol(context_of(request), data.password, actor=await actor_of(request))

    @post(
        "/second-factor/confirmation",
        operation_id="confirmSecondFactor",
        summary="Confirm the app with a first code",
        guards=[has_session],
        security=SESSION,
        status_code=200,
        responses=problems(401, 403, 409, 422),
    )
    async def confirm(self, request: AnyRequest, data: JSONBody[Code]) -> secondfactor.RecoveryCodes:
        """Answers with recovery codes, shown once, each good once."""
        return await secondfactor.confirm(context_of(request), data.code, actor=await actor_of(request))

    @post(
        "/second-factor/removal",
        operation_id="removeSecondFactor",
        summary="Take one's own second factor away",
        guards=[has_session],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403, 404, 422),
    )
    async def remove(self, request: AnyRequest, data: JSONBody[Password]) -> None:
        """Needs the password."""
        await secondfactor.remove(context_of(request), data.password, actor=await actor_of(request))
