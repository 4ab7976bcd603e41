"""The whole interface under calls that a machine makes up from its description, as every kind of visitor: no
answer is a fault of the server, and each one is as described.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.serving import serving
from tests.api.support import COMPLAINT
from tests.conftest import make_settings

from tala.services import apikeys, drafts, filing, intake
from tala.services.actors import Role, operator
from tala.services.context import Context

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
LEFT_OUT = {
    "watchRecording": "streams without end",
    "readyz": "says 503 where no queue is running, as here",
}
STAFF = [role for role in Role if role is not Role.CITIZEN]
VISITORS = ["nobody", "ticket", "capability", "receipt", *(role.value for role in STAFF)]


@dataclass(frozen=True)
class Served:
    """The application on a port of its own, what each visitor sends along, and what there is to find."""

    url: str
    headers: dict[str, dict[str, str]]
    there: dict[str, str]
    doomed: str
    schema: Any


async def furnish(ctx: Context) -> tuple[dict[str, dict[str, str]], dict[str, str], str]:
    """Two cases, a draft and a key for every role."""
    ticket = (await intake.open_ticket(ctx, address="1")).ticket
    citizen = await intake.check_ticket(ctx, ticket, address="1")
    filed = []
    for _ in range(2):
        opened = await drafts.draft_from_text(ctx, COMPLAINT, actor=citizen)
        filed.append(await filing.file_case(ctx, opened.draft.id, actor=intake.bearer_of(opened.capability)))
    draft = await drafts.draft_from_text(ctx, COMPLAINT, actor=citizen)
    headers = {
        "nobody": {},
        "ticket": {"Authorization": f"Bearer {ticket}"},
        "capability": {"Authorization": f"Bearer {draft.capability}"},
        "receipt": {"Tala-Receipt": filed[0].receipt_secret or ""},
    }
    for role in STAFF:
        added = await apikeys.add_key(ctx, role.value, role, actor=operator("tests"))
        headers[role.value] = {"Authorization": f"Bearer {added.token}"}
    there = {"number": filed[0].ctn, "draft_id": draft.draft.id, "code": "ra6713_reply"}
    return headers, there, filed[1].ctn


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(sqlite_template, folder / "tala.sqlite3")
    with serving(make_settings(folder)) as server:
        made = server.run(furnish(server.context))
        described = httpx.get(f"{server.url}/openapi.json").json()
        yield Served(server.url, *made, schemathesis.openapi.from_dict(described))


def call(served: Served, visitor: str, client: httpx.Client) -> Callable[[Any, bool], None]:
    """Makes a call as somebody; `aim` puts what exists in place of made-up names, so that it goes deep."""

    def made(case: Any, aim: bool) -> None:
        operation = case.operation.definition.raw["operationId"]
        if aim:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = served.there.get(name, case.path_parameters[name])
            if operation == "eraseCase":
                case.path_parameters["number"] = served.doomed
            if "number" in (case.path_parameters or {}) and "If-Match" in (case.headers or {}):
                found = client.get(f"/api/v1/cases/{served.there['number']}", headers=served.headers[visitor])
                case.headers["If-Match"] = found.headers.get("etag", '"1"')
        case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() != "tala-receipt"}
        case.call_and_validate(
            base_url=served.url, headers=served.headers[visitor], checks=CHECKS, timeout=30
        )

    return made


def fuzz(served: Served, visitor: str, examples: int) -> list[str]:
    """Call every operation so often as somebody; what was not as described."""
    wrong: list[str] = []
    with httpx.Client(base_url=served.url) as client:
        once = call(served, visitor, client)
        for found in served.schema.get_all_operations():
            operation = found.ok()
            name = operation.definition.raw["operationId"]
            if name in LEFT_OUT:
                continue

            @hypothesis.settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(), aim=hypothesis.strategies.integers(0, 9))
            def try_out(case: Any, aim: int) -> None:
                once(case, aim > 1)

            try:
                try_out()
            except FailureGroup as failed:
                wrong.append(f"{visitor}: {name}: {failed}"[:2000])
    return wrong


def test_every_operation_a_few_times_as_an_officer(served: Served) -> None:
    assert fuzz(served, "officer", 3) == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("visitor", VISITORS)
def test_every_operation_many_times_as_everybody(served: Served, visitor: str) -> None:
    assert fuzz(served, visitor, 40) == []
