"""The days a text names, and which of them is the day of the incident.

Component `tala_dates`. `dates` holds every day that is certain, with its kind: incident, filing (papers
handed in), appointment, deadline, promised, birth, issued, other. `incident_date` follows design.md: the day
of the event complained of; for a pure delay the day the papers were filed.
"""

import datetime as dt
import re
from functools import cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from spacy.language import Language

from tala.extract.calendar import Calendar, Day
from tala.extract.corrections import denied, takes_back
from tala.extract.cues import Lean, compiled
from tala.extract.datafiles import read
from tala.extract.numbers import Number
from tala.extract.words import Words, extend, words_of
from tala.facts import DateFact

FACTORY: Final = "tala_dates"
extend("dates", ())
extend("incident_date")
extend("claimed", ())

MANILA: Final = ZoneInfo("Asia/Manila")

_BEFORE: Final = (
    ("birth", r"born|birthday|birth|ipinanganak|pinanganak|isinilang|kaarawan|kapanganakan"),
    ("deadline",
        r"deadline|due(?: date)?|lapses?|runs out|ends|"
        r"until|hanggang|no later than|expires?|expiring|mapapaso|mag e expire|"
        r"expiry|valid until|"
                 r"palugit|last day|huling araw|cut off|by|kailangan ko na|enrollment|pasukan|bago ang|"
                 r"before"),
    ("appointment",
        r"appointment|schedule[d]?|naka schedule|iskedyul|interview|hearing|flight|exam|board exam|alis ko|"
        r"aalis|surgery|operasyon|"
                    r"operation|lipad|byahe|biyahe|kasal|wedding|travel|departure"),
    ("promised",
        r"come back|comeback|go back on|return on|babalik|balikan|bumalik (?:daw |na lang |ako |raw |po |"
        r"kami |ulit )*(?:sa|on|ng|next|after)?|ibalik|"
                 r"promised|pinangako|ipinangako|nangako|pangako|release(?:d)?|ilalabas|marerelease|ready|"
                 r"makukuha|will be|to be|pick up|"
                 r"pinapabalik|pinababalik|pinabalik(?: ako| kami| nila)*(?: sa| ng)?|daw sa|said on|"
                 r"told me to"),
    ("filing",
        r"filed|file|submitted|submit|applied|apply|application|lodged|nag ?apply|nag ?file|nagpasa|ipinasa|"
        r"pinasa|naipasa|nag ?submit|sinubmit|na ?submit|"
               r"isinumite|nagsumite|naghain|nagsampa|inihain|inapply|paid|nagbayad|binayaran|handed in|"
               r"requested|nag ?request|humiling|nagpa ?rehistro|nakapag ?submit|"
               r"registered|enrolled|naghulog|pending since|waiting since|since|mula|simula|mula pa|"
               r"pa noong|pa nung|naglakad"),
    ("issued",
        r"issued|dated|may petsang|expired|nag expire|napaso|petsa ng resibo|effective|accident|naaksidente|"
        r"death|namatay|died|hired|natanggal"),
)  # fmt: skip
_KIND_BEFORE: Final = tuple(
    (kind, re.compile(rf"\b(?:{words})\b(?!.*\b(?:but|pero|then|tapos|kaya|so)\b)"))
    for kind, words in _BEFORE
)
_KIND_AFTER: Final = (
    ("filing", re.compile(
        r"^(?:\S+ ){0,5}(?:filed|submitted|applied|lodged|nag ?apply|nag ?file|nagpasa|ipinasa|pinasa|"
        r"nag ?submit|isinumite|sinubmit|nagsumite|"
        r"naghain|nagsampa|inihain|nagbayad|paid|requested|nag ?request|handed)\b")),
    ("deadline", re.compile(
        r"^(?:ang |is |na |yung |po |my |the |na po )*(?:deadline|due date|expiry|palugit)\b")),
    ("appointment", re.compile(
        r"^(?:ang |is |na |yung |my |the |po |na po )*(?:flight|appointment|alis|interview|schedule|surgery|"
        r"operasyon|hearing|byahe)\b")),
    ("birth", re.compile(r"^(?:ang |is |yung |my )*(?:birthday|kaarawan)\b")),
)  # fmt: skip
_EVENT: Final = re.compile(
    r"\b(?:went|go|visited|was at|were at|asked|demanded|refused|told|happened|nangyari|naganap|pumunta|"
    r"nagpunta|nagtungo|napunta|dumating|sinabi|siningil|hiningi|"
    r"hiningan|hinihingan|tinanggihan|sinigawan|shouted|yelled|insulted|charged|collected|pinagbayad|"
    r"kinuha|stopped|flagged|hinuli|pinara|arrived|"
    r"lined up|pumila|nakapila|approached|nilapitan|inalok|offered|nag offer|minura|binastos|pinahiya|"
    r"came|waited|naghintay|incident|insidente|closed|sarado|inabutan|"
    r"hinarang|bumalik|returned|nangikil|nanghingi|humingi|hingi|binigyan|ginawa|encountered|experienced|"
    r"naranasan|nakausap|pinaghintay|nagpaasikaso|nag ?renew|kumuha|"
    r"nagbigay|gave|handed over|inabot|nagreklamo|complained about|pumasok|nakita|saw|tumawag|called|"
    r"sinungitan|pinapunta|ibinigay|rejected|denied|tinanggi)\b"
)
_DELAY: Final = re.compile(
    r"\b(?:until now|up to now|till now|to this day|hanggang ngayon|wala pa|wala pang|hindi pa|di pa|"
    r"still (?:no|waiting|pending|not|hasn|haven|nothing)|"
    r"pending|following up|still say\w*|balik nang balik|pabalik balik|delayed?|delay|no update|"
    r"walang update|no action|walang aksyon|follow up|nag follow|"
    r"finollow|overdue|matagal na|ang tagal|hanggang sa ngayon|"
    r"not (?:yet )?(?:been )?released|not yet|no word|never released|haven t|hasn t|havent|hasnt|"
    r"naghihintay|nakabinbin|natengga|nothing happened|walang nangyari|"
    r"gihapon wala|release)\b"
)
_VAGUE_PART: Final = re.compile(
    r"\b(?:around|about|mga|bandang|sometime|early|late|end of|katapusan ng|"
    r"start of|mid)$"
)


