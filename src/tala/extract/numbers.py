"""Numbers as people say them: digits, English, Filipino and Spanish-derived words, also mixed and misspelt.

Component `tala_numbers`: every number of the text with its value, which later components read as money, days
or digits of a telephone.
"""

from functools import cache
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.sound import ordinary_words, sound_key
from tala.extract.words import Words, extend, words_of

FACTORY: Final = "tala_numbers"
extend("numbers", ())


class Number(NamedTuple):
    """A number at words [first, last). `scale` is the largest multiplier said (1, 100, 1000, 1000000)."""

    value: float
    first: int
    last: int
    scale: int
    digits: bool


UNITS: Final[dict[str, int]] = {
    word: value
    for value, words in enumerate(
        (
            "zero sero wala0",
            "one uno isa isang una1",
            "two dos dalawa dalawang dalwa dalwang",
            "three tres tatlo tatlong tri3",
            "four kwatro kuwatro cuatro apat",
            "five singko sinko cinco lima limang",
            "six sais seis anim",
            "seven siyete syete siete pito pitong",
            "eight otso ocho walo walong",
            "nine nuwebe nwebe nueve siyam",
        )
    )
    for word in words.split()
    if not word[-1].isdecimal()
}
TEENS: Final[dict[str, int]] = {
    word: value
    for value, words in enumerate(
        (
            "ten diyes dyes diez sampu sampung sampo sampong",
            "eleven onse labingisa labing1",
            "twelve dose labindalawa labingdalawa",
            "thirteen trese labintatlo labingtatlo",
            "fourteen katorse labingapat",
            "fifteen kinse quince labinlima labinglima",
            "sixteen disisais dissisais labinganim",
            "seventeen disisyete disisiyete disiete labimpito labingpito",
            "eighteen disiotso disyotso labingwalo",
            "nineteen disinwebe disinuwebe labinsiyam labingsiyam",
        ),
        start=10,
    )
    for word in words.split()
    if not word[-1].isdecimal()
}
TENS: Final[dict[str, int]] = {
    word: value * 10
    for value, words in enumerate(
        (
            "twenty bente beinte baynte veinte dalawampu dalawampo",
            "thirty trenta treinta tatlumpu tatlumpo tatlongpu",
            "forty fourty kwarenta kuwarenta cuarenta apatnapu",
            "fifty singkwenta singkuwenta sinkwenta cincuenta limampu limampo",
            "sixty sisenta sesenta animnapu",
            "seventy sitenta setenta pitumpu pitompu",
            "eighty otsenta ochenta walumpu walompu",
            "ninety nobenta noventa siyamnapu",
        ),
        start=2,
    )
    for word in words.split()
}
_LABING: Final = frozenset({"labing", "labin", "labim"})
_WHOLE: Final = {
    "sandaan": 100, "sangdaan": 100, "isandaan": 100, "sanlibo": 1000, "sanglibo": 1000, "isanlibo": 1000,
    "siyento": 100, "syento": 100, "dosyentos": 200, "dosientos": 200, "tresyentos": 300, "tresientos": 300,
    "kinyentos": 500, "singkosyentos": 500,
} | {
    stem + scale: value * times
    for value, stems in (
        (1, "isan isang"), (2, "dalawan dalawang"), (3, "tatlon tatlun tatlong"), (4, "apatna"), (5,
        "liman limang"),
        (6, "animna"), (7, "piton pitong"), (8, "walon walong"), (9, "siyamna"),
    )
    for stem in stems.split()
    for scale, times in (("daan", 100), ("raan", 100), ("libo", 1000))
}  # fmt: skip
_HUNDRED: Final = frozenset(
    [
        "hundred",
        "hundreds",
        "daan",
        "daang",
        "rang",
        "raan",
        "raang",
        "siyentos",
        "syentos",
        "sientos",
        "cientos",
        "gatos",
    ]
)
_THOUSAND: Final = frozenset(
    [
        "thousand",
        "thousands",
        "libo",
        "libong",
        "libu",
        "lebo",
        "lebong",
        "mil",
        "thou",
        "k",
        "kyaw",
        "kiaw",
        "kiao",
    ]
)
_MILLION: Final = frozenset(["million", "millions", "milyon", "milyong", "milyones"])
_AND: Final = frozenset({"and", "at", "t", "y"})
_LINK: Final = frozenset({"na", "ng"})
_TIMES_TEN: Final = frozenset({"pu", "pung", "put"})


def _kinds() -> dict[str, tuple[str, int]]:
    kinds: dict[str, tuple[str, int]] = {}
    for table, part in ((UNITS, "unit"), (TEENS, "teen"), (TENS, "ten"), (_WHOLE, "whole")):
        kinds |= {word: (part, value) for word, value in table.items()}
    kinds |= dict.fromkeys(_LABING, ("labing", 10))
    kinds |= dict.fromkeys(_TIMES_TEN, ("times ten", 10))
    for words, value in ((_HUNDRED, 100), (_THOUSAND, 1000), (_MILLION, 1_000_000)):
        kinds |= dict.fromkeys(words, ("scale", value))
    # "dalawampung", "dalawampu't", "libo't", "daan't": a linker grown onto the word
    for word, kind in list(kinds.items()):
        if word[-1] in "aeiou" and word not in ("isa", "uno"):
            kinds.setdefault(word + "ng", kind)
            kinds.setdefault(word + "t", kind)
    kinds["isat"] = ("unit", 1)
    kinds["daant"] = kinds["raant"] = ("scale", 100)
    return kinds


