"""Members of staff of the running installation, signed in with passwords of their own, and their cases."""

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Page, expect
from tests.e2e.conftest import Installation

from tala.services import accounts, passwords
from tala.services.actors import Role, operator
from tala.services.context import Context
from tala.settings import Settings
from tala.store.tables import User

PASSWORD = "a passphrase of her own 7"
COMPLAINT = (
    "Last Friday a fixer at the LTO in Quezon City asked me for 3,000 pesos. My name is Ana Santos and my "
    "number is 0917 555 1234."
)


def beside[T](installation: Installation, work: Callable[[Context], Awaitable[T]]) -> T:
    """What a service answers, called beside the running server on the same data."""

    async def run() -> T:
        ctx = await Context.open(Settings(_env_file=None, data_dir=installation.data_dir))  # type: ignore[call-arg]
        try:
            return await work(ctx)
        finally:
            await ctx.close()

    # Playwright's own loop runs in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def add(installation: Installation, name: str, role: Role) -> None:
    """Somebody who may sign in at once."""

    async def work(ctx: Context) -> None:
        added = await accounts.add_user(ctx, name, role, actor=operator("tests"))
        hashed = await passwords.hash_password(PASSWORD)
        async with ctx.database.write() as session:
            user = await session.get(User, added.user.id)
            assert user is not None
            user.password_hash, user.must_change_password = hashed, False
            session.add(user)

    beside(installation, work)


def sign_in(page: Page, name: str, path: str = "/desk") -> None:
    """Sign in on the way to a page."""
    page.goto(path)
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def file_case(installation: Installation, text: str = COMPLAINT) -> str:
    """A typed complaint filed over the interface; answers its CTN."""

    def post(path: str, token: str, body: object) -> dict[str, str]:
        request = urllib.request.Request(
            installation.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} if token else {},
        )
        with urllib.request.urlopen(request) as answer:
            found: dict[str, str] = json.load(answer)
            return found

    ticket = post("/api/v1/intake/tickets", "", {})["ticket"]
    draft = post("/api/v1/drafts", ticket, {"text": text})
    return post("/api/v1/cases", draft["capability"], {"draft_id": draft["id"]})["ctn"]
