"""Pages of staff: each opens for the roles it is for, in both languages, and its forms do what they say."""

import html
import io
import re
from collections.abc import AsyncIterator

import pyotp
import pypdf
import pytest
from tests.api.support import Client

from tala.services import accounts, passwords
from tala.services.actors import Role, operator
from tala.services.context import Context
from tala.services.filing import Filed
from tala.store.tables import User

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
ROLES = ("agent", "officer", "head", "auditor", "administrator")
PASSWORD = "a passphrase of her own 7"
# page -> roles that may open it; the others are told that they may not
PAGES: dict[str, tuple[str, ...]] = {
    "/desk": ROLES,
    "/desk/rows?text=LTO": ROLES,
    "/desk?queue=unassigned": ROLES,
    "/desk/cases/{ctn}": ROLES,
    "/desk/cases/{ctn}/letters/endorsement": ("officer", "head"),
    "/desk/account": ROLES,
    "/desk/intake": ("agent", "officer", "head", "administrator"),
    "/desk/board": ("head", "administrator"),
    "/desk/board?weeks=52&place=13&agency=LTO": ("head", "administrator"),
    "/desk/board/figures": ("head", "administrator"),
    "/desk/board/files/channels.csv": ("head", "administrator"),
    "/desk/audit": ("auditor", "administrator"),
    "/desk/audit?agency=LTO&anonymous=false&filed_from=2026-01-01": (
        "auditor",
        "administrator",
    ),
    "/desk/audit/ledger?kind=case.submit": ("auditor", "administrator"),
    "/desk/audit/ledger/{ctn}": ("auditor", "administrator"),
    "/desk/audit/ledger/accounts": ("auditor", "administrator"),
    "/desk/audit/access?subject={ctn}&allowed=true": ("auditor", "administrator"),
    "/desk/audit/exports": ("auditor", "administrator"),
    "/desk/audit/samples?agency=LTO": ("auditor", "administrator"),
    "/desk/audit/accuracy": ("auditor", "administrator"),
    "/desk/intake/call": ("agent", "officer", "head", "administrator"),
    "/desk/admin": ("administrator",),
    "/desk/admin/users": ("administrator",),
    "/desk/admin/changes": ("administrator",),
}


@pytest.fixture
async def staff(client: Client, ctx: Context) -> AsyncIterator[dict[str, Client]]:
    """A signed-in browser of each role."""
    hashed = await passwords.hash_password(PASSWORD)
    found = {}
    for role in ROLES:
        added = await accounts.add_user(ctx, role, Role(role), actor=operator("tests"))
        async with ctx.database.write() as session:
            user = await session.get(User, added.user.id)
            assert user is not None
            user.password_hash, user.must_change_password = hashed, False
            session.add(user)
        browser = Client(client.app)
        form = {"username": role, "password": PASSWORD, "next": "/desk"}
        answer = await browser.post("/sign-in", data=form, headers=HTML)
        assert answer.status_code == 303, answer.text
        found[role] = browser
    yield found
    for browser in found.values():
        await browser.aclose()


async def test_each_page_by_each_role(staff: dict[str, Client], filed: Filed) -> None:
    wrong = []
    for role, browser in staff.items():
        for path, allowed in PAGES.items():
            answer = await browser.get(path.replace("{ctn}", filed.ctn), headers=HTML)
            if answer.status_code != (200 if role in allowed else 403):
                wrong.append(f"{role}: {path} answered {answer.status_code}")
    assert wrong == []


async def test_every_place_of_the_navigation_opens_in_both_languages(staff: dict[str, Client]) -> None:
    for role, browser in staff.items():
        first = (await browser.get("/desk", headers=HTML)).text
        places = set(re.findall(r'<a href="(/desk[^"?]*)" data-go', first))
        assert "/desk/account" in places
        for place in places:
            for language in ("en", "fil"):
                browser.cookies.set("tala_language", language)
                answer = await browser.get(place, headers=HTML)
                assert answer.status_code == 200, f"{role}: {place}"
                assert f'<html lang="{language}"' in answer.text
                assert re.findall(r"<style|\sstyle=|\son[a-z]+=", answer.text) == []


