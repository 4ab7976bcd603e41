"""A typed client of Tala's API.

    with Tala("http://127.0.0.1:8000") as tala:
        sent = tala.send("complaint.wav", consent="self")
        draft = tala.wait_for_draft(sent)
        filed = tala.file(draft)
        print(filed.ctn, filed.receipt_secret)

Without a key it acts for a citizen, with an intake ticket of its own; with `key="tk_…"` for a machine. What
the server refuses is raised as TalaError with the server's code and sentence.
"""

from tala.client.answers import SETTLED, Case, CaseRow, Draft, Filed, Recording, Refusal, Sent
from tala.client.desk import Desk
from tala.client.intake import Consent, Intake
from tala.client.record import Record

__all__ = [
    "SETTLED",
    "Case",
    "CaseRow",
    "Consent",
    "Draft",
    "Filed",
    "Recording",
    "Refusal",
    "Sent",
    "Tala",
]


class Tala(Intake, Desk, Record):
    """A connection to one server; use it in a `with` block, or close() it."""
