"""Full-text search over the masked texts of cases, newest first."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, column, func, literal_column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tala.cases.people import Actor
from tala.errors import TalaError
from tala.store import queries
from tala.store.queries import CaseFilter
from tala.store.tables import Case

MOST_WORDS = 20
_WORD = re.compile(r"[^\W_]+\*?")
# The index counts rows by year and sequence of the case, so that newest first needs no sorting.
_INDEX = table("case_search", column("rowid"), column("case_id"), column("position"), column("words"))
_PER_YEAR: ColumnElement[int] = literal_column("10000000")


async def search(
    session: AsyncSession,
    words: str,
    actor: Actor,
    wanted: CaseFilter | None = None,
    *,
    limit: int = 50,
    before: int | None = None,
) -> tuple[list[Case], int | None]:
    """Cases somebody may see that hold all these words, newest first, and the position to go on `before`.

    A word matches whole or, ending in `*`, by its beginning; nothing typed is read as an operator.

    Raises:
        TalaError: invalid_input, without a word or with an impossible limit.
    """
    limit = queries.limited(limit)
    terms = _WORD.findall(words.casefold())[:MOST_WORDS]
    if not terms:
        raise TalaError(
            "invalid_input",
            "Give at least one word to look for.",
            errors=[{"pointer": "/text", "detail": "no word in it"}],
        )
    place, found = _matching(terms, sqlite=session.get_bind().dialect.name == "sqlite")
    statement = (
        select(Case, place)
        .select_from(_INDEX, Case)
        .where(found, queries.visible_to(actor), *queries.conditions(wanted or CaseFilter()))
        .order_by(place.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(place < before)
    rows = [(case, int(position)) for case, position in (await session.execute(statement)).all()]
    more = len(rows) > limit
    rows = rows[:limit]
    return [case for case, _ in rows], rows[-1][1] if more else None


def _matching(terms: Sequence[str], *, sqlite: bool) -> tuple[Any, ColumnElement[bool]]:
    """The column that orders matches, and the condition that finds them and ties them to their cases."""
    if sqlite:
        query = " ".join(f'"{term.rstrip("*")}"{"*" if term.endswith("*") else ""}' for term in terms)
        matches: Any = text("case_search MATCH :terms").bindparams(terms=query)
        year, sequence = _INDEX.c.rowid.op("/")(_PER_YEAR), _INDEX.c.rowid.op("%")(_PER_YEAR)
        return _INDEX.c.rowid, and_(matches, col(Case.year) == year, col(Case.sequence) == sequence)
    query = " & ".join(f"'{term.rstrip('*')}'{':*' if term.endswith('*') else ''}" for term in terms)
    matches = _INDEX.c.words.op("@@")(func.to_tsquery(literal_column("'simple'"), query))
    return _INDEX.c.position, and_(matches, _INDEX.c.case_id == col(Case.id))
