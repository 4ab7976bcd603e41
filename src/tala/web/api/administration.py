"""For administrators: people, keys, offices, days without work, retention. Each change is in a ledger."""

import datetime as dt
from typing import Annotated, Literal

from litestar import Controller, delete, get, patch, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter
from pydantic import Field

from tala.services import accounts, apikeys, offices, retention, secondfactor, suspensions
from tala.services.actors import Role, Scope
from tala.transcript import Value
from tala.web.api.recordings import AnyRequest
from tala.web.api.reference import agency_named
from tala.web.api.schemas import STAFF, Body, Items, problems
from tala.web.auth import actor_of, administers, context_of, reads_cases

StaffRole = Literal["agent", "officer", "head", "auditor", "administrator"]
Username = Annotated[str, PathParameter(description="Name somebody signs in with.", max_length=64)]
RowId = Annotated[str, PathParameter(description="Its id.", max_length=64)]
Agency = Annotated[str | None, Field(max_length=40)]
OfficeName = Annotated[str | None, Field(max_length=200)]


class NewStaff(Body):
    """A member of staff to add."""

    username: str = Field(min_length=1, max_length=64)
    role: StaffRole
    display_name: str = Field("", max_length=100)
    agency_code: Agency = None
    office: OfficeName = None
    email: str | None = Field(
        None, max_length=254, description="For notices of clocks; none are sent without."
    )


class StaffChange(Body):
    """What changes; members left out stay as they are, null empties one."""

    role: StaffRole | None = None
    active: bool | None = None
    display_name: str | None = Field(None, max_length=100)
    agency_code: Agency = None
    office: OfficeName = None
    email: str | None = Field(None, max_length=254)


class NewKey(Body):
    """A key to add."""

    name: str = Field(min_length=1, max_length=64)
    role: StaffRole
    days: int | None = Field(365, ge=1, le=3650, description="Its life; null for no end.")
    scopes: list[Scope] = Field(default=[], max_length=10, description="Empty: all that its role may.")
    agency_code: Agency = None
    office: OfficeName = None


class NewOffice(Body):
    """An office to add."""

    agency_code: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=200)
    psgc: str | None = Field(None, max_length=10)


class NewSuspension(Body):
    """Days without work."""

    first: dt.date
    last: dt.date
    name: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=200, description="Proclamation, ordinance or circular.")
    scope: str = Field("", pattern=r"^\d{0,10}$", description="PSGC prefix; empty for the whole country.")
    half_day: bool = False


class SuspensionView(Value):
    """An entry of the calendar."""

    id: str
    first: dt.date
    last: dt.date
    scope: str
    name: str
    source: str
    half_day: bool
    entered_at: dt.datetime
    withdrawn_at: dt.datetime | None = None


class RetentionChange(Body):
    """How long a kind is kept."""

    days: int | None = Field(ge=0, le=36_500, description="0 for good, null as shipped.")


