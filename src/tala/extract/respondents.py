"""The person complained of where no name was spoken: a position and how to know them again."""

import re
from functools import cache
from typing import Final

from tala.extract.cues import Lean, compiled
from tala.extract.datafiles import read, word_list
from tala.extract.names import town_words
from tala.extract.words import Words

_SELF: Final = re.compile(
    r"\b(?:my|i am an?|ako ay isang|isa akong|aking|dati akong|ako po ay|retired|bilang|as an?)$"
)
_POINTED_AT: Final = re.compile(
    r"\b(?:yung|ung|ang|the|isang|a|an|ng|nung|one of the|si|that|this|nang|yong|iyong)$"
)
_PLACES: Final = (
    r"window|counter|booth|table|gate|desk|door|room|lane|bintana|kwarto|mesa|entrance|lobby|pinto|pintuan|"
    r"floor|releasing|"
    r"receiving|information|cashier|harap|labas|loob|front|outside|inside|back"
)
_LOOKS: Final = (
    r"naka\w*(?: (?:na|ng))?(?: \w+)?|glasses|eyeglasses|salamin|(?:long|short|curly|white|gray|grey|"
    r"maikling|mahabang|puting) "
    r"(?:hair|buhok)|(?:red|blue|white|green|black|yellow|pink|orange|pulang|asul|puting|itim|"
    r"dilaw)(?: na)? \w+|matanda\w*|"
    r"batang?|mataba\w*|payat|matangkad|kalbo|bald|tall|fat|thin|old|young|middle aged|mustache|bigote|"
    r"tattoo|uniform|"
    r"uniporme|polo|barong|charge|braces|beard|balbas|hikaw|earrings?|cap|hat|sumbrero|jacket|vest|lanyard|"
    r"(?:face ?)?mask|headset|ponytail|bangs|freckles|nunal|mole|scar|peklat|moustache|bigoteng|"
    r"section|unit|division|department"
)
_LINKS: Final = (
    r"(?:na|ng|in|at|sa|from|with|wearing|who was|who wore|who wears|on|of|the|a|an|nila|doon|dun|dito|"
    r"there|mismo|po|yung|"
    r"near|second|first|third|ground)"
)
_NUMBER: Final = (
    r"(?: (?:number |no )?(?:\d+|[a-z]|one|two|three|four|five|six|seven|eight|nine|ten|uno|dos|tres|kwatro|"
    r"singko|sais)\b)?"
)
_QUALIFIER: Final = re.compile(rf"(?: (?:{_LINKS} )*(?:(?:{_PLACES}){_NUMBER}|{_LOOKS})(?= |$))+")
_OF_PAPERS: Final = frozenset({"official", "officials", "registrar", "chief"})
_PAPERS: Final = word_list("respondents_papers")
_VAGUE: Final = frozenset({"man", "woman", "person"})
_GENERAL: Final = frozenset({"employee", "officer", "person"})


@cache
def _positions() -> tuple[re.Pattern[str], dict[str, str]]:
    """One expression for all positions, and the name of the position each heard word stands for."""
    names: dict[str, str] = {}
    for row in read("rules/respondents.toml")["position"]:
        for heard in row["heard"]:
            names.setdefault(heard, row["name"])
    return re.compile(
        rf"\b(?:{'|'.join(sorted(names, key=len, reverse=True)).replace('*', '[a-z]+')})\b"
    ), names


@cache
def _conduct() -> tuple[re.Pattern[str], re.Pattern[str]]:
    lists = read("rules/people.toml")
    return compiled(lists["harm"]), compiled(lists["good"])


def describe_respondent(words: Words) -> tuple[str, int, int] | None:
    """Position and words [first, last) of the one described as doing wrong, None where nobody is."""
    best: tuple[float, str, int, int] | None = None
    pattern, names = _positions()
    for match in pattern.finditer(words.line):
        position = names.get(match.group(), "employee")
        first, last = words.word_at(match.start()), words.word_at(match.end() - 1) + 1
        before = words.before(first, 4)
        if match.group() in _OF_PAPERS and words.at(last) in _PAPERS:
            continue  # "no official receipt"
        if match.group().startswith("taga ") and words.at(last - 1) in town_words():
            continue  # "taga-Taguig" says where somebody lives
        if _SELF.search(before) or words.at(last) in {"ako", "kami"}:
            continue
        qualifier = _QUALIFIER.match(words.line[match.end() :])
        if qualifier:
            last = words.word_at(match.end() + qualifier.end() - 1) + 1
        score = _conduct_score(words, first, last) + (1.0 if qualifier else 0.0)
        score -= 0.8 if position in _VAGUE and not qualifier else 0.0
        score -= 0.4 if position in _GENERAL else 0.0
        score += 0.5 if _POINTED_AT.search(before) else 0.0
        if score > 0.6 and (best is None or score > best[0] + 0.15):
            best = (score, position, first, last)
    return best[1:] if best else None


def _conduct_score(words: Words, first: int, last: int) -> float:
    harm, good = _conduct()
    wrong = [first - end for _, end in Lean(words, first - 5, first).find(harm)]
    wrong += [start - last for start, _ in Lean(words, last, last + 10).find(harm)]
    right = [first - end for _, end in Lean(words, first - 4, first).find(good)]
    right += [start - last for start, _ in Lean(words, last, last + 4).find(good)]
    score = 2.0 - 0.1 * min(wrong) if wrong else 0.0
    return score - (1.5 if min(right, default=99) < min(wrong, default=99) else 0.0)
