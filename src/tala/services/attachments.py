"""Files that belong to a case: typed, limited in size, each stored under a key of its own."""

import datetime as dt
import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import idempotency, reading
from tala.services.context import Context
from tala.services.desk import Once, at_desk, expect, opened, scope_of
from tala.store.columns import new_id
from tala.store.tables import Attachment, Case
from tala.transcript import Value

MOST_BYTES = 25 << 20
MOST_FILES = 30
MOST_NAME_CHARACTERS = 200
# What a type of file begins with: a name or header can be wrong, the first bytes have to be right.
BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "text/plain": (),
}


class AttachmentView(Value):
    """A file of a case."""

    id: str
    at: dt.datetime
    author_kind: str
    kind: str
    filename: str
    media_type: str
    byte_count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way in. `kind`: evidence, reply, correspondence, other."""

    filename: str
    media_type: str
    chunks: AsyncIterable[bytes]
    kind: str = "evidence"


async def attach(
    ctx: Context,
    ctn: str,
    file: Incoming,
    actor: Actor,
    *,
    receipt: str | None = None,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> AttachmentView:
    """Store a file and add it to a case; a refused one leaves nothing behind.

    Args:
        idempotency_key: the same key with the same file is done once.

    Raises:
        TalaError: not_found, forbidden, invalid_input (type, name), payload_too_large, version_mismatch;
        conflict, idempotency_mismatch.
    """
    _check(file)
    await _may_attach(ctx, ctn, actor, receipt)
    async with idempotency.once(ctx, scope_of(ctn, actor), idempotency_key) as turn:
        if turn.replay is not None:
            digest = hashlib.sha256()
            async for chunk in _limited(file):
                digest.update(chunk)
            before = turn.replay_for(_fingerprint(file, digest.hexdigest()))
            return await _stored(ctx, str(before["id"]))
        return await _attach(ctx, ctn, file, actor, receipt, expected_version, turn)


def _fingerprint(file: Incoming, sha256: str) -> str:
    asked = {"sha256": sha256, "filename": file.filename, "type": file.media_type, "kind": file.kind}
    return idempotency.fingerprint(asked)


async def _stored(ctx: Context, attachment_id: str) -> AttachmentView:
    async with ctx.database.read() as session:
        row = await session.get(Attachment, attachment_id)
        if row is None or row.sealed_filename is None:
            raise TalaError("erased", "This file was erased.")
        key = await ctx.keys.load(session, row.data_key_id)
    return _view(row, key.open_text(row.sealed_filename, "attachments", row.id, "filename"))


async def _attach(
    ctx: Context,
    ctn: str,
    file: Incoming,
    actor: Actor,
    receipt: str | None,
    expected_version: int | None,
    turn: idempotency.Turn,
) -> AttachmentView:
    async with ctx.database.write() as session:
        key = await ctx.keys.create(session, "attachment")
    row_id = new_id()
    object_key = f"attachments/{row_id[:8]}/{row_id}"
    size, digest = await ctx.recordings.put_stream(object_key, turn.alive(_limited(file)), key)
    row = Attachment(
        id=row_id,
        case_id="",
        at=ctx.clock(),
        kind=file.kind,
        media_type=file.media_type,
        byte_count=size,
        sha256=digest,
        object_key=object_key,
        data_key_id=key.id,
        author_kind=actor.kind,
        author_id=actor.id,
    )
    row.sealed_filename = key.seal(file.filename, "attachments", row_id, "filename")
    try:
        async with at_desk(ctx, ctn, actor, receipt, Once(turn, _fingerprint(file, digest))) as desk:
            expect(desk.case, expected_version)
            row.case_id = desk.case.id
            desk.body |= {"attachment": row_id, "kind": file.kind, "sha256": digest, "bytes": size}
            await desk.record("case.attach", expected_version, row_id)
            desk.session.add(row)
    except BaseException:
        await ctx.recordings.delete(object_key)
        raise
    return _view(row, file.filename)


async def listed(ctx: Context, ctn: str, actor: Actor, *, receipt: str | None = None) -> list[AttachmentView]:
    """The files of a case, oldest first, for those who may open them.

    Raises:
        TalaError: not_found, forbidden.
    """
    async with ctx.database.write() as session:
        case = await _for_reader(session, ctx, ctn, actor, receipt)
        rows = list(
            await session.scalars(
                select(Attachment)
                .where(col(Attachment.case_id) == case.id, col(Attachment.sealed_filename).is_not(None))
                .order_by(col(Attachment.at), col(Attachment.id))
            )
        )
        keys = await ctx.keys.load_many(session, [row.data_key_id for row in rows])
    return [
        _view(
            row,
            keys[row.data_key_id].open_text(row.sealed_filename or b"", "attachments", row.id, "filename"),
        )
        for row in rows
        if row.data_key_id in keys
    ]


async def _for_reader(
    session: AsyncSession, ctx: Context, ctn: str, actor: Actor, receipt: str | None, file_id: str = ""
) -> Case:
    case, role = await opened(session, ctn, actor, receipt)
    if actor.kind != "citizen":
        if role not in ("officer", "head"):
            raise TalaError("forbidden", "Files are shown to those who handle the case.")
        subject = ("attachment", file_id, "read") if file_id else ("attachments", case.id, "list")
        reading.log_access(session, ctx.clock(), actor, *subject, "full")
    return case


async def read(
    ctx: Context, ctn: str, attachment_id: str, actor: Actor, *, receipt: str | None = None
) -> tuple[AttachmentView, AsyncIterator[bytes]]:
    """A file of a case and its bytes. Only who sees the whole case may: a masked file cannot be made.

    Raises:
        TalaError: not_found, forbidden, erased.
    """
    async with ctx.database.write() as session:
        case = await _for_reader(session, ctx, ctn, actor, receipt, attachment_id)
        row = await session.get(Attachment, attachment_id)
        if row is None or row.case_id != case.id:
            raise TalaError("not_found", "The case has no such file.")
        key = await ctx.keys.load(session, row.data_key_id)
        name = key.open_text(row.sealed_filename or b"", "attachments", row.id, "filename")
    return _view(row, name), ctx.recordings.read(row.object_key, key)


async def _may_attach(ctx: Context, ctn: str, actor: Actor, receipt: str | None) -> None:
    """Refuse before anything is stored; the same is checked again when the file is in."""
    async with ctx.database.read() as session:
        case, role = await opened(session, ctn, actor, receipt)
        if role not in ("citizen", "agent", "officer", "head", "agency"):
            raise TalaError("forbidden", "Files are added by those who work on the case.")
        files = select(func.count()).select_from(Attachment).where(col(Attachment.case_id) == case.id)
        if int((await session.execute(files)).scalar_one()) >= MOST_FILES:
            raise TalaError("conflict", f"A case holds {MOST_FILES} files at most.")


def _check(file: Incoming) -> None:
    errors = []
    if file.media_type not in BEGINNINGS:
        errors.append({"pointer": "/media_type", "detail": f"one of {', '.join(BEGINNINGS)}"})
    if not 1 <= len(file.filename) <= MOST_NAME_CHARACTERS or "\0" in file.filename:
        errors.append({"pointer": "/filename", "detail": f"1 to {MOST_NAME_CHARACTERS} characters"})
    if file.kind not in ("evidence", "reply", "correspondence", "other"):
        errors.append({"pointer": "/kind", "detail": "evidence, reply, correspondence or other"})
    if errors:
        raise TalaError("invalid_input", "This file cannot be taken.", errors=errors)


async def _limited(file: Incoming) -> AsyncIterator[bytes]:
    """The file's bytes, refused when they are too many or not of the type they are said to be."""
    size, checked = 0, b""
    expected = BEGINNINGS[file.media_type]
    longest = max((len(beginning) for beginning in expected), default=0)
    async for chunk in file.chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            raise TalaError("payload_too_large", f"A file may have {MOST_BYTES >> 20} MB.")
        if len(checked) < longest:
            checked += chunk[:longest]
            if len(checked) >= longest:
                _must_begin(checked, expected)
        yield chunk
    _must_begin(checked, expected)
    if not size:
        raise TalaError("invalid_input", "The file is empty.")


def _must_begin(data: bytes, expected: tuple[bytes, ...]) -> None:
    if expected and not data.startswith(expected):
        raise TalaError("invalid_input", "The file is not of the type it is said to be.")


def _view(row: Attachment, filename: str) -> AttachmentView:
    return AttachmentView(
        id=row.id,
        at=row.at,
        author_kind=row.author_kind,
        kind=row.kind,
        filename=filename,
        media_type=row.media_type,
        byte_count=row.byte_count,
        sha256=row.sha256,
    )
