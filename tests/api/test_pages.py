"""Pages: both languages, nothing from elsewhere, nothing inline, small enough for a slow line."""

import json
import posixpath
import re

import httpx
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
            for module in re.findall(r'(?:from|import\()\s*"(\.{1,2}/[^"]+)"', text):
                wanted = posixpath.normpath(posixpath.join(posixpath.dirname(name), module))
                assert wanted in assets.load().files, f"{name} imports {module}"


async def test_the_first_page_weighs_less_than_100_kB(client: Client) -> None:
    """With its headers, and with every script it cannot do without; the rest is fetched while it is read."""
    zipped = {"Accept-Encoding": "gzip"}
    page = await client.get("/", headers=HTML | zipped)
    assert page.headers["content-encoding"] == "gzip"
    wanted = set(re.findall(r'"(/static/[^"]+\.(?:css|js|woff2|svg))"', page.text))
    weight, seen = _weight(page), set[str]()
    while wanted:
        address = wanted.pop()
        seen.add(address)
        answer = await client.get(address, headers=zipped)
        weight += _weight(answer)
        if address.endswith(".js"):
            imported = re.findall(r'^import [^"]*?"(\.{1,2}/[^"]+)"', answer.text, re.MULTILINE)
            wanted |= {posixpath.normpath(f"{posixpath.dirname(address)}/{m}") for m in imported} - seen
    assert weight < 100_000, f"{weight} bytes in {len(seen) + 1} files"


def _weight(answer: httpx.Response) -> int:
    headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    return int(answer.headers["content-length"]) + headers


async def test_it_can_be_installed(client: Client) -> None:
    page = (await client.get("/", headers=HTML, cookies={"tala_language": "fil"})).text
    named = re.findall(r'rel="manifest" href="([^"]+)"', page)[0]
    manifest = await client.get(named)
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    assert manifest.json()["lang"] == "fil"
    assert manifest.json()["scope"] == "/"
    for icon in manifest.json()["icons"]:
        found = await client.get(icon["src"])
        assert found.headers["content-type"] == "image/png"
        assert found.content.startswith(b"\x89PNG")


async def test_what_is_kept_for_a_day_without_a_line_holds_nobodys_data(client: Client) -> None:
    worker = await client.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    shell = json.loads(worker.text.split("\n", 1)[0].removeprefix("const SHELL = ").removesuffix(";"))
    assert shell["pages"] == ["/", "/track"]
    assert all(address.startswith(f"/static/{shell['digest']}/") for address in shell["assets"])
    for address in (*shell["assets"], *shell["pages"]):
        assert (await client.get(address)).status_code == 200, address
    assert any(address.endswith("js/live/capture.js") for address in shell["assets"])


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
