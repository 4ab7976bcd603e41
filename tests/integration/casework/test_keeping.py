"""Letters, notices and retention on a real database, a real mail server and a real gateway."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from tala.errors import TalaError
from tala.services import casework, documents, messages, notices, retention, sweeping
from tala.services.actors import Caller, Role
from tala.services.alerts import list_alerts
from tala.services.casework import Details
from tala.services.context import Context
from tala.settings import Settings
from tala.store import verify
from tala.store.office import Notice
from tala.store.tables import Disposal, Draft, User

from .conftest import AGENT, AT_LTO, AUDITOR, CITIZEN, HEAD, OFFICER, FixedClock, Opener

ADMINISTRATOR = Caller("staff", Role.ADMINISTRATOR, "administrator-1")


@dataclass
class Post:
    """What the servers of this test were sent."""

    mails: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    refuse: bool = False
    smtp_url: str = ""
    sms_url: str = ""


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """A mail server and a gateway that take what they get, on ports of their own."""
    sent = Post()

    async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        mail: list[bytes] | None = None
        while line := await reader.readline():
            if mail is not None:
                if line == b".\r\n":
                    sent.mails.append(b"".join(mail).decode())
                    mail = None
                    writer.write(b"250 taken\r\n")
                else:
                    mail.append(line)
                continue
            verb = line[:4].upper()
            if verb == b"DATA":
                mail = []
                writer.write(b"354 go on\r\n")
            elif verb == b"RCPT" and sent.refuse:
                writer.write(b"450 later\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 test\r\n")
        writer.close()

    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("HEAD"):
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n\r\n")
            writer.close()
            return
        length = next(
            int(x.split(":")[1]) for x in head.splitlines() if x.lower().startswith("content-length")
        )
        body = json.loads(await reader.readexactly(length))
        sent.messages.append({**body, "token": "Bearer secret" in head})
        writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    servers = [await asyncio.start_server(one, "127.0.0.1", 0) for one in (smtp, gateway)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    sent.smtp_url, sent.sms_url = f"smtp://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}/send"
    yield sent
    for server in servers:
        server.close()


@pytest.fixture
async def sending(any_settings: Settings, clock: FixedClock, post: Post) -> AsyncIterator[Context]:
    """A context that can send."""
    changed = any_settings.model_copy(
        update={"smtp_url": post.smtp_url, "sms_url": post.sms_url, "sms_token": "secret"}
    )
    context = await Context.open(changed, clock=clock)
    yield context
    await context.close()


async def test_servers_are_tried_without_sending_anything(sending: Context, post: Post) -> None:
    assert "lets us in" in await notices.check_mail(sending.settings)
    assert "a token goes with each message" in await notices.check_sms(sending.settings)
    assert (post.mails, post.messages) == ([], [])
    nobody = sending.settings.model_copy(
        update={"smtp_url": "smtp://127.0.0.1:1", "sms_url": "http://127.0.0.1:1"}
    )
    for check in (notices.check_mail, notices.check_sms):
        with pytest.raises(TalaError, match="storage_unavailable"):
            await check(nobody)


async def test_what_is_kept_too_long_is_told(ctx: Context, file: Opener, clock: FixedClock) -> None:
    opened = await file()
    await casework.transition(
        ctx, opened.case.ctn, "withdraw", CITIZEN, reason="settled", receipt=opened.receipt_secret
    )
    await casework.transition(ctx, opened.case.ctn, "close", HEAD)
    async with ctx.database.write() as session:
        key = await ctx.keys.create(session, "draft")
        session.add(Draft(data_key_id=key.id, created_at=clock.at, updated_at=clock.at))
    assert await retention.overdue(ctx) == {"cases": 0, "recordings": 0, "drafts": 0}
    clock.forward(days=33)
    assert (await retention.overdue(ctx))["drafts"] == 1
    await sweeping.clear_away(ctx)
    log = (ctx.settings.data_dir / "disposals.jsonl").read_text()
    assert json.loads(log)["kind"] == "draft"
    rule = next(one for one in await retention.in_force(ctx) if one.kind == "cases")
    clock.forward(days=rule.days)
    assert await retention.overdue(ctx) == {"cases": 1, "recordings": 0, "drafts": 0}
    await retention.keep_house(ctx)
    assert await retention.overdue(ctx) == {"cases": 0, "recordings": 0, "drafts": 0}


async def test_notices_are_asked_for_and_say_nothing_of_the_case(
    sending: Context, file: Opener, post: Post, clock: FixedClock
) -> None:
    opened = await file()
    ctn, receipt = opened.case.ctn, opened.receipt_secret
    await messages.message_citizen(sending, ctn, "Nobody asked to be told of this.", OFFICER)
    assert await notices.send_waiting(sending) == 0
    for wrong in ({"email": "a b@c.ph"}, {"phone": "12"}, {"language": "tl"}):
        with pytest.raises(TalaError, match="invalid_input"):
            await notices.subscribe(sending, ctn, CITIZEN, receipt=receipt, **wrong)
    with pytest.raises(TalaError, match="not_found"):
        await notices.subscribe(sending, ctn, CITIZEN, receipt="0" * 16, email="x@y.ph")
    kept = await notices.subscribe(
        sending,
        ctn,
        CITIZEN,
        receipt=receipt,
        email="maria@example.ph",
        phone="0917 123 4567",
        language="fil",
    )
    assert (kept.phone, kept.possible) == ("+639171234567", ("email", "sms"))
    await casework.transition(sending, ctn, "begin_evaluation", OFFICER)
    assert await notices.send_waiting(sending) == 2
    assert await notices.send_waiting(sending) == 0
    assert "maria@example.ph" in post.mails[0]
    assert post.messages[0]["token"] is True
    assert post.messages[0]["to"] == "+639171234567"
    for told in (post.mails[0], post.messages[0]["text"]):
        assert ctn in told
        assert "LTO" not in told
        assert "Santos" not in told
    await notices.subscribe(sending, ctn, CITIZEN, receipt=receipt)
    await messages.message_citizen(sending, ctn, "Not told any more.", OFFICER)
    assert await notices.send_waiting(sending) == 0


async def test_a_mail_that_cannot_be_sent_is_tried_again_and_given_up(
    sending: Context, file: Opener, post: Post, clock: FixedClock
) -> None:
    opened = await file()
    receipt = opened.receipt_secret
    await notices.subscribe(sending, opened.case.ctn, CITIZEN, receipt=receipt, email="maria@example.ph")
    post.refuse = True
    await casework.transition(sending, opened.case.ctn, "begin_evaluation", OFFICER)
    tries = 0
    for _ in range(12):
        assert await notices.send_waiting(sending) == 0
        tries += 1
        async with sending.database.read() as session:
            row = (await session.scalars(select(Notice))).one()
        if row.state != "waiting":
            break
        clock.at = row.next_try_at
    assert (row.state, row.attempts, tries) == ("failed", 6, 6)


async def test_letters_name_nobody_to_the_agency(ctx: Context, file: Opener, staff: list[User]) -> None:
    import pypdf

    def text_of(data: bytes) -> str:
        import io

        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)

    opened = await file()
    ctn, receipt = opened.case.ctn, opened.receipt_secret
    for kind in ("endorsement", "notice_to_explain"):
        for language in ("en", "fil"):
            made = await documents.make(ctx, ctn, kind, language, OFFICER)  # type: ignore[arg-type]
            told = text_of(made.data)
            assert ctn in told
            assert "Santos" not in told
            assert "+639171234567" not in told
    kit = text_of((await documents.make(ctx, ctn, "formal_complaint", "en", CITIZEN, receipt=receipt)).data)
    assert "Maria Santos" in kit
    for actor, kind in ((AUDITOR, "endorsement"), (AGENT, "formal_complaint")):
        with pytest.raises(TalaError, match="forbidden"):
            await documents.make(ctx, ctn, kind, "en", actor)
    with pytest.raises(TalaError, match="not_found"):
        await documents.make(ctx, ctn, "formal_complaint", "en", AT_LTO)
    with pytest.raises(TalaError, match="forbidden"):
        await documents.make(ctx, ctn, "endorsement", "en", CITIZEN, receipt=receipt)
    await casework.transition(ctx, ctn, "begin_evaluation", OFFICER)
    await casework.transition(
        ctx, ctn, "endorse", OFFICER, reason="facilitation", details=Details(disclose_identity=True)
    )
    with pytest.raises(TalaError, match="forbidden"):
        await documents.make(ctx, ctn, "reply_to_citizen", "en", AT_LTO)
    named = text_of((await documents.make(ctx, ctn, "endorsement", "en", OFFICER)).data)
    assert "Maria Santos" in named


async def test_what_is_kept_long_enough_is_announced_and_erased(
    ctx: Context, file: Opener, staff: list[User], clock: FixedClock
) -> None:
    old, held = (await file()).case, (await file()).case
    for case in (old, held):
        await casework.transition(ctx, case.ctn, "withdraw", OFFICER, reason="other")
        await casework.transition(ctx, case.ctn, "close", OFFICER)
    await casework.set_legal_hold(ctx, held.ctn, HEAD, held=True, reason="A court asked for it.")
    await retention.change(ctx, ADMINISTRATOR, "cases", 100)
    assert await retention.keep_house(ctx) == 0
    clock.forward(days=50)
    for _ in range(2):
        assert await retention.keep_house(ctx) == 0
    head = Caller("staff", Role.HEAD, HEAD.id, agency_code="ARTA")
    told = [one.ctn for one in (await list_alerts(ctx, head)).items if one.kind == "retention"]
    assert told == [old.ctn]
    clock.forward(days=51)
    assert await retention.keep_house(ctx) == 1
    assert await retention.keep_house(ctx) == 0
    async with ctx.database.read() as session:
        disposed = list(await session.scalars(select(Disposal).where(col(Disposal.subject_id) == old.id)))
        report = await verify.verify(session)
    assert [one.kind for one in disposed] == ["case"]
    assert "kept 100 days" in disposed[0].reason
    assert report.problems == []
    with pytest.raises(TalaError, match="forbidden"):
        await retention.change(ctx, HEAD, "cases", 1)
    assert clock.at > dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
