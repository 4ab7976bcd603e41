"""Pages of administrators: forms do what they say, refusals say what to do, each change is on record."""

import datetime as dt
import re
from collections.abc import AsyncIterator

import pyotp
import pytest
from tests.api.support import Bearer, Client
from tests.api.test_staff_pages import HTML, PASSWORD, ROLES

from tala.cases.calendar import Calendar, manila_date
from tala.services import (
    accounts,
    backup,
    casework,
    clockwork,
    erasure,
    foreseeing,
    passwords,
    secondfactor,
)
from tala.services.actors import Caller, Role, operator
from tala.services.context import Context
from tala.services.filing import Filed
from tala.store.tables import User

PAGES = (
    "/desk/admin", "/desk/admin/users", "/desk/admin/users/administrator", "/desk/admin/offices",
    "/desk/admin/keys", "/desk/admin/requests", "/desk/admin/calendar", "/desk/admin/retention",
    "/desk/admin/lists",
    "/desk/admin/lists?list=agencies", "/desk/admin/lists?list=questions", "/desk/admin/lists?list=clocks",
    "/desk/admin/models", "/desk/admin/changes", "/desk/admin/changes?ledger=calendar",
)  # fmt: skip
FORMS = (
    "/desk/admin/users", "/desk/admin/users/agent/change", "/desk/admin/users/agent/password",
    "/desk/admin/users/agent/second-factor", "/desk/admin/offices", "/desk/admin/offices/x/close",
    "/desk/admin/keys", "/desk/admin/keys/x/revoke", "/desk/admin/calendar",
    "/desk/admin/calendar/x/withdraw", "/desk/admin/retention/cases",
)  # fmt: skip


async def signed_in(client: Client, ctx: Context, role: str) -> Client:
    """A browser in which somebody of this role is signed in, under the role's own name."""
    added = await accounts.add_user(ctx, role, Role(role), actor=operator("tests"))
    async with ctx.database.write() as session:
        user = await session.get(User, added.user.id)
        assert user is not None
        user.password_hash, user.must_change_password = await passwords.hash_password(PASSWORD), False
        session.add(user)
    browser = Client(client.app)
    form = {"username": role, "password": PASSWORD, "next": "/desk"}
    assert (await browser.post("/sign-in", data=form, headers=HTML)).status_code == 303
    return browser


@pytest.fixture
async def admin(client: Client, ctx: Context) -> AsyncIterator[Client]:
    browser = await signed_in(client, ctx, "administrator")
    yield browser
    await browser.aclose()


async def opened(browser: Client, path: str) -> str:
    answer = await browser.get(path, headers=HTML)
    assert answer.status_code == 200, f"{path}: {answer.text[:2000]}"
    return answer.text


async def sent(browser: Client, path: str, status: int = 200, **fields: str) -> str:
    answer = await browser.post(path, data=fields, headers=HTML, follow_redirects=True)
    assert answer.status_code == status, f"{path}: {answer.text}"
    return answer.text


async def test_every_page_opens_in_both_languages_and_obeys_the_policy(admin: Client, filed: Filed) -> None:
    for language in ("en", "fil"):
        admin.cookies.set("tala_language", language)
        for path in PAGES:
            text = await opened(admin, path)
            assert f'<html lang="{language}"' in text
            assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []


async def test_only_administrators_open_them_or_send_their_forms(client: Client, ctx: Context) -> None:
    for role in ROLES[:-1]:
        browser = await signed_in(client, ctx, role)
        for path in PAGES:
            assert (await browser.get(path, headers=HTML)).status_code == 403, f"{role}: {path}"
        for path in FORMS:
            assert (await browser.post(path, data={}, headers=HTML)).status_code == 403, f"{role}: {path}"
        await browser.aclose()
    for path in FORMS:
        assert (await client.post(path, data={}, headers=HTML)).status_code == 303, path  # to sign in
    assert len(await accounts.list_users(ctx, actor=operator("tests"))) == len(ROLES) - 1