_KINDS: Final = _kinds()
_AMBIGUOUS: Final = frozenset({"dose", "limat", "unat", "tatlot", "mila", "dost"})
"""Number words that are commoner as something else: they count only beside another number word."""
for _word in ("dost", "limat"):
    _KINDS.pop(_word, None)


@cache
def _by_sound() -> dict[str, tuple[str, int]]:
    """Number words of Filipino and Spanish stock by sound; English ones are seldom misspelt."""
    return {sound_key(word): kind for word, kind in _KINDS.items() if len(word) >= 5}


@cache
def kind_of(word: str) -> tuple[str, int] | None:
    """What part a word plays in a number: (unit | teen | ten | whole | labing | times ten | scale, value), or
    None."""
    kind = _KINDS.get(word)
    if kind or len(word) < 5 or word in ordinary_words():
        return kind
    return _by_sound().get(sound_key(word))


class _Reader:
    """Reads one number from a word on: `total` is multiplied and done, `current` is being said."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.total = self.current = 0.0
        self.scale, self.begun, self.digits = 1, False, False

    def read(self, first: int) -> Number | None:
        """The number that begins at a word, None where none does."""
        words = self.words
        index = last = first
        while index < len(words) and not (self.begun and words.stops_before(index)):
            kind = self._kind(index)
            step = self._over_linker(index) if kind is None else self._take(*kind, index, first)
            if not step:
                break
            index += step
            if kind is not None:
                self.begun, last = True, index
        if not self.begun:
            return None
        half = words.at(last) == "kalahati" or words.slice(last, last + 2) == "at kalahati"
        if half and self.scale >= 1000:
            last += 1 if words.at(last) == "kalahati" else 2
            self.total += self.scale / 2
        return Number(self.total + self.current, first, last, self.scale, self.digits)

    def _take(self, name: str, value: float, index: int, first: int) -> int:
        """Take one part in; the words it used, 0 where it is no part of this number."""
        if name == "digits":
            if self.begun and not self._goes_on_in_digits(index):
                return 0
            self.current, self.digits = value, not self.begun
        elif name == "times ten":
            if not 0 < self.current < 10:
                return 0
            self.current *= 10
        elif name == "scale":
            return self._multiply(int(value), first)
        elif name == "whole":
            if self.current:
                return 0
            self.scale = max(self.scale, 1000 if value >= 1000 else 100)
            self.total, self.current = (self.total + value, 0) if value >= 1000 else (self.total, value)
        elif name == "labing":
            following = UNITS.get(self.words.at(index + 1))
            if following is None or self.current % 100:
                return 0
            self.current += 10 + following
            return 2
        elif (self.digits and self.scale == 1) or not self._composes(name):
            return 0
        else:
            self.current += value
        return 1

    def _multiply(self, value: int, first: int) -> int:
        if not self.begun and self.words.at(first - 1) not in {"a", "isang", "sang"}:
            return 0
        if value == 100:
            if self.current >= 100:
                return 0
            self.current = (self.current or 1) * 100
        elif (self.current == 0 and self.total) or (value == 1000 and self.scale >= 1000):
            return 0
        else:
            self.total, self.current = self.total + (self.current or 1) * value, 0
        self.scale = max(self.scale, value)
        return 1

    def _kind(self, index: int) -> tuple[str, float] | None:
        word = self.words.norm[index]
        if word[0].isdecimal():
            return "digits", float(word.replace(",", ""))
        return kind_of(word)

    def _goes_on_in_digits(self, index: int) -> bool:
        """Whether digits inside a number carry it on: "1 thousand 5 hundred"."""
        return not self.current and self.total > 0 and self.words.at(index + 1) in _HUNDRED

    def _composes(self, name: str) -> bool:
        if not self.begun:
            return True
        if name == "unit":
            return self.current % 10 == 0 and (self.current % 100 >= 20 or self.current % 100 == 0)
        return self.current % 100 == 0

    def _over_linker(self, index: int) -> int:
        """Words to step over between two parts of one number, 0 where the number ends."""
        words = self.words
        if not self.begun or index + 1 >= len(words):
            return 0
        following = self._kind(index + 1)
        if following is None:
            return 0
        if words.norm[index] in _LINK:
            return 1 if following[0] in ("scale", "times ten") else 0
        if words.norm[index] not in _AND:
            return 0
        if following[0] in ("teen", "ten", "whole"):
            return 1
        if following[0] not in ("unit", "digits"):
            return 0
        # "five thousand and two IDs" are two numbers; "dalawampu at isa", "libo at limang daan" are one
        after = self._kind(index + 2) if index + 2 < len(words) else None
        scaled = after is not None and after[0] == "scale" and after[1] == 100
        tens = self.current % 100 >= 20 and self.current % 10 == 0 and following[0] == "unit"
        return 1 if scaled or tens else 0


def read_numbers(words: Words) -> tuple[Number, ...]:
    """All numbers of a text, in order, not overlapping."""
    numbers: list[Number] = []
    index = 0
    while index < len(words):
        word = words.norm[index]
        number = None
        if word[0].isdecimal() or kind_of(word) is not None:
            number = _Reader(words).read(index)
        if number is None or (number.last == number.first + 1 and word in _AMBIGUOUS):
            index += 1
            continue
        numbers.append(number)
        index = number.last
    return tuple(numbers)


def _find(doc: Any) -> Any:
    doc._.numbers = read_numbers(words_of(doc))
    return doc


def _make(nlp: Any, name: str) -> Any:
    return _find


Language.factory(FACTORY, func=_make)
