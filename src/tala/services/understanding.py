"""Facts from words, and what follows from facts: how services use the language pipeline."""

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import structlog

from tala.cases import taxonomy
from tala.errors import TalaError
from tala.facts import Facts, Language
from tala.services import entered, naming
from tala.services.context import Context
from tala.transcript import Transcript, Warning_

log = structlog.get_logger(__name__)


BY_HAND = Warning_(
    code="understanding_failed",
    message="What you said or wrote is kept, but the details could not be read out of it. Please fill in the "
    "form by hand, then file it.",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts of a complaint, what read them (`pipeline`, where one did), and what a person should know."""

    facts: Facts
    machine: dict[str, Any]
    warnings: tuple[Warning_, ...] = ()


def read_text(ctx: Context, text: str, moment: dt.datetime) -> Reading:
    """The facts in typed text. Blocks: call it from a thread. Nothing is raised, see `_by_hand`."""
    try:
        facts = ctx.understander().understand(text, filed_at=moment)
        return Reading(facts, {"pipeline": pipeline_version(ctx)})
    except Exception as error:
        return _by_hand(error, "en")


def read_transcript(ctx: Context, heard: Transcript, moment: dt.datetime) -> Reading:
    """The facts in what was heard, with their time in the sound. Blocks: call it from a thread. Nothing is
    raised, see `_by_hand`.
    """
    speech = {"speech": heard.model}
    try:
        from tala.extract.pipeline import extract

        facts = extract(ctx.understander(), heard, filed_at=moment)
        return Reading(facts, speech | {"pipeline": pipeline_version(ctx)})
    except Exception as error:
        blank = _by_hand(error, "fil" if heard.language in ("tl", "fil") else "en")
        return replace(blank, machine=speech)


def _by_hand(error: Exception, language: Language) -> Reading:
    """What is left when nothing could be understood: a complaint is taken all the same, its form is blank."""
    from tala.extract.missing import missing

    # Neither the message nor the trace: either may hold the complainant's words.
    code = error.code if isinstance(error, TalaError) else None
    log.error("understanding.failed", error=type(error).__name__, code=code)
    facts = Facts(language=language)
    return Reading(facts.model_copy(update={"missing": missing(facts)}), {}, (BY_HAND,))


def pipeline_version(ctx: Context) -> str:
    """Name and version of the trained pipeline, as `name-1.2.3`."""
    meta = ctx.understander().nlp.meta
    return f"{meta['name']}-{meta['version']}"


def settled(facts: Facts) -> Facts:
    """Facts after a correction: whether they make a complaint and what is still missing follow anew."""
    from tala.extract.missing import missing

    known = taxonomy.load()
    unknown = [i for i, c in enumerate(facts.categories) if c.code not in known]
    if unknown:
        errors = [entered.problem(f"/facts/categories/{i}/code", "category") for i in unknown]
        raise TalaError("invalid_input", "There is no such category; see the taxonomy.", errors=errors)
    if facts.categories:
        facts = facts.model_copy(update={"is_complaint": known[facts.categories[0].code].complaint})
    return facts.model_copy(update={"missing": missing(facts)})


def digest(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def complete(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Fill in what follows from what a person entered: the name of an agency, of a city; a number as E.164.

    Raises:
        TalaError: invalid_input for a PSGC code that is no place.
    """
    if name == "phones" and isinstance(value.get("value"), str):
        return value | {"value": entered.phone(value["value"]) or value["value"]}
    if name == "agency" and value.get("code") and not value.get("name"):
        return value | {"name": naming.agencies().get(value["code"], value["code"])}
    if name == "location" and value.get("psgc"):
        official = naming.places().get(value["psgc"])
        if official is None:
            wrong = entered.problem("/facts/location/psgc", "place")
            raise TalaError("invalid_input", wrong["detail"], errors=[wrong])
        return value | {"name": official}
    return value


def agency_codes() -> frozenset[str]:
    """Codes of the agencies that a complaint can be about."""
    return frozenset(naming.agencies())
