"""Notices by mail and short message: asked for by the citizen, without a word of what the case is about.

A notice is a row first and is sent by the worker; one that cannot be sent is tried again, ever more rarely.
"""

import asyncio
import contextlib
import datetime as dt
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import httpx
import phonenumbers
import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases import notices as texts
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services.accounts import checked_email
from tala.services.context import Context
from tala.services.desk import Desk, at_desk, opened
from tala.settings import Settings
from tala.store.office import Notice, NoticeContact
from tala.store.tables import Case, User
from tala.transcript import Value

log = structlog.get_logger(__name__)

LANGUAGES = ("en", "fil")
_AT_ONCE = 50
_TIMEOUT_SECONDS = 20
_PAUSES = (60, 300, 1800, 7200, 21_600, 43_200)  # seconds after each failed try; then it is given up


class Contact(Value):
    """Where a citizen is told that there is news; what is not configured here is not used."""

    email: str | None = None
    phone: str | None = None
    language: str = "en"
    possible: tuple[str, ...] = ()


def possible(settings: Settings) -> tuple[str, ...]:
    """What this installation can send: email, sms."""
    return (*(("email",) if settings.smtp_url else ()), *(("sms",) if settings.sms_url else ()))


async def subscribe(
    ctx: Context,
    ctn: str,
    actor: Actor,
    *,
    receipt: str | None,
    email: str | None = None,
    phone: str | None = None,
    language: str = "en",
) -> Contact:
    """Ask to be told of news; empty addresses end it. An event of the case, without the address.

    Raises:
        TalaError: not_found, forbidden, invalid_input, conflict (this installation sends none).
    """
    email, phone = checked_email(email), _checked_phone(phone)
    if language not in LANGUAGES:
        raise TalaError(
            "invalid_input", "en or fil.", errors=[{"pointer": "/language", "detail": "en or fil"}]
        )
    can = possible(ctx.settings)
    if (email and "email" not in can) or (phone and "sms" not in can):
        raise TalaError("conflict", "No such notices are sent here. Look at the tracking page instead.")
    async with at_desk(ctx, ctn, actor, receipt) as desk:
        if desk.role not in ("citizen", "agent"):
            raise TalaError("forbidden", "Only the citizen asks for notices.")
        desk.body["media"] = [name for name, value in (("email", email), ("sms", phone)) if value]
        await desk.record("case.notices", None)
        row = await desk.session.get(NoticeContact, desk.case.id)
        if not (email or phone):
            if row is not None:
                await desk.session.delete(row)
            waiting = (col(Notice.case_id) == desk.case.id) & (col(Notice.state) == "waiting")
            await desk.session.execute(delete(Notice).where(waiting, col(Notice.user_id).is_(None)))
            return Contact(possible=can)
        row = row or NoticeContact(case_id=desk.case.id)
        row.since, row.language = desk.at, language
        row.sealed_email = _sealed(desk, email, "email")
        row.sealed_phone = _sealed(desk, phone, "phone")
        desk.session.add(row)
    return Contact(email=email, phone=phone, language=language, possible=can)


async def contact_of(ctx: Context, ctn: str, actor: Actor, *, receipt: str | None) -> Contact:
    """Where the citizen is told of news, shown to them alone. Raises TalaError(not_found, forbidden)."""
    can = possible(ctx.settings)
    async with ctx.database.read() as session:
        case, role = await opened(session, ctn, actor, receipt)
        if role != "citizen":
            raise TalaError("forbidden", "This is shown to the citizen alone.")
        row = await session.get(NoticeContact, case.id)
        if row is None:
            return Contact(possible=can)
        email, phone = await _addresses(ctx, session, case, row)
    return Contact(email=email, phone=phone, language=row.language, possible=can)


async def tell_citizen(session: AsyncSession, case: Case, kind: str, at: dt.datetime) -> None:
    """Put notices to the citizen of a case on their way, in the running transaction, where they asked."""
    with session.no_autoflush:
        row = await session.get(NoticeContact, case.id)
    if row is None:
        return
    for medium, sealed in (("email", row.sealed_email), ("sms", row.sealed_phone)):
        if sealed is not None:
            session.add(Notice(case_id=case.id, medium=medium, kind=kind, at=at, next_try_at=at))


async def tell_staff(
    ctx: Context, session: AsyncSession, case: Case, user_ids: list[str], kind: str, at: dt.datetime
) -> None:
    """Put notices to members of staff who gave a mail address on their way."""
    if "email" not in possible(ctx.settings) or not user_ids:
        return
    statement = select(col(User.id)).where(col(User.id).in_(user_ids), col(User.email).is_not(None))
    for user_id in await session.scalars(statement):
        session.add(
            Notice(case_id=case.id, user_id=user_id, medium="email", kind=kind, at=at, next_try_at=at)
        )


async def send_waiting(ctx: Context) -> int:
    """Send what waits and is due; how many went out. Run by the worker."""
    if not possible(ctx.settings):
        return 0
    at = ctx.clock()
    async with ctx.database.read() as session:
        due = select(col(Notice.id)).where(col(Notice.state) == "waiting", col(Notice.next_try_at) <= at)
        ids = list(await session.scalars(due.order_by(col(Notice.next_try_at)).limit(_AT_ONCE)))
    return sum([await _send(ctx, notice_id) for notice_id in ids])


