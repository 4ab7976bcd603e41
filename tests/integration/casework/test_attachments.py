"""Files of a case: what is taken, who reads them, and that they go with the case."""

from collections.abc import AsyncIterator

import pytest

from tala.errors import TalaError
from tala.services import attachments, casework, erasure
from tala.services.attachments import Incoming
from tala.services.context import Context
from tala.store import verify

from .conftest import AT_LTO, AUDITOR, CITIZEN, HEAD, OFFICER, Opener

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 50_000


async def pieces(data: bytes, size: int = 5) -> AsyncIterator[bytes]:
    for start in range(0, min(len(data), 20), size):
        yield data[start : start + size]
    if len(data) > 20:
        yield data[20:]


def png(name: str = "resibo ni Maria.png", data: bytes = PNG, media_type: str = "image/png") -> Incoming:
    return Incoming(name, media_type, pieces(data))


async def objects(ctx: Context) -> list[str]:
    return [name async for name in ctx.recordings.names()]


async def test_a_citizen_adds_a_picture(ctx: Context, file: Opener) -> None:
    opened = await file()
    ctn, receipt = opened.case.ctn, opened.receipt_secret
    added = await attachments.attach(ctx, ctn, png(), CITIZEN, receipt=receipt)
    assert (added.filename, added.byte_count) == ("resibo ni Maria.png", len(PNG))
    for actor, secret in ((CITIZEN, receipt), (OFFICER, None)):
        view, stream = await attachments.read(ctx, ctn, added.id, actor, receipt=secret)
        assert view == added
        assert b"".join([piece async for piece in stream]) == PNG
    for actor, code in ((AUDITOR, "forbidden"), (AT_LTO, "not_found")):
        with pytest.raises(TalaError) as refused:
            await attachments.read(ctx, ctn, added.id, actor)
        assert refused.value.code == code
    other = await file()
    with pytest.raises(TalaError, match="no such file"):
        await attachments.read(ctx, other.case.ctn, added.id, OFFICER)
    async with ctx.database.read() as session:
        assert (await verify.verify(session)).ok
    await erasure.erase_case(ctx, ctn, HEAD, reason="Request")
    assert await objects(ctx) == []
    with pytest.raises(TalaError, match="erased"):
        await attachments.read(ctx, ctn, added.id, OFFICER)


async def test_the_agency_adds_its_reply(ctx: Context, file: Opener) -> None:
    opened = await file()
    with pytest.raises(TalaError, match="not_found"):
        await attachments.attach(ctx, opened.case.ctn, png(), AT_LTO)
    await casework.transition(ctx, opened.case.ctn, "begin_evaluation", OFFICER)
    await casework.transition(ctx, opened.case.ctn, "endorse", OFFICER, reason="facilitation")
    added = await attachments.attach(ctx, opened.case.ctn, png("reply.png"), AT_LTO)
    view, _ = await attachments.read(ctx, opened.case.ctn, added.id, OFFICER)
    assert view.filename == "reply.png"


@pytest.mark.parametrize(
    ("incoming", "code"),
    [
        (lambda: png(data=b"GIF89a" + b"x" * 100), "invalid_input"),
        (lambda: png(data=PNG[:5]), "invalid_input"),
        (lambda: png(data=b""), "invalid_input"),
        (lambda: png(name=""), "invalid_input"),
        (lambda: png(name="x" * 201), "invalid_input"),
        (lambda: png(media_type="text/html"), "invalid_input"),
        (lambda: png(data=PNG + bytes(attachments.MOST_BYTES)), "payload_too_large"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    ctx: Context, file: Opener, incoming: object, code: str
) -> None:
    opened = await file()
    with pytest.raises(TalaError) as refused:
        await attachments.attach(ctx, opened.case.ctn, incoming(), OFFICER)  # type: ignore[operator]
    assert refused.value.code == code
    assert await objects(ctx) == []


async def test_a_stale_version_leaves_no_file(ctx: Context, file: Opener) -> None:
    opened = await file()
    with pytest.raises(TalaError, match="version_mismatch"):
        await attachments.attach(ctx, opened.case.ctn, png(), OFFICER, expected_version=7)
    assert await objects(ctx) == []


async def test_legal_hold(ctx: Context, file: Opener) -> None:
    ctn = (await file()).case.ctn
    with pytest.raises(TalaError, match="forbidden"):
        await casework.set_legal_hold(ctx, ctn, OFFICER, held=True, reason="Inquiry")
    await casework.set_legal_hold(ctx, ctn, HEAD, held=True, reason="Inquiry")
    with pytest.raises(TalaError, match="legal hold"):
        await erasure.erase_case(ctx, ctn, HEAD, reason="Request")
    await casework.set_legal_hold(ctx, ctn, HEAD, held=False, reason="Inquiry over")
    assert (await erasure.erase_case(ctx, ctn, HEAD, reason="Request")).erased_at is not None
