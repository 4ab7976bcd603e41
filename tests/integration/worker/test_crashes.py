"""Whatever is killed, nothing is lost and nothing happens twice: the real processes, SIGKILL."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.integration.worker.conftest import Running

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]


def upload(client: httpx.Client, path: Path, key: str | None = None) -> dict[str, str]:
    ticket = client.post("/intake/tickets").json()["ticket"]
    headers = {"Authorization": f"Bearer {ticket}"} | ({"Idempotency-Key": key} if key else {})
    with path.open("rb") as file:
        answer = client.post("/recordings", headers=headers, data={"consent": "self"}, files={"file": file})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def status(client: httpx.Client, received: dict[str, str]) -> dict[str, object]:
    answer = client.get(
        f"/recordings/{received['recording_id']}",
        headers={"Authorization": f"Bearer {received['capability']}"},
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def wait_for(
    client: httpx.Client, received: dict[str, str], state: str, seconds: float = 400
) -> dict[str, object]:
    until = time.monotonic() + seconds
    while (now := status(client, received))["state"] != state:
        assert now["state"] not in ("failed", "ready"), now
        assert time.monotonic() < until, now
        time.sleep(0.05)
    return now


def file_it(client: httpx.Client, received: dict[str, str], draft_id: object) -> str:
    answer = client.post(
        "/cases", headers={"Authorization": f"Bearer {received['capability']}"}, json={"draft_id": draft_id}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ctn"])


def rows(running: Running, table: str) -> int:
    with sqlite3.connect(running.data_dir / "tala.sqlite3") as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize("victim", ["worker", "valkey-server", "serve"])
def test_a_killed_process_loses_nothing_and_files_nothing_twice(
    running: Callable[..., Running], long_spoken: Path, victim: str
) -> None:
    tala = running()
    tala.start()
    with tala.client() as client:
        received = upload(client, long_spoken)
        wait_for(client, received, "transcribing")
        killed = tala.child(victim)
        killed.kill()
        killed.wait(10)
        tala.child(victim)  # comes back by itself
        if victim == "serve":
            _until_it_answers(client)
        ready = wait_for(client, received, "ready")
        assert file_it(client, received, ready["draft_id"]) == file_it(client, received, ready["draft_id"])
    assert (
        rows(tala, "recordings")
        == rows(tala, "drafts")
        == rows(tala, "transcripts")
        == rows(tala, "cases")
        == 1
    )
    assert not list((tala.data_dir / "scratch").iterdir())


def test_everything_killed_at_once_goes_on_after_the_next_start(
    running: Callable[..., Running], long_spoken: Path
) -> None:
    tala = running()
    tala.start()
    with tala.client() as client:
        received = upload(client, long_spoken)
        wait_for(client, received, "transcribing")
        assert tala.process is not None
        family = tala.family()
        for process in (*family, tala.process):
            process.kill()
        tala.process.wait()
        for process in family:
            process.wait(10)
        tala.start()
        ready = wait_for(client, received, "ready")
        file_it(client, received, ready["draft_id"])
    assert rows(tala, "drafts") == rows(tala, "cases") == 1
    assert not list((tala.data_dir / "scratch").iterdir())


def test_a_stop_hands_the_work_back_and_the_second_start_is_quick(
    running: Callable[..., Running], long_spoken: Path
) -> None:
    tala = running()
    tala.start()
    assert "one-time password" in tala.said()
    with tala.client() as client:
        received = upload(client, long_spoken, "k")
        wait_for(client, received, "transcribing")
        assert tala.stop() == 0
        assert tala.start() < 30
        assert "one-time password" not in tala.said()
        wait_for(client, received, "ready")
        again = upload(client, long_spoken, "k")
        assert again["recording_id"] == received["recording_id"]
    assert rows(tala, "recordings") == 1


def _until_it_answers(client: httpx.Client) -> None:
    for _ in range(400):
        try:
            client.get("/intake/tickets")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the web server did not come back")
