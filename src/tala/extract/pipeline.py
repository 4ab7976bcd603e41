"""From words to facts: one spaCy pipeline, loaded once in a process.

`spacy.load(models/tala-understand)` gives the same pipeline once this module is imported, which registers its
components.
"""

import datetime as dt
import hashlib
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import spacy

from tala.cases import taxonomy
from tala.errors import TalaError
from tala.extract import categories, hotlines, language, rules, tokens, urgency, wishes
from tala.extract.bounds import readable
from tala.extract.clauses import clauses_of
from tala.extract.missing import missing
from tala.extract.reconcile import reconcile
from tala.facts import Facts, Span
from tala.settings import Settings
from tala.transcript import Transcript

FOLDER: Final = "tala-understand"
HASHES: Final = "SHA256SUMS"
MANILA: Final = ZoneInfo("Asia/Manila")

TOKENIZER: Final = tokens.NAME  # the config names it; the import registers it
# In the order they run: the learned ones read what the rules found.
COMPONENTS: Final = (
    *(rule.name for rule in rules.RULES),
    language.FACTORY,
    wishes.FACTORY,
    categories.FACTORY,
    urgency.FACTORY,
)


class Understander:
    """Reads texts. Safe to share between threads; one text at a time is read."""

    def __init__(self, nlp: Any) -> None:
        self.nlp = nlp
        self._lock = threading.Lock()

    def understand(
        self, text: str, *, filed_at: dt.datetime, language: str | None = None, id: str | None = None
    ) -> Facts:
        """The facts in a text.

        Args:
            text: what was said or typed; spans of the facts are code points of it.
            filed_at: when it was said; days like "last Friday" count from there. Naive times are Asia/Manila.
            language: what the recogniser heard, used only where the text itself cannot tell.
            id: given back in the facts.
        """
        local = filed_at.replace(tzinfo=MANILA) if filed_at.tzinfo is None else filed_at.astimezone(MANILA)
        # The memory zone forgets the words of this text afterwards: no growth, nobody's words kept.
        with self._lock, self.nlp.memory_zone():
            doc = self.nlp.make_doc(readable(text))
            doc._.filed_at = local
            return _facts(self.nlp(doc), language, id)


def _facts(doc: Any, heard: str | None, id: str | None) -> Facts:
    grounds = doc._.categories
    known = taxonomy.load()
    is_complaint = bool(grounds) and known[grounds[0].code].complaint
    spans: dict[str, tuple[Span, ...]] = {
        "urgency": doc._.urgency_evidence,
        "wants_anonymity": doc._.wishes.anonymity,
        "wants_callback": doc._.wishes.callback,
        "emergency": doc._.emergency,
    }
    emergency = bool(doc._.emergency)
    turn_to = () if is_complaint or not grounds else hotlines.turn_to(clauses_of(doc))
    if grounds and grounds[0].code == "inquiry_or_feedback":
        turn_to = ()
    if emergency:
        turn_to = hotlines.in_emergency(turn_to)
    facts = Facts(
        id=id,
        is_complaint=is_complaint,
        language=language.settle(doc._.language, clauses_of(doc), heard),
        categories=grounds,
        agency=doc._.agency,
        location=doc._.location,
        service=doc._.service,
        incident_date=doc._.incident_date,
        amounts=doc._.amounts,
        people=doc._.people,
        respondent_description=doc._.respondent_description,
        reference_numbers=doc._.reference_numbers,
        phones=doc._.phones,
        emails=doc._.emails,
        dates=doc._.dates,
        urgency=doc._.urgency,
        wants_anonymity=bool(doc._.wishes.anonymity),
        wants_callback=bool(doc._.wishes.callback),
        emergency=emergency,
        evidence={key: value for key, value in spans.items() if value},
        turn_to=turn_to,
    )
    facts = reconcile(facts)
    return facts.model_copy(update={"missing": missing(facts)})


def extract(understander: Understander, transcript: Transcript, *, filed_at: dt.datetime) -> Facts:
    """The facts in a transcript, each with the milliseconds and confidence of its words."""
    heard = transcript.language
    return understander.understand(transcript.text, filed_at=filed_at, language=heard).grounded(transcript)


def load(settings: Settings) -> Understander:
    """The trained pipeline of this installation, the same one for all callers in a process.

    Raises:
        TalaError: `pipeline_missing` where it is absent, incomplete or not what was trained.
    """
    return _load((settings.models_dir / FOLDER).resolve())


@lru_cache(maxsize=4)
def _load(folder: Path) -> Understander:
    verify(folder)
    return Understander(spacy.load(folder))


def verify(folder: Path) -> None:
    """Check each file of a trained pipeline by its hash; raises `pipeline_missing`, saying what to do."""
    remedy = "Restore models/tala-understand from the repository, or rebuild it with: make train"
    if not (folder / HASHES).is_file():
        raise TalaError("pipeline_missing", f"The trained language pipeline is not there. {remedy}")
    for name, expected in hashes(folder).items():
        file = folder / name
        if not file.is_file() or sha256(file) != expected:
            raise TalaError("pipeline_missing", f"The language pipeline is damaged at {name}. {remedy}")


def hashes(folder: Path) -> dict[str, str]:
    """Files of a trained pipeline with the SHA-256 they must have."""
    lines = (folder / HASHES).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines if line)}


def sha256(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
