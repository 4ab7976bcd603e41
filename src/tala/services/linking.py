"""Joining cases that belong together: linked as related, split by agency."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.facts import Agency
from tala.services import casework, tokens
from tala.services.context import Context
from tala.services.desk import at_desk, expect, for_staff, must_handle
from tala.store import ledger
from tala.store.tables import Case, CaseLink

MOST_AGENCIES = 10


async def link(
    ctx: Context, ctn: str, other: str, actor: Actor, *, expected_version: int | None = None
) -> Case:
    """Say that two cases belong together; the link stands on both ledgers. Doing it twice is harmless.

    Raises:
        TalaError: not_found, forbidden, invalid_input (itself), version_mismatch.
    """
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "officer", "head")
        expect(desk.case, expected_version)
        found, role = await for_staff(desk.session, other, actor)
        if found.id == desk.case.id or role not in ("officer", "head"):
            raise TalaError(
                "invalid_input",
                "Name another case that you work on.",
                errors=[{"pointer": "/other", "detail": "not a case to link with"}],
            )
        if await _linked(desk.session, desk.case.id, found.id):
            return desk.case
        desk.body |= {"other": found.ctn, "kind": "related"}
        await desk.record("case.link", expected_version)
        body = {"other": desk.case.ctn, "kind": "related"}
        await ledger.append_to_case(desk.session, found, "case.link", actor, body, at=desk.at)
        desk.session.add(CaseLink(case_id=desk.case.id, other_id=found.id, kind="related", at=desk.at))
        return desk.case


async def unlink(
    ctx: Context, ctn: str, other: str, actor: Actor, *, expected_version: int | None = None
) -> Case:
    """Take a link between related cases away; what was split or merged stays linked for good.

    Raises:
        TalaError: not_found, forbidden, conflict, version_mismatch.
    """
    async with at_desk(ctx, ctn, actor, None) as desk:
        must_handle(desk, "officer", "head")
        expect(desk.case, expected_version)
        found, _ = await for_staff(desk.session, other, actor)
        rows = await _linked(desk.session, desk.case.id, found.id)
        if not rows:
            raise TalaError("not_found", "These cases are not linked.")
        if rows[0].kind != "related":
            raise TalaError("conflict", "What was split or merged stays linked.")
        desk.body |= {"other": found.ctn, "kind": "related"}
        await desk.record("case.unlink", expected_version)
        body = {"other": desk.case.ctn, "kind": "related"}
        await ledger.append_to_case(desk.session, found, "case.unlink", actor, body, at=desk.at)
        await desk.session.delete(rows[0])
        return desk.case


async def split_into(
    ctx: Context,
    ctn: str,
    agencies: list[Agency],
    actor: Actor,
    *,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
) -> list[Case]:
    """Open a further case of the same complaint for each of these agencies; the cases in the same order.

    Each is opened in a transaction of its own; where one is refused, those before it stand. Under an
    Idempotency-Key what was opened before is told again, and the rest goes on.

    Raises:
        TalaError: invalid_input, and what `casework.split` raises.
    """
    codes = [agency.code for agency in agencies]
    if not 1 <= len(set(codes)) == len(codes) <= MOST_AGENCIES:
        detail = f"Name 1 to {MOST_AGENCIES} agencies, each once."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/agencies", "detail": detail}])
    opened = []
    for agency in agencies:
        # Each is done once by itself.
        own = None if idempotency_key is None else tokens.digest(f"{idempotency_key} {agency.code}")
        opened.append(
            await casework.split(
                ctx, ctn, actor, agency=agency, expected_version=expected_version, idempotency_key=own
            )
        )
        if expected_version is not None:
            expected_version += 1
    return opened


async def _linked(session: AsyncSession, one: str, other: str) -> list[CaseLink]:
    pairs = or_(
        (col(CaseLink.case_id) == one) & (col(CaseLink.other_id) == other),
        (col(CaseLink.case_id) == other) & (col(CaseLink.other_id) == one),
    )
    return list(await session.scalars(select(CaseLink).where(pairs)))
