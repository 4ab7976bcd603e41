"""Cases: reading them, working on them, and what a citizen does by receipt."""

import mimetypes
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from tala.client.answers import (
    Attachment,
    Case,
    CaseRow,
    ClockDay,
    Event,
    Message,
    Outcome,
    Request,
    Similar,
)
from tala.client.line import Line, checked


class Desk(Line):
    """Where `receipt` is given a citizen acts, else the key. A writer names the case as it was read: where
    somebody was faster, TalaError("version_mismatch") is raised and nothing is lost.
    """

    def case(self, ctn: str, *, receipt: str | None = None, reason: str | None = None) -> Case:
        """Read a case: a citizen with the receipt's secret, a machine by the role of its key."""
        params = {"reason": reason} if reason else {}
        return Case.model_validate(self._call("GET", f"/cases/{ctn}", receipt=receipt, params=params))

    def cases(self, *, most: int | None = None, **filters: str | list[str]) -> Iterator[CaseRow]:
        """The cases this key may see, newest first, page after page; filters as of `GET /api/v1/cases`."""
        for row in self._pages("/cases", most, filters):
            yield CaseRow.model_validate(row)

    def events(self, ctn: str, *, receipt: str | None = None) -> list[Event]:
        """What happened, oldest first."""
        found = self._call("GET", f"/cases/{ctn}/events", receipt=receipt)
        return [Event.model_validate(one) for one in found["items"]]

    # -- steps --

    def move(
        self,
        case: Case,
        action: str,
        *,
        reason: str | None = None,
        receipt: str | None = None,
        **details: Any,
    ) -> Case:
        """Take a step (`case.actions` names them), as `move(case, "endorse", reason="facilitation",
        agency_code="LTO")`; the case as it then is.
        """
        body = {"action": action, "reason": reason, **details}
        return self._changed("POST", case, "transitions", body, receipt=receipt)

    def assign(self, case: Case, user_id: str | None, *, team: str | None = None) -> Case:
        """Give a case to somebody (`me`: oneself), or to nobody."""
        return self._changed("POST", case, "assignment", {"user_id": user_id, "team": team})

    def classify(self, case: Case, transaction_class: str) -> Case:
        """Say which class of transaction it is: simple, complex or highly_technical."""
        return self._changed("POST", case, "classification", {"transaction_class": transaction_class})

    def rectify(self, case: Case, facts: Mapping[str, Any], *, reason: str) -> Case:
        """Put facts right, as a JSON merge patch."""
        return self._changed("PATCH", case, "facts", {"facts": dict(facts), "reason": reason})

    def extend(self, case: Case, clock: str, *, reason: str) -> Case:
        """Extend a clock, once."""
        return self._changed("POST", case, f"clocks/{clock}/extension", {"reason": reason})

    def merge(self, case: Case, into: str) -> Case:
        """Close a case as a duplicate of another one."""
        return self._changed("POST", case, "merge", {"into": into})

    def link(self, case: Case, other: str) -> Case:
        """Say that two cases belong together."""
        return self._changed("POST", case, "links", {"other": other})

    def split(self, case: Case, agencies: list[str]) -> list[str]:
        """Make a further case for each of these agencies; their numbers."""
        path, body = f"/cases/{case.ctn}/split", {"agencies": agencies}
        made = self._call("POST", path, json=body, version=case.version, once=str(uuid.uuid4()))
        return [str(one["ctn"]) for one in made["items"]]

    def bulk(self, cases: list[Case | CaseRow], action: str, **order: Any) -> list[Outcome]:
        """Do one thing to many cases; a refused one does not stop the rest."""
        items = [{"ctn": one.ctn, "version": getattr(one, "version", None)} for one in cases]
        made = self._call("POST", "/cases/bulk", json={"items": items, "action": action, **order})
        return [Outcome.model_validate(one) for one in made["items"]]

    def _changed(
        self, method: str, case: Case, what: str, body: dict[str, Any], *, receipt: str | None = None
    ) -> Case:
        path = f"/cases/{case.ctn}/{what}"
        found = self._call(method, path, json=body, version=case.version, receipt=receipt)
        return Case.model_validate(found)

    # -- words and files --

    def write_about(
        self, ctn: str, text: str, *, to: Literal["citizen", "inside"] = "inside", receipt: str | None = None
    ) -> str:
        """Write a message or note; its id. It arrives once, however often the line drops."""
        path, body = f"/cases/{ctn}/messages", {"text": text, "to": to}
        made = self._call("POST", path, json=body, receipt=receipt, once=str(uuid.uuid4()))
        return str(made["id"])

    def messages(self, ctn: str, *, receipt: str | None = None) -> list[Message]:
        """Messages and notes, oldest first."""
        found = self._call("GET", f"/cases/{ctn}/messages", receipt=receipt)
        return [Message.model_validate(one) for one in found["items"]]

    def attach(
        self, ctn: str, file: Path | str, *, kind: str = "evidence", receipt: str | None = None
    ) -> Attachment:
        """Add a file: PDF, JPEG, PNG, WebP or plain text."""
        path = Path(file)
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        with path.open("rb") as content:
            made = self._call(
                "POST",
                f"/cases/{ctn}/attachments",
                receipt=receipt,
                once=str(uuid.uuid4()),
                data={"kind": kind},
                files={"file": (path.name, content, media_type)},
            )
        return Attachment.model_validate(made)

    def attachments(self, ctn: str, *, receipt: str | None = None) -> list[Attachment]:
        """The files of a case."""
        found = self._call("GET", f"/cases/{ctn}/attachments", receipt=receipt)
        return [Attachment.model_validate(one) for one in found["items"]]

    def letter(
        self, ctn: str, kind: str, *, language: Literal["en", "fil"] = "en", receipt: str | None = None
    ) -> bytes:
        """A letter as PDF: endorsement, notice_to_explain, reply_to_citizen or formal_complaint."""
        path, params = f"/cases/{ctn}/documents/{kind}", {"language": language}
        answer = self._http.get(path, headers=self._who(receipt), params=params)
        if answer.is_error:
            checked(answer)
        return answer.content

    # -- what helps --

    def explain(self, ctn: str, clock: str, *, receipt: str | None = None) -> list[ClockDay]:
        """Every day a clock counted or skipped."""
        found = self._call("GET", f"/cases/{ctn}/clocks/{clock}", receipt=receipt)
        return [ClockDay.model_validate(one) for one in found["items"]]

    def similar(self, ctn: str, *, limit: int = 5) -> list[Similar]:
        """Cases that may tell of the same, most alike first."""
        found = self._call("GET", f"/cases/{ctn}/similar", params={"limit": limit})
        return [Similar.model_validate(one) for one in found["items"]]

    def queues(self) -> dict[str, int]:
        """How much waits in each queue."""
        return {str(one["queue"]): int(one["count"]) for one in self._call("GET", "/queues")["items"]}

    # -- rights and survey --

    def copy(self, ctn: str, receipt: str) -> dict[str, Any]:
        """Everything kept about one's case."""
        return dict(self._call("GET", f"/cases/{ctn}/copy", receipt=receipt))

    def ask_right(
        self, ctn: str, kind: Literal["rectify", "erase", "object"], text: str, *, receipt: str
    ) -> Request:
        """Ask to rectify, erase or stop using one's data."""
        path, body = f"/cases/{ctn}/rights-requests", {"kind": kind, "text": text}
        made = self._call("POST", path, json=body, receipt=receipt, once=str(uuid.uuid4()))
        return Request.model_validate(made)

    def decide_right(
        self, request: Request, *, granted: bool, answer: str, facts: Mapping[str, Any] | None = None
    ) -> Request:
        """Answer a request; `facts` put right what it asks to rectify."""
        body = {"granted": granted, "answer": answer, "facts": None if facts is None else dict(facts)}
        path = f"/cases/{request.ctn}/rights-requests/{request.id}/decision"
        return Request.model_validate(self._call("POST", path, json=body))

    def answer_survey(self, ctn: str, receipt: str, **answers: Any) -> None:
        """Answer the survey, as `answer_survey(ctn, receipt, cc1=1, sqd0=5, fixed=True)`."""
        self._call("PUT", f"/cases/{ctn}/survey", json=answers, receipt=receipt, once=str(uuid.uuid4()))
