"""Telephones, e-mail addresses and numbers somebody may look up, as written and as dictated.

Component `tala_contacts`. A number dictated digit by digit ("zero nine one seven, double five…", "sero
nuwebe…") is joined before it is judged. Words it uses are claimed, so that no later component reads money or
dates into them.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import phonenumbers
from spacy.language import Language

from tala.extract.numbers import TEENS, TENS, UNITS, kind_of
from tala.extract.words import FILLERS, Words, extend, words_of
from tala.facts import Contact, Reference

FACTORY: Final = "tala_contacts"
extend("phones", ())
extend("emails", ())
extend("reference_numbers", ())
extend("claimed", ())

_DIGIT: Final = {
    **{word: str(value) for word, value in UNITS.items()},
    "o": "0",
    "oh": "0",
    "ow": "0",
    "siro": "0",
}
_PAIRS: Final = {**TEENS, **TENS}
_REPEATS: Final = {"double": 2, "doble": 2, "dobol": 2, "triple": 3, "tripol": 3}
_PAUSES: Final = FILLERS | {"dash", "hyphen", "gitling", "space", "tapos", "then", "and", "at", "plus"}
_NOT_AFTER: Final = frozenset(
    {"mil", "libo", "libong", "daan", "daang", "thousand", "hundred", "pesos", "piso"}
)

_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TOP_LEVEL: Final = frozenset({"com", "ph", "net", "org", "edu", "gov", "info", "io", "co"})
_AT: Final = frozenset({"at", "add", "arroba", "et"})
_DOT: Final = frozenset({"dot", "tuldok", "period", "point", "dat"})
_SIGNS: Final = {
    **dict.fromkeys(_DOT, "."), "underscore": "_", "underskor": "_", "dash": "-", "hyphen": "-",
    "gitling": "-",
}  # fmt: skip
_NO_LOCAL_PART: Final = frozenset(
    [
        "is",
        "ay",
        "email",
        "emails",
        "mail",
        "address",
        "ko",
        "my",
        "sa",
        "na",
        "po",
        "ho",
        "the",
        "me",
        "or",
        "ang",
        "yung",
        "aking",
        "namin",
        "our",
        "ito",
        "ko's",
        "gmail",
        "e",
        "i",
        "am",
        "contact",
        "reach",
        "through",
        "via",
        "message",
        "send",
        "to",
        "naman",
        "lang",
        "lamang",
        "pong",
        "si",
        "and",
        "at",
    ]
) - {"e", "i"}
_PROVIDERS: Final = {
    "g mail": "gmail", "gmail": "gmail", "jmail": "gmail", "gmel": "gmail", "yahoo": "yahoo", "yaho": "yahoo",
    "hot mail": "hotmail", "out look": "outlook", "i cloud": "icloud", "y mail": "ymail",
    "proton mail": "protonmail",
}  # fmt: skip

_KIND_CUES: Final = (
    ("plate", r"plate|plaka|plaque"),
    ("receipt", r"(?:official )?receipts?|resibo|o ?r"),
    ("queue", r"queue|queuing|priority|pila|queing"),
    ("case", r"case|docket|complaint|kaso"),
    ("transaction", r"transaction|transaksyon|trans"),
    ("tracking", r"tracking|control|ctn"),
    ("application", r"application|aplikasyon|app"),
    ("account", r"account|meter|contract"),
    ("id", r"tin|sss|gsis|philhealth|pag ibig|mid|crn|umid|id|license|lisensya|passport|prc|license"),
    (
        "claim",
        r"claim|policy|voucher|job order|permit|file|mv file|document|dokumento|titulo|title|oec|ticket",
    ),
    ("reference", r"reference|referens|reperensya|ref|series|serial|confirmation|appointment|booking"),
)
_CUE: Final = re.compile(
    r"\b(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in _KIND_CUES) + r")"
    r"(?: (?P<number>number|numero|numbers|num|no|nos|code|blg|id|namber)\b)?(?: (?:ko|po|namin|nila|niya|"
    r"kong|my|is|ay|was|"
    r"yung|ng|na|of|the|for|it|its|the|that|ni|sa|nung|kasi|daw|number|numero|ito|nito|nya|nito|namin|"
    r"nilang|niyang|given|binigay)){0,4}(?= |$)"
)
_NEEDS_NUMBER_WORD: Final = frozenset(
    {"case", "account", "id", "claim", "application", "transaction", "tracking"}
)
_WRITTEN_PLATE: Final = re.compile(r"\b[A-Z]{3}[ -]?\d{3,4}\b")
_WRITTEN_REFERENCE: Final = re.compile(
    r"\b(?=[A-Z0-9-]*\d)(?:[A-Z]{2,}[A-Z0-9]*|"
    r"20\d{2})(?:-[A-Z0-9]+)+\b|\b[A-Z]{2,5}\d{5,}\b"
)
_PHONE_CUE: Final = re.compile(
    r"\b(?:phone|telephone|telepono|tel|landline|cellphone|cell|mobile|call|text|tawag|tawagan|contact|"
    r"number|numero|"
    r"hotline|viber|reach|i text|itext|abot)\b"
)


class _Run(NamedTuple):
    """Digits spoken or written in a row over words [first, last)."""

    digits: str
    first: int
    last: int
    pieces: int


def _digits_at(words: Words, index: int) -> tuple[str, int]:
    """The digits said at a word and how many words they take; ("", 0) where none are."""
    word = words.at(index)
    if not word:
        return "", 0
    if word[0].isdecimal():
        return (word, 1) if word.isdecimal() else ("", 0)
    if word in _REPEATS:
        digit = _DIGIT.get(words.at(index + 1)) or (
            words.at(index + 1) if words.at(index + 1).isdecimal() else ""
        )
        return (digit * _REPEATS[word], 2) if len(digit) == 1 else ("", 0)
    if word in _DIGIT:
        return _DIGIT[word], 1
    value = _PAIRS.get(word)
    if value is None:
        kind = kind_of(word)
        if kind is None or kind[0] not in ("unit", "teen", "ten"):
            return "", 0
        value = kind[1]
        if kind[0] == "unit":
            return str(value), 1
    unit = _DIGIT.get(words.at(index + 1))
    if value >= 20 and unit and unit != "0":
        return str(value + int(unit)), 2
    return str(value), 1


def digit_runs(words: Words) -> Iterator[_Run]:
    """Every run of digits, spoken or written, with pauses and fillers stepped over."""
    index = 0
    while index < len(words):
        digits, step = _digits_at(words, index)
        if not step:
            index += 1
            continue
        first, last, pieces = index, index + step, 1
        index = last
        while index < len(words):
            if words.norm[index] in _PAUSES:
                more, step = _digits_at(words, index + 1)
                skip = 1
            else:
                more, step = _digits_at(words, index)
                skip = 0
            if not step or (words.stops_before(index) and len(digits) >= 7):
                break
            digits += more
            pieces += 1
            index += skip + step
            last = index
        if words.at(last) in _NOT_AFTER and pieces > 1:
            continue
        yield _Run(digits, first, last, pieces)


def _telephone(digits: str, cued: bool) -> str | None:
    """E.164 of a Philippine telephone number, None where the digits are none."""
    if re.fullmatch(r"(?:0|63|0063)?9\d{9}", digits):
        national = digits[-10:]
    elif cued and re.fullmatch(r"0?2[2-9]\d{7}", digits):
        national = "2" + digits[-8:]
    elif cued and re.fullmatch(r"[2-9]\d{7}", digits):
        national = "2" + digits
    elif cued and re.fullmatch(r"0[3-8]\d{8}", digits):
        national = digits[1:]
    else:
        return None
    number = phonenumbers.parse("+63" + national)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_FOREIGN: Final = re.compile(r"\+(?!63)\d[\d ()-]{7,18}\d")


def _foreign_phones(words: Words) -> Iterator[tuple[Contact, int, int]]:
    for match in _FOREIGN.finditer(words.text):
        try:
            number = phonenumbers.parse(match.group())
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            first, last = words.by_index(*match.span())
            value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            yield Contact(value=value, **words.place(first, last)), first, last


def _phones(words: Words, runs: list[_Run], *, cued: bool) -> Iterator[tuple[Contact, int, int]]:
    """Mobile numbers, which speak for themselves; with `cued` also land lines, which need a cue."""
    for run in runs:
        area = words.start[run.first] > 0 and words.text[words.start[run.first] - 1] == "("
        if cued and not area and not _PHONE_CUE.search(words.before(run.first, 8)):
            continue
        value = _telephone(run.digits, cued)
        if value is None and run.digits.startswith("0") and len(run.digits) > 11:
            value = _telephone(run.digits[:11], cued=False)  # a number said twice in one breath
        if value is not None:
            yield Contact(value=value, **words.place(run.first, run.last)), run.first, run.last


def _written_emails(words: Words) -> Iterator[tuple[Contact, int, int]]:
    for match in _EMAIL.finditer(words.text):
        first, last = words.by_index(*match.span())
        place = words.place(first, last)
        place["start"], place["end"], place["text"] = match.start(), match.end(), match.group()
        yield Contact(value=match.group().lower(), **place), first, last


def _dictated_emails(words: Words, taken: set[int]) -> Iterator[tuple[Contact, int, int]]:
    for index, word in enumerate(words.norm):
        if word in _AT:
            found = _dictated_email(words, index, taken)
            if found:
                yield found


def _dictated_email(words: Words, at: int, taken: set[int]) -> tuple[Contact, int, int] | None:
    domain, last = _domain(words, at + 1)
    if not domain:
        return None
    local, first = _local_part(words, at, taken)
    if not local:
        return None
    return Contact(value=f"{local}@{domain}", **words.place(first, last)), first, last


def _domain(words: Words, index: int) -> tuple[str, int]:
    host = ""
    while index < len(words) and words.norm[index] not in _DOT and len(host) < 30:
        if words.norm[index].startswith("."):
            break
        two = words.slice(index, index + 2)
        if two in _PROVIDERS:
            host += _PROVIDERS[two]
            index += 2
        else:
            word = words.norm[index]
            host += _PROVIDERS.get(word, _SIGNS.get(word, word))
            index += 1
        if words.gap(index) == ".":
            break
    parts, end = [host], index
    while True:
        spoken = words.at(index) in _DOT
        written = words.gap(index) == "."
        top = words.at(index + 1) if spoken else words.at(index)
        if not (spoken or written) or (top not in _TOP_LEVEL and len(parts) == 1 and not written):
            break
        if top not in _TOP_LEVEL and len(parts) > 1:
            break
        parts.append(top)
        index += 2 if spoken else 1
        end = index
    if len(parts) == 1 or parts[-1] not in _TOP_LEVEL or not re.fullmatch(r"[a-z0-9_-]{2,30}", host):
        return "", 0
    return ".".join(parts), end


def _local_part(words: Words, at: int, taken: set[int]) -> tuple[str, int]:
    """What was said before "at", from the last word that can be no part of an address."""
    first = at
    while first > 0 and at - first < 14:
        word = words.norm[first - 1]
        if (
            word in _NO_LOCAL_PART
            or first - 1 in taken
            or (words.stops_before(first) and words.gap(first).strip() != ".")
        ):
            break
        if words.gap(first).strip() in (":", ","):
            break
        first -= 1
    parts: list[str] = []
    index = first
    while index < at:
        digits, step = _digits_at(words, index)
        word = words.norm[index]
        if step and not (len(word) == 1 and word.isalpha()):
            parts.append(digits)
            index += step
            continue
        parts.append(_SIGNS.get(word, word))
        if words.gap(index + 1) in ("_", ".", "-") and index + 1 < at:
            parts.append(words.gap(index + 1))
        index += 1
    local = "".join(parts).strip("._-")
    return (local, first) if re.fullmatch(r"[a-z0-9._+-]{2,40}", local) else ("", 0)


def _references(words: Words, taken: set[int]) -> Iterator[tuple[Reference, int, int]]:
    for match in _CUE.finditer(words.line):
        kind = match.lastgroup if match.lastgroup != "number" else None
        kind = kind or next(k for k, _ in _KIND_CUES if match[k])
        if kind in _NEEDS_NUMBER_WORD and not match["number"]:
            continue
        first = words.word_at(match.end() - 1) + 1
        value, last = _code(words, first)
        if (
            value
            and not taken.intersection(range(first, last))
            and _plausible(kind, value, bool(match["number"]))
        ):
            yield Reference(value=value, kind=kind, **words.place(first, last)), first, last
    for pattern, kind in ((_WRITTEN_REFERENCE, "reference"), (_WRITTEN_PLATE, "plate")):
        for match in pattern.finditer(words.text):
            first, last = words.by_index(*match.span())
            if not taken.intersection(range(first, last)):
                value = match.group()
                yield Reference(value=value, kind=kind, **words.place(first, last)), first, last


def _code(words: Words, first: int) -> tuple[str, int]:
    """Letters and digits of a code from a word on, written or spelled out, and the word after it."""
    parts: list[str] = []
    index = last = first
    letters = 0
    while index < len(words) and index - first < 24:
        word = words.norm[index]
        if index > first and words.stops_before(index):
            break
        digits, step = _digits_at(words, index)
        single = len(word) == 1 and word.isalpha()
        gap = words.gap(index)
        glued = index > first and gap in ("", "-", "/")
        if step and not (single and word == "o" and letters and not parts[-1].isdecimal()):
            parts.append(("-" if glued and gap == "-" else "") + digits)
            index += step
            last = index
        elif (
            single
            or (words.text[words.start[index] : words.end[index]].isupper() and len(word) <= 5)
            or (glued and index - 1 < last)
        ):
            parts.append(("-" if gap == "-" and glued else "") + word.upper())
            letters += 1
            index += 1
            last = index
        elif word in {"dash", "hyphen", "gitling"} and parts:
            parts.append("-")
            index += 1
        elif word in FILLERS and parts and index + 1 < len(words) and _digits_at(words, index + 1)[1]:
            index += 1
        else:
            break
    value = re.sub(r"-+", "-", "".join(parts)).strip("-")
    return (value, last) if any(c.isdecimal() for c in value) else ("", first)


def _plausible(kind: str, value: str, numbered: bool) -> bool:
    count = sum(c.isdecimal() for c in value)
    if kind == "plate":
        return 3 <= len(value.replace("-", "")) <= 8 and count >= 2
    if kind == "queue":
        return numbered and count <= 5
    return count >= (3 if numbered else 5)


def find_contacts(
    words: Words,
) -> tuple[list[Contact], list[Contact], list[Reference], list[tuple[int, int]]]:
    """Telephones, e-mail addresses, reference numbers and the word ranges they take."""
    taken: set[int] = set()
    claimed: list[tuple[int, int]] = []

    def keep[F: Contact | Reference](found: Iterator[tuple[F, int, int]]) -> list[F]:
        facts: dict[str, F] = {}
        for fact, first, last in found:
            span = range(first, last)
            if taken.intersection(span):
                continue
            taken.update(span)
            claimed.append((first, last))
            facts.setdefault(fact.value, fact)
        return list(facts.values())

    emails = keep(_written_emails(words))
    runs = [run for run in digit_runs(words) if len(run.digits) > 7]
    phones = keep(_foreign_phones(words)) + keep(_phones(words, runs, cued=False))
    emails += keep(_dictated_emails(words, taken))
    references = keep(_references(words, taken))
    phones += keep(_phones(words, runs, cued=True))
    return phones, emails, references, claimed


def _find(doc: Any) -> Any:
    phones, emails, references, claimed = find_contacts(words_of(doc))
    doc._.phones, doc._.emails, doc._.reference_numbers = tuple(phones), tuple(emails), tuple(references)
    doc._.claimed = (*doc._.claimed, *claimed)
    return doc


def _make(nlp: Any, name: str) -> Any:
    return _find


Language.factory(FACTORY, func=_make)
