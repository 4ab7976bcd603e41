"""Who finds what of a case where: every page, route, export, letter and suggestion that shows cases, by every
kind of reader, written out by hand.

There are two cases about the LTO. One was endorsed to it, and an officer of the authority is named in it; of
the other the LTO knows nothing.
"""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pyarrow.parquet
import pypdf
import pytest
from tests.api.support import Client

from tala.cases.people import Actor
from tala.facts import Facts
from tala.services import accounts, attachments, casework, messages, passwords, rights, statistics
from tala.services.actors import Caller, Role, operator
from tala.services.attachments import Incoming
from tala.services.casework import Details
from tala.services.context import Context
from tala.services.drafts import seal_facts
from tala.services.opening import NewCase, Opened, open_case
from tala.store.tables import Draft, Recording, TranscriptRow, User
from tala.transcript import Transcript

PASSWORD = "a passphrase of her own 7"
NAME, PHONE, NOTE, REPLY = "Quitolbo", "+639175551234", "Kinausap", "Natanggap"
SOUND = b"RIFF" + b"\0" * 4 + b"WAVE" + b"sound of somebody speaking" * 20
HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}

# reader: role, agency. `named` is an officer of the authority whom the first case is about.
READERS: dict[str, tuple[Role, str]] = {
    "officer": (Role.OFFICER, "ARTA"),
    "head": (Role.HEAD, "ARTA"),
    "agent": (Role.AGENT, "ARTA"),
    "auditor": (Role.AUDITOR, "ARTA"),
    "administrator": (Role.ADMINISTRATOR, "ARTA"),
    "named": (Role.OFFICER, "ARTA"),
    "lto": (Role.HEAD, "LTO"),
    "lto auditor": (Role.AUDITOR, "LTO"),
    "bir": (Role.HEAD, "BIR"),
}
# What each reader finds, in the order of READERS:
#   . refused: no such case, or not for them     - an answer without it     s the sound of somebody
#   e that it exists, masked: nobody's name, number, voice or note     f in full: names and notes
# {a} is the endorsed case, {b} the other one.
TABLE: list[tuple[str, str]] = [
    #                                                  o h a u d n l t b
    ("/api/v1/cases/{a}",                             "f f e e e . e . ."),
    ("/api/v1/cases/{b}",                             "f f e e e f . . ."),
    ("/api/v1/cases/{a}/events",                      "f f e e e . e . ."),
    ("/api/v1/cases/{b}/events",                      "e e e e e e . . ."),
    ("/api/v1/cases/{a}/messages",                    "f f - - - . - . ."),
    ("/api/v1/cases/{a}/clocks",                      "e e e e e . e . ."),
    ("/api/v1/cases/{b}/clocks",                      "e e e e e e . . ."),
    ("/api/v1/cases/{a}/clocks/ra6713_reply",         "e e e e e . e . ."),
    ("/api/v1/cases/{b}/clocks/ra6713_reply",         "e e e e e e . . ."),
    ("/api/v1/cases/{a}/attachments",                 "f f . . . . . . ."),
    ("/api/v1/cases/{a}/attachments/{file}",          "f f . . . . . . ."),
    ("/api/v1/cases/{a}/survey",                      "- - . . . . . . ."),
    ("/api/v1/cases/{a}/rights-requests",             "f f . . . . . . ."),
    ("/api/v1/cases/{a}/assignees",                   "- - . . . . . . ."),
    ("/api/v1/cases/{a}/documents/endorsement",       "e e . . . . . . ."),
    ("/api/v1/cases/{a}/documents/notice_to_explain", "e e . . . . . . ."),
    ("/api/v1/cases/{a}/documents/reply_to_citizen",  "f f . . . . . . ."),
    ("/api/v1/cases/{a}/documents/formal_complaint",  "f f . . . . . . ."),
    ("/api/v1/cases/{b}/documents/formal_complaint",  "f f . . . f . . ."),
    # suggestions, of the other case: a case is not told of beside another one either
    ("/api/v1/cases/{b}/similar",                     "e e e . e - . . ."),
    ("/api/v1/cases/{a}/similar",                     "e e e . e . . . ."),
    # lists
    ("/api/v1/cases",                                 "e e e e e - e - -"),
    ("/api/v1/cases?text=kakaibangsalita",            "e e e e e - e - -"),
    ("/api/v1/cases?text={name}",                     "- - - - - - - - -"),
    ("/api/v1/cases?queue=waiting_for_agency",        "e e e e e - e - -"),
    ("/api/v1/cases?agency=LTO&state=endorsed_to_agency", "e e e e e - e - -"),
    ("/api/v1/rights-requests",                       ". e . . e . - . -"),
    ("/api/v1/alerts",                                "- e - - - - - - -"),
    # sound and words
    ("/api/v1/recordings/{recording}",                ". . . . . . . . ."),
    ("/api/v1/recordings/{recording}/audio",          "s s . . . . . . ."),
    ("/api/v1/recordings/{recording}/transcript",     "f f . . . . . . ."),
    ("/api/v1/drafts/{draft}",                        ". . . . . . . . ."),
    # what is taken out
    ("/api/v1/exports/cases?format=jsonl",            ". e . e e . e - -"),
    ("/api/v1/exports/cases?format=csv",              ". e . e e . e - -"),
    ("/api/v1/exports/cases?format=parquet",          ". e . e e . e - -"),
    ("/api/v1/ledger/events",                         ". . . e e . . - ."),
    ("/api/v1/ledger/events?ledger={a_id}",           ". . . e e . . - ."),
    ("/api/v1/ledger/export?ledger={a_id}",           ". . . e e . . . ."),
    ("/api/v1/access-log",                            ". . . e e . . - ."),
    # counts of one's own agency's cases tell of no case
    ("/api/v1/statistics/cases?by=agency",            "- - . - - - - - -"),
    ("/api/v1/statistics/surveys",                    "- - . - - - - - -"),
    # pages
    ("/desk",                                         "e e e e e - e - -"),
    ("/desk?text=kakaibangsalita",                    "e e e e e - e - -"),
    ("/desk/rows?state=endorsed_to_agency",           "e e e e e - e - -"),
    ("/desk/cases/{a}",                               "f f e e e . e . ."),
    ("/desk/cases/{b}",                               "f f e e e f . . ."),
    ("/desk/intake",                                  "- - - . - - - . -"),
    ("/desk/intake/{recording}",                      ". . . . . . . . ."),
]  # fmt: skip


