"""Lists and search for staff: what they may see, with the masked texts, and a line in the access log for each
page.
"""

import json
from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import reading
from tala.services.context import Context
from tala.store import queries, search
from tala.store.queries import CaseFilter
from tala.store.tables import Case


@dataclass(frozen=True, slots=True)
class Listed:
    """A page: cases newest first, their masked texts by case id, and how to go on."""

    cases: list[Case]
    texts: dict[str, str]
    next: str | None


async def list_cases(
    ctx: Context,
    wanted: CaseFilter,
    actor: Actor,
    *,
    limit: int = 50,
    cursor: str | None = None,
    order: str = "-filed_at",
) -> Listed:
    """A page of the cases somebody may see.

    Raises:
        TalaError: bad_request (cursor), invalid_input (limit, order, PSGC code).
    """
    async with ctx.database.write() as session:
        page = await queries.list_cases(session, wanted, actor, limit=limit, cursor=cursor, order=order)
        texts = await queries.texts_of(session, [case.id for case in page.rows])
        _log(ctx, session, actor, "list", page.rows, wanted)
    return Listed(page.rows, {case_id: row.text for case_id, row in texts.items()}, page.next)


async def search_cases(
    ctx: Context,
    words: str,
    actor: Actor,
    wanted: CaseFilter | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> Listed:
    """A page of the cases somebody may see that hold all these words.

    Raises:
        TalaError: invalid_input (no word, limit), bad_request (cursor).
    """
    before = _position(cursor)
    async with ctx.database.write() as session:
        cases, place = await search.search(session, words, actor, wanted, limit=limit, before=before)
        texts = await queries.texts_of(session, [case.id for case in cases])
        _log(ctx, session, actor, "search", cases, wanted or CaseFilter())
    return Listed(cases, {case_id: row.text for case_id, row in texts.items()}, str(place) if place else None)


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 12):
        raise TalaError("bad_request", "The cursor is not one this list gave. Start again without it.")
    return int(cursor)


def _log(
    ctx: Context, session: AsyncSession, actor: Actor, action: str, cases: list[Case], wanted: CaseFilter
) -> None:
    """One line a page: the filter, how many cases were shown, and from which to which. Never the words looked
    for: they may be somebody's name.
    """
    asked = {name: value for name, value in asdict(wanted).items() if value not in (None, (), False)}
    shown = f"{cases[-1].ctn}..{cases[0].ctn} ({len(cases)})" if cases else "nothing"
    reason = json.dumps(asked, default=str, sort_keys=True) if asked else None
    reading.log_access(session, ctx.clock(), actor, "cases", shown, action, "masked", reason)
