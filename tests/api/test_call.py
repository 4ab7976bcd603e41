"""A call taken down by staff: consent under their name, and it is theirs to check."""

import numpy as np
from tests.api.live import FRAME_SAMPLES, Speaker, listening
from tests.api.support import Bearer, Client
from websockets.asyncio.client import connect

from tala.services.actors import Role
from tala.services.context import Context
from tala.store.tables import Recording


async def test_what_an_agent_takes_down_is_the_agents_and_consented(
    client: Client, ctx: Context, keys_of: dict[Role, Bearer]
) -> None:
    agent = keys_of[Role.AGENT].headers
    unknown = await client.post("/api/v1/live/tickets", json={"consent": "unknown"}, headers=agent)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "consent_required")
    auditor = keys_of[Role.AUDITOR].headers
    wanted = {"language": "en", "consent": "all-parties"}
    assert (await client.post("/api/v1/live/tickets", json=wanted, headers=auditor)).status_code in (401, 403)
    answer = await client.post("/api/v1/live/tickets", json=wanted, headers=agent)
    assert answer.status_code == 201, answer.text
    opened = answer.json()
    async with (
        listening(client) as url,
        connect(f"{url}?ticket={opened['ticket']}", subprotocols=["tala.v1"], ping_interval=None) as ws,
    ):
        call = Speaker(ws, opened)
        await call.start()
        await call.frame(np.zeros(FRAME_SAMPLES, "<i2").tobytes())
        await call.acknowledged(0)
    async with ctx.database.read() as session:
        row = await session.get(Recording, opened["session"])
    assert row is not None
    assert (row.consent, row.channel) == ("all-parties", "agent")
    assert row.attested_by == f"key:{row.taken_by}"
    # the queue shows it while it is under way
    queue = await client.get("/desk/intake", headers={**agent, "Accept": "text/html"})
    assert queue.status_code == 200
    assert "Call under way" in queue.text
    # going on needs the session's own token, or whoever took it down
    other = keys_of[Role.OFFICER].headers
    again = {"resume": opened["session"]}
    assert (await client.post("/api/v1/live/tickets", json=again, headers=other)).status_code == 404
    for mine in (agent, Bearer(opened["capability"]).headers):
        assert (await client.post("/api/v1/live/tickets", json=again, headers=mine)).status_code == 201