async def test_forms_from_another_site_are_refused(admin: Client, ctx: Context) -> None:
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    for path in FORMS:
        assert (await admin.post(path, data={}, headers=foreign)).status_code == 403, path


async def test_somebody_is_added_changed_reset_and_shut_out(
    admin: Client, client: Client, ctx: Context
) -> None:
    one = "/desk/admin/users/lea.go"
    text = await sent(
        admin, "/desk/admin/users", username="Lea.Go", display_name="Lea Go", role="officer",
        agency_code="LTO", office="Pasig",
    )  # fmt: skip
    password = re.search(r'id="secret" tabindex="0">([^<]+)<', text)
    assert password is not None
    assert password[1] not in await opened(admin, "/desk/admin/users?text=lea")
    assert "LTO · Pasig" in await opened(admin, one)
    for wrong in ({"username": "lea.go"}, {"role": "citizen"}, {"agency_code": "NOPE"}, {"email": "lea"}):
        fields = {"username": "other", "role": "officer", **wrong}
        status = 409 if "username" in wrong else 422
        assert 'role="alert"' in await sent(admin, "/desk/admin/users", status, **fields)

    browser = Client(client.app)
    form = {"username": "lea.go", "password": password[1]}
    assert (await browser.post("/sign-in", data=form, headers=HTML)).status_code == 303
    same = {"display_name": "Lea Go", "role": "officer", "agency_code": "LTO", "office": "Pasig"}
    assert "Nothing was different" in await sent(admin, f"{one}/change", access="on", **same)
    promoted = {**same, "role": "head", "agency_code": ""}
    assert "It holds from the next sign-in" in await sent(admin, f"{one}/change", access="on", **promoted)
    assert (await browser.get("/desk", headers=HTML)).headers["location"].startswith("/sign-in")
    assert "Shut out" in await sent(admin, f"{one}/change", **promoted)
    assert "Shut out" in await opened(admin, "/desk/admin/users?standing=out")
    refused = await browser.post("/sign-in", data=form, headers=HTML)
    assert refused.status_code == 401
    fresh = re.search(r'id="secret" tabindex="0">([^<]+)<', await sent(admin, f"{one}/password"))
    assert fresh is not None
    assert fresh[1] != password[1]
    changes = await opened(admin, "/desk/admin/changes?ledger=accounts")
    assert "role: officer → head" in changes
    assert "New one-time password: Lea Go" in changes
    assert "Nobody matches" in await opened(admin, "/desk/admin/users?text=nobody+of+this+name")
    await browser.aclose()


async def test_the_last_administrator_stays(admin: Client) -> None:
    text = await sent(admin, "/desk/admin/users/administrator/change", 409, role="officer", access="on")
    assert "One administrator has to remain" in text
    assert (await admin.get("/desk/admin/users/nobody", headers=HTML)).status_code == 404


async def test_a_lost_second_factor_is_taken_away(admin: Client, ctx: Context) -> None:
    page = "/desk/admin/users/lea"
    added = await accounts.add_user(ctx, "lea", Role.OFFICER, actor=operator("tests"))
    password = added.one_time_password
    lea = Caller("staff", Role.OFFICER, added.user.id)
    enrolled = await secondfactor.enrol(ctx, password, actor=lea)
    await secondfactor.confirm(ctx, pyotp.TOTP(enrolled.secret).at(ctx.clock()), actor=lea)
    assert "Take the app away" in await opened(admin, page)
    assert "The app was taken away" in await sent(admin, f"{page}/second-factor")
    assert not await secondfactor.is_on(ctx, added.user.id)
    assert "There is no second factor" in await sent(admin, f"{page}/second-factor", 404)


async def test_an_office_is_added_with_its_place_and_closed(admin: Client) -> None:
    page = "/desk/admin/offices"
    text = await sent(admin, page, agency_code="LTO", name="Pasig District", place="Pasig City")
    assert "City of Pasig" in text
    office = re.search(rf'action="{page}/([^/"]+)/close"', text)
    assert office is not None
    for wrong in ({"place": "Nowhereville"}, {"place": "San Fernando"}, {"agency_code": ""}, {"name": ""}):
        fields = {"agency_code": "LTO", "name": "Other", "place": "", **wrong}
        assert 'role="alert"' in await sent(admin, page, 422, **fields)
    assert "Pasig District" not in await opened(admin, f"{page}?agency=BIR")
    assert "closed 20" in await sent(admin, f"{page}/{office[1]}/close")


