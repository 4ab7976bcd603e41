"""Staff at the desk: the one-time password, the list, a case with its evidence, a step."""

import pytest
from playwright.sync_api import Page, expect
from tests.e2e import people
from tests.e2e.conftest import Installation, accessibility, overflows

from tala.services import accounts
from tala.services.actors import Role, operator
from tala.services.context import Context

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(120)]


def add_head(installation: Installation, name: str) -> str:
    """A head of office, added at the machine's own command line level; answers the one-time password."""

    async def work(ctx: Context) -> str:
        added = await accounts.add_user(ctx, name, Role.HEAD, actor=operator("tests"))
        return added.one_time_password

    return people.beside(installation, work)


def test_a_case_is_read_and_moved_on(page: Page, installation: Installation, width: int) -> None:
    name = f"cora{width}"
    password, ctn = add_head(installation, name), people.file_case(installation)
    page.goto(f"/desk/cases/{ctn}")
    page.locator("#username").fill(name)
    page.locator("#password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".error")).to_contain_text("not right")
    page.locator("#username").fill(name)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    assert accessibility(page) == []
    page.locator("#old").fill(password)
    page.locator("#new").fill("a passphrase of her own 7")
    page.get_by_role("button", name="Save and go on").click()

    expect(page.get_by_role("heading", name="Cases")).to_be_visible()
    assert accessibility(page) == []
    assert not overflows(page)
    page.get_by_text("More filters").click()
    page.locator("#f-to").fill("2001-01-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No case matches.")).to_be_visible()
    page.get_by_role("link", name="Clear").click()
    page.locator(".case-row__link", has_text=ctn).click()

    expect(page.get_by_role("heading", name=ctn)).to_be_visible()
    expect(page.locator('.transcript mark[data-fields~="agency"]').first).to_be_visible()
    assert accessibility(page) == []
    assert not overflows(page)
    page.locator("#step").select_option("begin_evaluation")
    page.locator("#note").fill("Read the complaint.")
    page.get_by_role("button", name="Take this step").click()
    expect(page.locator(".case-head")).to_contain_text("Being evaluated")
    expect(page.locator(".timeline li")).to_have_count(2)
    expect(page.locator(".timeline")).to_contain_text("Read the complaint.")

    page.get_by_role("button", name="Sign out").click()
    page.goto("/desk")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
