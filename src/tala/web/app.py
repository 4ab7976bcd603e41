"""The web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from tala.services.context import Context
from tala.settings import Settings
from tala.web import assets, description, live, metrics
from tala.web.api import (
    accounts,
    administration,
    attachments,
    bodies,
    cases,
    casework,
    citizens,
    documents,
    drafts,
    intake,
    recordings,
    records,
    reference,
    schemas,
    statistics,
    system,
    uploads,
)
from tala.web.api import desk as workspace
from tala.web.pages import (
    account,
    administration_people,
    administration_rules,
    audit,
    auditledger,
    board,
    citizen,
    desk,
    installed,
    letters,
    qr,
    rights,
    samples,
    staff,
)
from tala.web.pages import administration as administration_pages
from tala.web.pages import case as case_pages
from tala.web.pages import intake as intake_pages
from tala.web.problems import HANDLERS
from tala.web.transport import RateLimit, Transport

MAX_JSON_BYTES = 256 * 1024

_SYSTEM = (assets.static, system.healthz, system.readyz, metrics.metrics)
_API = (
    intake.open_ticket,
    recordings.Recordings,
    live.open_ticket,
    live.socket,
    uploads.Uploads,
    drafts.Drafts,
    cases.Cases,
    casework.Casework,
    attachments.Attachments,
    documents.Documents,
    citizens.FollowUp,
    citizens.open_requests,
    workspace.Desk,
    statistics.Statistics,
    records.Records,
    administration.Administration,
    reference.Reference,
    accounts.Sessions,
)
_PAGES = (
    citizen.home,
    citizen.track,
    citizen.privacy,
    citizen.problem_list,
    citizen.docs,
    citizen.choose_language,
    installed.manifest,
    installed.service_worker,
    qr.receipt_code,
    staff.sign_in_page,
    staff.sign_in,
    staff.password_page,
    staff.change_password,
    staff.sign_out,
    desk.desk,
    desk.rows,
    desk.do_to_many,
    desk.save_view,
    desk.forget_view,
    board.board_page,
    audit.query,
    audit.access_log,
    audit.exports,
    audit.accuracy,
    auditledger.events,
    auditledger.one,
    samples.listed,
    samples.draw,
    samples.one,
    samples.judge,
    board.board_figures,
    board.board_file,
    account.account,
    account.end_session,
    account.choose_theme,
    account.enrol,
    account.confirm,
    account.remove,
    case_pages.case,
    case_pages.changes,
    case_pages.step,
    case_pages.do,
    case_pages.add_file,
    intake_pages.intake_page,
    intake_pages.intake_events,
    intake_pages.workbench,
    intake_pages.take_call,
    *letters.PAGES,
    *administration_pages.PAGES,
    *administration_people.PAGES,
    *administration_rules.PAGES,
    *rights.PAGES,
)


def create_app(settings: Settings, *, rate_limit: RateLimit | None = None) -> Litestar:
    """The application for these settings. The database must have been migrated.

    Its context is opened when it starts and stands in `app.state.context` until it stops.
    """

    measures = metrics.Measures()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.context = await Context.open(settings)
        app.state.live = {}
        app.state.measures = measures
        try:
            yield
        finally:
            await app.state.context.close()

    app = Litestar(
        route_handlers=[*_SYSTEM, *_API, *_PAGES],
        lifespan=[lifespan],
        openapi_config=description.openapi(),
        exception_handlers=HANDLERS,
        request_max_body_size=MAX_JSON_BYTES,
        logging_config=None,
    )
    description.add_examples(
        app.openapi_schema,
        schemas.Attestation,
        schemas.DraftToFile,
        bodies.NewMessage,
        schemas.Problem,
        bodies.Transition,
        schemas.TypedComplaint,
    )
    app.asgi_handler = Transport(
        app.asgi_handler,
        secure=settings.base_url.startswith("https:"),
        proxies=settings.proxy_networks,
        rate_limit=rate_limit or RateLimit(),
        measured=measures.request,
    )
    return app