async def test_a_case_is_worked_on_with_forms(staff: dict[str, Client], filed: Filed) -> None:
    head, page = staff["head"], f"/desk/cases/{filed.ctn}"

    async def send(where: str, **fields: str) -> str:
        answer = await head.post(f"{page}/{where}", data=fields, headers=HTML, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    version = re.search(r'name="version" value="(\d+)"', (await head.get(page, headers=HTML)).text)
    assert version is not None
    assert "Being evaluated" in await send("steps", step="begin_evaluation", version=version[1])
    stale = await head.post(f"{page}/steps", data={"step": "verify", "version": version[1]}, headers=HTML)
    assert stale.status_code == 412
    assert "Somebody changed this case in the meantime" in stale.text
    assert "Called the office." in await send("do/note", text="Called the office.")
    assert "We are looking into it." in await send("do/message", text="We are looking into it.")
    assert "Complex transaction" in await send("do/classify", transaction_class="complex")
    await send("do/assign", user_id="me")
    assert filed.ctn in (await head.get("/desk?queue=mine", headers=HTML)).text
    endorsed = await send("steps", step="endorse:facilitation", agency_code="LTO")
    assert "Reply of the agency" in endorsed
    assert (await head.post(f"{page}/do/dance", headers=HTML)).status_code == 404


async def test_a_file_is_added_and_one_of_another_kind_refused(
    staff: dict[str, Client], filed: Filed
) -> None:
    officer, page = staff["officer"], f"/desk/cases/{filed.ctn}"
    paper = ("reply.pdf", b"%PDF-1.7 something", "application/pdf")
    answer = await officer.post(
        f"{page}/files", data={"kind": "reply"}, files={"file": paper}, headers=HTML, follow_redirects=True
    )
    assert "reply.pdf" in answer.text
    script = ("a.html", b"<script>", "text/html")
    refused = await officer.post(f"{page}/files", files={"file": script}, headers=HTML)
    assert refused.status_code == 422


async def test_ticked_cases_are_taken_and_a_view_is_kept(staff: dict[str, Client], filed: Filed) -> None:
    officer = staff["officer"]
    form = {"doing": "take", "case": f"{filed.ctn}:1", "kept": "queue=unassigned"}
    done = await officer.post("/desk/bulk", data=form, headers=HTML, follow_redirects=True)
    assert "Done for 1." in done.text
    again = await officer.post("/desk/bulk", data=form, headers=HTML, follow_redirects=True)
    assert "Done for 0." in again.text
    assert filed.ctn in again.text
    saved = await officer.post(
        "/desk/views",
        data={"name": "Urgent at LTO", "kept": "agency=LTO&urgency=high&evil=1"},
        headers=HTML,
        follow_redirects=True,
    )
    assert "Urgent at LTO" in saved.text
    assert "evil" not in re.findall(r'href="([^"]*)" class="queues__view"', saved.text)[0]


async def test_a_form_from_another_site_is_refused(staff: dict[str, Client], filed: Filed) -> None:
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    for path in (f"/desk/cases/{filed.ctn}/do/note", "/desk/bulk", "/desk/account/theme"):
        assert (await staff["head"].post(path, data={"text": "x"}, headers=foreign)).status_code == 403


async def test_a_theme_is_chosen_and_its_colours_follow(staff: dict[str, Client]) -> None:
    agent = staff["agent"]
    await agent.post("/desk/account/theme", data={"theme": "dark"}, headers=HTML)
    page = (await agent.get("/desk/account", headers=HTML)).text
    assert 'data-theme="dark"' in page
    theme = re.search(r'"(/static/[^"]+/css/theme\.css)"', page)
    assert theme is not None
    assert "color-scheme: dark" in (await agent.get(theme[1])).text


async def test_a_letter_is_drafted_corrected_seen_and_kept(staff: dict[str, Client], filed: Filed) -> None:
    officer, page = staff["officer"], f"/desk/cases/{filed.ctn}/letters/endorsement"
    for kind in ("endorsement", "notice_to_explain", "reply_to_citizen", "formal_complaint"):
        for language in ("en", "fil"):
            path = f"/desk/cases/{filed.ctn}/letters/{kind}?language={language}"
            text = (await officer.get(path, headers=HTML)).text
            assert f'<h2 lang="{language}">' in text
            assert filed.ctn in text
            assert '<textarea id="part-0"' in text
    drafted = (await officer.get(page, headers=HTML)).text
    assert "Ana Santos" not in drafted
    parts = re.findall(r"<textarea[^>]*>\n?(.*?)</textarea>", drafted, re.S)
    fields = {f"part-{number}": html.unescape(text) for number, text in enumerate(parts)} | {"language": "en"}
    fields["part-1"] = "Please answer by Friday."
    seen = await officer.post(f"{page}/pdf", data=fields, headers=HTML)
    assert seen.headers["content-type"] == "application/pdf"
    assert seen.headers["content-disposition"].startswith("inline")
    told = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(seen.content)).pages)
    assert "Please answer by Friday." in told
    assert filed.ctn in told
    kept = await officer.post(page, data=fields, headers=HTML, follow_redirects=True)
    file = re.search(r'href="([^"]+)">([^<]+-endorsement-en\.pdf)<', kept.text)
    assert file is not None
    assert (await officer.get(file[1], headers=HTML)).content.startswith(b"%PDF-")
    del fields["part-0"]
    for wrong in ({"part-0": "only one"}, {**fields, "part-0": "x" * 60_001}):
        refused = await officer.post(page, data=wrong, headers=HTML)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert (await officer.get(f"/desk/cases/{filed.ctn}/letters/poem", headers=HTML)).status_code == 404


async def test_an_authenticator_app_is_set_up_and_taken_away(staff: dict[str, Client], ctx: Context) -> None:
    agent, page = staff["agent"], "/desk/account/app"

    async def send(where: str, status: int = 200, **fields: str) -> str:
        answer = await agent.post(f"{page}{where}", data=fields, headers=HTML, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return answer.text

    assert "is not right" in await send("", 422, password="not hers")
    shown = await send("", password=PASSWORD)
    secret = re.search(r'id="app-secret" tabindex="0">([A-Z2-7]+)<', shown)
    assert secret is not None
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "is not right" in await send("/confirm", 422, code="000000")
    done = await send("/confirm", code=pyotp.TOTP(secret[1]).at(ctx.clock()))
    assert len(re.findall(r"<li><code>[^<]+</code></li>", done)) == 10
    assert secret[1] not in (await agent.get("/desk/account", headers=HTML)).text
    asked = await Client(agent.app).post(
        "/sign-in", data={"username": "agent", "password": PASSWORD}, headers=HTML
    )
    assert 'id="code"' in asked.text
    assert "is not right" in await send("/remove", 422, password="not hers")
    assert "Set one up" in await send("/remove", password=PASSWORD)