class Dated(NamedTuple):
    """A day with its kind and its place among the words."""

    day: Day
    kind: str


def _kind(words: Words, day: Day, said: dt.date, floor: int, ceiling: int) -> str:
    """What a day is for; `floor` and `ceiling` are the words where the neighbouring days end and begin."""
    before = words.before(day.first, min(7, day.first - floor))
    after = words.after(day.last, 7)
    if ceiling - day.last <= 7:
        after = ""  # what follows belongs to the next day named
    best, nearest = "", -1
    for kind, cue in _KIND_BEFORE:
        for match in cue.finditer(before):
            if match.end() > nearest:
                best, nearest = kind, match.end()
    event = max((match.end() for match in _EVENT.finditer(before)), default=-1)
    if event >= max(nearest, 0) and day.date <= said:
        best = ""
    for kind, cue in _KIND_AFTER:
        if cue.match(after) and (not best or kind == "filing"):
            best = kind
    if best == "filing" and event >= 0 and re.search(r"\b(?:refused|rejected|tinanggihan)\b", before):
        best = ""
    if not best:
        best = "event" if day.date <= said else "promised"
    if (
        best in ("promised", "deadline")
        and day.date < said
        and not day.weekday
        and re.search(r"\b(?:released|was due)\b", before)
    ):
        best = "event"
    return best


def _incident(dated: list[Dated], words: Words, said: dt.date) -> Dated | None:
    past = [d for d in dated if d.day.date <= said and (said - d.day.date).days < 3660]
    events = [d for d in past if d.kind == "event"]
    filings = [d for d in past if d.kind == "filing"]
    if filings and (not events or _DELAY.search(words.line)):
        return filings[0]
    if events:
        return max(events, key=lambda d: (d.day.date != said, _weight(d, dated, words), -d.day.first))
    visits = [d for d in past if d.kind in ("appointment",)]
    return visits[0] if visits else None


def _weight(one: Dated, dated: list[Dated], words: Words) -> int:
    """2 where a wrong is told beside the day, 1 where something that happened is, 0 otherwise."""
    floor = max((d.day.last for d in dated if d.day.last <= one.day.first), default=0)
    ceiling = min((d.day.first for d in dated if d.day.first >= one.day.last), default=len(words))
    first, last = max(one.day.first - 8, floor), min(one.day.last + 14, ceiling)
    for index in range(one.day.first, first, -1):
        if words.stops_before(index):
            first = index
            break
    if Lean(words, one.day.last, last).has(_wrongs()) or Lean(words, first, one.day.first).has(_wrongs()):
        return 2
    return (
        1 if _EVENT.search(words.slice(first, one.day.first) + " | " + words.slice(one.day.last, last)) else 0
    )


@cache
def _wrongs() -> re.Pattern[str]:
    return compiled(read("rules/people.toml")["harm"])


def find_dates(words: Words, numbers: tuple[Number, ...], said: dt.date) -> tuple[list[Dated], Dated | None]:
    """The certain days of a text said on `said`, and the day of the incident."""
    days = Calendar(words, numbers, said).read()
    kept = [
        day
        for index, day in enumerate(days)
        if not (index + 1 < len(days) and takes_back(words, day.last, days[index + 1].first))
        and not denied(words, day.first, day.last)
    ]
    certain = [day for day in kept if day.certain]
    floors = [0, *(day.last for day in certain)]
    ceilings = [*(day.first for day in certain[1:]), len(words) + 99]
    dated = [
        Dated(day, _kind(words, day, said, floor, ceiling))
        for day, floor, ceiling in zip(certain, floors, ceilings, strict=False)
    ]
    incident = _incident(dated, words, said)
    return dated, incident


def _fact(words: Words, dated: Dated, incident: Dated | None) -> DateFact:
    kind = "incident" if incident and dated.day == incident.day else dated.kind
    return DateFact(
        date=dated.day.date,
        kind="other" if kind == "event" else kind,
        **words.place(dated.day.first, dated.day.last),
    )


def said_on(filed_at: dt.datetime | None) -> dt.date:
    """The day in Manila on which something was said."""
    return (filed_at or dt.datetime.now(MANILA)).astimezone(MANILA).date()


def _find(doc: Any) -> Any:
    words = words_of(doc)
    dated, incident = find_dates(words, doc._.numbers, said_on(doc._.filed_at))
    doc._.dates = tuple(_fact(words, d, incident) for d in dated)
    doc._.incident_date = _fact(words, incident, incident) if incident else None
    doc._.claimed = (*doc._.claimed, *((d.day.first, d.day.last) for d in dated))
    return doc


def _make(nlp: Any, name: str) -> Any:
    return _find


Language.factory(FACTORY, func=_make)
