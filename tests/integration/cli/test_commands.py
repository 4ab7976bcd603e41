"""The commands that need no sound: help, facts, people, keys, doctor, and their exit codes."""

import hashlib
import json
import resource
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Answer

pytestmark = pytest.mark.timeout(300)

Tala = Callable[..., Answer]
COMMANDS = (
    "run", "serve", "worker", "transcribe", "understand", "file", "cases list", "cases show", "ledger verify",
    "ledger export", "ledger anchor", "users add", "users list", "keys add", "keys list", "keys revoke",
    "keys rotate-master",
    "models list", "models fetch", "models verify", "doctor", "demo", "cases export", "backup", "restore",
    "converse",
)  # fmt: skip


def test_help_is_quick(tala: Tala) -> None:
    tala("--help")
    best = 9.0
    for _ in range(5):
        # Processor time: other work on this machine does not count.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert tala("--help").code == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert best < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tala: Tala, command: str) -> None:
    answer = tala(*command.split(), "--help")
    assert answer.code == 0
    assert "Usage" in answer.out


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["file"], ["transcribe", "--format", "wav", "x"], ["file", "x", "--consent", "perhaps"],
     ["understand"], ["understand", "text", "--jsonl", "file"], ["keys", "add"], ["users", "add"],
     ["converse"], ["backup"], ["restore"]],
)  # fmt: skip
def test_bad_usage_ends_with_two(tala: Tala, arguments: list[str]) -> None:
    assert tala(*arguments).code == 2


def test_a_wrong_setting_is_named(tala: Tala) -> None:
    answer = tala("cases", "list", TALA_PORT="many")
    assert answer.code == 2
    assert "TALA_PORT" in answer.err


def test_facts_of_a_text(tala: Tala, data_dir: Path) -> None:
    text = "Last Friday the LTO in Quezon City asked me for 500 pesos without a receipt."
    answer = tala("understand", text, "--filed-at", "2026-11-23T09:00:00")
    assert answer.code == 0, answer.err
    (facts,) = answer.lines
    assert facts["agency"]["code"] == "LTO"
    assert facts["incident_date"]["date"] == "2026-11-20"
    assert text[facts["agency"]["start"] : facts["agency"]["end"]] == facts["agency"]["text"]
    assert tala("understand", "-", stdin=text).lines[0]["agency"]["code"] == "LTO"
    assert not data_dir.exists()


