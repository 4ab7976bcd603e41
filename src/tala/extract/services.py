"""The service or document sought, with its class in the Citizen's Charter.

Component `tala_services`. Where a text names no agency but a service that one office gives, that office is
taken for the agency complained of, with a low score and the service's words as evidence.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.agencies import AgencyMention, directory
from tala.extract.datafiles import words as word_lists
from tala.extract.gazetteer import Match, Phrases
from tala.extract.words import Words, extend, words_of
from tala.facts import Agency, Service

FACTORY: Final = "tala_services"
extend("service")
extend("service_class")


class Offered(NamedTuple):
    """A row of `data/services.toml`."""

    name: str
    agency: str
    class_: str


@cache
def offered_services() -> Phrases[Offered]:
    """Services by what people call them."""
    rows = tomllib.loads(files("tala.data").joinpath("services.toml").read_text("utf-8"))["service"]
    return Phrases(
        (heard, Offered(row["name"], row["agency"], row["class"])) for row in rows for heard in row["heard"]
    )


_SEEKS: Final = re.compile(
    r"\b(?:apply|applied|applying|application|renew\w*|get|getting|got|request\w*|secure|claim\w*|"
    r"process\w*|releas\w*|register\w*|registration|obtain|avail|file|filed|filing|follow\w*|for|my|of|"
    r"kumuha|kukuha|kuha|pagkuha|kumukuha|nag ?\w+|mag ?\w+|pag ?\w+|ni ?renew|nirenew|inaapply|aking|ng|"
    r"para sa|ang|ko|makuha|i ?renew|irenew|ilakad|asikaso|inasikaso|aplikasyon|hinihingi kong|humingi|"
    r"hiling)"
    r"(?: (?:po|ng|na|sa|ako|kami|my|a|an|the|for|of|new|bagong|ang|aking|ko|isang|copy|kopya|certified|"
    r"true|our|psa|nso)){0,4}$"
)
_NEEDED: Final = re.compile(
    r"\b(?:need\w*|require\w*|requirement\w*|kailangan\w*|hinihingan|asked (?:me )?(?:for|to bring|"
    r"to submit)|asking for|bring|brought|dala|wala (?:daw )?(?:akong|kaming)|also|another|dagdag na|"
    r"additional|present\w*|ipakita|"
    r"instead of|lack\w*|kulang|using|with|used|valid|magdala|dinala|nagdala|lacking)(?: (?:po|ng|na|sa|"
    r"ako|ako ng|kami|my|a|an|the|for|of|pa|daw|ang|raw|ko|also|me|us|yung)){0,4}$"
)


def find_service(words: Words) -> tuple[Match[Offered], float] | None:
    """The service most spoken of as sought, and how much speaks for it."""
    best: tuple[Match[Offered], float] | None = None
    for match in offered_services().find(words):
        before = words.before(match.first, 6)
        weight = 0.3 * (match.last - match.first - 1)
        if _SEEKS.search(before):
            weight += 1.0
        if _NEEDED.search(before):
            weight -= 1.5
        if best is None or weight > best[1] + 0.35:
            best = (match, weight)
    return best


@cache
def _office_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for office in directory().offices:
        if office.code:
            names.setdefault(office.code, office.name)
    return names


def implied_agency(words: Words, match: Match[Offered], mentions: tuple[AgencyMention, ...]) -> Agency | None:
    """The office that gives a service, where the text names no agency or company at all."""
    if any(m.weight > -1.0 for m in mentions):
        return None
    code = match.values[0].agency
    name = "Local government unit" if code == "LGU" else _office_names()[code]
    return Agency(code=code, name=name, score=0.5, **words.place(match.first, match.last))


@cache
def _general() -> frozenset[str]:
    rows: list[str] = tomllib.loads(files("tala.data").joinpath("services.toml").read_text("utf-8"))[
        "general"
    ]
    return frozenset(rows)


def find_general(words: Words) -> tuple[int, int] | None:
    """Words [first, last) that speak of something sought without its full name: "my claim", "loan papers".

    The word before belongs to it where it is no small one: "sickness claim".
    """
    general, small = _general(), word_lists("english") | word_lists("filipino")
    for index, word in enumerate(words.norm):
        if word not in general or _NEEDED.search(words.before(index, 6)):
            continue
        first, last = index, index + 1
        before = words.at(index - 1)
        if index and not words.gap(index).strip() and before.isalpha() and before not in small:
            first = index - 1
        while words.at(last) in general and not words.gap(last).strip():
            last += 1
        return first, last
    return None


def _find(doc: Any) -> Any:
    words = words_of(doc)
    found = find_service(words)
    if found:
        match, weight = found
        doc._.service = Service(**words.place(match.first, match.last))
        doc._.service_class = match.values[0].class_
        if doc._.agency is None and weight > -0.5:
            doc._.agency = implied_agency(words, match, doc._.agency_mentions)
    elif general := find_general(words):
        doc._.service = Service(**words.place(*general))
    return doc


def _make(nlp: Any, name: str) -> Any:
    offered_services()
    return _find


Language.factory(FACTORY, func=_make)
