"""The application on a real database, a real object store and the real services, called over ASGI."""

from collections.abc import AsyncIterator

import pytest
from tests.api.support import COMPLAINT, NO_LIMIT, Bearer, Client, OpenDraft, started

from tala.services import accounts, apikeys, drafts, filing, intake
from tala.services.actors import Role, operator
from tala.services.context import Context
from tala.services.filing import Filed
from tala.settings import Settings
from tala.web.app import create_app


@pytest.fixture
def app_settings(settings: Settings) -> Settings:
    """Settings of the application; tests override it to change one."""
    return settings


@pytest.fixture
async def client(app_settings: Settings) -> AsyncIterator[Client]:
    """A client of an application that has started."""
    async with started(create_app(app_settings, rate_limit=NO_LIMIT)) as running:
        yield running


@pytest.fixture
def ctx(client: Client) -> Context:
    """The application's own context."""
    found: Context = client.app.state.context
    return found


@pytest.fixture
async def ticket(client: Client) -> Bearer:
    """A citizen's intake ticket."""
    return Bearer((await client.post("/api/v1/intake/tickets")).json()["ticket"])


@pytest.fixture
async def draft(client: Client, ticket: Bearer) -> OpenDraft:
    """A draft of a typed complaint."""
    answer = await client.post("/api/v1/drafts", json={"text": COMPLAINT}, headers=ticket.headers)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    return OpenDraft(body["id"], Bearer(body["capability"]), answer.headers["etag"])


@pytest.fixture
async def filed(client: Client, ctx: Context) -> Filed:
    """A case filed by a citizen."""
    citizen = await intake.check_ticket(ctx, (await intake.open_ticket(ctx, address="1")).ticket, address="1")
    opened = await drafts.draft_from_text(ctx, COMPLAINT, actor=citizen)
    return await filing.file_case(ctx, opened.draft.id, actor=intake.bearer_of(opened.capability))


@pytest.fixture
async def keys_of(ctx: Context) -> dict[Role, Bearer]:
    """An API key of every role of staff."""
    made = {}
    for role in Role:
        if role is not Role.CITIZEN:
            made[role] = Bearer((await apikeys.add_key(ctx, role.value, role, actor=operator("tests"))).token)
    return made


@pytest.fixture
async def password(ctx: Context) -> str:
    """The one-time password of a head of office named `cora`."""
    added = await accounts.add_user(ctx, "cora", Role.HEAD, actor=operator("tests"), display_name="Cora Lim")
    return added.one_time_password
