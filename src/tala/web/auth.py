"""Who asks, and the named predicates that stand on routes.

A guard says what kind of visitor a route is for; what exactly they may open is decided by the use case
behind it. A route has a guard or stands in `PUBLIC`; a test walks over all of them.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import WebSocketException
from litestar.handlers import BaseRouteHandler

from tala.errors import TalaError
from tala.services import apikeys, intake, live, sessions, tokens
from tala.services.actors import STAFF, Caller, Role, Scope
from tala.services.context import Context

SESSION_COOKIE = "tala_session"
PLAYBACK_COOKIE = "tala_playback"
CSRF_HEADER = "x-csrf-token"
RECEIPT_HEADER = "tala-receipt"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

PUBLIC = frozenset(
    {
        "static",
        "healthz",
        "readyz",
        "metrics",
        "openapi",
        "docsPage",
        "problemsPage",
        "homePage",
        "trackPage",
        "privacyPage",
        "chooseLanguage",
        "webManifest",
        "serviceWorker",
        "signInPage",
        "signIn",
        "signInForm",
        "openIntakeTicket",
        "receiptCode",
        "listAgencies",
        "listCategories",
        "findPlaces",
    }
)
"""Operation ids of routes that anybody may call."""

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def context_of(connection: Connection) -> Context:
    """The context that the application opened."""
    found: Context = connection.app.state.context
    return found


def address_of(connection: Connection) -> str:
    """The network address a request came from, also where a trusted proxy passed it on."""
    return connection.client.host if connection.client else ""


def is_secure(connection: Connection) -> bool:
    """Whether people reach this site over TLS, so that cookies may ask for it."""
    by_name = context_of(connection).settings.base_url.startswith("https:")
    return by_name or connection.scope.get("scheme") in ("https", "wss")


async def actor_of(connection: Connection) -> Caller:
    """Who asks: by bearer token, by session cookie, else a citizen who carries nothing. Looked up once a
    request.

    Raises:
        TalaError: unauthenticated where a token is not valid; forbidden where a session's write lacks its
        CSRF token.
    """
    state = connection.scope["state"]
    if "actor" not in state:
        state["actor"] = await _identify(connection)
    found: Caller = state["actor"]
    return found


async def _identify(connection: Connection) -> Caller:
    ctx = context_of(connection)
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme:
        if scheme.lower() != "bearer" or not token.isascii() or not 8 <= len(token) <= 128:
            raise TalaError("unauthenticated", "Send the token as `Authorization: Bearer <token>`.")
        if token.startswith(tokens.TICKET):
            return await intake.check_ticket(ctx, token, address=address_of(connection))
        if token.startswith(tokens.CAPABILITY):
            return intake.bearer_of(token)
        if token.startswith(tokens.API_KEY):
            return await apikeys.check_key(ctx, token)
        raise TalaError("unauthenticated", "This kind of token is not known here.")
    citizen = Caller("citizen", address_hash=ctx.hash_address(address_of(connection)))
    if connection.headers.get(RECEIPT_HEADER):
        return citizen  # also in a browser in which a member of staff is, or was, signed in
    if session_token := connection.cookies.get(SESSION_COOKIE):
        _refuse_forged(connection, session_token)
        return await sessions.resume_session(ctx, session_token)
    return citizen


def _refuse_forged(connection: Connection, session_token: str) -> None:
    """A browser sends cookies by itself, so a write must also carry what only our pages know."""
    if connection.scope.get("method") in SAFE_METHODS:
        return
    if not connection.scope["path"].startswith("/api/"):
        if not same_origin(connection):  # a form of a page has no header; the browser says where it stood
            raise TalaError("forbidden", "This form was not sent from a page of this site.")
        return
    sent = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), sessions.csrf_of(session_token).encode()):
        raise TalaError("forbidden", "The page is out of date. Load it again, then repeat what you did.")


def session_cookie(connection: Connection, token: str) -> Cookie:
    """The cookie that carries a session; the session itself decides when it ends."""
    return Cookie(
        key=SESSION_COOKIE,
        value=token,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(connection),
    )


def end_cookie(connection: Connection) -> Cookie:
    """What makes a browser forget its session."""
    return replace(session_cookie(connection, ""), max_age=0)


def same_origin(connection: Connection) -> bool:
    """Whether a form was sent from one of our own pages, as browsers say."""
    if site := connection.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host", "")


async def may_send_recordings(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of an intake ticket, and for staff and machines that take complaints."""
    actor = await actor_of(connection)
    takers = (Role.AGENT, Role.OFFICER, Role.HEAD, Role.ADMINISTRATOR)
    if not (actor.ticket_hash or _is_staff(actor, Scope.INTAKE, *takers)):
        raise TalaError("unauthenticated", "Ask for an intake ticket first: POST /api/v1/intake/tickets.")


