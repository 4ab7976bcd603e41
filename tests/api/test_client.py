"""The typed client and the commands that go through it, against a running server."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from tests.api.serving import Server, serving
from tests.api.support import COMPLAINT
from typer.testing import CliRunner

from tala.cli.main import app
from tala.client import Tala
from tala.errors import TalaError
from tala.services import apikeys
from tala.services.actors import Role, operator
from tala.settings import Settings
from tala.store import verify


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    with serving(settings) as running:
        yield running


@pytest.fixture
def key_of(server: Server) -> Callable[[Role], str]:
    """An API key of a role."""

    def made(role: Role) -> str:
        added = apikeys.add_key(server.context, role.value, role, actor=operator("tests"))
        return server.run(added).token

    return made


@pytest.fixture
def filed(server: Server) -> tuple[str, str]:
    """Number and receipt of a case that a citizen filed through the client."""
    with Tala(server.url) as tala:
        done = tala.file(tala.write(COMPLAINT))
    assert done.receipt_secret is not None
    return done.ctn, done.receipt_secret


def test_a_case_from_filing_to_rights(
    server: Server, filed: tuple[str, str], key_of: Callable[[Role], str], tmp_path: Path
) -> None:
    ctn, receipt = filed
    paper = tmp_path / "receipt.txt"
    paper.write_text("No official receipt was given.")
    with Tala(server.url) as citizen, Tala(server.url, key=key_of(Role.HEAD)) as head:
        case = head.move(head.case(ctn), "begin_evaluation")
        assert case.state == "evaluation"
        with pytest.raises(TalaError, match="version_mismatch"):
            head.classify(case.model_copy(update={"version": 1}), "simple")
        case = head.rectify(head.classify(case, "complex"), {"agency": {"code": "BIR"}}, reason="Meant so.")
        assert case.agency_code == "BIR"
        citizen.write_about(ctn, "When will I hear?", receipt=receipt)
        head.write_about(ctn, "Soon.", to="citizen")
        said = citizen.messages(ctn, receipt=receipt)
        assert [one.direction for one in said] == ["from_citizen", "to_citizen"]
        citizen.attach(ctn, paper, receipt=receipt)
        assert [file.filename for file in head.attachments(ctn)] == ["receipt.txt"]
        made = head.split(head.case(ctn), ["SSS"])
        assert citizen.case(made[0], receipt=receipt).agency_code == "SSS"
        linked = head.merge(head.case(made[0]), ctn)
        assert linked.state == "closed"
        assert head.explain(ctn, "ra6713_reply")[0].number is None
        assert isinstance(head.similar(ctn), list)
        assert head.letter(ctn, "reply_to_citizen", language="fil").startswith(b"%PDF")
        assert head.queues()["office"] == 1
        outcomes = head.bulk([head.case(ctn)], "note", text="Read.")
        assert [one.status for one in outcomes] == ["done"]
        assert [event.kind for event in head.events(ctn)][:2] == ["case.submit", "case.begin_evaluation"]
        assert citizen.copy(ctn, receipt)["case"]["ctn"] == ctn
        asked = citizen.ask_right(ctn, "rectify", "It was medium.", receipt=receipt)
        decided = head.decide_right(asked, granted=True, answer="Done.", facts={"urgency": "medium"})
        assert decided.state == "granted"
        with pytest.raises(TalaError, match="conflict"):
            citizen.answer_survey(ctn, receipt, cc1=1)
        assert [row.ctn for row in head.cases(agency="BIR")] == [ctn]


def test_the_record_and_the_accounts(
    server: Server, filed: tuple[str, str], key_of: Callable[[Role], str]
) -> None:
    with Tala(server.url, key=key_of(Role.ADMINISTRATOR)) as tala:
        assert tala.verify_ledger().ok
        case_id = str(tala.case(filed[0]).model_dump()["id"])
        assert [event.kind for event in tala.ledger_events(ledger=case_id)] == ["case.submit"]
        lines = b"".join(tala.stream_ledger()).decode().splitlines()
        assert verify.verify_export(lines).ok
        out = BytesIO()
        manifest = tala.export_cases(out, "csv")
        assert manifest["sha256"] == hashlib.sha256(out.getvalue()).hexdigest()
        assert tala.count("agency").total == 1
        assert any(line.subject_id == case_id for line in tala.access_log(most=500))
        added = tala.add_user("cora", "officer", display_name="Cora Lim")
        assert added.one_time_password
        assert tala.change_user("cora", role="head").role == "head"
        assert tala.reset_password("cora").user.username == "cora"
        assert [user.username for user in tala.users()] == ["cora"]
        made = tala.add_key("nightly", "auditor", scopes=("export",))
        assert tala.revoke_key(made.key.id).revoked_at is not None
        assert made.key.id in [key.id for key in tala.api_keys()]
    with Tala(server.url) as nobody, pytest.raises(TalaError, match="unauthenticated"):
        nobody.users()


def test_commands_through_a_server(
    server: Server, filed: tuple[str, str], key_of: Callable[[Role], str], tmp_path: Path
) -> None:
    key = key_of(Role.ADMINISTRATOR)

    def tala(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--server", server.url, "--key", key])
        assert done.exit_code == 0, done.output
        # The server in this process says on the same output what it answers.
        return "\n".join(line for line in done.stdout.splitlines() if "[info " not in line)

    ctn = filed[0]
    assert ctn in tala("cases", "list")
    assert ctn in tala("cases", "show", ctn)
    out = tmp_path / "cases.jsonl"
    tala("cases", "export", "--output", str(out))
    assert json.loads(out.read_text())["ctn"] == ctn
    manifest = json.loads((tmp_path / "cases.jsonl.manifest.json").read_text())
    assert manifest["rows"] == 1
    assert "The ledger is whole" in tala("ledger", "verify")
    exported = tala("ledger", "export").splitlines()
    assert verify.verify_export(exported).ok
    added = tala("users", "add", "ben", "--role", "auditor", "--json")
    assert json.loads(added)["username"] == "ben"
    assert "head" in tala("users", "role", "ben", "head")
    assert "disabled" in tala("users", "disable", "ben")
    assert "active" in tala("users", "enable", "ben")
    tala("users", "reset-password", "ben")
    assert "ben" in tala("users", "list")
    made = json.loads(tala("keys", "add", "--role", "auditor", "--name", "nightly", "--json"))
    assert made["prefix"] in tala("keys", "list")
    assert "Revoked" in tala("keys", "revoke", made["prefix"])
    refused = CliRunner().invoke(app, ["users", "list", "--server", server.url, "--key", made["token"]])
    assert refused.exit_code == 1


def test_the_examples_of_the_docs_run(
    server: Server,
    filed: tuple[str, str],
    key_of: Callable[[Role], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (Path(__file__).parents[2] / "docs/command-line.md").read_text()
    # The first one waits for a recording to be read, which the tests of the worker do.
    _, officer, auditor = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for role, example in ((Role.OFFICER, officer), (Role.AUDITOR, auditor)):
        monkeypatch.setenv("TALA_KEY", key_of(role))
        exec(example.replace("http://127.0.0.1:8000", server.url), {"Tala": Tala, "os": os})
    said = capsys.readouterr().out
    assert f"{filed[0]} endorsed_to_agency" in said
    assert "True" in said