async def test_a_key_is_made_shown_once_limited_and_revoked(admin: Client, client: Client) -> None:
    page = "/desk/admin/keys"
    text = await sent(admin, page, name="figures", role="auditor", days="90", **{"scope_cases:read": "on"})
    token = re.search(r'id="secret" tabindex="0">(tk_[^<]+)<', text)
    key = re.search(rf'action="{page}/([^/"]+)/revoke"', text)
    assert token is not None
    assert key is not None
    bearer = Bearer(token[1]).headers
    assert token[1] not in await opened(admin, page)
    assert (await client.get("/api/v1/cases", headers=bearer)).status_code == 200
    assert (await client.get("/api/v1/access-log", headers=bearer)).status_code == 403
    assert "Revoked" in await sent(admin, f"{page}/{key[1]}/revoke")
    assert (await client.get("/api/v1/cases", headers=bearer)).status_code == 401
    assert 'role="alert"' in await sent(admin, page, 422, name="", role="auditor")


async def test_a_holiday_is_foreseen_proclaimed_and_taken_back(
    admin: Client, ctx: Context, filed: Filed
) -> None:
    page, administrator = "/desk/admin/calendar", Caller("staff", Role.ADMINISTRATOR, "a")

    async def due() -> dict[str, dt.datetime | None]:
        case = await clockwork.explain_clock(ctx, filed.ctn, "ra6713_reply", operator("tests"))
        return {"last": dt.datetime.combine(case[-1].date, dt.time())}

    before = await due()
    day = _working_day(ctx, 2)
    holiday = {"first": day, "name": "Typhoon", "source": "Memorandum Circular 1"}
    looked = await sent(admin, page, **holiday)
    seen = re.search(r'name="seen" value="([^"]+)"', looked)
    assert seen is not None
    assert "running clocks of 1 cases move" in looked
    assert await due() == before
    other = await sent(admin, page, seen=seen[1], **{**holiday, "first": _working_day(ctx, 3)})
    assert 'name="seen"' in other  # another day was not seen yet
    entered = await sent(admin, page, seen=seen[1], **holiday)
    assert "Cases whose clocks moved: 1." in entered
    after = await due()
    assert after["last"] is not None
    assert before["last"] is not None
    assert after["last"] > before["last"]
    assert await clockwork.behind(ctx) == 0

    entry = re.search(rf'action="{page}/([^/"]+)/withdraw"', entered)
    assert entry is not None
    asked = await sent(admin, f"{page}/{entry[1]}/withdraw")
    assert "Take back: Typhoon?" in asked
    assert "running clocks of 1 cases move" in asked
    foreseen = await foreseeing.withdrawing(ctx, administrator, entry[1])
    assert all(kind.days < 0 for kind in foreseen.kinds)
    assert "Cases whose clocks moved: 1." in await sent(admin, f"{page}/{entry[1]}/withdraw", seen="on")
    assert await due() == before
    assert (await admin.post(f"{page}/{entry[1]}/withdraw", data={}, headers=HTML)).status_code == 404
    changes = await opened(admin, "/desk/admin/changes?ledger=calendar")
    assert "Days without work entered" in changes
    assert "Days without work taken back" in changes


async def test_days_that_cannot_be_are_refused(admin: Client, ctx: Context, filed: Filed) -> None:
    fields = {"first": "2026-12-10", "name": "Typhoon", "source": "Circular"}
    for wrong in (
        {"first": ""},
        {"first": "soon"},
        {"last": "2026-12-01"},
        {"name": " "},
        {"place": "Atlantis"},
    ):
        assert 'role="alert"' in await sent(admin, "/desk/admin/calendar", 422, **{**fields, **wrong})
    elsewhere = await sent(admin, "/desk/admin/calendar", **{**fields, "place": "Batanes"})
    assert "No running clock moves." in elsewhere


