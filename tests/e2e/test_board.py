"""A head of office finds the overdue case on the board; an auditor verifies its ledger and exports."""

import asyncio
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from sqlmodel import col
from tests.e2e.conftest import Installation, accessibility, overflows, visit

from tala.services import accounts, demo_bulk, passwords
from tala.services.actors import Role, operator
from tala.services.context import Context
from tala.settings import Settings
from tala.store.tables import Case, User

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PASSWORD = "a passphrase of her own 7"


@pytest.fixture(scope="module")
def overdue(installation: Installation) -> str:
    """Members of staff, and cases of years gone by; answers the number of the one longest overdue."""

    async def prepare() -> str:
        ctx = await Context.open(Settings(_env_file=None, data_dir=installation.data_dir))  # type: ignore[call-arg]
        try:
            await demo_bulk.make_bulk(ctx, 12, seed=5)
            hashed = await passwords.hash_password(PASSWORD)
            for name, role in (("helen", Role.HEAD), ("aurora", Role.AUDITOR)):
                await accounts.add_user(ctx, name, role, actor=operator("tests"))
            async with ctx.database.write() as session:
                own = update(User).where(col(User.username).in_(("helen", "aurora")))
                await session.execute(own.values(password_hash=hashed, must_change_password=False))
                late = select(col(Case.ctn)).where(col(Case.clock_state) == "breached")
                found: str | None = await session.scalar(late.order_by(col(Case.next_due_at)).limit(1))
            assert found is not None
            return found
        finally:
            await ctx.close()

    # Playwright's own loop runs in this thread.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: asyncio.run(prepare())).result()


def sign_in(page: Page, name: str, target: str) -> None:
    page.goto(target)
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_head_finds_the_overdue_case_on_the_board(page: Page, overdue: str) -> None:
    sign_in(page, "helen", "/desk/board")
    expect(page.get_by_role("heading", name="Board of the office")).to_be_visible()
    expect(page.locator("#figure-places")).to_be_visible()
    chart = page.locator("#figure-categories canvas")
    expect(chart).to_have_attribute("style", re.compile("height"))  # the library drew on it
    assert accessibility(page) == []
    assert not overflows(page)
    with page.expect_download() as taken:
        page.locator("#figure-ages .figure__head a").click()
    assert "from_days,to_days" in Path(taken.value.path()).read_text()
    page.locator("#figure-late").get_by_role("link", name=overdue).click()
    expect(page.get_by_role("heading", name=overdue)).to_be_visible()
    expect(page.locator(".clocks .badge--danger").first).to_be_visible()


def test_an_auditor_verifies_its_ledger_and_takes_cases_out(
    browser: Browser, installation: Installation, overdue: str
) -> None:
    with visit(browser, installation.url, 1280) as page:
        sign_in(page, "aurora", "/desk/audit?clock=breached")
        row = page.locator("tr", has_text=overdue)
        expect(row).to_be_visible()
        assert accessibility(page) == []
        with page.expect_download() as taken:
            page.get_by_role("link", name="JSONL").click()
        sent = Path(taken.value.path()).read_bytes()
        assert overdue in {json.loads(line)["ctn"] for line in sent.splitlines()}
        row.get_by_role("link", name="Verify").click()
        expect(page.locator("#verification")).to_contain_text("The record verifies")
        expect(page.locator(".event").first).to_contain_text("#1")
        page.locator(".event summary").first.click()
        assert accessibility(page) == []
        page.get_by_role("link", name="What was taken out").click()
        expect(page.get_by_text(hashlib.sha256(sent).hexdigest())).to_be_visible()
        page.get_by_role("link", name="Samples").click()
        page.locator("#size").fill("5")
        page.locator("#by").select_option("agency")
        page.get_by_role("button", name="Draw").click()
        page.get_by_role("button", name="In order").first.click()
        expect(page.get_by_text("1 of 5 looked at")).to_be_visible()
        page.get_by_role("link", name="Draw it again").click()
        expect(page.get_by_text("Drawn again, it is the same.")).to_be_visible()
        assert accessibility(page) == []
        page.get_by_role("link", name="Ledger").first.click()
        page.get_by_role("button", name="Check every ledger").click()
        expect(page.locator("#verified")).to_contain_text("Everything verifies")
