"""The agency complained of, told apart from agencies named in passing.

Component `tala_agencies`. Every agency a text names is scored by what is said around it: a visit, its staff,
what went wrong there speak for it; a document wanted from it, a comparison, a referral, thanks or a report to
it speak against. Companies, courts and Congress compete too, so that a complaint about one of them has no
agency.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.corrections import takes_back
from tala.extract.datafiles import word_list
from tala.extract.gazetteer import Acronyms, Heard, Match, Phrases
from tala.extract.sound import ordinary_words
from tala.extract.words import Words, extend, words_of
from tala.facts import Agency

FACTORY: Final = "tala_agencies"
extend("agency")
extend("agency_mentions", ())


class Office(NamedTuple):
    """A row of `data/agencies.toml`; `code` is None for companies, courts and Congress."""

    code: str | None
    name: str
    ordinary_word: bool = False
    faint: bool = False


class AgencyMention(NamedTuple):
    """An agency named at words [first, last); `weight` says how much speaks for its being complained of."""

    office: Office
    first: int
    last: int
    score: float
    weight: float


class _Directory(NamedTuple):
    phrases: Phrases[Office]
    acronyms: Acronyms[Office]
    heard: Heard[Office]
    guarded: frozenset[str]
    offices: tuple[Office, ...]


@cache
def directory() -> _Directory:
    """Agencies and offices by every name they are known by."""
    rows = tomllib.loads(files("tala.data").joinpath("agencies.toml").read_text("utf-8"))["agency"]
    names: list[tuple[str, Office]] = []
    acronyms: list[tuple[str, Office]] = []
    sounds: list[tuple[str, Office]] = []
    guarded: set[str] = set()
    offices: list[Office] = []
    for row in rows:
        office = Office(
            row.get("code"), row["name"], row.get("ordinary_word", False), row.get("faint", False)
        )
        offices.append(office)
        heard = [row["name"], *row["heard"]]
        if (
            office.code
            and not row.get("shared_acronym")
            and not office.faint
            and office.name not in _PARTS_OF
        ):
            heard.append(office.code)
            acronyms.append((office.code, office))
            if office.ordinary_word:
                guarded.add(office.code.lower())
        acronyms += [
            (name, office) for name in row["heard"] if 3 <= len(name) <= 5 and name.isalpha() and office.code
        ]
        names += [(name, office) for name in heard]
        sounds += [
            (name, office)
            for name in heard
            if len(name) >= 5 and name.count(" ") < 3 and office.code and not office.faint
        ]
    return _Directory(
        Phrases(names), Acronyms(acronyms), Heard(sounds, least=6), frozenset(guarded), tuple(offices)
    )


_PARTS_OF: Final = frozenset({"PNP Firearms and Explosives Office"})

_OVERSIGHT: Final = frozenset(
    {"ARTA", "8888", "CSC", "Ombudsman", "DILG", "PCO", "OP", "CHR", "COA", "NPC", "PIA"}
)
"""Those to whom people complain: complained of themselves only when a visit or their staff is told of."""

_FILL: Final = (
    r"(?: (?:sa|to|at|the|ang|ng|ko|po|namin|ako|kami|of|from|in|my|our|a|an|nung|noong|yung|mga|that|"
    r"dito|doon|office|opisina|"
    r"tanggapan|local|aming|yesterday|kahapon|kanina|na|this|last|week|again|ulit|muna|by|daw|raw|lang|"
    r"siya|nila|isang|"
    r"ni|with|for|pa|me|us|them|him|her|it|tungkol|regarding|about|against|laban|hinggil|malapit|dahil|"
    r"nitong|near|and|branch))*$"
)
_BEFORE: Final = tuple(
    (weight, re.compile(rf"\b(?:{cue}){_FILL}"))
    for weight, cue in (
        (2.0, r"complaint|complain|complaining|reklamo|inirereklamo|irereklamo|ireklamo|nirereklamo|"
              r"ereklamo|isusumbong ang|against|laban|hinaing"),
        (1.5, r"went|go|going|visited|visit|pumunta|nagpunta|nagtungo|punta|pumila|pumipila|lined up|"
              r"line up|lining up|queued|applied|nag ?apply|apply|filed|file|submitted|"
              r"renew|renewal|renewing|transact\w*|nag ?transact|nakipag ?transact|nasa|pending|nag ?file|"
              r"nagpasa|nag ?submit|nagpa ?renew|nag ?renew|nag ?process|naglakad|kumuha|"
              r"kukuha|nag ?request|requested|asikaso|nag ?asikaso|nagpa ?rehistro|dumating|napunta|"
              r"nakapila|arrived|waiting|waited|naghintay|nagbayad|paid|nag inquire|"
              r"inquired|nagsadya|sumadya|nagpaassess|ipinasa|inaasikaso|registered|tumungo|pag ?punta|"
              r"pagdating|nandito|andito|nagpatala|nag ?enroll|enrolled|magpa ?\w+|nagpa ?\w+|"
              r"pag ?asikaso|was"),
        (1.3, r"staff|employees?|empleyado|empleyada|personnel|officers?|clerks?|cashier|kahera|kahero|"
              r"guards?|guwardiya|enforcers?|inspectors?|examiners?|tauhan|teller|taga|officials?|someone|"
              r"isang|"
              r"man|woman|lalaki|babae|lalaking|babaeng|tao|people|workers?|window|counter|frontliner|"
              r"collector|head|chief|hepe|secretary|director|principal|fixers?"),
        (-1.6, r"need|needs|needed|requires?|required|requirement|requirements|kailangan|kelangan|"
               r"kinakailangan|para|for|gagamitin|use|require|requirement ng|kakailanganin|"
               r"hinihingan\w*|hinihingi|asking for (?:a |an |the )?|asked (?:me )?for (?:a |an |the )?|"
               r"dala ko|dala|bring|brought|with my|using|present(?:ed)?|ipinakita|showed|hanapan|"
               r"hinanapan"),
        (
            1.4,
            r"ayaw|tinanggihan|hindi tinanggap|di tinanggap|hindi ibinigay|hindi inaksyunan|siningil|"
            r"hiningan|pinabalik|"
            r"pinaghintay|binalewala|ignored by|rejected by|refused by|denied by|kinaltasan|inoffload|tinago",
        ),
        (-0.6,
            r"galing|cenomar|clearance|certificate|certified true copy|records?|service record|id|"
            r"documents?|papeles"),
        (-3.0, r"unlike|compared|compare|di tulad|hindi tulad|hindi gaya|hindi katulad|di gaya|di katulad|"
               r"kumpara|better than|mabuti pa|buti pa|not|hindi|dili|same as|just like|parang"),
        (-2.6, r"referred|refer|told (?:me|us|him|her) to (?:go|proceed|get|ask|try|check|return)|"
               r"told to (?:go|proceed)|sent (?:me|us)|pinapunta|pinapapunta|itinuro|tinuro|pinasa|"
               r"endorsed?|"
               r"ni ?refer|direct(?:ed)?|transferr?(?:ed)?|lumipat|pumunta (?:na lang |daw |raw )+(?:ako |"
               r"kami )?|pinapabalik|should go|go (?:instead )?to|sa halip|doon na lang|pinatakbo|"
               r"advised (?:me|us) to (?:go|get|secure)|secure"),
        (-2.6, r"work|works|working|employed|nagtatrabaho|nagta ?trabaho|nagtrabaho|retired|retirado|"
               r"retiree|pensioner|pensyonado|trabaho|employee po ako|empleyado po ako|teacher ako|"
               r"guro ako|"
               r"i am (?:a|an) (?:\w+ )?(?:teacher|employee|nurse|driver|worker|staff|member)|isa akong|"
               r"isang guro|kinakasama|asawa kong"),
        (-1.5, r"thank|thanks|salamat|pasasalamat|grateful|commend|praise|papuri|pinupuri|buti na lang|"
               r"fortunately|good thing"),
    )
)  # fmt: skip
_TO_OVERSIGHT: Final = re.compile(
    r"\b(?:dear|hello|hi|good|day|morning|afternoon|magandang|umaga|hapon|araw|sana|hoping|hope|help|"
    r"tulong|report\w*|complain\w*|nagsumbong|isumbong|isusumbong|sumbong|"
    rf"magrereklamo|nagreklamo|reklamo|tumawag|lapit|lumapit|called|call|emailed|wrote|nagreport|"
    rf"nag report|idulog|dumudulog|inireport|tawagan){_FILL}"
)
_AFTER: Final = (
    (1.6, re.compile(
        r"^(?:po |ng |na |sa |nila |namin |dito |the |main |central |regional |local |ninyo |nyo |"
        r"s )*(?:office|branch|district|satellite|staff|employee|empleyado|personnel|officer|clerk|"
        r"cashier|guard|guwardiya|enforcer|"
        r"inspector|examiner|window|counter|teller|frontliner|releasing|tauhan|opisina|extension|desk|"
        r"website|system|portal|app|collector|agent|official|encoder|nurse|doctor|doktor|hepe|head|"
        r"chief|supervisor|director|processor|evaluator|assessor|representative|employees|officers|"
        r"offices|tanggapan|receiving|station|center|lobby|gate)\b")),
    (-1.7, re.compile(
        r"^(?:s |ko na |na |ng |ko |namin )?(?:clearance|id|ids|i d|number|card|certificate|cert|"
        r"certified|form|birth|marriage|cenomar|death|authenticated|receipt|records?|print out|"
        r"certification|"
        r"copy|kopya|sertipiko|blotter|report|certificates|seal|tin|indigency|cedula|advisory)\b")),
    (-0.9, re.compile(
        r"^(?:told|tells|says|said|informed) (?:me|us) (?:that )?(?:i|we) (?:need|should|must|have to)\b")),
    (-0.2, re.compile(r"^(?:benefits?|loan|claim|pension|contributions?|membership|account|application|"
                      r"passport|license)\b")),
    (-1.5, re.compile(
        r"^(?:naman |po |ay |is |was |were |na |lang |mismo |office )*(?:maayos|mabilis|okay|ok|fine|"
        r"great|good|fast|mabait|helpful|walang problema|no problem|approved|advised me|told me to (?:go|"
        r"proceed|ask)|"
        r"said (?:it|that) (?:is|was) not)\b")),
)  # fmt: skip
_STAFF_AFTER: Final = _AFTER[0][1]
_DOCUMENT_AFTER: Final = _AFTER[1][1]
_WRONGED: Final = re.compile(
    r"\b(?:refus\w*|ayaw|asked|hiningi\w*|hinihingi\w*|humingi|demand\w*|charged|siningil|rude|bastos|"
    r"sinigawan|shouted|yelled|delay\w*|matagal|pending|inaksyunan|fixer|lagay|sinungitan|masungit|"
    r"no action|until now|hanggang ngayon|hindi pa|wala pa|tinanggihan|rejected|resibo|receipt|ignored|"
    r"binalewala|tinarayan|insulted|binastos|sarado|closed|pinabalik|pinapabalik|pinaghintay|told me|"
    r"told us|extra|"
    r"corrupt\w*|kotong|bribe|suhol|mabagal|slow|offline|system down|denied|walang aksyon|walang tao|"
    r"nanghingi|nagpapabayad|dagdag|additional)\b"
)
_SEEKS: Final = re.compile(
    r"\b(?:renew\w*|nag ?renew|kumuha|kukuha|kuha|pagkuha|mag ?renew|apply\w*|"
    r"applied|nag ?apply|get|getting|got|request\w*|nag ?request|secure|process\w*|"
    r"release|releasing|claim|makuha|magpa\w*)(?: \w+){0,3}$"
)
_ADDRESS: Final = re.compile(
    r"\b(?:taga|live|lives|living|nakatira|from|residente|resident|address|tiga|"
    r"galing|residing|located|matatagpuan|along)(?: \w+){0,3}$"
)
_BARANGAY_NAMES: Final = frozenset({"barangay", "brgy", "baranggay"})
_OFFICE_LEAD: Final = re.compile(r"\b(?:sa|at|at the|taga|against|dito sa|the|from|of|ng)$")


def _mentions(words: Words) -> list[Match[Office]]:
    """Every agency named, not overlapping: as spelled first, then letter by letter, then by sound."""
    names = directory()
    shouting = words.text.isupper()
    found: list[Match[Office]] = []
    index = 0
    while index < len(words):
        match = names.phrases.at(words, index)
        if match and not _sure(words, match, names.guarded, shouting=shouting):
            match = None
        spelled = names.acronyms.at(words, index)
        if spelled and (match is None or spelled.last > match.last):
            match = spelled
        if (match is None and words.norm[index] not in ordinary_words()) or (
            match is None and words.norm[index - 1 if index else 0] in _OFFICE_LEADS
        ):
            match = names.heard.at(words, index)
        if match:
            found.append(match)
        index = match.last if match else index + 1
    return found


_OFFICE_LEADS: Final = frozenset({"sa", "at", "the", "ng", "taga", "ang", "from", "my", "in", "of", "nasa"})


def _sure(words: Words, match: Match[Office], guarded: frozenset[str], *, shouting: bool) -> bool:
    """Acronyms that are everyday words too ("dot", "up", "da") need capitals, or an office's lead and no more
    words."""
    word = words.norm[match.first]
    if match.last > match.first + 1 or word not in guarded:
        return True
    if words.text[words.start[match.first] : words.end[match.first]].isupper() and not shouting:
        return True
    return (
        len(word) >= 3
        and word not in {"bar", "nap", "apo", "gab", "tau", "cab", "mic", "isu", "als", "dap"}
        and bool(re.search(r"\b(?:sa|at|taga|against)$", words.before(match.first, 2)))
    )


def _weigh(words: Words, office: Office, match: Match[Office], nth: int) -> float:
    """How much speaks for a mention being complained of; `nth` other agencies were named before."""
    before, after = words.before(match.first, 8), words.after(match.last, 5)
    weight = _by_cues(before, after)
    weight += 0.6 * (before.rsplit(" ", 1)[-1] in _OFFICE_LEADS)
    weight += 0.8 * bool(_WRONGED.search(words.after(match.last, 16, across=True)))
    weight += 0.4 * bool(_WRONGED.search(words.before(match.first, 12)))
    weight += 0.4 * (nth == 0)
    if office.code in _OVERSIGHT:
        weight -= 3.5 if _TO_OVERSIGHT.search(before) else 1.5
    weight -= 1.2 * office.faint + 0.3 * (office.code is None)
    if office.name == "Barangay hall":
        weight += _barangay(words, match, before)
    elif office.code == "LGU" and _ADDRESS.search(before):
        weight -= 1.0
    return weight


def tells_of_wrong(words: Words) -> bool:
    """Whether a text tells of anything wrong at all."""
    return _WRONGED.search(words.line) is not None


def _by_cues(before: str, after: str) -> float:
    heard = [value for value, cue in _BEFORE if cue.search(before)]
    heard += [value for value, cue in _AFTER if cue.match(after)]
    positive, negative = max(0.0, *heard, 0.0), min(0.0, *heard, 0.0)
    if negative <= -1.5 and positive > 0 and _STAFF_AFTER.match(after):
        negative *= 0.4  # "for my SSS claim the SSS clerk…": its staff are there
    sought = 1.6 * bool(_DOCUMENT_AFTER.match(after) and _SEEKS.search(before))
    return positive + negative + sought


def _barangay(words: Words, match: Match[Office], before: str) -> float:
    """ "Barangay San Roque" in an address is a place; "the barangay refused" is an office."""
    if words.norm[match.last - 1] not in _BARANGAY_NAMES:
        return 0.0
    following = words.at(match.last)
    if following in _NOT_A_BARANGAY or not following:
        return 0.0
    return -1.8 if _ADDRESS.search(before) else -0.9


_NOT_A_BARANGAY: Final = word_list("agencies_not_a_barangay")


_TAKEN_BACK: Final = -5.0
"""What speaks against an agency that the speaker corrects at once."""


def find_agencies(words: Words) -> list[AgencyMention]:
    """All agencies named, each with what speaks for its being the one complained of."""
    seen: set[str | None] = set()
    mentions: list[AgencyMention] = []
    matches = _mentions(words)
    for match, following in zip_longest(matches, matches[1:]):
        office = match.values[0]
        weight = _weigh(words, office, match, len(seen - {office.code}))
        if following is not None and takes_back(words, match.last, following.first):
            weight = min(weight, 0.0) + _TAKEN_BACK
        seen.add(office.code)
        mentions.append(AgencyMention(office, match.first, match.last, match.score, weight))
    return mentions


_LEAST: Final = -1.0
"""Weight below which an agency was only named in passing."""


def complained_of(mentions: list[AgencyMention]) -> AgencyMention | None:
    """The agency complained of, None where the text names none or is about a body that is none."""
    totals: dict[str, list[AgencyMention]] = {}
    for mention in mentions:
        totals.setdefault(mention.office.code or f"- {mention.office.name}", []).append(mention)
    best, top = None, _LEAST
    for group in totals.values():
        weights = sorted((m.weight * m.score if m.weight > 0 else m.weight for m in group), reverse=True)
        total = weights[0] + 0.35 * sum(w for w in weights[1:] if w > 0)
        if total > top:
            best, top = max(group, key=lambda m: m.weight), total
    return best if best is not None and best.office.code is not None else None


def _find(doc: Any) -> Any:
    words = words_of(doc)
    mentions = find_agencies(words)
    doc._.agency_mentions = tuple(mentions)
    one = complained_of(mentions)
    if one is not None:
        confidence = one.score * min(0.99, max(0.4, 0.6 + 0.12 * one.weight))
        doc._.agency = Agency(
            code=one.office.code or "",
            name=one.office.name,
            score=round(confidence, 2),
            **words.place(one.first, one.last),
        )
    return doc


def _make(nlp: Any, name: str) -> Any:
    directory()
    return _find


Language.factory(FACTORY, func=_make)
