"""People named, each with a role.

Component `tala_people`. Names are found after words that lead to names ("ako po si", "officer", "named",
"si", "kay"; `data/rules/people.toml`) and by the lists of names, with or without capitals; titles are no part
of a name. The person complained of whose name was not spoken is described by `respondents`.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.agencies import tells_of_wrong
from tala.extract.corrections import takes_back
from tala.extract.cues import Lean
from tala.extract.datafiles import word_list
from tala.extract.introductions import introduced
from tala.extract.names import PARTICLES, RANKS, TITLES, name_words, town_words
from tala.extract.respondents import describe_respondent
from tala.extract.roles import AFTER_KIN, MARKERS, Candidate, cues, nearest, role_of
from tala.extract.sound import everyday_words, ordinary_words, sound_key
from tala.extract.words import Words, extend, words_of
from tala.facts import Person, RespondentDescription, Role

FACTORY: Final = "tala_people"
extend("people", ())
extend("respondent_description")


class Named(NamedTuple):
    """A name at words [first, last); `firm` where the speaker says whose it is: "my cousin Liza"."""

    name: str
    role: Role
    first: int
    last: int
    firm: bool = False


_MISHEARD_MARKERS: Final = frozenset({"c", "see", "sy", "kai", "kei", "cay", "ky"})
_OFFICE_WORDS: Final = frozenset(
    {
        "office",
        "general",
        "section",
        "window",
        "department",
        "division",
        "station",
        "house",
        "permit",
        "hall",
        "order",
    }
    | {
        "executive",
        "staff",
        "unit",
        "service",
        "center",
        "desk",
        "city",
        "municipal",
        "provincial",
        "barangay",
        "district",
    }
)
_ASKS: Final = re.compile(
    r"\b(?:how (?:do|can|much|long|to)|magkano|"
    r"paano|what are the|itatanong|magtatanong|tanong|inquire|inquiry|"
    r"malaman|commend\w*|suggest\w*|mungkahi|saan (?:po )?(?:ba )?(?:pwede|puwede|kukuha)|where can)\b"
)
_JOINS: Final = frozenset({"at", "and", "saka", "tsaka", "pati"})
_HONORIFICS: Final = word_list("people_honorifics")
_HIDE: Final = re.compile(
    r"\b(?:huwag|wag|ilabas|banggit\w*|itago|malaman|ibunyag|ayaw|ayoko|sabihin|ibigay|nabanggit|without)\b"
)
_VERB: Final = re.compile(
    r"na(\w\w)\1\w*|(?:nag|mag|nang|mang|pina|pinag|naka|maka|naki|maki|ipina|ipin|nai|mai|kina|tina|sina|"
    r"bina|hina|inu|ina|ini|tinu|sinu|nan|nam|"
    r"binu|pinu|um|nap|hum|sum|tum|pum|lum|kum|gum|hinu|nina)\w+"
)
_NO_INITIALS: Final = frozenset("aeiouy")  # words of their own where no capitals tell
_SHORTENED: Final = word_list("people_shortened_titles")
_RANK: Final = {"self": 0, "named": 1, "title": 2, "kin": 3, "staff": 4, "marker": 5, "bare": 6}
_ELDERS: Final = frozenset({"nanay", "tatay", "lola", "lolo", "nana", "tata", "inang", "amang"})
_NEVER: Final = word_list("people_never")
_NEAR_PLACES: Final = word_list("people_near_places")
_GREETED: Final = frozenset({"morning", "afternoon", "evening", "hello", "hi", "umaga", "hapon", "gabi"})
_PLACE_KINDS: Final = word_list("people_place_kinds")


@cache
def _name_sounds() -> frozenset[str]:
    lists = name_words()
    return frozenset(
        sound_key(word) for word in (lists.given | lists.surnames) - lists.weak if len(word) >= 5
    )


@cache
def _strength(word: str) -> float:
    """How much a lower-case word looks like part of a name: 1 listed, 0.7 by sound, 0.5 an everyday word too,
    0 not."""
    lists = name_words()
    if word in lists.given or word in lists.surnames:
        return 0.5 if word in lists.weak else 1.0
    if "-" in word and all(part in lists.given for part in word.split("-")):
        return 1.0  # "Jun-jun", "Anna-Liza"
    if len(word) >= 5 and word not in ordinary_words() and sound_key(word) in _name_sounds():
        return 0.7
    return 0.0


@cache
def _may_be_called(word: str) -> bool:
    """Whether a lower-case word can be a name after "my name is": "call me tonight" tells none."""
    if len(word) < 3 or not word.isalpha() or word in _NEVER | TITLES | PARTICLES:
        return False
    return bool(_strength(word)) or not (
        word in everyday_words() or _VERB.match(word) or word.endswith(("ed", "ing", "ly"))
    )


class _Finder:
    """Finds the names of one text; words in `offices` belong to the names of agencies."""

    def __init__(self, words: Words, offices: set[int]) -> None:
        self.words = words
        self.offices = offices
        capitals = sum(words.text[start].isupper() for start in words.start)
        # all capitals, no capitals and A Capital On Every Word tell nothing
        self.cased = 0 < capitals <= 0.6 * len(words)

    def capital(self, index: int) -> bool:
        """Whether a word is written with a capital in a text that has both cases, not as an acronym."""
        if not self.cased or index >= len(self.words):
            return False
        written = self.words.text[self.words.start[index] : self.words.end[index]]
        return written[:1].isupper() and not (len(written) > 2 and written.isupper())

    def listed(self, first: int, last: int) -> bool:
        """Whether any word of a stretch is a name from the lists and nothing else."""
        return any(_strength(word) == 1.0 for word in self.words.norm[first:last])

    def capitals(self, first: int, last: int) -> bool:
        """Whether every word of a stretch but particles has a capital, in a text that has both cases."""
        words = self.words
        return all(self.capital(i) or words.norm[i] in PARTICLES for i in range(first, last))

    def end_of_name(self, first: int, *, eager: bool, sure: bool = False) -> int:
        """The end of the name that begins at a word, `first` where none does.

        `eager` after words that lead to names; `sure` after words that only a name can follow.
        """
        words, index, seen = self.words, first, 0
        word = words.norm[first]
        if sure and _may_be_called(word):
            index, seen = first + 1, 1
        while index < len(words) and index - first < 5 and seen < 4:
            if index > first and self._breaks(index):
                break
            if not self._goes_on(index, seen, eager=eager):
                break
            seen += words.norm[index] not in PARTICLES
            index += 1
        while index > first and words.norm[index - 1] in PARTICLES:
            index -= 1
        if (
            index > first
            and words.at(index) in {"jr", "sr", "junior"}
            and words.gap(index).strip() in ("", ",")
        ):
            index += 1
        return index if seen else first

    def _breaks(self, index: int) -> bool:
        words = self.words
        before = words.norm[index - 1]
        initial = len(before) == 1 or before in {"ma", "jr", "sr", "sta", "sto"}
        gap = words.gap(index)
        return "," in gap or "(" in gap or (words.stops_before(index) and not initial)

    def _goes_on(self, index: int, seen: int, *, eager: bool) -> bool:
        """Whether a word carries a name on."""
        words = self.words
        word, following = words.norm[index], words.at(index + 1)
        if word[0].isdecimal() or index in self.offices or word in TITLES:
            return False
        next_named = bool(_strength(following)) or self.capital(index + 1)
        if word in PARTICLES:
            after = index + 1
            while words.at(after) in PARTICLES:
                after += 1  # "de la Pena"
            return bool(_strength(words.at(after))) or self.capital(after)
        if len(word) == 1:
            if not self.cased and word in _NO_INITIALS:
                return False
            after = index + 1
            while eager and (len(words.at(after)) == 1 or words.at(after) in PARTICLES) and after - index < 4:
                after += 1  # "j r cabrera", "m dela cruz"
            next_named = next_named or bool(_strength(words.at(after)))
            return (
                bool(seen or eager)
                and next_named
                and (self.capital(index) or _strength(words.at(after)) >= 0.7)
            )
        strength, capital = _strength(word), self.capital(index)
        if word in _NEVER and not (strength and capital):
            return False
        if capital:
            return eager or bool(seen) or strength > 0 or word not in ordinary_words()
        if self.cased and not eager and strength < 1:
            return False
        if strength >= 0.7:
            return True
        if strength:
            return bool(seen) or eager or _strength(following) == 1.0
        known = (
            word in ordinary_words() or _VERB.match(word) is not None or word.endswith(("ed", "ing", "ly"))
        )
        return eager and not self.cased and seen < 2 and len(word) > 2 and not known

    def candidates(self) -> Iterator[Candidate]:
        """Every stretch that may be a name; the same stretch may come more than once."""
        for first, last in introduced(self.words, self._full_name):
            yield Candidate(first, last, "self")
        yield from self._after_cues()
        yield from self._after_kin_and_staff()
        yield from self._after_markers_and_titles()
        yield from self._bare()
        yield from self._before_staff()
        yield from self._before_self()

    def _full_name(self, first: int) -> int:
        """Where a name that begins at a word ends, by capitals or by the lists; that word where none does."""
        words = self.words
        if first >= len(words):
            return first
        last = self.end_of_name(first, eager=True)
        stretch = words.norm[first:last]
        if last - first == 1:
            return last if _strength(stretch[0]) == 1.0 and self.capital(first) else first
        listed = stretch and stretch[0] in name_words().given and any(_strength(w) for w in stretch[1:])
        unlike = any(word in everyday_words() and not _strength(word) for word in stretch)
        return last if listed or (last > first and self.capitals(first, last) and not unlike) else first

    def _before_self(self) -> Iterator[Candidate]:
        """ "Hipolito Marasigan po ang pangalan ko": what opens a text, said to be one's name."""
        words = self.words
        for start, _ in Lean(words, 0, 12).find(cues().named_after):
            last = start
            while last > 0 and words.norm[last - 1] in {"po", "ho", "ay", "is"}:
                last -= 1
            first = last
            while (
                first > 0
                and last - first < 4
                and not words.stops_before(first)
                and self._like_a_name(first - 1)
            ):
                first -= 1
            if first < last and (last - first > 1 or self.listed(first, last)):
                yield Candidate(first, last, "self")

    def _like_a_name(self, index: int) -> bool:
        word = self.words.norm[index]
        if word in _NEVER | TITLES or word[0].isdecimal():
            return False
        return self.capital(index) or bool(_strength(word)) or word not in ordinary_words()

    def _after_cues(self) -> Iterator[Candidate]:
        words, lists = self.words, cues()
        whole = Lean(words, 0, len(words))
        for pattern, how, weak in (
            (lists.self_, "self", False), (lists.weak_self, "self", True),
            (lists.named, "named", False), (lists.weak_named, "named", True),
        ):  # fmt: skip
            for _, end in whole.find(pattern):
                first = self._past_titles(end)
                if how == "self" and words.at(first) in _ELDERS:
                    first += 1  # "ako po si nanay Belen"
                if first >= len(words) or (how == "self" and weak and end > 14):
                    continue
                if how == "self" and _HIDE.search(words.before(end, 8)):
                    continue
                if how == "named" and words.stops_before(first) and not words.gap(first).startswith(":"):
                    continue
                titled = first > end and words.norm[first - 1] in TITLES
                sure = not weak and not self.cased and (how == "self" or titled)
                known = _strength(words.norm[first]) == 1.0 and words.norm[first] in name_words().given
                last = self.end_of_name(first, eager=not weak or known or titled, sure=sure)
                if last == first:
                    continue
                marked = self.capital(first) or words.norm[first - 1] == "si"
                full = self.listed(first, last) and (last - first > 1 or marked)
                if how == "self" and not full:
                    # "I'm Noel", "I am teacher Analyn", "This is Gladys Sumang" with a surname nobody listed
                    heard = words.norm[first] in name_words().given and words.at(last) in {"from", "po", "ng"}
                    full = known or heard or (last - first > 1 and self.capitals(first, last))
                if not weak or (
                    full if how == "self" else self.listed(first, last) and not words.stops_before(first)
                ):
                    yield Candidate(first, last, how)
                    if how == "named":
                        yield from self._joined(last, how)

    def _after_kin_and_staff(self) -> Iterator[Candidate]:
        words, lists = self.words, cues()
        whole = Lean(words, 0, len(words))
        for pattern, how in ((lists.kin, "kin"), (lists.staff, "staff")):
            for _, end in whole.find(pattern):
                first = end
                while words.at(first) in AFTER_KIN and first - end < 3:
                    first += 1
                first = self._past_titles(first)
                if first >= len(words) or not (
                    _strength(words.norm[first]) >= 0.5
                    or self.capital(first)
                    or (how == "kin" and first <= end + 1 and self._unheard_of(first))
                ):
                    continue
                if words.stops_before(first) or (
                    how == "staff" and _strength(words.norm[first]) < 1 and not self.capital(first)
                ):
                    continue
                last = self.end_of_name(first, eager=True)
                if last > first and (
                    not self.capital(first)
                    or self.listed(first, last)
                    or words.norm[first] not in ordinary_words()
                ):
                    yield Candidate(first, last, how)
                    yield from self._joined(last, how)

    def _unheard_of(self, index: int) -> bool:
        """Whether a word in a text without capitals is in no list and no dictionary: after "my mother" a
        name."""
        word = self.words.norm[index]
        return (
            not self.cased
            and len(word) > 3
            and word.isalpha()
            and word not in _NEVER | TITLES
            and word not in ordinary_words()
            and _VERB.match(word) is None
            and self.words.at(index - 1) not in {"na", "kong", "naming", "ko", "namin"}
        )

    def _after_markers_and_titles(self) -> Iterator[Candidate]:
        words = self.words
        for index, word in enumerate(words.norm):
            marker = word in MARKERS or (word in _MISHEARD_MARKERS and self._listed_after(index))
            titled = (word in TITLES and words.at(index - 1) not in TITLES) or self._past_titles(
                index
            ) > index > 0
            if not marker and not titled:
                continue
            first = self._past_titles(index + 1 if marker else index)
            if (
                first >= len(words)
                or (not marker and first == index)
                or (words.stops_before(first) and (marker or not _is_shortened(words, first)))
            ):
                continue
            how = "title" if first > index + marker else "marker"
            last = self.end_of_name(first, eager=True)
            if last > first and self._plausible(first, last):
                yield Candidate(first, last, how)
                yield from self._joined(last, how)

    def _bare(self) -> Iterator[Candidate]:
        """Full names with nothing before them: a given name and a surname."""
        words, lists, index = self.words, name_words(), 0
        while index < len(words):
            last = index
            inside = words.at(index - 1) in PARTICLES  # "San Mateo Rizal" is a town
            if words.norm[index] in lists.given and index not in self.offices and not inside:
                last = self.end_of_name(index, eager=False)
            stretch = words.norm[index:last]
            surname = any(word in lists.surnames for word in stretch[1:])
            capitals = last - index >= 2 and self.capitals(index, last)
            capitals = capitals and all(_strength(w) or w not in ordinary_words() for w in stretch[1:])
            full = last - index >= 2 and (capitals or (surname and sum(map(_strength, stretch)) >= 2))
            meant = full or (self._stands_alone(index, last) and not self._greeted(index, last))
            if meant and not self._of_a_place(index, last):
                yield Candidate(index, last, "bare")
            index = max(last, index + 1)

    def _greeted(self, first: int, last: int) -> bool:
        """Whether a name is of whom the speaker greets: "Good afternoon, Paul."."""
        words = self.words
        return words.at(first - 1) in _GREETED and (last == len(words) or bool(words.gap(last).strip()))

    def _of_a_place(self, first: int, last: int) -> bool:
        """Whether a name is that of a street, a school or a ship: "near Jose Abad Santos", "Rizal Avenue"."""
        words = self.words
        return words.at(first - 1) in _NEAR_PLACES or words.at(last) in _PLACE_KINDS

    def _stands_alone(self, first: int, last: int) -> bool:
        """Whether a single word is a given name by its capital alone: "then Karen threw my papers"."""
        words = self.words
        word = words.norm[first]
        beside = self.capital(first + 1) or self.capital(first - 1)
        return (
            last - first == 1
            and self.capital(first)
            and _strength(word) == 1.0
            and word not in town_words()
            and (not beside or words.stops_before(first) or words.stops_before(first + 1))
        )

    def _before_staff(self) -> Iterator[Candidate]:
        """ "Sheila the releasing clerk", "Jun ang cashier"."""
        words = self.words
        for first, _ in Lean(words, 0, len(words)).find(cues().staff):
            for lead in range(first - 1, max(first - 4, 0), -1):
                if words.norm[lead] in {"the", "ang", "yung", "na", "our", "their"}:
                    name = lead - 1
                    if (
                        name >= 0
                        and _strength(words.norm[name]) == 1.0
                        and words.norm[name] in name_words().given
                    ):
                        yield Candidate(name, lead, "staff")
                    break

    def _joined(self, last: int, how: str) -> Iterator[Candidate]:
        """Further names joined to one: "sina Ariel at Jomar", "officers Santos and Reyes"."""
        words = self.words
        while words.at(last) in _JOINS:
            first = self._past_titles(last + 1 + (words.at(last + 1) in MARKERS))
            if first >= len(words) or not (_strength(words.norm[first]) or self.capital(first)):
                return
            last = self.end_of_name(first, eager=True)
            if last == first or not any(_strength(words.norm[i]) >= 0.7 for i in range(first, last)):
                return
            yield Candidate(first, last, how)

    def _past_titles(self, index: int) -> int:
        words = self.words
        while index < len(words):
            if words.norm[index] in TITLES:
                index += 1
            elif (
                words.norm[index] in RANKS and words.at(index + 1).isdecimal() and words.gap(index + 1) == ""
            ) or (words.norm[index] in {"first", "second", "third"} and words.at(index + 1) == "class"):
                index += 2
            elif words.norm[index] in {"po", "ng", "na", "si"} and (
                words.at(index + 1) in TITLES
                or (_strength(words.at(index + 1)) and words.norm[index] != "ng")
            ):
                index += 1
            else:
                break
        return index

    def _listed_after(self, index: int) -> bool:
        """Whether a name from the lists follows, behind titles or not."""
        first = self._past_titles(index + 1)
        return first < len(self.words) and _strength(self.words.norm[first]) == 1.0

    def _plausible(self, first: int, last: int) -> bool:
        """Whether what follows a marker or title can be a name: a listed one, a capital, or no word that is
        known."""
        words = self.words
        word, lead = words.norm[first], words.norm[first - 1]
        polite = lead in MARKERS or lead in _HONORIFICS
        known = word in ordinary_words() or _VERB.match(word) is not None
        if self.listed(first, last):
            return True
        if self.capital(first):
            return polite or not known
        marked = any(words.at(i) in MARKERS for i in range(first - 3, first - 1))
        if polite and marked and len(word) >= 3:
            return word not in _NEVER and _VERB.match(word) is None
        if any(_strength(words.norm[i]) for i in range(first, last)):
            return polite or not known
        return polite and len(word) >= 3 and not known


