"""What a member of staff has to do: queues, saved views, alerts, names of colleagues."""

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from pydantic import Field

from tala.services import alerts, directory, queues
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import SESSION, STAFF, Body, Items, problems
from tala.web.auth import actor_of, context_of, has_session, reads_cases

RowId = Annotated[str, PathParameter(description="Its id.", max_length=64)]


class NewView(Body):
    """A filter to keep: the parameters of a list of cases."""

    name: str = Field(min_length=1, max_length=80)
    query: dict[str, str | list[str]] = Field(max_length=30, description='As `{"state": ["submitted"]}`.')
    shared: bool = Field(False, description="Seen by all who work for the same agency.")


class Desk(Controller):
    """The reader's own desk."""

    path = "/api/v1"
    tags = ("Desk",)

    @get(
        "/queues",
        operation_id="countQueues",
        summary="How much is in each queue",
        guards=[reads_cases],
        security=STAFF,
        responses=problems(401, 403),
    )
    async def count_queues(self, request: AnyRequest) -> Items[queues.QueueCount]:
        """Counted up to a thousand. `GET /api/v1/cases?queue=…` lists one."""
        return Items(items=await queues.counts(context_of(request), await actor_of(request)))

    @get(
        "/views",
        operation_id="listViews",
        summary="Saved views",
        guards=[has_session],
        security=SESSION,
        responses=problems(401, 403),
    )
    async def list_views(self, request: AnyRequest) -> Items[queues.View]:
        """One's own, and those colleagues share."""
        return Items(items=await queues.list_views(context_of(request), await actor_of(request)))

    @post(
        "/views",
        operation_id="saveView",
        summary="Save a view",
        guards=[has_session],
        security=SESSION,
        status_code=201,
        responses=problems(401, 403, 409, 422),
    )
    async def save_view(self, request: AnyRequest, data: JSONBody[NewView]) -> queues.View:
        """The same name again replaces the view."""
        return await queues.save_view(
            context_of(request), await actor_of(request), data.name, data.query, shared=data.shared
        )

    @delete(
        "/views/{view_id:str}",
        operation_id="deleteView",
        summary="Forget a view",
        guards=[has_session],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403, 404),
    )
    async def delete_view(self, request: AnyRequest, view_id: RowId) -> None:
        """One of one's own."""
        await queues.delete_view(context_of(request), await actor_of(request), view_id)

    @get(
        "/alerts",
        operation_id="listAlerts",
        summary="What to look at",
        guards=[has_session],
        security=SESSION,
        responses=problems(401, 403),
    )
    async def list_alerts(
        self, request: AnyRequest, unread: Annotated[bool, QueryParameter(name="unread")] = False
    ) -> alerts.Alerts:
        """One's own alerts, newest first: clocks, assignments, messages, replies."""
        return await alerts.list_alerts(context_of(request), await actor_of(request), unread_only=unread)

    @post(
        "/alerts/read",
        operation_id="readAlerts",
        summary="Mark all alerts read",
        guards=[has_session],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403),
    )
    async def read_alerts(self, request: AnyRequest) -> None:
        """All that are there now."""
        await alerts.mark_read(context_of(request), await actor_of(request))

    @post(
        "/alerts/{alert_id:str}/read",
        operation_id="readAlert",
        summary="Mark an alert read",
        guards=[has_session],
        security=SESSION,
        status_code=204,
        responses=problems(401, 403, 404),
    )
    async def read_alert(self, request: AnyRequest, alert_id: RowId) -> None:
        """One of one's own."""
        await alerts.mark_read(context_of(request), await actor_of(request), alert_id)

    @get(
        "/colleagues",
        operation_id="nameColleagues",
        summary="Names of colleagues",
        guards=[reads_cases],
        security=STAFF,
        responses=problems(401, 403, 422),
    )
    async def colleagues(
        self,
        request: AnyRequest,
        ids: Annotated[list[str], QueryParameter(name="id", max_items=200, description="May be repeated.")],
    ) -> dict[str, str]:
        """Names by id, of one's own agency; records carry ids alone."""
        return await directory.names(context_of(request), await actor_of(request), ids)
