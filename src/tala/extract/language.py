"""Component tala_language: English, Filipino, or both in one breath."""

import re
from typing import Any, Final

from spacy.language import Language as Pipeline

from tala.extract.clauses import Clauses, clauses_of
from tala.extract.words import extend
from tala.facts import Language

FACTORY: Final = "tala_language"
extend("language", "en")

_ENGLISH = frozenset(
    "the a an and of to in is was were are be been it its this that these those i my me we our us you your he she they "
    "his her their them for with from by on as but or so if not no do does did don't didn't have has had will would "
    "can could should there here what when where who how why which because then than very just only about after before "
    "until since still already again same one other any some every all asked told said says went came paid gave give "
    "want wanted need needed know people without because day days week weeks month months year years morning later "
    "back out up down over into more money every never nobody until first last next".split()
)
_FILIPINO = frozenset(
    "ang ng sa na ay mga po ho ko ako ka mo ikaw siya sya niya nya kami namin tayo natin kayo ninyo niyo nyo sila nila "
    "ito iyon yun yung yon ung iyan yan dito diyan dyan doon dun hindi di wala walang may meron mayroon kasi dahil pero "
    "kaso ngunit kung kapag pag para nang lang lamang din rin daw raw pa ba nga naman sana talaga hanggang ngayon noong "
    "nung kahapon bukas kanina mula ano anong sino saan kailan paano bakit ilan magkano huwag wag ayaw gusto dapat "
    "pwede puwede kailangan sabi sinabi isang isa dalawa dalawang tatlo tatlong araw linggo buwan taon umaga hapon gabi "
    "tao bayad pera akin amin kanila kanya nito nyan nun tapos eh e kahit muna ulit lagi palagi sobra sobrang mas "
    "opo oho si ni kay sina nina kina yong nasa galing mo nating aming aking kong akong".split()
)
# Shapes that only Filipino verbs and adjectives have.
_SHAPE = re.compile(
    r"^(?:(?:nag|mag|pag|naka|maka|napaka|pinaka|ipina|pina|nakaka|makaka|nagpa|magpa|kina|nai|mai)[a-z-]{3,}"
    r"|[bdghklmnprstwy]?(?:in|um)(?:[aeiou][a-z]{3,})|[a-z]{3,}(?:han|hin|ang|ing|ong))$"
)
_ENGLISH_ENDINGS = ("tion", "sion", "ment", "ness", "ing", "ed", "ly", "ous", "ful", "able", "ity", "ive")

# Shares of the telling words at which a second language counts as spoken, not borrowed.
_FEW_FILIPINO = 0.06
_FEW_ENGLISH = 0.17
_TOO_FEW = 2


def shares(clauses: Clauses) -> tuple[int, int]:
    """How many words are surely English, and surely Filipino."""
    english = filipino = 0
    for word in clauses.words:
        norm = word.norm
        if norm in _FILIPINO:
            filipino += 1
        elif norm in _ENGLISH:
            english += 1
        elif norm.endswith(_ENGLISH_ENDINGS) and not norm.startswith(
            ("nag", "mag", "pag", "na-", "i-", "ni")
        ):
            english += 1
        elif _SHAPE.match(norm):
            filipino += 1
    return english, filipino


def identify(clauses: Clauses) -> Language:
    """The language of a text; Taglish where both carry it."""
    english, filipino = shares(clauses)
    told = english + filipino
    if not told or filipino <= _FEW_FILIPINO * told:
        return "en"
    return "taglish" if english > _FEW_ENGLISH * told else "fil"


def settle(read: Language, clauses: Clauses, heard: str | None) -> Language:
    """The language read from the words, or the one heard where hardly a word tells."""
    if heard and sum(shares(clauses)) < _TOO_FEW:
        return "fil" if heard in ("tl", "fil") else "taglish" if heard == "taglish" else "en"
    return read


@Pipeline.component(FACTORY)
def component(doc: Any) -> Any:
    """Set `doc._.language`."""
    doc._.language = identify(clauses_of(doc))
    return doc
