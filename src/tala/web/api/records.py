"""For those who check the record: ledger, access log, disposal log, exports."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Stream
from pydantic import BaseModel

from tala.services import audit, exporting, retention, samples
from tala.store.queries import CaseFilter
from tala.web.api.parameters import Cursor, Limit, for_reader, provide_filter
from tala.web.api.recordings import AnyRequest
from tala.web.api.schemas import STAFF, Items, problems
from tala.web.auth import actor_of, audits, context_of, exports_cases

At = Annotated[dt.datetime | None, QueryParameter(name="since", description="With its zone; included.")]
To = Annotated[dt.datetime | None, QueryParameter(name="until", description="With its zone; excluded.")]
_TYPES = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_BYTES = {
    200: ResponseSpec(data_container=bytes, media_type="application/octet-stream", description="A stream.")
}


class LedgerPage(BaseModel):
    """Events, newest first."""

    items: list[audit.LedgerLine]
    next: str | None


class AccessPage(BaseModel):
    """Who read what, newest first."""

    items: list[audit.AccessLine]
    next: str | None


class DisposalPage(BaseModel):
    """What was erased, newest first."""

    items: list[retention.DisposalView]
    next: str | None


class Finding(BaseModel):
    """Something that does not verify."""

    ledger_id: str
    seq: int | None
    message: str


class Verification(BaseModel):
    """What checking the ledger found."""

    ok: bool
    events: int
    ledgers: int
    anchors: int
    anchored: int
    problems: list[Finding]


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment


class Records(Controller):
    """The record, as auditors read it."""

    path = "/api/v1"
    tags = ("Records",)
    security = STAFF

    @get(
        "/ledger/events",
        operation_id="listLedgerEvents",
        summary="Events of the ledgers",
        guards=[audits],
        responses=problems(400, 401, 403, 422),
    )
    async def events(
        self,
        request: AnyRequest,
        ledger_id: Annotated[
            str | None,
            QueryParameter(
                name="ledger",
                max_length=64,
                description="Id of a case, or accounts, calendar, offices, retention.",
            ),
        ] = None,
        kind: Annotated[str | None, QueryParameter(name="kind", max_length=60)] = None,
        actor_id: Annotated[str | None, QueryParameter(name="actor", max_length=64)] = None,
        since: At = None,
        until: To = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> LedgerPage:
        """Newest first; personal values stand in `record` as ciphertext."""
        wanted = audit.EventFilter(
            ledger_id=ledger_id, kind=kind, actor_id=actor_id, since=_aware(since), until=_aware(until)
        )
        ctx, actor = context_of(request), await actor_of(request)
        found = await audit.list_events(ctx, actor, wanted, limit=limit, cursor=cursor)
        return LedgerPage(items=found.rows, next=found.next)

    @get(
        "/ledger/verification",
        operation_id="verifyLedger",
        summary="Check that nothing was changed",
        guards=[audits],
        responses=problems(401, 403, 404, 422),
    )
    async def verify(
        self,
        request: AnyRequest,
        ledger_id: Annotated[
            str | None, QueryParameter(name="ledger", max_length=64, description="One ledger; default: all.")
        ] = None,
    ) -> Verification:
        """Every hash, number and order, every case against its events, every signed head."""
        report = await audit.verify_ledger(context_of(request), await actor_of(request), ledger_id=ledger_id)
        return Verification(
            ok=report.ok,
            events=report.events,
            ledgers=report.ledgers,
            anchors=report.anchors,
            anchored=report.anchored,
            problems=[
                Finding(ledger_id=one.ledger_id, seq=one.seq, message=one.message)
                for one in report.problems[:1000]
            ],
        )

    @get(
        "/ledger/export",
        operation_id="exportLedger",
        summary="The ledger, to be checked elsewhere",
        guards=[audits],
        responses={**_BYTES, **problems(401, 403, 404, 422)},
    )
    async def export_ledger(
        self,
        request: AnyRequest,
        ledger_id: Annotated[str | None, QueryParameter(name="ledger", max_length=64)] = None,
    ) -> Stream:
        """JSON lines with the signed heads; `tala.store.verify.verify_export` checks them with the public key
        alone."""
        ctx, actor = context_of(request), await actor_of(request)
        await audit.may_export(ctx, actor, ledger_id)

        async def lines() -> AsyncIterator[bytes]:
            async for line in audit.export_ledger(ctx, actor, ledger_id):
                yield line.encode() + b"\n"

        return Stream(lines(), media_type="application/jsonl")

    @get(
        "/access-log",
        operation_id="listAccess",
        summary="Who read what",
        guards=[audits],
        responses=problems(400, 401, 403, 422),
    )
    async def access(
        self,
        request: AnyRequest,
        actor_id: Annotated[str | None, QueryParameter(name="actor", max_length=64)] = None,
        subject_id: Annotated[
            str | None,
            QueryParameter(name="subject", max_length=64, description="Id of a case or recording."),
        ] = None,
        action: Annotated[str | None, QueryParameter(name="action", max_length=30)] = None,
        allowed: Annotated[bool | None, QueryParameter(name="allowed")] = None,
        since: At = None,
        until: To = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> AccessPage:
        """Newest first, refused readings too. Reading the log is a line of it."""
        wanted = audit.AccessFilter(
            actor_id=actor_id,
            subject_id=subject_id,
            action=action,
            allowed=allowed,
            since=_aware(since),
            until=_aware(until),
        )
        ctx, actor = context_of(request), await actor_of(request)
        found = await audit.list_access(ctx, actor, wanted, limit=limit, cursor=cursor)
        return AccessPage(items=found.rows, next=found.next)

    @get(
        "/disposals",
        operation_id="listDisposals",
        summary="What was erased",
        guards=[audits],
        responses=problems(400, 401, 403, 422),
    )
    async def disposals(self, request: AnyRequest, limit: Limit = 100, cursor: Cursor = None) -> DisposalPage:
        """The disposal log: what, when, by whom, on what ground."""
        ctx, actor = context_of(request), await actor_of(request)
        found = await retention.disposals(ctx, actor, limit=limit, cursor=cursor)
        return DisposalPage(items=found.rows, next=found.next)

    @get(
        "/exports/cases",
        operation_id="exportCases",
        summary="Take cases out",
        guards=[exports_cases],
        dependencies={"wanted": Provide(provide_filter, sync_to_thread=False)},
        responses={**_BYTES, **problems(401, 403, 409, 422)},
    )
    async def export_cases(
        self,
        request: AnyRequest,
        wanted: NamedDependency[CaseFilter],
        format_: Annotated[
            str, QueryParameter(name="format", max_length=10, description=", ".join(exporting.FORMATS))
        ] = "jsonl",
    ) -> Stream:
        """Streamed, masked, oldest first, under the filters of the list. The header `Tala-Export` is the id
        of its manifest, which is there once the stream has ended."""
        ctx, actor = context_of(request), await actor_of(request)
        running = exporting.start(ctx, actor, for_reader(wanted, actor), format_)
        headers = {
            "Tala-Export": running.id,
            "Content-Disposition": f'attachment; filename="cases.{running.format}"',
        }
        return Stream(running.stream(), media_type=_TYPES[running.format], headers=headers)

    @get(
        "/exports/{export_id:str}/manifest",
        operation_id="readManifest",
        summary="What an export held",
        guards=[exports_cases],
        responses=problems(401, 403, 404),
    )
    async def manifest(
        self,
        request: AnyRequest,
        export_id: Annotated[str, PathParameter(description="From the header Tala-Export.", max_length=64)],
    ) -> dict[str, Any]:
        """Filter, rows, SHA-256 of every byte, schema version, redaction level; it stands in the ledger."""
        return await exporting.manifest_of(context_of(request), await actor_of(request), export_id)

    @get(
        "/samples",
        operation_id="listSamples",
        summary="Samples that were drawn",
        guards=[audits],
        responses=problems(401, 403, 422),
    )
    async def list_samples(self, request: AnyRequest, limit: Limit = 50) -> Items[samples.Sample]:
        """The newest first, without what was found in them."""
        ctx, actor = context_of(request), await actor_of(request)
        return Items(items=await samples.list_samples(ctx, actor, limit=limit))

    @post(
        "/samples",
        operation_id="drawSample",
        summary="Draw a sample of cases to audit",
        guards=[audits],
        dependencies={"wanted": Provide(provide_filter, sync_to_thread=False)},
        status_code=201,
        responses=problems(400, 401, 403, 422),
    )
    async def draw_sample(
        self, request: AnyRequest, wanted: NamedDependency[CaseFilter], data: JSONBody[samples.Plan]
    ) -> samples.Sample:
        """Random, or stratified with `by`, of the cases under the filters of the list. A case's lot is the
        SHA-256 of `seed:number`, the smallest are drawn; seed, filter and numbers stand in a ledger."""
        ctx, actor = context_of(request), await actor_of(request)
        return await samples.draw(ctx, actor, for_reader(wanted, actor), data)

    @get(
        "/samples/{sample_id:str}",
        operation_id="readSample",
        summary="A sample",
        guards=[audits],
        responses=problems(401, 403, 404),
    )
    async def read_sample(
        self,
        request: AnyRequest,
        sample_id: Annotated[str, PathParameter(description="Id of the sample.", max_length=64)],
    ) -> samples.Sample:
        """As it was drawn, with what was found since."""
        return await samples.sample_of(context_of(request), await actor_of(request), sample_id)