@dataclass(frozen=True)
class There:
    """The two cases and what belongs to the first."""

    first: Opened
    second: Opened
    names: dict[str, str]


def facts(agency: str = "LTO") -> Facts:
    return Facts.model_validate(
        {
            "is_complaint": True,
            "language": "fil",
            "categories": [{"code": "fixing", "score": 0.9}],
            "agency": {"code": agency, "name": "Land Transportation Office"},
            "location": {"psgc": "1381300000", "name": "Quezon City"},
            "people": [{"name": f"Maria {NAME}", "role": "complainant"}],
            "phones": [{"value": PHONE}],
        }
    )


async def opened(ctx: Context, recording_ids: tuple[str, ...] = (), draft: str | None = None) -> Opened:
    told = facts()
    new = NewCase(
        facts=told,
        narrative=f"Si Maria {NAME} po ito, {PHONE}. May kakaibangsalita sa LTO.",
        masked_text="Si ▇▇▇ po ito, ▇▇▇. May kakaibangsalita sa LTO.",
        masked_facts=told.model_dump(mode="json", exclude={"people", "phones"}),
        complainant={"names": [f"Maria {NAME}"], "phones": [PHONE]},
        recording_ids=recording_ids,
        draft_id=draft,
    )
    async with ctx.database.write() as session:
        return await open_case(session, ctx.database, ctx.keys, new, Actor("citizen", "citizen"), ctx.clock())


@pytest.fixture
async def people(ctx: Context) -> dict[str, Caller]:
    """A member of staff of each kind, with a password of their own."""
    hashed = await passwords.hash_password(PASSWORD)
    found = {}
    for name, (role, agency) in READERS.items():
        login = name.replace(" ", "-")
        added = await accounts.add_user(ctx, login, role, actor=operator("tests"), agency_code=agency)
        async with ctx.database.write() as session:
            user = await session.get(User, added.user.id)
            assert user is not None
            user.password_hash, user.must_change_password = hashed, False
            session.add(user)
        found[name] = Caller("staff", role, added.user.id, agency)
    return found


@pytest.fixture
async def browsers(client: Client, people: dict[str, Caller]) -> AsyncIterator[dict[str, Client]]:
    """Each of them signed in."""
    found = {}
    for name in people:
        browser = Client(client.app)
        form = {"username": name.replace(" ", "-"), "password": PASSWORD, "next": "/desk"}
        assert (await browser.post("/sign-in", data=form, headers=HTML)).status_code == 303
        found[name] = browser
    yield found
    for browser in found.values():
        await browser.aclose()


