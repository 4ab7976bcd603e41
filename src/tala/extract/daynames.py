"""Names of months, days of the week and days of a month in English, Filipino and Spanish-derived words."""

import re
from functools import cache
from typing import Final

from tala.extract.datafiles import word_list
from tala.extract.numbers import UNITS, kind_of
from tala.extract.sound import ordinary_words, sound_key
from tala.extract.words import Words

MONTHS: Final[dict[str, int]] = {
    name: month
    for month, names in enumerate(
        (
            "january enero jan janwari enerro",
            "february pebrero febrero feb pebruwari",
            "march marso mar marzo",
            "april abril apr",
            "may mayo",
            "june hunyo junio jun",
            "july hulyo julio jul",
            "august agosto aug",
            "september setyembre septiembre sept sep setiembre setyembri",
            "october oktubre octubre oct",
            "november nobyembre noviembre nov nobiembre",
            "december disyembre diciembre dec disiembre",
        ),
        start=1,
    )
    for name in names.split()
}
WEAK_MONTHS: Final = word_list("calendar_weak_months")
WEEKDAYS: Final[dict[str, int]] = {
    name: day
    for day, names in enumerate(
        (
            "monday mondays lunes lunis mon",
            "tuesday martes martis tue tues",
            "wednesday miyerkules miyerkoles merkules mierkoles myerkules miyerkulis wed",
            "thursday huwebes webes huebes huwebis thurs thu",
            "friday biyernes byernes bernes viernes biernes fri",
            "saturday sabado sabadu",
            "sunday",
        )
    )
    for name in names.split()
}
ORDINALS: Final[dict[str, int]] = {
    name: day
    for day, names in enumerate(
        (
            "first unang una primero", "second ikalawa ikalawang pangalawa", "third ikatlo ikatlong",
            "fourth ikaapat",
            "fifth ikalima ikalimang", "sixth ikaanim", "seventh ikapito ikapitong",
            "eighth ikawalo ikawalong",
            "ninth ikasiyam", "tenth ikasampu ikasampung", "eleventh", "twelfth", "thirteenth",
            "fourteenth", "fifteenth",
            "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


@cache
def _sounds() -> dict[str, dict[str, int]]:
    return {
        kind: {sound_key(name): value for name, value in names.items() if len(name) >= 5}
        for kind, names in (("month", MONTHS), ("weekday", WEEKDAYS))
    }


@cache
def by_sound(word: str, kind: str) -> int | None:
    """The month or day of the week that a misspelt word sounds like."""
    if len(word) < 5 or word in ordinary_words():
        return None
    return _sounds()[kind].get(sound_key(word))


def day_number(words: Words, index: int) -> tuple[int, int]:
    """The day of a month said at a word, and the word after it; (0, index) where none is."""
    word = words.at(index)
    if not word:
        return 0, index
    if word in ORDINALS:
        return ORDINALS[word], index + 1
    first = index
    if word in {"ika", "a", "ikaw", "ica", "pang"} and index + 1 < len(words):
        first = index + 1
    elif re.fullmatch(r"(?:ika|a)[a-z]{3,}", word):
        day = _small_number(word.removeprefix("ika") if word.startswith("ika") else word[1:])
        return (day, index + 1) if day else (0, index)
    word = words.at(first)
    if word in {"labing", "labin", "labim"} and 0 < UNITS.get(words.at(first + 1), 0) < 10:
        return 10 + UNITS[words.at(first + 1)], first + 2
    if word.isdecimal():
        day = int(word)
        last = first + 1
        if words.at(last) in {"st", "nd", "rd", "th"}:
            last += 1
        return (day, last) if 1 <= day <= 31 else (0, index)
    if word in ORDINALS and first > index:
        return ORDINALS[word], first + 1
    day = _small_number(word)
    last = first + 1
    if day in (20, 30):
        unit = words.at(last)
        extra = ORDINALS.get(unit, 0) or UNITS.get(unit, 0)
        if 0 < extra < 10 and day + extra <= 31:
            return day + extra, last + 1
        if unit in {"at", "t", "y"} and 0 < UNITS.get(words.at(last + 1), 0) < 10:
            return day + UNITS[words.at(last + 1)], last + 2
    return (day, last) if 1 <= day <= 31 else (0, index)


def _small_number(word: str) -> int:
    if word in {"twentieth", "thirtieth"}:
        return 20 if word == "twentieth" else 30
    kind = kind_of(word)
    if kind is None or kind[0] not in ("unit", "teen", "ten"):
        return 0
    return kind[1] if kind[1] <= 31 else 0


def count_in(text: str) -> int:
    """The last count a stretch of words says, 0 where it says none."""
    for word in reversed(text.split()):
        if word.isdecimal():
            return int(word)
        kind = kind_of(word)
        if kind and kind[0] in ("unit", "teen"):
            return kind[1]
        if word == "a":
            return 1
    return 0
