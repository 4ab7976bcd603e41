"""What role a name plays: the words around it tell who complains, who is complained of and who is neither."""

import re
from functools import cache
from typing import Final, NamedTuple

from tala.extract.cues import Lean, compiled
from tala.extract.datafiles import read, word_list
from tala.extract.names import RANKS, TITLES
from tala.extract.words import Words
from tala.facts import Role

MARKERS: Final = frozenset({"si", "kay", "ni", "sina", "kina", "nina"})
_THEIRS: Final = re.compile(r"\b(?:his|her|their|niya|niyang|nila|nilang|nya|nyang|kanyang|kanilang)\b")
_CIVIL_TITLES: Final = word_list("people_civil_titles")
_INTRODUCED: Final = re.compile(
    r"(?:ito|here|from|of|taga|tiga|residente|(?:a |isang )?resident\w*|nakatira|\d\d|\w+ years old|age|"
    r"senior|calling|ofw|(?:a|an|isang) (?:retired|senior|teacher|farmer|driver|nurse|vendor|student|"
    r"seaman|guro|magsasaka|drayber))\b"
)
_SOMEWHERE: Final = re.compile(r"here (?:in|at|sa) ")
_FOR: Final = re.compile(r"\bpara kay(?: \w+)?$")
AFTER_KIN: Final = word_list("people_after_kin")
_BEFORE_KIN: Final = frozenset(
    {"my", "our", "na", "ang", "yung", "po", "ay", "aking", "aming", "s", "is", "was", "ho"}
)
_CONTRASTS: Final = frozenset(
    {"but", "pero", "ngunit", "subalit", "kaso", "samantalang", "whereas", "kundi", "although"}
)


class Candidate(NamedTuple):
    """A name at words [first, last) and how it was led to: self, named, title, marker, kin, staff or bare."""

    first: int
    last: int
    how: str


class Cues(NamedTuple):
    self_: re.Pattern[str]
    weak_self: re.Pattern[str]
    self_after: re.Pattern[str]
    named_after: re.Pattern[str]
    named: re.Pattern[str]
    weak_named: re.Pattern[str]
    kin: re.Pattern[str]
    staff: re.Pattern[str]
    harm: re.Pattern[str]
    deal: re.Pattern[str]
    good: re.Pattern[str]


@cache
def cues() -> Cues:
    lists = read("rules/people.toml")
    return Cues(
        compiled(lists["self"]), compiled(lists["weak_self"]), compiled(lists["self_after"]),
        compiled(lists["named_after"]),
        compiled(lists["named"]),
        compiled(lists["weak_named"]), compiled(lists["kin"]), compiled(lists["staff"]),
        compiled(lists["harm"]),
        compiled(lists["deal"]), compiled(lists["good"]),
    )  # fmt: skip


def role_of(words: Words, one: Candidate) -> Role | None:
    """The role that the words around a name give it, None where they leave it open."""
    first, last = one.first, one.last
    heard = cues()
    if one.how == "self":
        return "complainant"
    after_name = Lean(words, last, last + 5).line
    here = after_name.startswith(("here in ", "here at ", "here sa "))
    if (
        one.how in ("bare", "marker", "title")
        and not here
        and heard.self_after.match(after_name)
        and first < 12
    ):
        return "complainant"
    if one.how == "bare" and first <= 4 and _INTRODUCED.match(after_name):
        return "complainant"
    if one.how == "kin" or _is_kin_before(words, first, heard.kin):
        return "other"
    if _is_kin_after(words, last, heard.kin):
        return "other"
    titles = [word for word in words.norm[max(first - 3, 0) : first] if word in TITLES]
    if _FOR.search(words.before(first, 3)):
        return "other"  # whom it is asked for
    good = nearest(words, one, heard.good, 7, across=False)
    harm = nearest(words, one, heard.harm, 10)
    if good + (2 if titles else 0) < harm:
        return "other"
    linked = words.norm[first - 1] in MARKERS or words.norm[first - 2 : first - 1] == ["si"]
    near = 8 if linked and "na" in words.norm[max(first - 4, 0) : first] else 3
    office = any(first - end <= near for _, end in Lean(words, first - 10, first).find(heard.staff))
    office = office or any(word in RANKS and words.at(i + 1).isdecimal() for i, word in _around(words, first))
    if (
        harm < 99
        or office
        or one.how in ("named", "staff")
        or any(title not in _CIVIL_TITLES for title in titles)
    ):
        return "respondent"
    return None


def _around(words: Words, first: int) -> list[tuple[int, str]]:
    return [(index, words.norm[index]) for index in range(max(first - 2, 0), first)]


def _is_kin_before(words: Words, name: int, kin: re.Pattern[str]) -> bool:
    """ "my client Mrs. Uy", "ang asawa ko na si Roger"; not "ang kasama niyang si Jun"."""
    first = name
    while first > 0 and (words.norm[first - 1] in TITLES or words.norm[first - 1] in AFTER_KIN):
        first -= 1
    if _THEIRS.search(words.slice(first - 2, name)):
        return False
    mine = words.at(first - 1) in {"my", "our", "aking", "aming"}
    return any(last == first or mine for _, last in Lean(words, first - 3, name if mine else first).find(kin))


def _is_kin_after(words: Words, last: int, kin: re.Pattern[str]) -> bool:
    """ "Lorna, my sister", "si Lorna na kapitbahay ko"."""
    stretch = words.after(last, 5).split()
    mine = {"my", "our", "ko", "kong", "namin", "naming", "aking"} & set(stretch)
    return bool(mine) and any(
        start - last <= 2 and all(word in _BEFORE_KIN for word in words.norm[last:start])
        for start, _ in Lean(words, last, last + 4).find(kin)
    )


def nearest(words: Words, one: Candidate, cue: re.Pattern[str], window: int, *, across: bool = True) -> int:
    """Words between a name and the nearest of its cues, 99 where none stands within the window.

    A contrast parts them: in "the nurse was kind but Dr. Cruz never came" the kindness is not the doctor's.
    `across` sentences too; what is said of somebody else in the next one counts only where blame is looked
    for.
    """
    start, end = one.first - window, one.last + window
    if not across:
        start, end = words.reach_back(one.first, window), words.reach_on(one.last, window)
    before = [
        one.first - last
        for _, last in Lean(words, start, one.first).find(cue)
        if _CONTRASTS.isdisjoint(words.norm[last : one.first])
    ]
    after = [
        first - one.last
        for first, _ in Lean(words, one.last, end).find(cue)
        if _CONTRASTS.isdisjoint(words.norm[one.last : first])
    ]
    return min(before + after, default=99)
