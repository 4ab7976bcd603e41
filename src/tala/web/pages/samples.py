"""Samples to audit: drawing one, looking its cases through, and whether the same is drawn again."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Response

from tala.errors import TalaError
from tala.services import directory, samples
from tala.services.samples import Plan
from tala.web.auth import actor_of, audits, context_of
from tala.web.i18n import language_of, messages
from tala.web.pages import filters, words
from tala.web.pages.audit import PARTS
from tala.web.pages.shell import AnyRequest, page
from tala.web.pages.staff import Form
from tala.web.problems import body_of


@get("/desk/audit/samples", operation_id="samplesPage", include_in_schema=False, guards=[audits])
async def listed(request: AnyRequest) -> Response[str]:
    """Samples that were drawn, and the form to draw one of the cases under a filter."""
    return await _list_page(request, kept=_kept(request.url.query), problem="", status=200)


@post("/desk/audit/samples", operation_id="drawSampleForm", include_in_schema=False, guards=[audits])
async def draw(request: AnyRequest, data: Form) -> Response[Any]:
    """Draw a sample and show it."""
    ctx, actor = context_of(request), await actor_of(request)
    kept = _kept(data.get("kept", "")[:2000])
    size = data.get("size", "")
    try:
        if not (size.isascii() and size.isdecimal() and len(size) < 5):
            raise TalaError("invalid_input", f"A sample holds 1 to {samples.MOST_CASES} cases.")
        plan = Plan(size=int(size), by=data.get("by", "")[:20], seed=data.get("seed", "").strip())
        wanted = filters.filter_of(filters.asked_in(kept), actor)
        found = await samples.draw(ctx, actor, wanted, plan)
    except TalaError as error:
        if error.code != "invalid_input":
            raise
        told = str(body_of(request, error)["detail"])
        return await _list_page(request, kept=kept, problem=told, status=error.status)
    return Redirect(f"/desk/audit/samples/{found.id}", status_code=303)


@get(
    "/desk/audit/samples/{sample_id:str}", operation_id="samplePage", include_in_schema=False, guards=[audits]
)
async def one(request: AnyRequest, sample_id: FromPath[str]) -> Response[str]:
    """A sample: its cases, what was found in them, and what that says of all."""
    ctx, actor = context_of(request), await actor_of(request)
    t = messages(language_of(request))
    sample = await samples.sample_of(ctx, actor, sample_id[:64])
    same: bool | None = None
    if request.query_params.get("again"):
        same = await samples.again(ctx, actor, sample.id) == list(sample.cases)
    people = await directory.names(ctx, actor, [sample.drawn_by] if sample.drawn_by else [])
    return page(
        request,
        "audit_sample.html",
        parts=PARTS,
        sample=sample,
        at=words.moment(sample.at),
        who=people.get(sample.drawn_by or "", ""),
        share=samples.share_of(sample),
        same=same,
        verdicts=samples.VERDICTS,
        filter=", ".join(f"{name}: {value}" for name, value in sample.filter.items()),
        strata=[(one.value or t("board.unknown"), one) for one in sample.strata],
        lines=filters.lines_for_programs(
            ctx.settings.base_url, f"/api/v1/samples/{sample.id}", "", whole=True
        ),
    )


@post(
    "/desk/audit/samples/{sample_id:str}/verdicts",
    operation_id="judgeForm",
    include_in_schema=False,
    guards=[audits],
)
async def judge(request: AnyRequest, sample_id: FromPath[str], data: Form) -> Redirect:
    """Say what was found in a case of the sample."""
    ctx, actor = context_of(request), await actor_of(request)
    ctn = data.get("ctn", "")[:40]
    await samples.judge(ctx, actor, sample_id[:64], ctn, data.get("verdict", ""))
    return Redirect(f"/desk/audit/samples/{sample_id}#{ctn}", status_code=303)


async def _list_page(request: AnyRequest, *, kept: str, problem: str, status: int) -> Response[str]:
    ctx, actor = context_of(request), await actor_of(request)
    found = await samples.list_samples(ctx, actor)
    people = await directory.names(ctx, actor, [one.drawn_by for one in found if one.drawn_by])
    return page(
        request,
        "audit_samples.html",
        status=status,
        parts=PARTS,
        kept=kept,
        filter=", ".join(f"{name}: {', '.join(values)}" for name, values in parse_qs(kept).items()),
        problem=problem,
        strata=samples.STRATA,
        most=samples.MOST_CASES,
        rows=[
            {
                "sample": one,
                "at": words.moment(one.at),
                "who": people.get(one.drawn_by or "", ""),
                "filter": ", ".join(f"{name}: {value}" for name, value in one.filter.items()),
            }
            for one in found
        ],
        lines=filters.lines_for_programs(ctx.settings.base_url, "/api/v1/samples", "", whole=True),
    )


def _kept(query: str) -> str:
    """What of a query are filters of cases."""
    known = (*filters.PLAIN, *filters.FLAGS, *filters.DAYS, *filters.MANY)
    return urlencode({name: values for name, values in parse_qs(query).items() if name in known}, doseq=True)
