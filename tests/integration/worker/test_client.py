"""The typed client against a running installation."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.worker.conftest import Running

from tala.client import Tala
from tala.errors import TalaError

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]


@pytest.fixture
def server(running: Callable[..., Running]) -> Iterator[Running]:
    """A running installation."""
    tala = running()
    tala.start()
    yield tala
    tala.stop()


def url(server: Running) -> str:
    return f"http://127.0.0.1:{server.port}"


def test_from_recording_to_case_and_back(server: Running, spoken: Path, two_channels: Path) -> None:
    with Tala(url(server)) as tala:
        sent = tala.send(spoken, consent="self", idempotency_key="k")
        assert tala.send(spoken, consent="self", idempotency_key="k").recording_id == sent.recording_id
        draft = tala.wait_for_draft(sent)
        assert draft.facts.agency is not None
        assert draft.facts.agency.code == "LTO"
        assert tala.transcript(sent) == draft.transcript
        assert tala.captions(sent).startswith("WEBVTT")
        corrected = tala.correct(draft, urgency="high", agency=None)
        assert corrected.facts.agency is None
        assert corrected.version == draft.version + 1
        with pytest.raises(TalaError) as stale:
            tala.correct(draft, urgency="low")
        assert stale.value.code == "version_mismatch"
        filed = tala.file(corrected)
        assert filed.receipt_secret is not None
        assert tala.file(corrected).ctn == filed.ctn
        own = tala.case(filed.ctn, receipt=filed.receipt_secret)
        assert own.narrative == draft.transcript.text
        with pytest.raises(TalaError):
            tala.case(filed.ctn, receipt="0" * 16)
        written = tala.write("The BIR asked me for 2,000 pesos without a receipt.")
        tala.file(written)
        call = tala.send(two_channels, consent="unknown")
        assert call.state == "quarantined"
        with pytest.raises(TalaError, match="recording_quarantined"):
            tala.wait_for_draft(call)
        tala.attest(call)
        assert len(tala.wait_for_draft(call).transcript.channels) == 2
        with pytest.raises(TalaError, match="unauthenticated"):
            next(tala.cases())
    key = command(server, "keys", "add", "--role", "auditor").strip()
    with Tala(url(server), key=key) as tala:
        rows = list(tala.cases())
        assert filed.ctn in {row.ctn for row in rows}
        assert len(rows) == 2
        assert [row.ctn for row in tala.cases(most=1)] == [rows[0].ctn]
        assert tala.case(filed.ctn).level == "masked"
        with pytest.raises(TalaError, match="not_found"):
            tala.case("TALA-2026-9999999-0")


def test_the_command_line_goes_through_a_server(server: Running, spoken: Path, tmp_path: Path) -> None:
    filed = json.loads(command(server, "file", str(spoken), "--server", url(server), "--json"))
    assert filed["facts"]["agency"]["code"] == "LTO"
    assert len(filed["receipt_secret"]) == 16
    key = command(server, "keys", "add", "--role", "auditor").strip()
    through = ("--server", url(server), "--key", key)
    listed = json.loads(command(server, "cases", "list", *through, "--json"))
    assert listed["ctn"] == filed["ctn"]
    assert filed["ctn"] in command(server, "cases", "show", filed["ctn"], *through)
    assert filed["ctn"] in command(server, "cases", "list", *through)
    refused = subprocess.run(
        [sys.executable, "-m", "tala", "cases", "list", "--server", "http://127.0.0.1:1", "--key", key],
        env=server.environment,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "does not answer" in refused.stderr


def command(server: Running, *arguments: str) -> str:
    """What a command prints on the machine of this installation."""
    return subprocess.run(
        [sys.executable, "-m", "tala", *arguments],
        env=server.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_refusal_has_the_servers_words(server: Running, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("No sound at all, only words. " * 50)
    with Tala(url(server)) as tala, pytest.raises(TalaError, match="recording_not_audio") as refused:
        tala.send(text, consent="self")
    assert "text" in refused.value.message
