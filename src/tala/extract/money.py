"""Sums of money in a text.

A number is money when it wears a currency, is scaled ("limang libo", "5k"), is written with a comma, or
stands where money is talked about, and counts nothing else.
"""

import re
from functools import cache
from typing import Final, NamedTuple

from tala.extract.cues import Lean, compiled
from tala.extract.datafiles import read
from tala.extract.numbers import TENS, UNITS, Number
from tala.extract.words import Words

_CURRENCY: Final = frozenset(
    {"peso", "pesos", "piso", "pisong", "php", "pisos", "pesus", "pasos", "piece0", "bucks"}
)
_PREFIX: Final = frozenset({"p", "php", "php.", "pesos", "ph"})
_SIGN: Final = re.compile(r"[₱]|\bP$|Php\.?\s*$", re.IGNORECASE)
_COUNTED: Final = re.compile(
    r"^(?:na |ng |ka |pong |more |other |different |working |business |na mga |full |whole |straight |"
    r"calendar |long |pang |mga )*(?:days?|araw|weeks?|linggo|months?|buwan|years?|taon|"
    r"taong|hours?|oras|minutes?|minuto|mins?|seconds?|times|beses|people|persons?|tao|taong|copies|kopya|"
    r"pages?|ids?|valid|documents?|dokumento|papers|papel|"
    r"windows?|floors?|palapag|kilos?|kilometers?|km|meters?|metro|sqm|square|hectares?|ektarya|percent|"
    r"porsyento|am|pm|a m|p m|oclock|o clock|ng umaga|ng hapon|ng gabi|ng tanghali|"
    r"umaga|hapon|kids|children|anak|kasama|staff|employees|empleyado|officers|enforcers|"
    r"guards|applicants|aplikante|students|estudyante|families|pamilya|households|"
    r"teachers|guro|residents|residente|seniors?|members|miyembro|trips?|visits|rooms?|cars|trucks|units|"
    r"sako|sacks|bags|bottles|botas|signatures|pirma|steps|requirements|"
    r"requirement|hakbang|categories|bata|lalaki|lalake|babae|beds|years? old|anyos|feet|grade|sections?|"
    r"barangays?|bahay|houses|pcs|piraso|pieces|sets|tries|attempts|calls|tawag|texts|emails|"
    r"witnesses|testigo|nd|rd|th|st|counters?|lanes|tickets|receipts?|resibo|forms?|letters|calls|"
    r"vehicles|sasakyan|motor|employees|personnel|tauhan|workers|vendors|drivers|"
    r"drayber|tsuper|others|iba|kabataan|katao|kapitbahay|magkakapatid|magkakasama|magkasunod|photos|"
    r"pictures|litrato|id pictures|by)\b"
)
_COUNTING_LEAD: Final = re.compile(
    r"\b(?:window|counter|room|table|lane|gate|number|no|numero|batch|grade|step|page|floor|section|phase|"
    r"block|lot|blk|unit|purok|zone|zona|district|"
    r"form|article|ra|republic act|section|order|alas|ala|alas'|at around|edad|age|aged|pang|pila|queue|"
    r"item|column|year|taong|since|noong|line|terminal|pier|route|"
    r"error|code|status|"
    r"bus|building|bldg|extension|ext|local|door|apartment|barangay|brgy|kilometer|km|ika|hanggang alas)$"
)


class Sum(NamedTuple):
    """A sum at words [first, last)."""

    php: float
    first: int
    last: int


@cache
def _talk_of_money() -> re.Pattern[str]:
    return compiled(read("rules/amounts.toml")["money"])


def _pair(words: Words, numbers: list[Number], index: int) -> tuple[Number, int]:
    """Two numbers said as one: "one-five" is 1,500, "dos singkwenta" is 250, "two fifty" is 250."""
    number = numbers[index]
    if index + 1 >= len(numbers):
        return number, index + 1
    following = numbers[index + 1]
    adjacent = following.first == number.last and not words.stops_before(following.first)
    small = number.scale == 1 == following.scale and not number.digits and not following.digits
    if not (adjacent and small and number.last == number.first + 1):
        return number, index + 1
    if index + 2 < len(numbers) and numbers[index + 2].first == following.last:
        return number, index + 1  # three in a row are digits of something else
    unit = UNITS.get(words.norm[number.first])
    if not unit:
        return number, index + 1
    word = words.norm[following.first]
    if following.last == following.first + 1 and word in TENS:
        value = unit * 100 + TENS[word]
    elif following.last == following.first + 1 and UNITS.get(word):
        value = unit * 1000 + UNITS[word] * 100
    else:
        return number, index + 1
    return Number(value, number.first, following.last, 0, digits=False), index + 2