@pytest.fixture
async def there(ctx: Context, people: dict[str, Caller]) -> There:
    """The cases, with a recording, a draft, notes, messages, a file, a request, a reply of the agency."""
    recording_id, draft_id = await sources(ctx)
    first = await opened(ctx, (recording_id,), draft_id)
    async with ctx.database.write() as session:
        row = await session.get(Recording, recording_id)
        assert row is not None
        row.case_id = first.case.id
        session.add(row)
    second = await opened(ctx)
    officer, head, ctn = people["officer"], people["head"], first.case.ctn
    citizen = Caller("citizen", "citizen")
    await casework.transition(ctx, ctn, "begin_evaluation", officer)
    await messages.add_note(ctx, ctn, f"{NOTE} ko si {NAME}.", officer)
    receipt = first.receipt_secret
    await messages.message_from_citizen(ctx, ctn, f"{NAME} po ulit.", citizen, receipt=receipt)
    await rights.ask(ctx, ctn, "rectify", f"{NAME} po ang pangalan ko.", citizen, receipt=receipt)

    async def paper() -> AsyncIterator[bytes]:
        yield f"Salaysay ni {NAME}".encode()

    incoming = Incoming(f"{NAME}.txt", "text/plain", paper())
    added = await attachments.attach(ctx, ctn, incoming, citizen, receipt=receipt)
    await casework.transition(
        ctx, ctn, "endorse", officer, reason="facilitation", details=Details(note=f"{NOTE} si {NAME}")
    )
    await casework.exclude(ctx, ctn, people["named"].id or "", head, reason="named in it")
    await statistics.refresh(ctx)
    names = {"a": ctn, "b": second.case.ctn, "a_id": first.case.id, "file": added.id, "name": NAME}
    return There(first, second, names | {"recording": recording_id, "draft": draft_id})


async def sources(ctx: Context) -> tuple[str, str]:
    """A recording with its words, and the draft it became."""
    said = Transcript.typed(f"Si Maria {NAME} po ito.")
    async with ctx.database.write() as session:
        key = await ctx.keys.create(session, "recording")
        recording = Recording(data_key_id=key.id, object_key="2026/r", state="ready", media_type="audio/wav")
        recording.byte_count = len(SOUND)
        sealed = key.seal(said.model_dump_json(), "transcripts", recording.id, "sealed")
        session.add(recording)
        await session.flush()
        session.add(TranscriptRow(recording_id=recording.id, sealed=sealed, sha256="0", model="m"))
        own = await ctx.keys.create(session, "draft")
        draft = Draft(data_key_id=own.id, state="filed", recording_ids=[recording.id])
        draft.sealed_transcript = own.seal(said.model_dump_json(), "drafts", draft.id, "transcript")
        draft.sealed_facts = seal_facts(own, draft.id, facts(), facts())
        session.add(draft)
        recording.draft_id = draft.id

    async def sound() -> AsyncIterator[bytes]:
        yield SOUND

    await ctx.recordings.put_stream("2026/r", sound(), key)
    return recording.id, draft.id


def readable(kind: str, data: bytes) -> str:
    """The text of an answer, also of a letter or a table."""
    if "pdf" in kind:
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    if "parquet" in kind:
        return json.dumps(pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist(), default=str)
    return data.decode(errors="replace")


async def found(browser: Client, path: str, there: There) -> str:
    """What a reader finds at an address, as a letter of the table."""
    answer = await browser.get(path, headers=HTML if path.startswith("/desk") else {})
    if answer.status_code in (401, 403, 404):
        assert not any(secret in answer.text for secret in (NAME, PHONE, NOTE))
        return "."
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
    if SOUND in answer.content:
        return "s"
    text = readable(answer.headers["content-type"], answer.content)
    typed = text.replace(f"text={NAME}", "")  # what the reader typed is told again
    if any(secret in typed for secret in (NAME, PHONE, PHONE[3:], NOTE)):
        return "f"
    about = there.names["a"], there.names["a_id"], there.names["recording"]
    if "/similar" in path:
        other = there.names["b" if there.names["a"] in path else "a"]
        return "e" if other in text else "-"
    own = "/clocks" in path or (path.startswith("/api/v1/cases/") and path.endswith("/events"))
    if any(one in text for one in about) or (own and '"items":[{' in text.replace(" ", "")):
        return "e"
    if f"/{there.names['b']}" in path and there.names["b"] in text:
        return "e"
    return "-"


async def test_every_place_by_every_reader(there: There, browsers: dict[str, Client]) -> None:
    wrong = []
    for template, row in TABLE:
        path = template.format(**there.names)
        for name, expected in zip(READERS, row.split(" "), strict=True):
            told = await found(browsers[name], path, there)
            if told != expected:
                wrong.append(f"{name}: {template}: {told}, not {expected}")
    assert not wrong, "\n".join(wrong)


async def test_an_agency_learns_nothing_of_the_inside(
    ctx: Context, there: There, people: dict[str, Caller], browsers: dict[str, Client]
) -> None:
    ctn = there.names["a"]
    await casework.assign(ctx, ctn, people["officer"].id, people["head"], team="Team Kalayaan")
    inside = ("Team Kalayaan", people["officer"].id or "")
    for path in (
        "/api/v1/cases",
        f"/api/v1/cases/{ctn}",
        "/api/v1/exports/cases",
        f"/desk/cases/{ctn}",
        "/desk",
    ):
        headers = HTML if path.startswith("/desk") else {}
        seen = await browsers["lto"].get(path, headers=headers)
        assert ctn in seen.text
        assert not any(one in seen.text for one in inside), path
    assert "Team Kalayaan" in (await browsers["head"].get("/api/v1/cases")).text
