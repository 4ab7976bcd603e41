"""What of a database is described by tables.py, and what migrations make by hand (search indexes,
triggers).
"""

from collections.abc import MutableMapping
from typing import Any

import tala.store.arriving
import tala.store.figures
import tala.store.office  # noqa: F401 - its tables are part of the schema

HAND_MADE_PREFIXES = ("case_search",)


def belongs_to_models(name: str | None, kind: str, _parents: MutableMapping[Any, Any]) -> bool:
    """Whether alembic's comparison should look at this table or index."""
    return not (kind in ("table", "index") and name is not None and name.startswith(HAND_MADE_PREFIXES))