async def test_keeping_is_changed_per_kind(admin: Client) -> None:
    page = "/desk/admin/retention"
    assert "<strong>400 days</strong>" in await sent(admin, f"{page}/recordings", how="days", days="400")
    assert "shipped: 365 days" in await opened(admin, page)
    assert "<strong>For good</strong>" in await sent(admin, f"{page}/cases", how="good")
    assert "<strong>365 days</strong>" in await sent(admin, f"{page}/recordings", how="shipped")
    for wrong in ("", "0", "-1", "many", "99999999"):
        assert 'role="alert"' in await sent(admin, f"{page}/cases", 422, how="days", days=wrong)
    assert 'role="alert"' in await sent(admin, f"{page}/nothing", 404, how="good")
    assert "365 → 400" not in await opened(admin, "/desk/admin/changes")
    assert "– → 400" in await opened(admin, "/desk/admin/changes?ledger=retention")


async def test_legal_holds_and_disposals_are_listed(admin: Client, ctx: Context, filed: Filed) -> None:
    head = Caller("staff", Role.HEAD, "h")
    await casework.set_legal_hold(ctx, filed.ctn, head, held=True, reason="The court asked for it.")
    assert filed.ctn in await opened(admin, "/desk/admin/retention")
    await casework.set_legal_hold(ctx, filed.ctn, head, held=False, reason="The court has done.")
    await erasure.erase_case(ctx, filed.ctn, head, reason="asked by the citizen")
    text = await opened(admin, "/desk/admin/retention")
    assert filed.ctn not in text
    assert "asked by the citizen" in text


async def test_what_citizens_ask_of_their_data_is_answered(
    admin: Client, client: Client, ctx: Context, filed: Filed
) -> None:
    receipt = {"Tala-Receipt": filed.receipt_secret or ""}
    page = f"/api/v1/cases/{filed.ctn}/rights-requests"
    ids = []
    for kind in ("rectify", "object"):
        asked = await client.post(page, json={"kind": kind, "text": "My name is Anna."}, headers=receipt)
        ids.append(asked.json()["id"])
    listed = await opened(admin, "/desk/admin/requests")
    assert "Correct it" in listed
    assert "My name is Anna." not in listed  # administrators read no words of a case
    form = f"/desk/cases/{filed.ctn}/requests/"
    for wrong in ({"answer": "Yes."}, {"granted": "yes", "answer": " "}):
        assert 'role="alert"' in await sent(admin, form + ids[0], 422, **wrong)
    assert "Answered." in await sent(admin, form + ids[0], granted="yes", answer="Done.")
    head = await signed_in(client, ctx, "head")
    case = await opened(head, f"/desk/cases/{filed.ctn}")
    assert "My name is Anna." in case
    assert "Done." in case
    assert "Refused" in await sent(head, form + ids[1], granted="no", answer="The law asks us to keep it.")
    assert "Nobody waits for an answer." in await opened(admin, "/desk/admin/requests")
    agent = await signed_in(client, ctx, "agent")
    assert (await agent.post(form + ids[1], data={"granted": "yes"}, headers=HTML)).status_code == 403
    for browser in (head, agent):
        await browser.aclose()


async def test_the_overview_says_what_is_wrong(
    admin: Client, ctx: Context, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = await opened(admin, "/desk/admin")
    assert "None was made yet. Run tala backup" in text
    assert "Start one with tala worker" in text
    await backup.back_up(
        ctx, tmp_path_factory.mktemp("kept") / "b", "correct horse battery", actor=operator("tests")
    )
    text = await opened(admin, "/desk/admin")
    assert "0 recordings and files" in text
    assert "Back-up made" in text


def _working_day(ctx: Context, number: int) -> str:
    """The so-manieth working day from today, which is a national holiday nowhere near."""
    day, found = manila_date(ctx.clock()), 0
    while found < number:
        day += dt.timedelta(days=1)
        found += Calendar.shipped().day(day).kind == "working"
    return day.isoformat()
