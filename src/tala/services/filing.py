"""Filing: a confirmed draft becomes a case with a Control Tracking Number, in one transaction."""

import datetime as dt

from tala.facts import Facts
from tala.services.actors import Caller
from tala.services.context import Context
from tala.transcript import Value


class Filed(Value):
    """A filed case. `receipt_secret` are 16 digits, shown once; null when the draft had been filed before."""

    case_id: str
    ctn: str
    filed_at: dt.datetime
    receipt_secret: str | None = None
    facts: Facts
    replayed: bool = False


async def file_case(
    ctx: Context, draft_id: str, *, actor: Caller, idempotency_key: str | None = None
) -> Filed:
    """File a draft. The same draft again gives the same case.

    The receipt's secret is only ever known to who filed: a second call answers without it and never makes another;
    only the same Idempotency-Key, within a day, gets the first answer again, for a line that dropped in between.

    Raises:
        TalaError: not_found, draft_not_ready, erased, idempotency_mismatch, conflict.
    """
    raise NotImplementedError
