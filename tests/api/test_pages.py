"""Pages: both languages, nothing from elsewhere, nothing inline, small enough for a slow line."""

import gzip
import re

import pytest
from tests.api.support import Client

from tala.services.filing import Filed

PAGES = ["/", "/track", "/privacy", "/problems", "/docs", "/sign-in", "/nothing-here"]
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("language", ["en", "fil"])
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_speaks_its_language(client: Client, path: str, language: str) -> None:
    page = (await client.get(path, headers=HTML, cookies={"tala_language": language})).text
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == (0 if path == "/docs" else 1)
    assert "ARTA" in page  # not affiliated, on every page


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_asks_nobody_else_for_anything(client: Client, path: str) -> None:
    page = (await client.get(path, headers=HTML)).text
    addresses = re.findall(r'\s(?:src|href|action|data-url)="([^"]*)"', page)
    assert addresses
    assert [a for a in addresses if not a.startswith(("/", "#")) or a.startswith("//")] == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
    inline = [tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag]
    assert [tag for tag in inline if "application/json" not in tag] == []
    for address in addresses:
        if address.startswith("/static/"):
            assert (await client.get(address)).status_code == 200, address


async def test_scripts_and_styles_ask_nobody_else_either(client: Client) -> None:
    from tala.web import assets

    for name, asset in assets.load().files.items():
        if name.startswith(("js/", "css/")):
            text = asset.body.decode()
            assert "://" not in text, name
            for module in re.findall(r'from "\./([^"]+)"', text):
                assert f"js/{module}" in assets.load().files, f"{name} imports {module}"


async def test_the_first_page_weighs_less_than_100_kB(client: Client) -> None:
    page = (await client.get("/", headers=HTML)).text
    weight = len(gzip.compress(page.encode()))
    wanted = set(re.findall(r'"(/static/[^"]+\.(?:css|js|woff2|svg))"', page))
    seen: set[str] = set()
    while wanted:
        address = wanted.pop()
        seen.add(address)
        answer = await client.get(address, headers={"Accept-Encoding": "gzip"})
        weight += int(answer.headers["content-length"])
        if address.endswith(".js"):
            folder = address.rsplit("/", 1)[0]
            wanted |= {f"{folder}/{m}" for m in re.findall(r'from "\./([^"]+)"', answer.text)} - seen
    assert weight < 100_000, f"{weight} bytes in {len(seen) + 1} files"


async def test_the_language_chosen_is_remembered(client: Client) -> None:
    answer = await client.get("/language/fil?next=/track", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/track")
    assert "Subaybayan" in (await client.get("/track")).text
    assert (await client.get("/language/xx", follow_redirects=False)).status_code == 404


async def test_the_language_of_the_browser_counts_until_one_is_chosen(client: Client) -> None:
    for header, language in (
        ("fil-PH, en;q=0.8", "fil"),
        ("tl", "fil"),
        ("en;q=0.2, tl;q=0.9", "fil"),
        ("de, en", "en"),
        ("", "en"),
        ("en;q=x, fil", "fil"),
        ("*" * 5000, "en"),
    ):
        page = (await client.get("/", headers={"Accept-Language": header})).text
        assert f'<html lang="{language}">' in page, header


async def test_data_in_a_page_cannot_close_its_element() -> None:
    from tala.web.pages.shell import embed

    assert embed({"a": "</script><script>alert(1)</script>&"}) == (
        '{"a":"\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\\u0026"}'
    )


async def test_the_code_on_a_receipt_holds_the_number_and_not_the_secret(
    client: Client, filed: Filed
) -> None:
    answer = await client.get(f"/qr/{filed.ctn}")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")


async def test_consent_is_never_ticked_beforehand(client: Client) -> None:
    page = (await client.get("/", headers=HTML)).text
    consent = re.search(r'<input[^>]*id="consent"[^>]*>', page)
    assert consent is not None
    assert "checked" not in consent.group()
    assert not re.findall(r'<input[^>]*name="who"[^>]*checked', page)
