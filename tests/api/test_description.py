"""The description of the interface: OpenAPI 3.1, complete, and shown without help from elsewhere."""

from typing import Any

import pytest
from tests.api.support import Client


@pytest.fixture
async def described(client: Client) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in described["paths"].values() for operation in path.values()]


async def test_it_is_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "Tala"


async def test_every_operation_is_named_and_explained(described: dict[str, Any]) -> None:
    for operation in operations(described):
        assert operation["operationId"]
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"]


async def test_operation_ids_stay_as_they_are(described: dict[str, Any]) -> None:
    assert {operation["operationId"] for operation in operations(described)} >= {
        "openIntakeTicket", "sendRecording", "getRecording", "watchRecording", "getTranscript", "getAudio",
        "attestRecording", "draftFromText", "getDraft", "correctDraft", "fileCase", "getCase", "listCases",
        "getCaseEvents", "moveCase", "healthz", "readyz",
    }  # fmt: skip


async def test_an_upload_is_described_as_the_form_it_is(described: dict[str, Any]) -> None:
    form = described["paths"]["/api/v1/recordings"]["post"]["requestBody"]["content"]["multipart/form-data"][
        "schema"
    ]
    assert set(form["required"]) == {"file", "consent"}
    assert form["properties"]["consent"]["enum"] == ["self", "all-parties", "unknown"]


async def test_refusals_are_described_as_problems(described: dict[str, Any]) -> None:
    refusals = [
        answer
        for operation in operations(described)
        for status, answer in operation["responses"].items()
        if status.startswith("4") and status not in ("400",)
    ]
    assert refusals
    assert all("application/problem+json" in answer["content"] for answer in refusals)


async def test_bodies_have_examples(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for name in ("TypedComplaint", "DraftToFile", "Attestation", "Transition", "Problem"):
        found = next(schema for key, schema in schemas.items() if key.endswith(name))
        assert found.get("examples"), name
