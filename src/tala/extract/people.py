"""People named, each with a role, and the person complained of where no name was spoken.

Component `tala_people`. Names are found after words that lead to names ("ako po si", "officer", "named", "si", "kay")
and by the lists of names, with or without capitals; titles are no part of a name.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.corrections import takes_back
from tala.extract.names import PARTICLES, TITLES, name_words
from tala.extract.sound import ordinary_words, sound_key
from tala.extract.words import Words, extend, words_of
from tala.facts import Person, RespondentDescription, Role

FACTORY: Final = "tala_people"
extend("people", ())
extend("respondent_description")


class Named(NamedTuple):
    """A name at words [first, last)."""

    name: str
    role: Role
    first: int
    last: int


_SELF: Final = re.compile(
    r"\b(?:my name is|my name s|my names|my full name is|i am called|ako (?:po |nga |nga po |"
    r"ho )?(?:pala )?(?:po )?si|ako y si|ako ay si|ang pangalan ko(?: po)?(?: ay| is)?(?: si)?|"
    r"pangalan ko(?: po)?(?: ay| is)?(?: si)?|"
    r"ang (?:aking|akin) pangalan(?: po)?(?: ay)?(?: si)?|this is|si ako0|ngalan ko(?: kay)?|"
    r"ako(?: po)? ay si|my complete name is|ako gyud si|ako diay si|ako si|kini si|speaking is|i m|im|"
    r"i am|it s|name ko(?: po)?(?: is| ay)?|nagngangalan(?:g)? (?:ako )?(?:po )?(?:ng |si )?)(?= )"
)
_WEAK_SELF: Final = frozenset({"i m", "im", "i am", "this is", "it s"})
_NAMED: Final = re.compile(
    r"\b(?:named|name is|name was|names|name tag says|nameplate|na ang pangalan(?: ay|"
    r" niya)?(?: ay)?(?: si)?|pangalan (?:niya|nya|nito|daw|nung \w+|ng \w+)(?: po)?(?: daw)?(?: ay|"
    r" is)?(?: si)?|nagngangalang|nagngangalan(?: ng| na)?|ngalan|"
    r"na si|named daw|a certain|isang|called|tinatawag na|by the name of|someone named|her name is|"
    r"his name is|introduced (?:himself|herself) as|nagpakilalang(?: si)?|nagpakilala(?: na|"
    r" bilang)(?: si)?|certain|signed by|ang name niya(?: is| ay)?)(?= )"
)
_MARKERS: Final = frozenset({"si", "kay", "ni", "sina", "kina", "nina"})
_KIN_LEAD: Final = re.compile(
    r"\b(?:sister|brother|husband|wife|asawa|anak|kapatid|nanay|tatay|mother|father|son|daughter|cousin|"
    r"pinsan|friend|kaibigan|neighbor|witness|testigo|companion|"
    r"mother in law|father in law|kasama|kapitbahay|kaibigan)(?: ko| kong| namin| named| na si| is| was|"
    r" ay)?(?= )"
)
_AFTER_SELF: Final = re.compile(
    r"^(?:po (?:ito|ako|yung)|speaking|po|here|ang nagrereklamo|"
    r"ang pangalan ko|ho)\b"
)

_HARM: Final = re.compile(
    r"\b(?:asked|ask|asking|demand\w*|refus\w*|shout\w*|yell\w*|insult\w*|rude|charged|told|said|"
    r"collected|took|wanted|offered|threat\w*|ignored|denied|rejected|laughed|cursed|forced|solicit\w*|"
    r"humingi|hinihingi|hiningi|hiningan|hinihingan|nanghingi|nanghihingi|sinigawan|sumigaw|sinabi|"
    r"sinabihan|siningil|naniningil|ayaw|tinanggihan|binastos|bastos|masungit|nagsungit|sinungitan|minura|"
    r"nagmura|pinahiya|"
    r"kinuha|kinolekta|inalok|nag ?offer|nagbanta|pinagbantaan|tinarayan|nagtaray|binalewala|pinagtawanan|"
    r"pinabayad|pinapabalik|pinabalik|pinaghintay|pinilit|tumanggap|nangikil|kumuha|sabi|nagsabi|reklamo|"
    r"inirereklamo|"
    r"complaint|against|laban|complain\w*|extort\w*|fixer|hindi pumirma|di pumirma|ayaw pumirma|ireklamo|"
    r"irereklamo|nagalit|galit|binigay|inabot|gave (?:him|her)|paid|nagbayad|binayaran|irate|arrogant|"
    r"mayabang|received|tinanggap|"
    r"hinarang|nilapitan|approached|kasabwat|involved|responsible|accepted|nagpapabayad|nasigawan|hinila|"
    r"tinulak|slapped|hung up|binabaan)\b"
)  # fmt: skip
_GOOD: Final = re.compile(
    r"\b(?:helped|help(?:ful)?|kind|thank\w*|salamat|pasasalamat|nagpapasalamat|mabait|tinulungan|"
    r"tumulong|commend\w*|praise|witness\w*|testigo|saksi|nakasaksi|nakakita|saw|kasama(?: ko)?|companion|"
    r"with me|friend|kaibigan|sister|brother|husband|"
    r"wife|asawa(?: ko| kong)?|anak(?: ko| kong)?|kapatid(?: ko| kong)?|nanay|tatay|mother|father|son|"
    r"daughter|mama|papa|lola|lolo|pinsan|cousin|tita|tito|kapitbahay|neighbor|neighbour|classmate|"
    r"katrabaho|officemate|uncle|aunt|nephew|niece|"
    r"pamangkin|grandmother|grandfather|in law|biyenan|best friend|boss ko|patient|pasyente|polite|"
    r"magalang|maayos|great|excellent|accommodat\w*|child|baby|apo|boyfriend|girlfriend|partner|late|"
    r"yumaong|namayapang|deceased|beneficiary|employer|amo|"
    r"nagturo|advised|nag advise|good|okay|client|may ari|owner|lawyer ko|abogado ko|kumpare|kumare|"
    r"ninong|ninang|confirm\w*|testify|patunay|attest)\b"
)  # fmt: skip
_OFFICIAL_TITLES: Final = TITLES - {
    "aling",
    "mang",
    "manong",
    "manang",
    "ate",
    "kuya",
    "tito",
    "tita",
    "pastor",
    "father",
    "sister",
    "brod",
}

_STOP_WORDS: Final = frozenset(
    ["po", "ho", "ng", "sa", "na", "ang", "at", "ay", "is", "was", "of", "the", "and", "from", "who", "to", "in", "on", "ko", "my", "i", "he", "she", "they", "for", "kasi", "dahil", "pero", "but", "so", "na", "ako", "kami", "siya", "niya", "sila", "that", "this", "with", "about", "or", "yung", "ung", "isang", "a", "an", "as", "at", "noong", "nung", "nang", "kung", "para", "daw", "raw", "dito", "doon", "nya", "sya", "lang", "din", "rin", "naman", "nga", "ba", "pa", "mga", "it", "we", "you", "me", "his", "her", "their", "our", "not", "no", "hindi", "wala", "may", "refused", "asked", "told", "said", "demanded", "took", "works", "working", "works", "staff", "clerk", "cashier", "guard", "officer", "employee", "head", "chief", "taga", "office", "window", "counter", "when", "if", "then", "because"]
)


@cache
def _name_sounds() -> frozenset[str]:
    lists = name_words()
    return frozenset(
        sound_key(word) for word in (lists.given | lists.surnames) - lists.weak if len(word) >= 5
    )


@cache
def _strength(word: str) -> float:
    """How much a lower-case word looks like part of a name: 1 listed, 0.5 weak or by sound, 0 not."""
    lists = name_words()
    if word in lists.given or word in lists.surnames:
        return 0.5 if word in lists.weak else 1.0
    if len(word) >= 5 and word not in ordinary_words() and sound_key(word) in _name_sounds():
        return 0.7
    return 0.0


class _Finder:
    """Finds the names of one text."""

    def __init__(self, words: Words, offices: set[int]) -> None:
        self.words = words
        self.offices = offices
        letters = [c for c in words.text if c.isalpha()]
        self.cased = bool(letters) and 0.005 < sum(c.isupper() for c in letters) / len(letters) < 0.5

    def capital(self, index: int) -> bool:
        """Whether a word is written with a capital in a text that has both cases, not as an acronym."""
        if not self.cased:
            return False
        written = self.words.text[self.words.start[index] : self.words.end[index]]
        return written[:1].isupper() and not (len(written) > 2 and written.isupper())

    def name_from(self, first: int, *, eager: bool) -> int:
        """The end of a name that begins at a word; `eager` after words that lead to names."""
        words, index, seen = self.words, first, 0
        while index < len(words) and index - first < 5 and seen < 4:
            word = words.norm[index]
            if index > first and (
                (words.stops_before(index) and not self._initial(index - 1)) or "," in words.gap(index)
            ):
                break
            if word[0].isdigit() or index in self.offices or word in TITLES:
                break
            if (
                word in PARTICLES
                and index + 1 < len(words)
                and (self.capital(index + 1) or _strength(words.norm[index + 1]))
            ):
                index += 1
                continue
            if (
                len(word) == 1
                and seen
                and index + 1 < len(words)
                and (self.capital(index) or _strength(words.norm[index + 1]) == 1)
            ):
                if not self.capital(index + 1) and not _strength(words.norm[index + 1]):
                    break
                index += 1
                continue
            strong = _strength(word)
            if word in _STOP_WORDS and not (strong and self.capital(index)):
                break
            if self.capital(index) and (eager or seen or strong):
                if not eager and not strong and word in ordinary_words() and not seen:
                    break
            elif strong >= 0.7 or (strong and (seen or eager)) or (eager and not self.cased and seen < 2 and word not in ordinary_words() and len(word) > 2):
                pass
            else:
                break
            seen += 1
            index += 1
        while index > first and words.norm[index - 1] in PARTICLES and not _strength(words.norm[index - 1]):
            index -= 1
        if words.at(index) in {"jr", "sr", "junior"} and index > first:
            index += 1
        return index if seen else first

    def _initial(self, index: int) -> bool:
        return len(self.words.norm[index]) == 1 or self.words.norm[index] in {"ma", "jr", "sr", "sta", "sto"}

    def candidates(self) -> Iterator[tuple[int, int, str]]:
        """Names with how they were led to: self, named, title, marker or none."""
        words = self.words
        for pattern, how in ((_SELF, "self"), (_NAMED, "named")):
            for match in pattern.finditer(words.line):
                lead = match.group().strip()
                first = self._after_titles(words.word_at(match.end() - 1) + 1)
                if first >= len(words):
                    continue
                weak = lead in _WEAK_SELF or lead in {
                    "isang",
                    "na si",
                    "certain",
                    "called",
                    "names",
                    "a certain",
                }
                last = self.name_from(first, eager=not weak)
                listed = any(_strength(w) == 1.0 for w in words.norm[first:last])
                if last > first and (
                    not weak or (listed and (last - first > 1 or lead in {"a certain", "na si"}))
                ):
                    yield first, last, how
        for match in _KIN_LEAD.finditer(words.line):
            first = words.word_at(match.end() - 1) + 1
            if first < len(words) and (_strength(words.norm[first]) == 1.0 or self.capital(first)):
                last = self.name_from(first, eager=False)
                if last > first:
                    yield first, last, "marker"
        for index, word in enumerate(words.norm):
            if word in _MARKERS:
                first = self._after_titles(index + 1)
                titled = first > index + 1
                last = self.name_from(first, eager=True) if first < len(words) else first
                if last > first and self._plausible(first, last, titled=titled):
                    yield first, last, "title" if titled else "marker"
            elif word in TITLES and (index == 0 or words.norm[index - 1] not in TITLES):
                first = self._after_titles(index)
                last = self.name_from(first, eager=True) if first < len(words) else first
                if last > first and self._plausible(first, last, titled=True):
                    yield first, last, "title"
        index = 0
        while index < len(words):
            last = self._bare(index)
            if last:
                yield index, last, "bare"
            index = last or index + 1

    def _after_titles(self, index: int) -> int:
        words = self.words
        while index < len(words) and (words.norm[index] in TITLES or words.norm[index] in {"po", "ng", "na"}):
            if (
                words.norm[index] in {"po", "ng", "na"}
                and words.at(index + 1) not in TITLES
                and _strength(words.at(index + 1)) == 0
            ):
                break
            index += 1
        return index

    def _plausible(self, first: int, last: int, *, titled: bool) -> bool:
        words = self.words
        if any(_strength(words.norm[i]) or self.capital(i) for i in range(first, last)):
            return True
        return (
            titled is False
            and words.norm[first - 1] in {"si", "kay", "ni"}
            and words.norm[first] not in ordinary_words()
        )

    def _bare(self, first: int) -> int:
        """A full name with nothing before it: a given name and a surname."""
        words = self.words
        lists = name_words()
        if words.norm[first] not in lists.given or first in self.offices:
            return 0
        last = self.name_from(first, eager=False)
        if last - first < 2:
            return 0
        total = sum(_strength(words.norm[i]) for i in range(first, last))
        surname = any(words.norm[i] in lists.surnames for i in range(first + 1, last))
        capitals = all(self.capital(i) or words.norm[i] in PARTICLES for i in range(first, last))
        return last if surname and (total >= 2 or capitals) else 0


def _role(words: Words, first: int, last: int, how: str) -> Role:
    if how == "self":
        return "complainant"
    if (
        how in ("bare", "marker")
        and _AFTER_SELF.match(words.after(last, 3))
        and first <= 12
        and re.match(r"^(?:speaking|po ito|po ako|here|ang nagrereklamo)", words.after(last, 3))
    ):
        return "complainant"
    before, after = words.before(first, 9), words.after(last, 10)
    kin = _KIN.search(before)
    if kin:
        return "other"
    titled = [w for w in words.norm[max(first - 3, 0) : first] if w in TITLES]
    good = _nearest(_GOOD, before, after)
    harm = _nearest(_HARM, before, after)
    if good < harm:
        return "other"
    if harm < 99:
        return "respondent"
    if any(title in _OFFICIAL_TITLES for title in titled) or how == "named":
        return "respondent"
    return (
        "other"
        if good < 99
        else "respondent"
        if how in ("title", "marker") and _HARM.search(words.line)
        else "other"
    )


_KIN: Final = re.compile(
    r"\b(?:my|our|aking|ko|kong|namin|naming|ang|yung|witness|testigo|kasama) ?(?:late |eldest |youngest |"
    r"older |younger )?(?:sister|brother|husband|wife|asawa|anak|kapatid|nanay|tatay|mother|father|son|"
    r"daughter|mama|papa|mom|dad|lola|lolo|pinsan|"
    r"cousin|kapitbahay|neighbor|neighbour|friend|kaibigan|classmate|uncle|aunt|nephew|niece|pamangkin|"
    r"biyenan|companion|kasama|witness|testigo|patient|employer|amo|ama|ina|ate|kuya|child|partner|lawyer|"
    r"abogado)"
    r"(?: ko| kong| namin| naming| na| po| in law| is| was| ay| named| si| ni| kay| pong| nga){0,4}$|"
    r"\b(?:witness|testigo|saksi|kasama|kasama ko|kasama kong|kasama namin)(?: ko| po| ay| is| was| si|"
    r" were| din| rin| ang| na| ng){0,4}$"
)


def _nearest(cue: re.Pattern[str], before: str, after: str) -> int:
    distances = [len(before[m.end() :].split()) for m in cue.finditer(before)]
    distances += [len(after[: m.start()].split()) for m in cue.finditer(after)]
    return min(distances, default=99)


def _written_name(words: Words, first: int, last: int) -> str:
    """The name as written, with capitals where the text has none."""
    text = words.text[words.start[first] : words.end[last - 1]]
    if text.islower() or text.isupper():
        return " ".join(part[:1].upper() + part[1:].lower() for part in text.split())
    return " ".join(text.split())


def find_people(words: Words, offices: set[int]) -> list[Named]:
    """Every person named, once, in order."""
    ranks = {"self": 0, "named": 1, "title": 2, "marker": 3, "bare": 4}
    found: list[tuple[int, int, str]] = []
    taken: set[int] = set()
    for first, last, how in sorted(_Finder(words, offices).candidates(), key=lambda c: (ranks[c[2]], c[0])):
        if not taken.intersection(range(first, last)):
            taken.update(range(first, last))
            found.append((first, last, how))
    found.sort()
    people: list[Named] = []
    for index, (first, last, how) in enumerate(found):
        if index + 1 < len(found) and takes_back(words, last, found[index + 1][0]):
            continue
        named = Named(_written_name(words, first, last), _role(words, first, last, how), first, last)
        _merge(people, named)
    return people


def _merge(people: list[Named], named: Named) -> None:
    """Add a person, or see that a shorter name was used for one already there."""
    parts = set(named.name.lower().split())
    for index, known in enumerate(people):
        others = set(known.name.lower().split())
        if parts <= others or others <= parts:
            fuller = known if len(others) >= len(parts) else named
            role: Role = known.role
            if role == "other" and named.role != "other":
                role = named.role
            people[index] = fuller._replace(role=role)
            return
    people.append(named)


_POSITION: Final = (
    ("security guard", r"security guards?|guards?|guwardiya|gwardya|guwardya|guardiya|sekyu|sikyu|gwardiya"),
    ("cashier", r"cashiers?|kahera|kahero|kaherang"),
    ("traffic enforcer", r"traffic enforcers?|enforcers?|traffic aide|traffic officer|buwaya"),
    ("police officer", r"police officers?|policem[ae]n|policewoman|pulis|parak|patrolman|imbestigador|investigator|desk officer"),
    ("fixer", r"fixers?|pikser"),
    ("inspector", r"(?:fire |sanitary |building |safety )?inspectors?|inspektor"),
    ("examiner", r"(?:revenue )?examiners?|revenue officers?|assessors?"),
    ("teller", r"tellers?"),
    ("barangay captain", r"(?:barangay |brgy )?(?:captain|chairman|chairwoman|kapitan|kapitana|punong barangay)"),
    ("barangay secretary", r"(?:barangay |brgy )?(?:secretary|kalihim|sekretarya)"),
    ("barangay tanod", r"(?:barangay |brgy )?tanods?"),
    ("kagawad", r"kagawads?"),
    ("treasurer", r"treasurers?|tesorero|tesorera|ingat yaman"),
    ("registrar", r"registrars?"),
    ("principal", r"principals?|punong guro|school head"),
    ("teacher", r"teachers?|guro|titser|adviser|maestra"),
    ("nurse", r"nurses?|nars|midwife"),
    ("doctor", r"doctors?|doktor|doktora|physician"),
    ("social worker", r"social workers?"),
    ("engineer", r"engineers?|inhinyero"),
    ("receptionist", r"receptionists?|information desk"),
    ("encoder", r"encoders?"),
    ("evaluator", r"evaluators?|processors?|approver"),
    ("collector", r"collectors?|kolektor|maniningil"),
    ("supervisor", r"supervisors?|superbisor|manager|section chief|head of office|hepe|office head|division chief|district head|chief|department head"),
    ("clerk", r"clerks?|klerk|receiving clerk|releasing clerk|receiving officer|releasing officer"),
    ("mayor", r"mayor|alkalde"),
    ("liaison", r"liaison officers?|liaison"),
    ("immigration officer", r"immigration officers?"),
    ("agent", r"agents?|ahente"),
    ("frontline staff", r"frontliners?|front desk|frontdesk"),
    ("officer", r"officers?|opisyal|officials?|officer in charge|oic|officer of the day"),
    ("employee", r"employees?|empleyado|empleyada|emplyado|kawani|staff|istap|personnel|tauhan|worker|manggagawa|taga \w+"),
    ("man", r"lalaki|lalaking|lalake|man|guy|mama|gentleman"),
    ("woman", r"babae|babaeng|woman|lady|ale|girl"),
    ("person", r"tao|taong|person|someone|somebody|isang tao"),
)  # fmt: skip
_POSITIONS: Final = re.compile(
    r"\b(?:" + "|".join(f"(?P<p{i}>{words})" for i, (_, words) in enumerate(_POSITION)) + r")\b"
)
_QUALIFIER: Final = re.compile(
    r"^(?: (?:na |ng |in |at |sa |from |with |wearing |who was wearing |who wore |on |of |the |a |an |"
    r"nila |doon |dun |dito |there |mismo |po |yung )*(?:naka ?\w+(?: (?:na|ng) \w+)?(?: \w+)?|"
    r"nakasuot ng \w+(?: na \w+)?|"
    r"(?:window|counter|booth|table|gate|desk|door|room|lane|bintana|kwarto|mesa|entrance|lobby|pinto|"
    r"pintuan|second floor|first floor|third floor|ground floor|releasing|receiving|information|cashier|"
    r"harap|labas|loob|salamin)(?: (?:number |no )?(?:\d+|[a-z]|one|two|three|four|five|six|seven|eight|"
    r"nine|ten|uno|dos|tres|kwatro|singko|sais|siyete|otso))?"
    r"(?= |$)|(?:eye ?)?glasses|salamin|(?:long|short|curly|white|gray|grey|maikling|mahabang|"
    r"puting) (?:hair|buhok)|(?:red|blue|white|green|black|yellow|pink|orange|pula|asul|puti|itim|"
    r"dilaw)(?:ng)? \w+|matanda\w*|bata\w*|mataba|payat|matangkad|kalbo|"
    r"bald|tall|fat|thin|old|young|middle aged|mid \w+|mustache|bigote|tattoo|uniform|uniporme|polo|"
    r"barong|motor\w*|desk|charge))+"
)


def describe_respondent(words: Words, people: list[Named]) -> tuple[str, int, int] | None:
    """Position and words of the person complained of, None where their name was spoken or nobody is described."""
    if any(person.role == "respondent" for person in people):
        return None
    best: tuple[float, str, int, int] | None = None
    for match in _POSITIONS.finditer(words.line):
        position = next(name for i, (name, _) in enumerate(_POSITION) if match[f"p{i}"])
        first, last = words.word_at(match.start()), words.word_at(match.end() - 1) + 1
        before, after = words.before(first, 6), words.after(last, 12)
        if re.search(
            r"\b(?:my|i am an?|ako ay isang|isa akong|aking|dati akong|ako po ay|retired)$", before
        ) or words.at(last) in {"ako", "kami"}:
            continue
        score = 0.0
        harm = _nearest(_HARM, before, after)
        score += 2.0 - 0.1 * min(harm, 15) if harm < 99 else 0.0
        score -= 1.5 if _nearest(_GOOD, before, after) < min(harm, 4) else 0.0
        extra = _QUALIFIER.match(words.line[match.end() :])
        if extra:
            last = words.word_at(match.end() + extra.end() - 1) + 1
            score += 1.0
        score -= 0.8 if position in ("man", "woman", "person") and not extra else 0.0
        score -= 0.4 if position in ("employee", "officer", "person") else 0.0
        if re.search(r"\b(?:yung|ung|ang|the|isang|a|an|ng|nung|one of the|si|that|this)$", before):
            score += 0.5
        if score > 0.6 and (best is None or score > best[0] + 0.15):
            best = (score, position, first, last)
    return best[1:] if best else None


def _find(doc: Any) -> Any:
    words = words_of(doc)
    offices: set[int] = set()
    for mention in doc._.agency_mentions:
        if mention.office.code is not None or mention.last - mention.first > 1:
            offices.update(range(mention.first, mention.last))
    people = find_people(words, offices)
    doc._.people = tuple(Person(name=p.name, role=p.role, **words.place(p.first, p.last)) for p in people)
    described = describe_respondent(words, people)
    if described:
        position, first, last = described
        doc._.respondent_description = RespondentDescription(position=position, **words.place(first, last))
    return doc


def _make(nlp: Any, name: str) -> Any:
    name_words()
    return _find


Language.factory(FACTORY, func=_make)
