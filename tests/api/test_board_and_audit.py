"""The pages of heads and auditors do what they say: figures, files, ledgers, samples, exports."""

import asyncio
import hashlib
import json
import re

from sqlalchemy import text
from tests.api.support import Bearer, Client
from tests.api.test_staff_pages import HTML, staff  # noqa: F401 - the fixture

from tala.services.actors import Role
from tala.services.context import Context
from tala.services.filing import Filed


async def board_of(browser: Client, query: str = "") -> str:
    """The figures, once they were counted."""
    for _ in range(40):
        shown = (await browser.get(f"/desk/board/figures{query}", headers=HTML)).text
        if "figures-waiting" not in shown:
            return shown
        await asyncio.sleep(0.1)
    raise AssertionError("the figures never came")


async def test_the_board_shows_a_case_where_it_was_filed(staff: dict[str, Client], filed: Filed) -> None:  # noqa: F811
    shown = await board_of(staff["head"])
    assert "NCR 1: National Capital Region" in shown
    assert re.search(r'class="is-late"', shown) is None
    inside = await board_of(staff["head"], "?place=13")
    assert "Quezon City" in inside
    assert "There are 0 whole weeks of cases" in inside
    elsewhere = await board_of(staff["head"], "?agency=BIR&weeks=4")
    assert "No case of this period names a place here" not in elsewhere.split("figure-late")[0]
    for wrong in ("weeks=7", "weeks=x", "place=1", "place=13x"):
        assert (await staff["head"].get(f"/desk/board?{wrong}", headers=HTML)).status_code == 422
    table = await staff["head"].get("/desk/board/files/places.csv", headers=HTML)
    assert table.text == "psgc,cases\r\n13,\r\n"  # one case could point at a person
    assert (await staff["head"].get("/desk/board/files/people.csv", headers=HTML)).status_code == 404


async def test_the_same_board_for_a_program(
    client: Client, filed: Filed, keys_of: dict[Role, Bearer]
) -> None:
    answer = await client.get("/api/v1/statistics/board?weeks=4", headers=keys_of[Role.HEAD].headers)
    assert answer.json()["filed"] == 1
    assert answer.json()["places"] == [{"psgc": "13", "count": 1}]


async def test_an_auditor_reads_a_ledger_and_who_read_it(
    staff: dict[str, Client],  # noqa: F811
    ctx: Context,
    filed: Filed,
) -> None:
    auditor = staff["auditor"]
    case = (await auditor.get(f"/desk/cases/{filed.ctn}", headers=HTML)).text
    assert f'href="/desk/audit/ledger/{filed.ctn}"' in case
    assert "audit/ledger" not in (await staff["head"].get(f"/desk/cases/{filed.ctn}", headers=HTML)).text
    whole = (await auditor.get(f"/desk/audit/ledger/{filed.ctn}", headers=HTML)).text
    assert "The record verifies" in whole
    assert "Each of its 1 events follows from the one before" in whole
    assert "Santos" not in whole
    log = (await auditor.get(f"/desk/audit/access?subject={filed.ctn}", headers=HTML)).text
    assert log.count(f">{filed.ctn}</a>") >= 3  # the auditor's and the head's reading, and that of the ledger
    refused = await auditor.get("/desk/audit/access?allowed=false", headers=HTML)
    assert "Nothing is under this filter." in refused.text
    for nowhere in ("TALA-2026-0000009-1", "nothing", "export:nothing"):
        assert (await auditor.get(f"/desk/audit/ledger/{nowhere}", headers=HTML)).status_code == 404

    async with ctx.database.write() as session:
        await session.execute(text("DROP TRIGGER IF EXISTS case_events_no_update"))
        await session.execute(text("UPDATE case_events SET record = replace(record, 'LTO', 'BIR')"))
    broken = (await auditor.get(f"/desk/audit/ledger/{filed.ctn}", headers=HTML)).text
    assert "The record does not verify" in broken
    assert "the event was changed" in broken


async def test_asking_to_see_more_is_kept_with_its_reason(staff: dict[str, Client], filed: Filed) -> None:  # noqa: F811
    auditor = staff["auditor"]
    masked = (await auditor.get(f"/desk/cases/{filed.ctn}", headers=HTML)).text
    assert "Santos" not in masked
    full = await auditor.get(f"/desk/cases/{filed.ctn}?reason=Complaint+about+the+officer", headers=HTML)
    assert "Ana Santos" in full.text
    log = (await auditor.get("/desk/audit/access?action=read", headers=HTML)).text
    assert "Complaint about the officer" in log


