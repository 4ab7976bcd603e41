"""Staff in a browser: signing in, forms that only our pages can send, signing out."""

from tests.api.support import Client

OURS = {"Sec-Fetch-Site": "same-origin"}
THEIRS = {"Sec-Fetch-Site": "cross-site"}


async def sign_in(client: Client, password: str) -> dict[str, str]:
    """Sign in, choose a password, and answer the header that writes need."""
    made = (await client.post("/api/v1/session", json={"username": "cora", "password": password})).json()
    csrf = {"X-CSRF-Token": made["csrf"]}
    await client.post(
        "/api/v1/session/password", json={"old": password, "new": "a passphrase of her own 7"}, headers=csrf
    )
    return csrf


async def test_a_session_is_carried_by_a_cookie_scripts_cannot_read(client: Client, password: str) -> None:
    answer = await client.post("/api/v1/session", json={"username": "cora", "password": password})
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert answer.json()["must_change_password"] is True


async def test_a_one_time_password_opens_nothing_but_its_change(client: Client, password: str) -> None:
    await client.post("/api/v1/session", json={"username": "cora", "password": password})
    refused = await client.get("/api/v1/cases")
    assert refused.status_code == 403
    page = await client.get("/desk", headers={"Accept": "text/html"}, follow_redirects=False)
    assert page.headers["location"] == "/sign-in/password"


async def test_after_the_change_the_desk_opens(client: Client, password: str) -> None:
    await sign_in(client, password)
    assert (await client.get("/api/v1/cases")).json() == {"items": [], "next": None}
    assert (await client.get("/desk")).status_code == 200


async def test_a_write_without_the_pages_token_is_refused(client: Client, password: str) -> None:
    csrf = await sign_in(client, password)
    for headers in ({}, {"X-CSRF-Token": "0" * 64}):
        refused = await client.request("DELETE", "/api/v1/session", headers=headers)
        assert refused.status_code == 403
    assert (await client.request("DELETE", "/api/v1/session", headers=csrf)).status_code == 204
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_form_of_another_site_is_refused(client: Client, password: str) -> None:
    form = {"username": "cora", "password": password}
    assert (await client.post("/sign-in", data=form, headers=THEIRS)).status_code == 403
    foreign = {"Origin": "https://elsewhere.example"}
    assert (await client.post("/sign-in", data=form, headers=foreign)).status_code == 403
    answer = await client.post("/sign-in", data=form, headers=OURS, follow_redirects=False)
    assert answer.status_code == 303
    assert (await client.post("/sign-out", headers=THEIRS, follow_redirects=False)).status_code == 403
    assert (await client.get("/api/v1/session")).status_code == 200


async def test_a_wrong_password_is_told_in_words_and_not_which_part_was_wrong(
    client: Client, password: str
) -> None:
    answers = [
        await client.post("/sign-in", data={"username": name, "password": guess}, headers=OURS)
        for name, guess in (("cora", "wrong"), ("nobody", password))
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("The user name or the password is not right." in answer.text for answer in answers)
    assert answers[0].text == answers[1].text


async def test_signing_in_leads_only_to_pages_of_our_own(client: Client, password: str) -> None:
    csrf = await sign_in(client, password)
    await client.request("DELETE", "/api/v1/session", headers=csrf)
    for target in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:1",
    ):
        form = {"username": "cora", "password": "a passphrase of her own 7", "next": target}
        answer = await client.post("/sign-in", data=form, headers=OURS, follow_redirects=False)
        assert answer.headers["location"] == "/desk"
    for target in ("https://elsewhere.example/", "//elsewhere.example/x", "/\\elsewhere.example"):
        answer = await client.get("/language/fil", params={"next": target}, follow_redirects=False)
        assert answer.headers["location"] in ("/", "/elsewhere.example")


async def test_signing_out_by_form_ends_the_session(client: Client, password: str) -> None:
    await sign_in(client, password)
    answer = await client.post("/sign-out", headers=OURS, follow_redirects=False)
    assert answer.status_code == 303
    assert (await client.get("/api/v1/session")).status_code == 401