def _is_shortened(words: Words, name: int) -> bool:
    """Whether the stop before a name is of a shortened title: "Engr. Reyes", not "thank you, sir."."""
    return words.gap(name).strip() == "." and words.at(name - 1) in _SHORTENED


def _written(words: Words, first: int, last: int) -> str:
    """The name as written, with capitals where the text has none."""
    text = " ".join(words.text[words.start[first] : words.end[last - 1]].split())
    text = re.sub(r"['’]s$", "", text)
    if text.islower() or text.isupper():
        return " ".join(part[:1].upper() + part[1:].lower() for part in text.split())
    return text


_NOT_THEM: Final = re.compile(r"\b(?:not|hindi|di|dili)(?: po| naman| ho)?(?: si| kay| ni)?(?: \w+)?$")
_BUT_THEM: Final = re.compile(
    r"\b(?:but|kundi|kung di|bagkus|kun di)(?: po)?(?: rather)?(?: si| kay| ni)? \w+"
)


def find_people(words: Words, offices: set[int]) -> list[Named]:
    """Every person named, once, in order; words in `offices` belong to the names of agencies."""
    found: list[Candidate] = []
    taken: set[int] = set()
    for one in sorted(_Finder(words, offices).candidates(), key=lambda c: (_RANK[c.how], c.first, -c.last)):
        if not taken.intersection(range(one.first, one.last)):
            taken.update(range(one.first, one.last))
            found.append(one)
    found.sort()
    kept: list[tuple[Candidate, Role | None]] = []
    for index, one in enumerate(found):
        if index + 1 < len(found) and takes_back(words, one.last, found[index + 1].first):
            continue
        denied = _NOT_THEM.search(words.before(one.first, 5))
        if denied and _BUT_THEM.search(words.after(one.last, 9, across=True)):
            continue
        kept.append((one, role_of(words, one)))
    people: list[Named] = []
    blamed = any(role == "respondent" for _, role in kept)
    whole = Lean(words, 0, len(words))
    harmless = not whole.has(cues().harm)
    praise = harmless and whole.has(cues().good)
    harmless = harmless and not tells_of_wrong(words) and (praise or _ASKS.search(words.line) is not None)
    for one, role in kept:
        if role == "respondent" and harmless:
            role = "other"
        if role is None:
            dealt = nearest(words, one, cues().deal, 6) < 99
            role = "respondent" if not praise and (dealt or not blamed) else "other"
        firm = one.how in ("self", "kin")
        _merge(people, Named(_written(words, one.first, one.last), role, one.first, one.last, firm))
    return people