class Administration(Controller):
    """The installation's people and rules."""

    path = "/api/v1"
    tags = ("Administration",)
    security = STAFF

    @get(
        "/users",
        operation_id="listUsers",
        summary="Members of staff",
        guards=[administers],
        responses=problems(401, 403),
    )
    async def list_users(self, request: AnyRequest) -> Items[accounts.UserView]:
        """By name."""
        return Items(items=await accounts.list_users(context_of(request), actor=await actor_of(request)))

    @post(
        "/users",
        operation_id="addUser",
        summary="Add a member of staff",
        guards=[administers],
        status_code=201,
        responses=problems(401, 403, 409, 422),
    )
    async def add_user(self, request: AnyRequest, data: JSONBody[NewStaff]) -> accounts.NewUser:
        """The answer shows a one-time password, once; it must be changed on first sign-in."""
        return await accounts.add_user(
            context_of(request),
            data.username,
            Role(data.role),
            actor=await actor_of(request),
            display_name=data.display_name,
            agency_code=data.agency_code,
            office=data.office,
            email=data.email,
        )

    @patch(
        "/users/{username:str}",
        operation_id="changeUser",
        summary="Change a member of staff",
        guards=[administers],
        responses=problems(401, 403, 404, 409, 422),
    )
    async def change_user(
        self, request: AnyRequest, username: Username, data: JSONBody[StaffChange]
    ) -> accounts.UserView:
        """Another role or place of work, or letting them in no more, ends their sessions."""
        given = data.model_dump(exclude_unset=True, exclude={"role", "active"})
        return await accounts.change_user(
            context_of(request),
            username,
            actor=await actor_of(request),
            role=Role(data.role) if data.role else None,
            active=data.active,
            changes=given,
        )

    @post(
        "/users/{username:str}/password",
        operation_id="resetPassword",
        summary="A new one-time password",
        guards=[administers],
        status_code=200,
        responses=problems(401, 403, 404),
    )
    async def reset_password(self, request: AnyRequest, username: Username) -> accounts.NewUser:
        """Shown once; unlocks the user and ends their sessions."""
        return await accounts.reset_password(context_of(request), username, actor=await actor_of(request))

    @delete(
        "/users/{user_id:str}/second-factor",
        operation_id="removeSecondFactorOf",
        summary="Take away a lost second factor",
        guards=[administers],
        status_code=204,
        responses=problems(401, 403, 404),
    )
    async def remove_second_factor(self, request: AnyRequest, user_id: RowId) -> None:
        """Of somebody who lost their phone and their recovery codes; by the user's id."""
        await secondfactor.remove_of(context_of(request), user_id, actor=await actor_of(request))

    @get(
        "/keys",
        operation_id="listKeys",
        summary="API keys",
        guards=[administers],
        responses=problems(401, 403),
    )
    async def list_keys(self, request: AnyRequest) -> Items[apikeys.KeyView]:
        """Newest first, with their time of last use."""
        return Items(items=await apikeys.list_keys(context_of(request), actor=await actor_of(request)))

    @post(
        "/keys",
        operation_id="addKey",
        summary="Add an API key",
        guards=[administers],
        status_code=201,
        responses=problems(401, 403, 422),
    )
    async def add_key(self, request: AnyRequest, data: JSONBody[NewKey]) -> apikeys.NewKey:
        """The answer shows the token, once."""
        return await apikeys.add_key(
            context_of(request),
            data.name,
            Role(data.role),
            actor=await actor_of(request),
            days=data.days,
            scopes=tuple(data.scopes),
            agency_code=data.agency_code,
            office=data.office,
        )

    @delete(
        "/keys/{key_id:str}",
        operation_id="revokeKey",
        summary="Revoke an API key",
        guards=[administers],
        status_code=200,
        responses=problems(401, 403, 404),
    )
    async def revoke_key(self, request: AnyRequest, key_id: RowId) -> apikeys.KeyView:
        """At once; by its id or its first characters."""
        return await apikeys.revoke_key(context_of(request), key_id, actor=await actor_of(request))

    @get(
        "/offices",
        operation_id="listOffices",
        summary="Offices",
        guards=[reads_cases],
        responses=problems(401, 403, 422),
    )
    async def list_offices(
        self,
        request: AnyRequest,
        agency: Annotated[str | None, QueryParameter(name="agency", max_length=40)] = None,
    ) -> Items[offices.OfficeView]:
        """By agency and name."""
        return Items(items=await offices.listed(context_of(request), agency_code=agency))

    @post(
        "/offices",
        operation_id="addOffice",
        summary="Add an office",
        guards=[administers],
        status_code=201,
        responses=problems(401, 403, 409, 422),
    )
    async def add_office(self, request: AnyRequest, data: JSONBody[NewOffice]) -> offices.OfficeView:
        """Of a known agency."""
        agency_named(data.agency_code)
        return await offices.add(
            context_of(request),
            await actor_of(request),
            agency_code=data.agency_code,
            name=data.name,
            psgc=data.psgc,
        )

    @delete(
        "/offices/{office_id:str}",
        operation_id="closeOffice",
        summary="Close an office",
        guards=[administers],
        status_code=200,
        responses=problems(401, 403, 404),
    )
    async def close_office(self, request: AnyRequest, office_id: RowId) -> offices.OfficeView:
        """Cases and people that name it keep it."""
        return await offices.close(context_of(request), await actor_of(request), office_id)

    @get(
        "/calendar/suspensions",
        operation_id="listSuspensions",
        summary="Days without work",
        guards=[reads_cases],
        responses=problems(401, 403),
    )
    async def list_suspensions(self, request: AnyRequest) -> Items[SuspensionView]:
        """What administrators entered, also what was taken back, newest first."""
        rows = await suspensions.listed(context_of(request))
        return Items(items=[SuspensionView.model_validate(row, from_attributes=True) for row in rows])

    @post(
        "/calendar/suspensions",
        operation_id="enterSuspension",
        summary="Enter days without work",
        guards=[administers],
        status_code=201,
        responses=problems(401, 403, 422),
    )
    async def enter_suspension(self, request: AnyRequest, data: JSONBody[NewSuspension]) -> SuspensionView:
        """Running clocks are computed again within a minute, also for a late proclamation."""
        row = await suspensions.enter(context_of(request), await actor_of(request), **data.model_dump())
        return SuspensionView.model_validate(row, from_attributes=True)

    @delete(
        "/calendar/suspensions/{entry_id:str}",
        operation_id="withdrawSuspension",
        summary="Take days without work back",
        guards=[administers],
        status_code=204,
        responses=problems(401, 403, 404),
    )
    async def withdraw_suspension(self, request: AnyRequest, entry_id: RowId) -> None:
        """What was counted with them is counted again without."""
        await suspensions.withdraw(context_of(request), await actor_of(request), entry_id)

    @get(
        "/retention",
        operation_id="listRetention",
        summary="How long things are kept",
        guards=[reads_cases],
        responses=problems(401, 403),
    )
    async def list_retention(self, request: AnyRequest) -> Items[retention.RuleView]:
        """The rules in force, by kind."""
        return Items(items=await retention.in_force(context_of(request)))

    @put(
        "/retention/{kind:str}",
        operation_id="changeRetention",
        summary="Change how long a kind is kept",
        guards=[administers],
        status_code=200,
        responses=problems(401, 403, 404, 422),
    )
    async def change_retention(
        self,
        request: AnyRequest,
        kind: Annotated[str, PathParameter(max_length=40)],
        data: JSONBody[RetentionChange],
    ) -> retention.RuleView:
        """Heads of office are told before anything comes to its end."""
        return await retention.change(context_of(request), await actor_of(request), kind, data.days)
