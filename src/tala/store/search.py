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
_WINDOW, _FREQUENT = 10_000, 50
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
    sqlite = session.get_bind().dialect.name == "sqlite"
    place, found = _matching(terms, sqlite=sqlite)
    order = place if sqlite or await _frequent(session, terms) else place + 0
    statement = (
        select(Case, place)
        .select_from(_INDEX, Case)
        .where(found, queries.visible_to(actor), *queries.conditions(wanted or CaseFilter()))
        .order_by(order.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(place < before)
    rows = [(case, int(position)) for case, position in (await session.execute(statement)).all()]
    more = len(rows) > limit
    rows = rows[:limit]
    return [case for case, _ in rows], rows[-1][1] if more else None


async def _frequent(session: AsyncSession, terms: Sequence[str]) -> bool:
    """Whether words stand in so many of the newest cases that a page is found by walking back over them.

    PostgreSQL guesses alike for every word it has no figures of, and for one that is rare would walk over all
    cases: then the index of words is asked instead, which ordering by `place + 0` makes it do.
    """
    newest = select(_INDEX.c.position).select_from(_INDEX).order_by(_INDEX.c.position.desc())
    floor = newest.offset(_WINDOW).limit(1).scalar_subquery()
    some = (
        select(_INDEX.c.position)
        .where(_INDEX.c.position > func.coalesce(floor, 0), _words(terms))
        .limit(_FREQUENT)
        .subquery()
    )
    return int((await session.execute(select(func.count()).select_from(some))).scalar_one()) >= _FREQUENT


def _words(terms: Sequence[str]) -> ColumnElement[bool]:
    query = " & ".join(f"'{term.rstrip('*')}'{':*' if term.endswith('*') else ''}" for term in terms)
    matches: ColumnElement[bool] = _INDEX.c.words.op("@@")(func.to_tsquery(literal_column("'simple'"), query))
    return matches


def _matching(terms: Sequence[str], *, sqlite: bool) -> tuple[Any, ColumnElement[bool]]:
    """The column that orders matches, and the condition that finds them and ties them to their cases."""
    if sqlite:
        query = " ".join(f'"{term.rstrip("*")}"{"*" if term.endswith("*") else ""}' for term in terms)
        matches: Any = text("case_search MATCH :terms").bindparams(terms=query)
        year, sequence = _INDEX.c.rowid.op("/")(_PER_YEAR), _INDEX.c.rowid.op("%")(_PER_YEAR)
        return _INDEX.c.rowid, and_(matches, col(Case.year) == year, col(Case.sequence) == sequence)
    return _INDEX.c.position, and_(_words(terms), _INDEX.c.case_id == col(Case.id))