async def opens_recordings(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of a capability, in the header or, for sound, in the player's cookie; and for staff."""
    playback = connection.cookies.get(PLAYBACK_COOKIE)
    if playback and "authorization" not in connection.headers and connection.scope["path"].endswith("/audio"):
        connection.scope["state"]["actor"] = intake.bearer_of(playback)
    await _capability_or_staff(connection)


async def opens_drafts(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of a capability."""
    await _capability_or_staff(connection)


async def opens_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of a receipt, and for staff."""
    actor = await actor_of(connection)
    if not (connection.headers.get(RECEIPT_HEADER) or _is_staff(actor, _needed(connection), *STAFF)):
        raise TalaError(
            "unauthenticated", "Send the receipt's secret in the header Tala-Receipt, or sign in."
        )


async def holds_receipt(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of a receipt alone: what only the citizen may say."""
    if not connection.headers.get(RECEIPT_HEADER):
        raise TalaError("unauthenticated", "Send the receipt's secret in the header Tala-Receipt.")


async def reads_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For every member of staff."""
    _require(await actor_of(connection), Scope.READ, *STAFF)


async def takes_calls(connection: Connection, _: BaseRouteHandler) -> None:
    """For staff and machines that take complaints in for citizens."""
    _require(
        await actor_of(connection), Scope.INTAKE, Role.AGENT, Role.OFFICER, Role.HEAD, Role.ADMINISTRATOR
    )


async def works_on_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For those who move cases: agents, officers, heads, administrators. The lifecycle says who may take
    which step.
    """
    movers = (Role.AGENT, Role.OFFICER, Role.HEAD, Role.ADMINISTRATOR)
    _require(await actor_of(connection), _needed(connection), *movers)


async def handles_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For officers and heads of offices, who decide about cases."""
    _require(await actor_of(connection), _needed(connection), Role.OFFICER, Role.HEAD)


async def erases_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For heads and administrators, who erase, and decide what citizens ask of their data."""
    _require(await actor_of(connection), _needed(connection), Role.HEAD, Role.ADMINISTRATOR)


async def counts_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For officers, heads, auditors and administrators, who see statistics."""
    counters = (Role.OFFICER, Role.HEAD, Role.AUDITOR, Role.ADMINISTRATOR)
    _require(await actor_of(connection), Scope.STATISTICS, *counters)


async def sees_the_board(connection: Connection, _: BaseRouteHandler) -> None:
    """For heads and administrators, who see the board of an office."""
    _require(await actor_of(connection), Scope.STATISTICS, Role.HEAD, Role.ADMINISTRATOR)


async def exports_cases(connection: Connection, _: BaseRouteHandler) -> None:
    """For heads, auditors and administrators, who take cases out."""
    _require(await actor_of(connection), Scope.EXPORT, Role.HEAD, Role.AUDITOR, Role.ADMINISTRATOR)


async def audits(connection: Connection, _: BaseRouteHandler) -> None:
    """For auditors and administrators, who read the ledger and the access log."""
    _require(await actor_of(connection), Scope.AUDIT, Role.AUDITOR, Role.ADMINISTRATOR)


async def administers(connection: Connection, _: BaseRouteHandler) -> None:
    """For administrators."""
    _require(await actor_of(connection), Scope.ADMIN, Role.ADMINISTRATOR)


async def opens_live(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of an intake ticket, of a live session's capability, and for staff that take complaints."""
    actor = await actor_of(connection)
    may = _is_staff(actor, Scope.INTAKE, Role.AGENT, Role.OFFICER, Role.HEAD, Role.ADMINISTRATOR)
    if not (actor.ticket_hash or actor.capability or may):
        raise TalaError("unauthenticated", "Ask for an intake ticket first: POST /api/v1/intake/tickets.")


async def holds_live_ticket(connection: Connection, _: BaseRouteHandler) -> None:
    """For holders of an unused ticket on a page of ours, before a socket is accepted; the ticket is used up.

    Browsers send a socket's cookies and no token, from any page: where the page stands is all there is to
    tell ours from others.
    """
    try:
        if not _own_page(connection):
            raise TalaError("forbidden", "This was not opened from a page of this site.")
        if len(connection.app.state.live) >= context_of(connection).settings.live_sessions:
            raise TalaError("rate_limited", "Too many people speak just now. Try again, or send a recording.")
        ticket = connection.query_params.get("ticket", "")
        if not ticket.startswith(tokens.LIVE_TICKET) or len(ticket) > 128:
            raise TalaError("unauthenticated", "Ask for a ticket first: POST /api/v1/live/tickets.")
        connection.scope["state"]["redeemed"] = await live.redeem(context_of(connection), ticket)
    except TalaError as error:
        # The way to refuse a socket; what carries the application turns it into an answer of that status.
        raise WebSocketException(detail=error.message, code=4000 + error.status) from None


def _own_page(connection: Connection) -> bool:
    origin = connection.headers.get("origin")
    if origin is None:  # no browser
        return True
    ours = {connection.headers.get("host", ""), urlsplit(context_of(connection).settings.base_url).netloc}
    return urlsplit(origin).netloc in ours


async def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """For people with a session, also one that must change its password first."""
    actor = await actor_of(connection)
    if actor.kind != "staff" or not actor.session_id:
        raise TalaError("unauthenticated", "Sign in first.")


async def has_session(connection: Connection, _: BaseRouteHandler) -> None:
    """For people with a session and a password of their own."""
    await signed_in(connection, _)
    _require(await actor_of(connection), Scope.READ, *STAFF)


async def _capability_or_staff(connection: Connection) -> None:
    actor = await actor_of(connection)
    if not (actor.capability or _is_staff(actor, Scope.INTAKE, *STAFF)):
        raise TalaError("unauthenticated", "Send the capability you got with the upload as a bearer token.")


def _needed(connection: Connection) -> Scope:
    """What a key needs for a call about cases: reading for reads, writing for writes."""
    return Scope.READ if connection.scope.get("method") in SAFE_METHODS else Scope.WRITE


def _is_staff(actor: Caller, scope: Scope, *roles: Role) -> bool:
    if actor.kind in ("staff", "key") and actor.role in roles:
        actor.require(*roles)
        actor.require_scope(scope)
        return True
    return False


def _require(actor: Caller, scope: Scope, *roles: Role) -> None:
    if actor.kind not in ("staff", "key"):
        raise TalaError("unauthenticated", "Sign in, or send an API key.")
    if actor.must_change_password:
        raise TalaError("forbidden", "Change your one-time password first.", page="/sign-in/password")
    actor.require(*roles)
    actor.require_scope(scope)