async def test_the_query_builder_speaks_as_the_interface_does(
    staff: dict[str, Client],  # noqa: F811
    client: Client,
    filed: Filed,
    keys_of: dict[Role, Bearer],
) -> None:
    query = "agency=LTO&main_category=fixing&anonymous=false&psgc=13&sort=filed_at"
    shown = (await staff["auditor"].get(f"/desk/audit?{query}", headers=HTML)).text
    assert f">{filed.ctn}</a>" in shown
    assert "1 cases" in shown
    line = re.search(r"/api/v1/cases\?([^&#<]*(?:&amp;[^&#<]*)*)&#39;", shown)
    assert line is not None
    program = await client.get(
        f"/api/v1/cases?{line[1].replace('&amp;', '&')}", headers=keys_of[Role.AUDITOR].headers
    )
    assert [one["ctn"] for one in program.json()["items"]] == [filed.ctn]
    none = await staff["auditor"].get("/desk/audit?agency=BIR", headers=HTML)
    assert "No case matches." in none.text
    assert (await staff["auditor"].get("/desk/audit?state=lost", headers=HTML)).status_code == 422
    endless = "&".join("a=1" for _ in range(300))
    assert (await staff["auditor"].get(f"/desk/audit?{endless}", headers=HTML)).status_code == 422


async def test_an_export_leaves_its_manifest(staff: dict[str, Client], filed: Filed) -> None:  # noqa: F811
    auditor = staff["auditor"]
    before = await auditor.get("/desk/audit/exports", headers=HTML)
    assert "Nothing was taken out yet." in before.text
    taken = await auditor.get("/api/v1/exports/cases?agency=LTO&format=csv")
    shown = (await auditor.get("/desk/audit/exports", headers=HTML)).text
    assert hashlib.sha256(taken.content).hexdigest() in shown
    assert "agency_code: LTO" in shown
    ledger = re.search(r'href="(/desk/audit/ledger/export:[^"]+)"', shown)
    assert ledger is not None
    assert "The record verifies" in (await auditor.get(ledger[1], headers=HTML)).text


async def test_a_sample_is_drawn_looked_through_and_drawn_again(
    staff: dict[str, Client],  # noqa: F811
    filed: Filed,
) -> None:
    auditor = staff["auditor"]
    form = {"size": "5", "by": "agency", "seed": "march", "kept": "agency=LTO&evil=1"}
    drawn = await auditor.post("/desk/audit/samples", data=form, headers=HTML)
    where = drawn.headers["location"]
    shown = (await auditor.get(where, headers=HTML)).text
    assert "1 of 1 cases" in shown
    assert "<code>march</code>" in shown
    verdict = {"ctn": filed.ctn, "verdict": "finding"}
    await auditor.post(f"{where}/verdicts", data=verdict, headers=HTML)
    judged = (await auditor.get(f"{where}?again=yes", headers=HTML)).text
    assert "1 of 1 looked at (findings: 1)" in judged
    assert "Drawn again, it is the same." in judged
    assert "march" in (await auditor.get("/desk/audit/samples", headers=HTML)).text
    for wrong in ({"size": "0"}, {"size": "x"}, {"size": "9999"}, {"size": "5", "by": "name"},
                  {"size": "5", "kept": "agency=NBI"}):  # fmt: skip
        refused = await auditor.post("/desk/audit/samples", data=wrong, headers=HTML)
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    other = {"ctn": "TALA-2026-0000009-1", "verdict": "finding"}
    assert (await auditor.post(f"{where}/verdicts", data=other, headers=HTML)).status_code == 404
    odd = {"ctn": filed.ctn, "verdict": "guilty"}
    assert (await auditor.post(f"{where}/verdicts", data=odd, headers=HTML)).status_code == 422


async def test_samples_for_programs(client: Client, filed: Filed, keys_of: dict[Role, Bearer]) -> None:
    headers = keys_of[Role.AUDITOR].headers
    drawn = await client.post("/api/v1/samples?agency=LTO", json={"size": 3, "seed": "s"}, headers=headers)
    assert drawn.status_code == 201, drawn.text
    assert drawn.json()["cases"] == [filed.ctn]
    again = await client.get(f"/api/v1/samples/{drawn.json()['id']}", headers=headers)
    assert again.json() == drawn.json()
    listed = await client.get("/api/v1/samples", headers=headers)
    assert [one["id"] for one in listed.json()["items"]] == [drawn.json()["id"]]
    wrong = await client.post("/api/v1/samples", json={"size": 3, "by": "name"}, headers=headers)
    assert wrong.status_code == 422


async def test_the_accuracy_card_tells_what_people_correct(
    staff: dict[str, Client],  # noqa: F811
    client: Client,
    ticket: Bearer,
) -> None:
    page = (await staff["auditor"].get("/desk/audit/accuracy", headers=HTML)).text
    assert "Nobody has corrected a fact" in page
    assert "Card: tala-understand" in page
    assert "main ground" in page
    body = {"text": "A fixer at the LTO in Quezon City asked me for 3,000 pesos."}
    draft = (await client.post("/api/v1/drafts", json=body, headers=ticket.headers)).json()
    bearer = Bearer(draft["capability"]).headers
    patch = {"If-Match": '"1"', "Content-Type": "application/merge-patch+json"}
    changed = await client.patch(
        f"/api/v1/drafts/{draft['id']}", content=json.dumps({"urgency": "high"}), headers=bearer | patch
    )
    assert changed.status_code == 200, changed.text
    await client.post("/api/v1/cases", json={"draft_id": draft["id"]}, headers=bearer)
    page = (await staff["auditor"].get("/desk/audit/accuracy", headers=HTML)).text
    assert "1 / 1" in page
