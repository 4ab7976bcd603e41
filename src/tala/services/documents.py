"""Drafts of letters about a case as PDF, for an officer or the citizen to check, complete and sign.

A letter to the agency is made of the masked text alone; only where the complainant agreed to be named there
does it hold who they are.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from functools import cache
from importlib import resources

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from sqlalchemy import select
from sqlmodel import col

from tala.cases import clocks, documents, lifecycle, taxonomy
from tala.cases.calendar import manila_date
from tala.cases.documents import Filled, Language
from tala.cases.people import Actor
from tala.errors import TalaError
from tala.services import reading
from tala.services.attachments import AttachmentView, Incoming, attach
from tala.services.context import Context
from tala.services.reading import CaseView
from tala.store.tables import CaseText
from tala.transcript import Value

KINDS = tuple(documents.load())
LONGEST_LETTER = 60_000
_TO_THE_AGENCY = ("endorsement", "notice_to_explain")
_FONT = "atkinson-hyperlegible-next"
_DRAFT = {
    "en": "Draft made by Tala from case {ctn}. Check it before you sign it.",
    "fil": "Burador na ginawa ng Tala mula sa kasong {ctn}. Suriin bago lagdaan.",
}
_OUTCOMES = {
    "referred": ("It was referred to another authority.", "Isinangguni ito sa ibang tanggapan."),
    "answered": ("The agency answered, and we verified it.", "Sumagot ang ahensya, at bineripika namin ito."),
    "for_filing": ("We recommend a formal case.", "Inirerekomenda namin ang pormal na kaso."),
    "dismissed": ("It was dismissed, without prejudice.", "Hindi ito itinuloy, nang walang kinikilingan."),
    "withdrawn": ("It was withdrawn.", "Binawi ito."),
    "fixed_says_the_citizen": ("You told us that it is fixed.", "Sinabi mong naayos na ito."),
}


class Document(Value):
    """A letter as a file."""

    filename: str
    data: bytes


async def make(
    ctx: Context,
    ctn: str,
    kind: str,
    language: Language,
    actor: Actor,
    *,
    receipt: str | None = None,
    texts: Sequence[str] | None = None,
) -> Document:
    """A letter as PDF; a line of the access log for staff.

    Args:
        texts: its parts as somebody wrote them anew, in the draft's order; its headings stay.

    Raises:
        TalaError: not_found (case, kind), forbidden (not a letter for this reader), erased, invalid_input.
    """
    number, letter = await _drafted(ctx, ctn, kind, language, actor, receipt)
    if texts is not None:
        letter = _rewritten(letter, texts)
    data = await asyncio.to_thread(_render, letter, language, number)
    return Document(filename=f"{number}-{kind}-{language}.pdf", data=data)


async def draft(ctx: Context, ctn: str, kind: str, language: Language, actor: Actor) -> Filled:
    """The words of a letter, to read and correct before it is made. Raises as `make`."""
    _, letter = await _drafted(ctx, ctn, kind, language, actor, None)
    return letter


async def keep(
    ctx: Context,
    ctn: str,
    kind: str,
    language: Language,
    actor: Actor,
    *,
    texts: Sequence[str] | None = None,
) -> AttachmentView:
    """Make a letter and add it to the case's files. Raises as `make` and as attachments.attach."""
    made = await make(ctx, ctn, kind, language, actor, texts=texts)

    async def whole() -> AsyncIterator[bytes]:
        yield made.data

    file = Incoming(made.filename, "application/pdf", whole(), kind="correspondence")
    return await attach(ctx, ctn, file, actor)


def _rewritten(letter: Filled, texts: Sequence[str]) -> Filled:
    if len(texts) != len(letter.parts):
        detail = "The letter has other parts by now. Draft it again."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/texts", "detail": detail}])
    if sum(map(len, texts)) > LONGEST_LETTER:
        detail = f"A letter has up to {LONGEST_LETTER} characters."
        raise TalaError("invalid_input", detail, errors=[{"pointer": "/texts", "detail": detail}])
    headings = (heading for heading, _ in letter.parts)
    written = (text.replace("\r\n", "\n") for text in texts)
    return letter.model_copy(update={"parts": tuple(zip(headings, written, strict=True))})


async def _drafted(
    ctx: Context, ctn: str, kind: str, language: Language, actor: Actor, receipt: str | None
) -> tuple[str, Filled]:
    """The case's number and a letter of its values, for whoever may have it."""
    template = documents.load().get(kind)
    if template is None:
        raise TalaError("not_found", f"There is no such letter. There are: {', '.join(KINDS)}.")
    citizen = actor.kind == "citizen"
    if citizen and "citizen" not in template.readers:
        raise TalaError("forbidden", "This letter is written by the office.")
    case = await reading.read_case(ctx, ctn, actor, receipt=receipt)
    if case.erased_at is not None:
        raise TalaError("erased", "This case was erased. Its number and its steps remain on record.")
    if not citizen and case.level != "full":
        raise TalaError("forbidden", "Letters are made by those who handle the case.")
    values = await _values(ctx, case, kind, language)
    if not citizen:
        async with ctx.database.write() as session:
            reading.log_access(session, ctx.clock(), actor, "document", case.id, kind, case.level)
    return case.ctn, documents.fill(kind, language, values)