def _merge(people: list[Named], named: Named) -> None:
    """Add a person, or see that a shorter name was used for one already there."""
    parts = set(named.name.lower().split())
    for index, known in enumerate(people):
        others = set(known.name.lower().split())
        if parts <= others or others <= parts:
            fuller = known if len(others) >= len(parts) else named
            swayed = known.role == "other" and not known.firm
            told = named if named.firm and not known.firm else named if swayed else known
            people[index] = fuller._replace(role=told.role, firm=told.firm)
            return
    people.append(named)


def _find(doc: Any) -> Any:
    words = words_of(doc)
    offices: set[int] = set()
    for mention in doc._.agency_mentions:
        if mention.office.code is not None or mention.last - mention.first > 1:
            offices.update(range(mention.first, mention.last))
    offices -= {i for i in offices if words.norm[i] in TITLES}
    people = find_people(words, offices)
    doc._.people = tuple(Person(name=p.name, role=p.role, **words.place(p.first, p.last)) for p in people)
    if not any(person.role == "respondent" for person in people):
        described = describe_respondent(words)
        if described:
            position, first, last = described
            doc._.respondent_description = RespondentDescription(
                position=position, **words.place(first, last)
            )
    return doc


def _make(nlp: Any, name: str) -> Any:
    name_words()
    cues()
    return _find


Language.factory(FACTORY, func=_make)
