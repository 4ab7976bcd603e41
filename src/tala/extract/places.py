"""The city or municipality of the office complained of, by its PSGC code.

Component `tala_places`. A name that several places bear is resolved by the province, city or region named
beside it or elsewhere in the text, and left open with its candidates where nothing tells. The speaker's home,
a street, a person's name or a place compared with is not the place of the office.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.datafiles import word_list
from tala.extract.gazetteer import Heard, Match, Phrases, split
from tala.extract.meanings import english
from tala.extract.names import TITLES, name_words
from tala.extract.sound import ordinary_words
from tala.extract.words import Words, extend, words_of
from tala.facts import Agency, Location

FACTORY: Final = "tala_places"
extend("location")
extend("place_mentions", ())


class Town(NamedTuple):
    """A city, municipality, province, region or district of Manila; `within` is the province around it."""

    psgc: str
    name: str
    kind: str
    within: str
    inhabitants: int


class PlaceMention(NamedTuple):
    """A place named at words [first, last): the cities and municipalities it may be, and what speaks for each
    reading."""

    towns: tuple[Town, ...]
    provinces: tuple[str, ...]
    first: int
    last: int
    score: float
    weight: float
    of_office: bool = False  # right after the name of an office


class _Gazetteer(NamedTuple):
    phrases: Phrases[str]
    heard: Heard[str]
    towns: dict[str, Town]
    preferred: dict[str, str]
    everyday: frozenset[tuple[str, ...]]


def _variants(name: str) -> Iterable[str]:
    """The ways an official name is said: "City of Pasig" is also "Pasig" and "Pasig City"."""
    bare = re.sub(r"^(?:Science City of|Island Garden City of|City of)\s+|\s+City$", "", name)
    for stem in {bare, bare.replace("Sto.", "Santo"), bare.replace("Gen.", "General")}:
        yield from {
            stem,
            re.sub(r"\bSanta\b", "Sta", stem),
            re.sub(r"\bSanto\b", "Sto", stem),
            re.sub(r"\bGeneral\b", "Gen", stem),
        }


@cache
def gazetteer() -> _Gazetteer:
    """All places of the PSGC by every name they are known by."""
    folder = files("tala.data")
    said = tomllib.loads(folder.joinpath("places.toml").read_text("utf-8"))
    around: dict[str, str] = said["around"]
    towns: dict[str, Town] = {}
    names: list[tuple[str, str]] = []
    sounds: list[tuple[str, str]] = []
    for line in folder.joinpath("places.tsv").read_text("utf-8").splitlines():
        psgc, name, kind, within, inhabitants, old = line.split("\t")
        towns[psgc] = Town(psgc, name, kind, around.get(psgc, within), int(inhabitants))
        if kind == "district":
            continue
        for variant in _variants(name):
            names.append((variant, psgc))
            if len(variant) >= 5 and kind != "region":
                sounds.append((variant.lower(), psgc))
            if kind in ("city", "municipality"):
                ends = ("City", "City Hall") if kind == "city" else ("town", "municipality")
                names += [(f"{variant} {ends[0]}", psgc)]
                leads = (
                    ("City of", "Lungsod ng", "siyudad ng")
                    if kind == "city"
                    else ("bayan ng", "municipality of", "town of")
                )
                names += [(f"{lead} {variant}", psgc) for lead in leads]
            elif kind == "province":
                names += [
                    (f"{lead} {variant}", psgc) for lead in ("province of", "lalawigan ng", "probinsya ng")
                ]
                names.append((f"{variant} province", psgc))
        # An old name that is an everyday word or a surname would be heard in texts that name no place.
        if old and old.lower() not in ordinary_words():
            names.append((old, psgc))
    names += [(name, psgc) for name, psgc in said["names"].items()]
    names += [(name, psgc or f"region {name}") for name, psgc in said["regions"].items()]
    everyday = frozenset(split(word) for word in said["everyday"]["words"])
    sounds += [(name, psgc) for name, psgc in said["names"].items() if len(name) >= 6]
    return _Gazetteer(Phrases(names), Heard(sounds, least=5, widest=3), towns, said["preferred"], everyday)


_LEADS: Final = re.compile(
    r"\b(?:sa|in|at|dito sa|diyan sa|doon sa|here in|nasa|branch|branch sa|of|ng|taga|bayan ng|"
    r"munisipyo ng|city hall ng|kapitolyo ng|lungsod ng|office|located in|tiga|"
    r"from|city|near|along|district|satellite|mula|galing|to|inside|papuntang|papunta ng|around|brgy \w+|"
    r"barangay \w+(?: \w+)?|capitol of|hall of|municipality of|town of|province of)$"
)
_STREET: Final = re.compile(
    r"^(?:avenue|ave|street|st|boulevard|blvd|road|rd|highway|bridge|drive|expressway|circle|ext|"
    r"extension|village|subdivision|subd|medical|memorial|general hospital|doctors|university|college|"
    r"state|polytechnic|high school|national high|elementary|science|building|bldg|tower|mall|plaza|park|"
    r"church|bank|law|shrine|hospital|reservation|rotonda|interchange|shaw|street|institute|trench|"
    r"line|liner|district engineering)\b"
)
_HOME: Final = re.compile(
    r"\b(?:taga|tiga|taga rito|nakatira|naninirahan|live|lives|lived|living|resident|residente|residing|"
    r"address|lumaki|born|ipinanganak|hometown|bahay (?:ko|namin)|my house|our house|my home|i am from|"
    r"i m from|im from|we are from|we re from|from|umuwi|uwi|probinsya|originally|tubong)(?: (?:po|ako|"
    r"kami|ako po|pa|ko|is|ay|at|in|of|sa|ng|dito|lang|ang|the|na|kaming|kong|a|brgy|barangay|"
    r"\S+ng)){0,4}$"
)
_TRAVEL: Final = re.compile(
    r"\b(?:galing|mula|biyahe|byahe|bumiyahe|nagbiyahe|travel\w*|traveled|travelled|flight|flew|fly|lipad|"
    r"pauwi|drove|came all the way from|all the way from|trip|works?|working|"
    r"nagtatrabaho|trabaho|"
    r"based|ofw|abroad|seaman|barko|bound|going home|send|deliver\w*|galing pa|nanggaling|came from|"
    r"from)(?: (?:po|ako|kami|pa|ko|ay|at|in|of|sa|ng|to|from|ang|the|na|kaming|as|a|\S+ng)){0,4}$"
)
_CONTRAST: Final = re.compile(
    r"\b(?:unlike|compared|kumpara|di tulad|hindi tulad|hindi gaya|di gaya|hindi katulad|kaysa|not|hindi|"
    r"mabuti pa|buti pa|better|dati|before|previously|lumipat|transferred|pinapapunta|pinapunta|referred|"
    r"told me to go|told to go|"
    r"go to|kahit sa|as in|yung sa|parang)(?: (?:po|ako|kami|na lang|in|at|of|sa|ng|to|from|the|ang|nung|"
    r"noong|me|us|daw|raw|office|branch|lto|sss|bir|dfa|nbi|psa|philhealth|city|hall|main)){0,4}$"
)
_OFFICE_BEFORE: Final = re.compile(
    r"\b(?:office|branch|hall|munisipyo|kapitolyo|capitol|opisina|tanggapan|station|center|health center|"
    r"hospital|ospital|school|district|satellite|barangay|brgy|rdo|registry|registrar|bplo|assessor|"
    r"treasurer|licensing|"
    r"lgu|sangay|court|mayor|police|pulis|post office|local government)(?: (?:po|namin|dito|sa|in|ng|of|"
    r"at|the|here|main|nila|office|branch|\d+|\S+))?(?: (?:sa|in|ng|of|at))?$"
)
_OFFICE_AFTER: Final = re.compile(
    r"^(?:city |municipal |provincial |district |main |po )*(?:branch|office|city hall|hall|munisipyo|"
    r"municipal|district office|satellite|capitol|assessor|treasurer|civil|registry|bplo|police|health|"
    r"licensing|mayor|lgu|lto|sss|bir|dfa|"
    r"nbi|psa|philhealth|pag ibig|pagibig|post office|city government|treasury|building official|rdo)\b"
)
_BARANGAY: Final = re.compile(r"\b(?:barangay|brgy|baranggay|bgy|barangay ng|barangay hall ng|sitio0)(?= )")
_BARANGAY_LONG: Final = word_list("places_barangay_long")
_NOT_IN_BARANGAY: Final = word_list("places_not_in_barangay")


def _matches(words: Words, blocked: set[int], led: set[int]) -> list[Match[str]]:
    """Every place named, not overlapping: by name first, then by sound after words that lead to places."""
    known = gazetteer()
    found: list[Match[str]] = []
    index = 0
    while index < len(words):
        match = None
        if index not in blocked:
            match = known.phrases.at(words, index)
            office = index in led
            if match is None and (office or words.at(index - 1) in _BEFORE_PLACES):
                match = known.heard.at(words, index)
                if match and match.last - index == 1 and english(words.norm[index]):
                    match = None  # a word that means something else
            beside = bool(found) and found[-1].last == index
            if match and not _is_place(words, match, known, led=office, beside=beside):
                match = None
        if match:
            found.append(match)
        index = match.last if match else index + 1
    return found


_CITY_HEARD: Final = frozenset({"siti", "sity", "siyudad", "syudad", "sidi"})
_BEFORE_PLACES: Final = word_list("places_before_places")


def _is_place(words: Words, match: Match[str], known: _Gazetteer, *, led: bool, beside: bool) -> bool:
    """Whether a name is meant as a place here, and not as a street, a person or an everyday word.

    `led` after the name of an agency, `beside` right after another place.
    """
    after = words.after(match.last, 3)
    if _STREET.match(after) and not after.startswith(("st ", "state ")):
        return False
    phrase = tuple(words.norm[match.first : match.last])
    before = words.before(match.first, 3)
    last_word = before.rsplit(" ", 1)[-1]
    if last_word in TITLES | {"si", "kay", "ni", "nina", "sina", "kina", "named"} and last_word not in {
        "mayor",
        "governor",
        "assessor",
        "treasurer",
    }:
        return False
    people = name_words()
    if phrase in known.everyday:
        return _sure_of_everyday(words, match, known, before)
    single = len(phrase) == 1
    if single and (phrase[0] in people.surnames or phrase[0] in people.given):
        if led or beside:
            return True
        neighbours = {words.at(match.first - 1), words.at(match.last)}
        if neighbours & (people.given | people.surnames) - {"san", "santa"}:
            return False
        return (
            bool(_LEADS.search(before)) or bool(_OFFICE_AFTER.match(after)) or words.at(match.last) == "city"
        )
    return True


def _sure_of_everyday(words: Words, match: Match[str], known: _Gazetteer, before: str) -> bool:
    following = known.phrases.at(words, match.last) if match.last < len(words) else None
    if following is None and words.at(match.last) in {"sa", "in", "ng"} and match.last + 1 < len(words):
        following = known.phrases.at(words, match.last + 1)
    provinces = {known.towns[v].within for v in match.values if v in known.towns}
    if following and provinces & set(following.values):
        return True
    if re.search(
        r"\b(?:bayan ng|municipality of|munisipyo ng|town of|municipal hall of|city hall ng|"
        r"lungsod ng|city of|city hall of|municipal hall ng|capitol of|kapitolyo ng|lalawigan ng|"
        r"probinsya ng|province of)$",
        before,
    ):
        return True
    said = words.slice(match.first, match.last)
    if re.match(
        r"(?:city|municipal|municipality|munisipyo|municipal hall|province|provincial)\b",
        words.after(match.last, 2),
    ):
        return True
    strong = said in {
        "rizal",
        "quezon",
        "aurora",
        "abra",
        "roxas",
        "romblon",
        "antique",
        "quirino",
    } or said.startswith(("san ", "santa ", "sta ", "santo "))
    written = words.text[words.start[match.first]].isupper() and not words.text.isupper()
    return (strong or written) and bool(
        re.search(
            r"\b(?:sa|in|at|taga|from|city|lto|sss|bir|psa|nbi|philhealth|ng|of|branch|office)$", before
        )
    )


def _readings(words: Words, match: Match[str], known: _Gazetteer) -> tuple[tuple[Town, ...], tuple[str, ...]]:
    """The cities and municipalities a name may mean, and the provinces or regions."""
    towns = [known.towns[value] for value in match.values if value in known.towns]
    cities = [town for town in towns if town.kind in ("city", "municipality")]
    provinces = tuple(town.psgc for town in towns if town.kind in ("province", "region"))
    said = words.slice(match.first, match.last)
    if (cities and words.at(match.last) in _CITY_HEARD) or re.search(
        r"\bcity$|^(?:city of|lungsod ng|siyudad ng) ", said
    ):
        provinces = ()
    return tuple(cities), provinces


def _weigh(words: Words, match: Match[str], mentions: tuple[Any, ...], agency: Agency | None) -> float:
    before, after = words.before(match.first, 8), words.after(match.last, 4)
    weight = 0.0
    if _LEADS.search(before):
        weight += 0.5
    linked = False
    for mention in mentions:
        distance = match.first - mention.last
        behind = mention.first - match.last
        near = (
            0 <= distance <= 4 and not _STOPS.search(words.slice(mention.last, match.first))
        ) or 0 <= behind <= 1
        inside = mention.first <= match.first and match.last <= mention.last
        if (near or inside) and mention.office.code:
            linked = True
            weight += 1.2 + 0.25 * max(min(mention.weight, 4.0), -8.0)
            if agency is not None and mention.office.code == agency.code:
                weight += 1.0
    if _OFFICE_BEFORE.search(before) or _OFFICE_AFTER.match(after):
        weight += 0.8
    if _HOME.search(before) and not linked:
        weight -= 2.0
    elif _TRAVEL.search(before) and not linked:
        weight -= 1.6
    if _CONTRAST.search(before):
        weight -= 2.2
    return weight


_STOPS: Final = re.compile(
    r"\b(?:pero|but|and|kasi|because|ako|tapos|then|from|galing|i|we|taga|nakatira|"
    r"live|kami)\b"
)


def find_places(
    words: Words, mentions: tuple[Any, ...] = (), agency: Agency | None = None, people: set[int] | None = None
) -> list[PlaceMention]:
    """All places named, each with what speaks for its being the place of the office."""
    known = gazetteer()
    blocked = set(people or ())
    for mention in mentions:
        if mention.last - mention.first > 2 and mention.office.code not in (None, "LGU", "DepEd"):
            blocked.update(range(mention.first, mention.last))
    led = {index for mention in mentions for index in range(mention.last, mention.last + 3)}
    found = []
    for match in _matches(words, blocked, led):
        towns, provinces = _readings(words, match, known)
        weight = _weigh(words, match, mentions, agency)
        of_office = _names_an_office(words, match, mentions)
        found.append(PlaceMention(towns, provinces, match.first, match.last, match.score, weight, of_office))
    return found


_CITY_OFFICE: Final = re.compile(r"\bcity (?:hall|health|engineer\w*|assessor\w*|treasur\w*)(?: \w+){0,3}$")


def _names_an_office(words: Words, match: Match[str], mentions: tuple[Any, ...]) -> bool:
    """ "LTFRB Cebu", "city health dito sa Masbate": the city is meant, also where a province has its name."""
    national = any(
        0 <= match.first - mention.last <= 2
        and mention.office.code not in (None, "LGU", "DepEd")
        and words.at(match.first - 1) != "of"
        for mention in mentions
    )
    return national or bool(_CITY_OFFICE.search(words.before(match.first, 7)))


def _resolve(mention: PlaceMention, others: list[PlaceMention], words: Words) -> tuple[Town, ...]:
    """The towns a mention can still mean after the text around it is heard."""
    towns = mention.towns
    if len(towns) <= 1 and not mention.provinces:
        return towns
    beside = [o for o in others if 0 <= o.first - mention.last <= 2 or 0 <= mention.first - o.last <= 1]
    elsewhere = [o for o in others if o is not mention]
    for group in (beside, elsewhere):
        provinces = {p for o in group if o is not mention for p in o.provinces}
        inside = tuple(t for t in towns if t.within in provinces)
        if inside:
            return inside
    said = words.slice(mention.first, mention.last).removesuffix(" city").removeprefix("city of ")
    preferred = gazetteer().preferred.get(said)
    for town in towns:
        if town.psgc == preferred:
            return (town,)
    if mention.provinces and mention.of_office:
        cities = tuple(town for town in towns if town.kind == "city" and town.within in mention.provinces)
        if len(cities) == 1:
            return cities
    if mention.provinces:
        return ()  # "sa Batangas" is the province unless the city is meant by name
    neighbours = {o.towns[0].within for o in elsewhere if len(o.towns) == 1 and not o.provinces}
    inside = tuple(t for t in towns if t.within in neighbours)
    if len(inside) == 1:
        return inside
    ranked = sorted(towns, key=lambda t: -t.inhabitants)
    if ranked[0].kind == "city" and ranked[0].inhabitants >= 4 * ranked[1].inhabitants:
        return (ranked[0],)
    return towns


def _barangay(words: Words, taken: set[int]) -> str | None:
    """The barangay as it was said, None where none is named."""
    for match in _BARANGAY.finditer(words.line):
        first = words.word_at(match.end() - 1) + 1
        last = first
        while last < len(words) and last - first < 4:
            word = words.norm[last]
            if (
                word in _NOT_IN_BARANGAY
                or last in taken
                or words.stops_before(last)
                or (last > first and "," in words.gap(last))
            ):
                break
            capital = words.text[words.start[last]].isupper()
            if last > first and not (capital or words.norm[last - 1] in _BARANGAY_LONG or word.isdigit()):
                break
            last += 1
        if last > first:
            return words.place(first, last)["text"]
    return None


def _part_of_next(mention: PlaceMention, found: list[PlaceMention]) -> bool:
    """Whether a place is named as a part of the city right after it: "Sampaloc, Manila"."""
    return any(
        0 <= other.first - mention.last <= 1 and other.towns and not other.provinces and other is not mention
        for other in found
    )


def place_of_office(words: Words, found: list[PlaceMention], agency: Agency | None) -> Location | None:
    """The place of the office, with candidates where it stays open; None where no place of it is named."""
    cities = [m for m in found if m.towns and not _part_of_next(m, found)]
    taken = {i for m in found for i in range(m.first, m.last)}
    barangay = _barangay(words, taken)
    local = agency is not None and agency.code in ("LGU", "DepEd", "PNP", "LWD")
    least = -2.6 if local else -0.6
    resolved = [(m, _resolve(m, found, words)) for m in cities]
    open_to = [(m, towns) for m, towns in resolved if towns and m.weight >= least]
    if not open_to:
        return Location(psgc=None, name=None, barangay=barangay) if barangay else None
    mention, towns = max(
        open_to, key=lambda pair: (round(pair[0].weight, 1), len(pair[1]) == 1, -pair[0].first)
    )
    if len(towns) == 1:
        town = towns[0]
        return Location(
            psgc=town.psgc, name=town.name, barangay=barangay, **words.place(mention.first, mention.last)
        )
    candidates = tuple(town.psgc for town in sorted(towns, key=lambda t: -t.inhabitants))
    return Location(
        psgc=None,
        name=None,
        barangay=barangay,
        candidates=candidates,
        **words.place(mention.first, mention.last),
    )


def _find(doc: Any) -> Any:
    words = words_of(doc)
    people: set[int] = set()
    for person in doc._.people:
        people.update(range(*words.by_index(person.start, person.end)))
    found = find_places(words, doc._.agency_mentions, doc._.agency, people)
    doc._.place_mentions = tuple(found)
    doc._.location = place_of_office(words, found, doc._.agency)
    return doc


def _make(nlp: Any, name: str) -> Any:
    gazetteer()
    return _find


Language.factory(FACTORY, func=_make)
