"""The satisfaction survey after a case, in the shape of the Client Satisfaction Measurement: three questions
on the Citizen's Charter, nine on the service, and what it cost beside the fees.
"""

import datetime as dt
import json
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import statistics
from tala.services.context import Context
from tala.services.desk import MOST_CHARACTERS, Desk, at_desk, once, opened
from tala.services.statistics import filed_between
from tala.store import queries
from tala.store.office import SurveyAnswer
from tala.store.tables import Case
from tala.transcript import Value

ANSWERABLE = (
    "referred_out",
    "resolved",
    "resolution_for_filing",
    "dismissed",
    "withdrawn",
    "feedback",
    "closed",
)
QUESTIONS = tuple(f"sqd{number}" for number in range(9))
_MOST_COUNTED = 200_000
Agreement = Annotated[int, Field(ge=1, le=5)] | None


class Answers(Value):
    """A citizen's answers. `sqd0` to `sqd8`: 1 strongly disagree to 5 strongly agree, None does not apply.

    Args:
        cc1: 1 I know what a Citizen's Charter is and saw this office's, 2 I know but did not see it, 3 I
            learned of it there, 4 I do not know what it is.
        cc2: 1 easy to see, 2 somewhat, 3 difficult, 4 not visible at all, 5 does not apply.
        cc3: 1 helped very much, 2 somewhat, 3 did not help, 4 does not apply.
        fixed: whether the problem is fixed, as the citizen says.
        paid, paid_php, paid_to: whether something was paid beside the fees, how much in whole pesos, to whom.
        region: first two digits of a PSGC code.
    """

    cc1: Annotated[int, Field(ge=1, le=4)]
    cc2: Annotated[int, Field(ge=1, le=5)] = 5
    cc3: Annotated[int, Field(ge=1, le=4)] = 4
    sqd0: Agreement = None
    sqd1: Agreement = None
    sqd2: Agreement = None
    sqd3: Agreement = None
    sqd4: Agreement = None
    sqd5: Agreement = None
    sqd6: Agreement = None
    sqd7: Agreement = None
    sqd8: Agreement = None
    client_type: Literal["citizen", "business", "government"] = "citizen"
    sex: Literal["female", "male"] | None = None
    age: Annotated[int, Field(ge=1, le=130)] | None = None
    region: Annotated[str, Field(pattern=r"^\d{2}$")] | None = None
    service: Annotated[str, Field(max_length=200)] | None = None
    online: bool = True
    fixed: bool | None = None
    paid: bool | None = None
    paid_php: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    paid_to: Literal["official", "fixer", "other"] | None = None
    comment: Annotated[str, Field(max_length=MOST_CHARACTERS)] | None = None


class Question(Value):
    """How a question of the service was answered: `agree` is the share of 4 and 5."""

    code: str
    answers: int
    mean: float | None
    agree: float | None


class Summary(Value):
    """Answers in sum; None where fewer than five answered."""

    answers: int
    questions: tuple[Question, ...]
    charter_known: float | None
    fixed: float | None
    paid: float | None
    paid_php: int | None


async def answer(
    ctx: Context,
    ctn: str,
    answers: Answers,
    actor: Actor,
    *,
    receipt: str | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Answer the survey of one's own case; answering again replaces what was said before.

    Raises:
        TalaError: not_found, forbidden (not the citizen or an agent asking them), conflict (not decided yet);
        idempotency_mismatch.
    """
    asked = {"survey": answers.model_dump(mode="json")}
    async with once(ctx, ctn, actor, idempotency_key, asked) as before:
        if before.done is not None:
            return
        async with at_desk(ctx, ctn, actor, receipt, before) as desk:
            await _answer(desk, answers)


async def _answer(desk: Desk, answers: Answers) -> None:
    if desk.role not in ("citizen", "agent"):
        raise TalaError("forbidden", "The survey is the citizen's to answer.")
    if desk.case.state not in ANSWERABLE:
        raise TalaError("conflict", "The survey opens once the case was decided.")
    # What a person wrote is sealed with the case; the rest names nobody.
    said = {"service": answers.service, "comment": answers.comment}
    sealed = None
    if any(said.values()):
        sealed = desk.key.seal(json.dumps(said), "survey_answers", desk.case.id, "comment")
    desk.body["again"] = (old := await desk.session.get(SurveyAnswer, desk.case.id)) is not None
    await desk.record("case.survey", None)
    row = old or SurveyAnswer(case_id=desk.case.id)
    row.at = desk.at
    row.answers = answers.model_dump(exclude={"comment", "service", "paid", "paid_php", "paid_to"})
    row.paid, row.paid_php, row.paid_to = answers.paid, answers.paid_php, answers.paid_to
    row.sealed_comment = sealed
    desk.session.add(row)


async def of_case(ctx: Context, ctn: str, actor: Actor, *, receipt: str | None = None) -> Answers | None:
    """The answers about a case, for the citizen and for those who handle it; None before there are any.

    Raises:
        TalaError: not_found, forbidden.
    """
    async with ctx.database.read() as session:
        case, role = await opened(session, ctn, actor, receipt)
        if role not in ("citizen", "officer", "head"):
            raise TalaError("forbidden", "Single answers are shown to those who handle the case.")
        row = await session.get(SurveyAnswer, case.id)
        if row is None:
            return None
        said = {}
        if row.sealed_comment is not None:
            key = await ctx.keys.load(session, case.data_key_id)
            said = json.loads(key.open_text(row.sealed_comment, "survey_answers", case.id, "comment"))
        paid = {"paid": row.paid, "paid_php": row.paid_php, "paid_to": row.paid_to}
        return Answers.model_validate({**row.answers, **paid, **said})


async def summary(
    ctx: Context,
    actor: Actor,
    wanted: queries.CaseFilter,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Summary:
    """What citizens answered about the cases somebody may see. Raises TalaError(forbidden)."""
    statistics.may_count(actor)
    statement = (
        select(SurveyAnswer)
        .join(Case, col(Case.id) == col(SurveyAnswer.case_id))
        .where(queries.visible_to(actor), *queries.conditions(wanted), *filed_between(since, until))
        .order_by(col(SurveyAnswer.at).desc())
        .limit(_MOST_COUNTED)
    )
    async with ctx.database.read() as session:
        rows = list(await session.scalars(statement))
    given = [row.answers for row in rows]
    return Summary(
        answers=len(rows),
        questions=tuple(_question(code, [one.get(code) for one in given]) for code in QUESTIONS),
        charter_known=_share([one.get("cc1") in (1, 2, 3) for one in given]),
        fixed=_share([one["fixed"] for one in given if one.get("fixed") is not None]),
        paid=_share([row.paid for row in rows if row.paid is not None]),
        paid_php=sum(row.paid_php or 0 for row in rows) if len(rows) >= statistics.SMALLEST_CELL else None,
    )


def _question(code: str, given: list[int | None]) -> Question:
    told = [one for one in given if one is not None]
    enough = len(told) >= statistics.SMALLEST_CELL
    return Question(
        code=code,
        answers=len(told),
        mean=round(sum(told) / len(told), 2) if enough else None,
        agree=_share([one >= 4 for one in told]),
    )


def _share(given: list[bool]) -> float | None:
    if len(given) < statistics.SMALLEST_CELL:
        return None
    return round(sum(given) / len(given), 4)