def find_sums(words: Words, numbers: tuple[Number, ...], claimed: set[int]) -> list[Sum]:
    """Every sum of a text in order; words in `claimed` belong to something else."""
    free = [n for n in numbers if not claimed.intersection(range(n.first, n.last))]
    sums: list[Sum] = []
    index = 0
    while index < len(free):
        number, index = _pair(words, free, index)
        found = _money(words, number) or _beside(words, number, sums)
        if found:
            sums.append(found)
    return sums


def _beside(words: Words, number: Number, sums: list[Sum]) -> Sum | None:
    """A number joined to a sum before it: "250 for the fan and 100 for the guard"."""
    if (
        not sums
        or not 0 < number.first - sums[-1].last <= 8
        or number.value < 20
        or number.value == sums[-1].php
    ):
        return None
    if _COUNTED.match(words.after(number.last, 4)) or _COUNTING_LEAD.search(words.before(number.first, 4)):
        return None
    joined = words.at(number.first - 1) in {"at", "and", "plus", "or", "o", "saka", "tsaka", "then", "tapos"}
    return Sum(number.value, number.first, number.last) if joined else None


def _money(words: Words, number: Number) -> Sum | None:
    first, last = number.first, number.last
    value = number.value
    if value <= 0:
        return None
    before, after = words.before(first, 9), words.after(last, 4)
    currency_after = bool(after) and after.split()[0] in _CURRENCY
    if not currency_after and after.startswith(("na piso", "na pesos", "ng piso")):
        currency_after, last = True, last + 1
    glued = words.at(first - 1) in _PREFIX and len(words.gap(first).strip()) <= 1
    sign = words.text[max(words.start[first] - 3, 0) : words.start[first]]
    marked = currency_after or glued or "₱" in sign
    if words.at(last) in {"m", "mm"} and words.gap(last) == "" and marked:
        value, last = value * 1e6, last + 1
    if currency_after:
        last += 1
        cents = words.after(last, 3).split()
        if cents[1:2] and cents[1] in {"centavos", "sentimos", "centavo"} and cents[0].isdecimal():
            value, last = value + float(cents[0]) / 100, last + 2
    if marked:
        return Sum(value, first - 1 if glued else first, last)
    if _COUNTED.match(after) or words.gap(last).startswith((":", "/", "%")):
        return None
    if number.scale < 1000 and _COUNTING_LEAD.search(before):
        return None
    if words.gap(first) == ":" or "/" in words.gap(first):
        return None
    if number.scale >= 1000 or _written_with_comma(words, number):
        return Sum(value, first, last)
    return _among_money(words, number)


def _written_with_comma(words: Words, number: Number) -> bool:
    return number.digits and "," in words.norm[number.first]


def _among_money(words: Words, number: Number) -> Sum | None:
    """A bare number, taken for money where money is talked about near it."""
    first, last, value = number.first, number.last, number.value
    talk = _talk_of_money()
    found = Sum(value, first, last)
    if words.at(first - 1) in {"tig", "p"} or (
        value >= 20 and words.at(last) in {"kada", "bawat", "each", "apiece"}
    ):
        return found
    if number.digits:
        year = 1900 <= value <= 2035 and last == first + 1 and value % 50
        if year or words.norm[first].startswith("0") or value < 20:
            return None
        if value >= 1000 and value % 50 == 0:
            return found
        before, after = (9, 5) if value >= 100 else (5, 0)
    elif number.scale == 0:
        before, after = 9, 4
    elif value >= 100:
        return found
    elif value >= 20:
        before, after = 5, 0
    else:
        return None
    near = Lean(words, first - before, first).has(talk) or (
        after and Lean(words, last, last + after).has(talk)
    )
    return found if near else None