async def _values(ctx: Context, case: CaseView, kind: str, language: Language) -> dict[str, str]:
    english = language == "en"
    narrative, facts = case.narrative, case.facts
    named = True
    if kind in _TO_THE_AGENCY:
        latest = case.endorsements[-1] if case.endorsements else None
        named = latest is not None and latest.identity_disclosed
        async with ctx.database.read() as session:
            row = (await session.scalars(select(CaseText).where(col(CaseText.case_id) == case.id))).one()
        if not named:
            narrative, facts = row.text, json.loads(row.facts)
    known = taxonomy.load()
    grounds = [known[code] for code in case.categories if code in known]
    complainant = case.complainant or {}
    people = facts.get("people") or []
    respondents = [one["name"] for one in people if one.get("role") == "respondent"]
    agency = facts.get("agency") or {}
    reply = next((one.reply for one in reversed(case.endorsements) if one.reply), "")
    rule = clocks.load()["agency_reply"]
    state = lifecycle.load().states.get(case.state)
    outcome = _OUTCOMES.get(case.outcome or "", ("", ""))
    values = {
        "ctn": case.ctn,
        "filed": manila_date(case.filed_at).isoformat(),
        "today": manila_date(ctx.clock()).isoformat(),
        "authority": case.authority or "",
        "agency": str(agency.get("name") or case.agency_code or ""),
        "office": case.office or "",
        "place": str((facts.get("location") or {}).get("name") or ""),
        "service": str((facts.get("service") or {}).get("text") or ""),
        "incident": case.incident_date.isoformat() if case.incident_date else "",
        "grounds": "; ".join(ground.name.in_language(language) for ground in grounds),
        "laws": "; ".join(dict.fromkeys(ground.citation for ground in grounds if ground.citation)),
        "narrative": narrative,
        "amounts": ", ".join(f"PHP {one['php']:,.2f}" for one in facts.get("amounts") or []),
        "state": "" if state is None else (state.en if english else state.fil),
        "outcome": outcome[0 if english else 1] or " ",
        "reply": reply or "",
        "days": str(rule.length),
    }
    if named:
        names = complainant.get("names") or ([complainant["name"]] if complainant.get("name") else [])
        contact = [*(complainant.get("phones") or []), *(complainant.get("emails") or [])]
        values |= {
            "complainant": ", ".join(names),
            "contact": ", ".join(contact),
            "respondent": ", ".join(respondents),
        }
    return values


class _Page(FPDF):
    """A page with a footer that says what it is."""

    note = ""

    def footer(self) -> None:
        """Number of the page, and that it is a draft."""
        self.set_y(-18)
        self.set_font(_FONT, size=8)
        self.cell(0, 5, self.note, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}")


def _render(letter: Filled, language: Language, ctn: str) -> bytes:
    page = _Page(format="A4")
    page.note = _DRAFT[language].format(ctn=ctn)
    for style, weight in (("", "regular"), ("B", "bold")):
        page.add_font(_FONT, style, str(resources.files("tala.data") / "fonts" / f"{_FONT}-{weight}.ttf"))
    page.set_lang("en-PH" if language == "en" else "fil-PH")
    page.set_title(f"{letter.title} {ctn}")
    page.set_creator("Tala")
    page.set_margins(22, 20)
    page.set_auto_page_break(auto=True, margin=24)
    page.add_page()
    page.set_font(_FONT, "B", 18)
    _write(page, letter.title, 9)
    for heading, text in letter.parts:
        page.ln(4)
        if heading:
            page.set_font(_FONT, "B", 12)
            _write(page, heading, 7)
        page.set_font(_FONT, size=11)
        _write(page, text, 5.6)
    return bytes(page.output())


def _write(page: FPDF, text: str, height: float) -> None:
    page.multi_cell(0, height, drawable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


def drawable(text: str) -> str:
    """Text in the letters that the font has: a covered one is a dot, what cannot be drawn a question mark."""
    known = _letters()
    text = text.replace("▇", "•").replace("₱", "PHP ").replace("\t", " ").replace("\r\n", "\n")
    return "".join(c if c == "\n" or ord(c) in known else "?" for c in text)


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(str(resources.files("tala.data") / "fonts" / f"{_FONT}-regular.ttf")) as font:
        return frozenset(font.getBestCmap())
