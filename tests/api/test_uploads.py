"""Uploads: a stream from the first byte to the store, never whole in memory, never plain on disk."""

import resource
import wave
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from tests.api.support import SAMPLES, Bearer, Client, send_form

from tala.services.context import Context
from tala.settings import Settings

SPOKEN = SAMPLES / "en-lto-fixer.mp3"


def wav(seconds: float, channels: int = 1) -> bytes:
    """A tone, which is a recording if no speech."""
    tone = (np.sin(np.arange(int(16000 * seconds)) / 20) * 8000).astype(np.int16)
    made = BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(np.repeat(tone, channels).tobytes())
    return made.getvalue()


async def test_an_upload_is_accepted_with_addresses_to_go_on_from(client: Client, ticket: Bearer) -> None:
    answer = await client.post(
        "/api/v1/recordings",
        headers=ticket.headers,
        data={"consent": "self", "language": "en"},
        files={"file": ("told.mp3", SPOKEN.read_bytes(), "audio/mpeg")},
    )
    assert answer.status_code == 202
    body = answer.json()
    assert answer.headers["location"] == body["status_url"]
    assert body["capability"].startswith("cap_")
    opener = Bearer(body["capability"]).headers
    status = (await client.get(body["status_url"], headers=opener)).json()
    assert status["state"] == "received"
    assert status["bytes"] == SPOKEN.stat().st_size
    assert (await client.get(body["status_url"], headers=ticket.headers)).status_code == 401