def test_facts_line_by_line_keep_their_ids_and_order(tala: Tala, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(
        '{"id": "a", "text": "The LTO asked me for money.", "filed_at": "2026-11-23", "more": [1]}\n'
        "\n"
        "no json\n"
        '{"id": 7, "text": 5}\n'
        '{"id": "b", "text": "", "filed_at": "2026-11-23T08:00:00+08:00"}\n'
        '{"id": "c", "text": "x", "filed_at": "some day"}\n'
        '{"id": "d", "text": "Ang SSS ay hindi sumasagot sa aking aplikasyon."}\n'
    )
    answer = tala("understand", "--jsonl", lines)
    assert answer.code == 1
    assert [line["id"] for line in answer.lines] == ["a", None, 7, "b", "c", "d"]
    assert ["error" in line for line in answer.lines] == [False, True, True, False, True, False]
    assert answer.lines[0]["agency"]["code"] == "LTO"
    assert answer.lines[1]["line"] == 3
    again = tala("understand", "--jsonl", "-", stdin=lines.read_text())
    assert again.out == answer.out


def test_conversations_line_by_line(tala: Tala, tmp_path: Path, data_dir: Path) -> None:
    turns = ["The LTO asked me for 500 pesos without any receipt.", "In Quezon City.", "Last Friday."]
    lines = tmp_path / "dialogues.jsonl"
    told = [
        {"id": "a", "filed_at": "2026-11-23T09:00:00", "turns": turns},
        {"id": "b", "turns": ["tulong po may sunog sa tabi namin at may nakulong sa loob", "opo"]},
        {"id": 3, "turns": "no list"},
        {"id": "d", "turns": ["x" * 30_000]},
    ]
    lines.write_text("".join(json.dumps(one) + "\n" for one in told))
    answer = tala("converse", "--jsonl", lines)
    assert answer.code == 1, answer.err
    filed, fire, *refused = answer.lines
    assert set(filed) == {"id", "facts", "asked", "replies", "outcome"}
    assert (filed["id"], filed["outcome"]) == ("a", "submit")
    assert filed["facts"]["agency"]["code"] == "LTO"
    assert filed["facts"]["incident_date"]["date"] == "2026-11-20"
    place = filed["facts"]["location"]
    assert "\n".join(turns)[place["start"] : place["end"]] == place["text"]
    assert len(filed["replies"]) == 3
    assert len(set(filed["asked"])) == len(filed["asked"]) > 0
    assert (fire["outcome"], len(fire["replies"])) == ("emergency_redirect", 1)
    assert [(line["id"], line["error"]["code"]) for line in refused] == [
        (3, "invalid_input"),
        ("d", "invalid_input"),
    ]
    assert not data_dir.exists()


def test_people_and_keys(tala: Tala) -> None:
    added = tala("users", "add", "maria", "--role", "officer", "--json").lines[0]
    assert added["one_time_password"].count("-") == 3
    assert (added["username"], added["role"], added["must_change_password"]) == ("maria", "officer", True)
    assert tala("users", "add", "maria").code == 1
    assert tala("users", "role", "maria", "head", "--json").lines[0]["role"] == "head"
    assert tala("users", "disable", "maria", "--json").lines[0]["state"] == "disabled"
    assert "maria" in tala("users", "list").out
    assert tala("users", "role", "nobody", "head").code == 1
    key = tala("keys", "add", "--role", "auditor", "--name", "export")
    assert key.out.startswith("tk_")
    assert len(key.out.split()) == 1
    (listed,) = tala("keys", "list", "--json").lines
    assert (listed["name"], listed["role"], listed["last_used_at"]) == ("export", "auditor", None)
    assert key.out.strip() not in tala("keys", "list").out
    assert tala("keys", "revoke", listed["prefix"]).code == 0
    assert tala("keys", "list", "--json").lines[0]["revoked_at"]
    assert tala("keys", "revoke", "tk_nothing").code == 1


def test_the_doctor_says_what_to_do(tala: Tala, data_dir: Path) -> None:
    fresh = tala("doctor", "--json")
    assert fresh.code == 0, fresh.out
    tala("users", "list")
    used = {line["check"]: line for line in tala("doctor", "--json").lines}
    assert {name for name, line in used.items() if line["state"] == "wrong"} == set()
    data_dir.chmod(0o755)
    open_to_all = tala("doctor")
    assert open_to_all.code == 1
    assert "chmod 700" in open_to_all.out
    wrong = tala("doctor", "--json", TALA_QUEUE_URL="redis://127.0.0.1:1", TALA_WHISPER_MODEL="/nowhere")
    assert {line["check"] for line in wrong.lines if line["state"] == "wrong"} >= {"queue", "weights"}


def test_a_taken_port_and_a_second_start_are_told_in_a_sentence(tala: Tala) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in ("run", "serve"):
            answer = tala(command, "--port", str(port))
            assert answer.code == 1
            assert f"Port {port} is taken" in answer.err
            assert "Traceback" not in answer.err


def test_without_a_queue_a_lone_worker_waits_and_says_so(tala: Tala, tmp_path: Path) -> None:
    import os
    import signal
    import subprocess
    import sys

    tala("users", "list")
    process = subprocess.Popen(
        [sys.executable, "-m", "tala", "worker"],
        env={**os.environ, "TALA_DATA_DIR": str(tmp_path / "var"), "TALA_QUEUE_URL": "redis://127.0.0.1:1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    while "worker.no_queue" not in said and "worker.queue_lost" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_made_up_cases_are_listed_and_exported_masked(tala: Tala, tmp_path: Path) -> None:
    made = tala("demo", "--cases", "4", "--json").lines
    assert len({one["ctn"] for one in made}) == 4
    listed = tala("cases", "list", "--json").lines
    assert {one["ctn"] for one in listed} == {one["ctn"] for one in made}
    out = tmp_path / "cases.jsonl"
    manifest = tala("cases", "export", "--out", out, "--json").lines[0]
    data = out.read_bytes()
    assert manifest["rows"] == 4
    assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
    assert json.loads(out.with_name("cases.jsonl.manifest.json").read_text()) == manifest
    assert out.stat().st_mode & 0o077 == 0
    csv = tala("cases", "export", "--format", "csv", "--state", listed[0]["state"])
    assert csv.out.startswith("ctn,state,")
    assert tala("ledger", "verify").code == 0
    exported = tala("ledger", "export").lines
    assert {line["type"] for line in exported} >= {"event", "head"}


def test_filters_that_name_nothing_are_told_what_there_is(tala: Tala, tmp_path: Path) -> None:
    tala("demo", "--cases", "2")
    for command in ("list", "export"):
        state = tala("cases", command, "--state", "nosuch")
        assert (state.code, state.out) == (2, "")
        assert "submitted" in state.err
        ground = tala("cases", command, "--category", "nosuch")
        assert ground.code == 2
        assert "fixing" in ground.err
        agency = tala("cases", command, "--agency", "lto")
        assert agency.code == 2
        assert "Did you mean LTO" in agency.err
    out = tmp_path / "cases.csv"
    assert tala("cases", "export", "--agency", "lto", "--output", out).code == 2
    assert not out.exists()
    assert tala("cases", "list", "--urgency", "extreme").code == 2
    assert tala("cases", "list", "--state", "withdrawn", "--agency", "PAGCOR").code == 0


def test_people_read_names_of_places_and_machines_their_codes(tala: Tala) -> None:
    from tala.services import naming

    tala("demo", "--cases", "3")
    listed = tala("cases", "list", "--json").lines
    table = tala("cases", "list").out
    for case in listed:
        assert naming.places()[case["psgc"]] in table
        assert case["psgc"] not in table
    shown = tala("cases", "show", listed[0]["ctn"]).out
    assert naming.places()[listed[0]["psgc"]] in shown


def test_a_backup_is_put_back_elsewhere(tala: Tala, tmp_path: Path) -> None:
    tala("demo", "--cases", "3")
    before = tala("cases", "list", "--json").out
    secret = tmp_path / "passphrase"
    secret.write_text("seven brown horses in rain\n")
    folder = tmp_path / "backup"
    nobody_to_ask = tala("backup", folder)
    assert nobody_to_ask.code == 2
    assert "--passphrase-file" in nobody_to_ask.err
    assert tala("backup", folder, TALA_BACKUP_PASSPHRASE="short").code == 1
    assert not folder.exists()
    made = tala("backup", folder, "--passphrase-file", secret, "--json")
    assert made.code == 0, made.err
    assert made.lines[0]["rows"]["cases"] == 3
    assert tala("backup", folder, "--passphrase-file", secret).code == 1
    full = tala("restore", folder, "--passphrase-file", secret)
    assert full.code == 1
    assert "empty" in full.err
    there = {"TALA_DATA_DIR": str(tmp_path / "elsewhere")}
    wrong = tala("restore", folder, TALA_BACKUP_PASSPHRASE="another passphrase", **there)
    assert wrong.code == 1
    assert "passphrase" in wrong.err
    back = tala("restore", folder, "--json", TALA_BACKUP_PASSPHRASE="seven brown horses in rain", **there)
    assert back.code == 0, back.err
    assert back.lines[0]["problems"] == []
    assert tala("cases", "list", "--json", **there).out == before
    assert tala("ledger", "verify", **there).code == 0