async def _send(ctx: Context, notice_id: str) -> bool:
    at = ctx.clock()
    async with ctx.database.write() as session:
        row = await session.get(Notice, notice_id, with_for_update=True)
        if row is None or row.state != "waiting" or row.next_try_at > at:
            return False
        case = await session.get(Case, row.case_id)
        assert case is not None
        to, language = await _recipient(ctx, session, case, row)
        if to is None:
            row.state = "dropped"
            session.add(row)
            return False
        # Claimed before it is sent: of two workers one sends, and a crash in between tries again later.
        row.next_try_at = at + dt.timedelta(seconds=_PAUSES[min(row.attempts, len(_PAUSES) - 1)])
        row.attempts += 1
        session.add(row)
        medium, kind, attempts, number = row.medium, row.kind, row.attempts, case.ctn
        url = f"{ctx.settings.base_url}/{'desk' if row.user_id else f'track#{number}'}"
    error = ""
    try:
        words = texts.text(kind, language, number, url)
        if medium == "email":
            await asyncio.to_thread(_mail, ctx.settings, to, texts.subject(kind, language, number), words)
        else:
            await _short_message(ctx.settings, to, words)
    except (OSError, smtplib.SMTPException, httpx.HTTPError) as failure:
        error = type(failure).__name__
    async with ctx.database.write() as session:
        row = await session.get(Notice, notice_id)
        if row is None:
            return not error
        row.error_code = error or None
        if not error:
            row.state, row.sent_at = "sent", ctx.clock()
        elif attempts >= len(_PAUSES):
            row.state = "failed"
        session.add(row)
    if error:
        log.warning("notice.not_sent", notice=notice_id, medium=medium, error=error, attempts=attempts)
    return not error


async def _recipient(ctx: Context, session: AsyncSession, case: Case, row: Notice) -> tuple[str | None, str]:
    if row.user_id is not None:
        user = await session.get(User, row.user_id)
        return (user.email if user is not None and user.state == "active" else None), "en"
    contact = await session.get(NoticeContact, case.id)
    if contact is None or case.erased_at is not None:
        return None, "en"
    email, phone = await _addresses(ctx, session, case, contact)
    return (email if row.medium == "email" else phone), contact.language


async def _addresses(
    ctx: Context, session: AsyncSession, case: Case, row: NoticeContact
) -> tuple[str | None, str | None]:
    key = await ctx.keys.load(session, case.data_key_id)

    def text(sealed: bytes | None, column: str) -> str | None:
        return None if sealed is None else key.open_text(sealed, "notice_contacts", case.id, column)

    return text(row.sealed_email, "email"), text(row.sealed_phone, "phone")


def _sealed(desk: Desk, value: str | None, column: str) -> bytes | None:
    return None if value is None else desk.key.seal(value, "notice_contacts", desk.case.id, column)


def _checked_phone(text: str | None) -> str | None:
    text = (text or "").strip()
    if not text:
        return None
    try:
        number = phonenumbers.parse(text[:32], "PH")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        detail = "This is no phone number; it reads like 0917 123 4567."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/phone", "detail": detail}])
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


async def check_mail(settings: Settings) -> str:
    """Whether the mail server lets us in; nothing is sent. Raises TalaError(storage_unavailable)."""

    def greet() -> None:
        with _mail_server(settings) as connection:
            connection.noop()

    try:
        await asyncio.to_thread(greet)
    except (OSError, smtplib.SMTPException) as failure:
        said = f"The mail server of TALA_SMTP_URL does not let us in ({type(failure).__name__})."
        raise TalaError("storage_unavailable", f"{said} Check address, name and password.") from failure
    return f"{urlsplit(settings.smtp_url).hostname} lets us in; from {settings.mail_from}"


async def check_sms(settings: Settings) -> str:
    """Whether the gateway answers; nothing is sent. Raises TalaError(storage_unavailable)."""
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
            await client.head(settings.sms_url)
    except httpx.HTTPError as failure:
        said = f"The gateway of TALA_SMS_URL does not answer ({type(failure).__name__})."
        raise TalaError("storage_unavailable", f"{said} Check its address.") from failure
    token = "a token goes with each message" if settings.sms_token else "no token is set"
    return f"{urlsplit(settings.sms_url).hostname} answers; {token}"


def _mail(settings: Settings, to: str, subject: str, words: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, to, subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(words)
    with _mail_server(settings) as connection:
        connection.send_message(mail)


@contextlib.contextmanager
def _mail_server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """The mail server, signed in."""
    server = urlsplit(settings.smtp_url)
    host, secure = server.hostname or "localhost", ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=_TIMEOUT_SECONDS, context=secure
        )
    else:
        connection = smtplib.SMTP(host, server.port or 25, timeout=_TIMEOUT_SECONDS)
    with connection:
        if server.scheme == "smtp+starttls":
            connection.starttls(context=secure)
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        yield connection


async def _short_message(settings: Settings, to: str, words: str) -> None:
    headers = {"Authorization": f"Bearer {settings.sms_token}"} if settings.sms_token else {}
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
        answer = await client.post(settings.sms_url, json={"to": to, "text": words}, headers=headers)
        answer.raise_for_status()