async def test_fields_may_follow_the_file(client: Client, ticket: Bearer) -> None:
    boundary = "b0undary"
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
            "Content-Type: audio/wav\r\n\r\n"
        ).encode()
        + wav(1)
        + (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="consent"\r\n\r\n'
            f"self\r\n--{boundary}--\r\n"
        ).encode()
    )
    headers = {**ticket.headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert (await client.post("/api/v1/recordings", headers=headers, content=body)).status_code == 202


@pytest.mark.parametrize(
    ("data", "files", "code"),
    [
        ({}, {"file": ("a.wav", wav(1), "audio/wav")}, "consent_required"),
        ({"consent": "yes"}, {"file": ("a.wav", wav(1), "audio/wav")}, "invalid_input"),
        ({"consent": "self"}, {"sound": ("a.wav", wav(1), "audio/wav")}, "bad_request"),
        ({"consent": "self"}, {"file": ("a.wav", b"", "audio/wav")}, "recording_empty"),
        (
            {"consent": "self"},
            {"file": ("a.wav", b"not a recording " * 40, "audio/wav")},
            "recording_not_audio",
        ),
    ],
)
async def test_what_cannot_be_used_is_refused_and_leaves_nothing(
    client: Client, ticket: Bearer, ctx: Context, data: dict[str, str], files: dict[str, object], code: str
) -> None:
    answer = await client.post("/api/v1/recordings", headers=ticket.headers, data=data, files=files)
    assert answer.json()["code"] == code
    kept = [path for path in (ctx.settings.data_dir / "recordings").rglob("*") if path.is_file()]
    assert kept == []


async def test_two_files_at_once_are_refused(client: Client, ticket: Bearer) -> None:
    files = [("file", ("a.wav", wav(1), "audio/wav")), ("file", ("b.wav", wav(1), "audio/wav"))]
    answer = await client.post(
        "/api/v1/recordings", headers=ticket.headers, data={"consent": "self"}, files=files
    )
    assert answer.json()["code"] == "bad_request"


@pytest.mark.parametrize(
    "content", [b"", b"--b\r\n", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nab']
)
async def test_a_form_that_breaks_off_is_refused(client: Client, ticket: Bearer, content: bytes) -> None:
    headers = {**ticket.headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post("/api/v1/recordings", headers=headers, content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_what_is_no_form_is_refused(client: Client, ticket: Bearer) -> None:
    answer = await client.post("/api/v1/recordings", headers=ticket.headers, content=wav(1))
    assert answer.json()["code"] == "bad_request"


async def test_an_unattested_recording_is_set_aside_and_says_why(client: Client, ticket: Bearer) -> None:
    answer = await client.post(
        "/api/v1/recordings",
        headers=ticket.headers,
        data={"consent": "unknown"},
        files={"file": ("a.wav", wav(1), "audio/wav")},
    )
    body = answer.json()
    assert body["state"] == "quarantined"
    assert "RA 4200" in body["message"]
    opener = Bearer(body["capability"]).headers
    assert (await client.get(body["status_url"] + "/audio", headers=opener)).status_code == 409
    stream = (await client.get(body["events_url"], headers=opener)).text
    assert stream.count("event: quarantined") == 1
    wrong = await client.post(body["status_url"] + "/attestation", headers=opener, json={"consent": "self"})
    assert wrong.status_code == 422
    released = await client.post(
        body["status_url"] + "/attestation", headers=opener, json={"consent": "all-parties"}
    )
    assert released.json()["state"] == "received"
    assert released.json()["attested_by"] == "citizen"


async def test_one_key_is_one_recording(client: Client, ticket: Bearer) -> None:
    async def send(body: bytes, consent: str = "self") -> dict[str, object]:
        answer = await client.post(
            "/api/v1/recordings",
            headers={**ticket.headers, "Idempotency-Key": "once"},
            data={"consent": consent},
            files={"file": ("a.wav", body, "audio/wav")},
        )
        return {"status": answer.status_code, **answer.json()}

    first, again = await send(wav(1)), await send(wav(1))
    assert first["status"] == again["status"] == 202
    assert (again["id"], again["capability"]) == (first["id"], first["capability"])
    assert again["replayed"] is True
    other = await send(wav(2))
    assert (other["status"], other["code"]) == (422, "idempotency_mismatch")


async def test_erasing_a_recording_leaves_nothing_to_open(
    client: Client, ticket: Bearer, ctx: Context
) -> None:
    body = (
        await client.post(
            "/api/v1/recordings",
            headers=ticket.headers,
            data={"consent": "self"},
            files={"file": ("a.wav", wav(1), "audio/wav")},
        )
    ).json()
    opener = Bearer(body["capability"]).headers
    assert (await client.request("DELETE", body["status_url"], headers=opener)).status_code == 204
    assert (await client.get(body["status_url"], headers=opener)).status_code == 410
    assert [p for p in (ctx.settings.data_dir / "recordings").rglob("*") if p.is_file()] == []


class TestLimits:
    @pytest.fixture
    def app_settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"max_upload_bytes": 100_000})

    async def test_an_upload_over_the_limit_is_refused_by_its_declared_size(
        self, client: Client, ticket: Bearer
    ) -> None:
        answer = await client.post(
            "/api/v1/recordings",
            headers=ticket.headers,
            data={"consent": "self"},
            files={"file": ("a.wav", wav(60), "audio/wav")},
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")

    async def test_an_upload_that_hides_its_size_is_refused_on_the_way(
        self, client: Client, ticket: Bearer, ctx: Context
    ) -> None:
        async def endless() -> AsyncIterator[bytes]:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + wav(1)
            for _ in range(100):
                yield bytes(64 * 1024)

        status, body = await send_form(client, ticket, endless())
        assert (status, body["code"]) == (413, "payload_too_large")
        assert [p for p in (ctx.settings.data_dir / "recordings").rglob("*") if p.is_file()] == []


async def test_a_large_upload_is_never_whole_in_memory_nor_plain_on_disk(
    client: Client, ticket: Bearer, ctx: Context
) -> None:
    marker = b"PLAINTEXT-OF-A-CITIZEN"
    block = (marker + bytes(4096)) * 60
    count = 512  # some 126 MB

    async def form() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\nself\r\n'
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + wav(1)
        for _ in range(count):
            yield block
        yield b"\r\n--b--\r\n"

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status, _ = await send_form(client, ticket, form())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert status == 202
    assert grown < 64, f"memory grew by {grown} MB for an upload of {count * len(block) >> 20} MB"
    plain = []
    for path in Path(ctx.settings.data_dir).rglob("*"):
        if path.is_file() and marker in path.read_bytes():
            plain.append(path.name)
    assert plain == []
