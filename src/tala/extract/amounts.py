"""Sums of money, and which of them were asked for or taken without right.

Component `tala_amounts`. A number is money when it wears a currency, is scaled ("limang libo", "5k") or stands where
money is talked about, and counts nothing else. A sum repeated, or told per head, counts once; a sum taken back is gone.
"""

import re
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.corrections import denied, takes_back
from tala.extract.numbers import TENS, UNITS, Number
from tala.extract.words import Words, extend, words_of
from tala.facts import Amount

FACTORY: Final = "tala_amounts"
extend("amounts", ())

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
    r"umaga|hapon|kids|children|anak|kami|kaming|kasama|staff|employees|empleyado|officers|enforcers|"
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
    r"bus|building|bldg|extension|ext|local|door|apartment|barangay|brgy|kilometer|km|ika|hanggang alas)$"
)
_MONEY_NEAR: Final = re.compile(
    r"\b(?:pay|paid|pays|paying|charged?|charging|cost|costs|fees?|asked (?:me |us |him |her |for |my )*|"
    r"asking|demand\w*|give|gave|giving|price|worth|"
    r"amount|amounting|for only|just|bayad|bayaran|magbayad|nagbayad|binayaran|pinagbayad|babayaran|"
    r"binayad|nagbabayad|singil|siningil|sinisingil|maningil|naniningil|hingi|hiningi|hinihingi|"
    r"hinihingan|hiningan|"
    r"humingi|humihingi|nanghihingi|nanghingi|nagbigay|binigay|ibigay|magbigay|bigay|bigyan|lagay|halaga|"
    r"halagang|presyo|tig|kape|merienda|pampadulas|padulas|suhol|kotong|dagdag|extra|additional|penalty|"
    r"multa|"
    r"resibo|receipt|abot|inabot|iabot|nag abot|collect\w*|kinolekta|nangolekta|kolekta|under the table|"
    r"offered|alok|inalok|nag offer|bribe|money|pera|cash|gcash|cut|"
    r"discount|refund|tip|take|took|wants?|wanted|gusto|needed|another|plus|pamasahe|fare|total|kulang|"
    r"sobra|instead of|only|lang|naghulog|hulog|ayuda|allowance|deposit|deduct\w*|kinaltas\w*|kaltas|"
    r"quoted|presyuhan|add|idagdag|dinagdag|nagdagdag|settle|areglo|areglohin|utang|loan|salary|sweldo|"
    r"sahod|benefit|pension|gastos|gumastos|spent|nagastos|hand over|handed|slipped|insert|isingit|inipit|"
    r"package|all in)\b"
)  # fmt: skip

_IMPROPER: Final = (
    (3.0, r"bribe|suhol|lagay|kotong|kikil|nangikil|nangotong|padulas|pampadulas|under the table|grease|"
          r"kickback|extort\w*|fixers?|fixer|facilitation|facilitate|"
          r"pang ?kape|pang ?merienda|pangmeryenda|pampakape|pang ?snacks?|pang ?gas|pang ?inom|lakad|"
          r"protection|tong|kickbacks?|s o p|pang ?soft ?drinks|"
          r"for (?:the )?(?:coffee|snacks|merienda|lunch|boss|boys|gas)|coffee money|goodwill|regalo|"
          r"para sa mga boys|boys|pabagsak|hatag|hingi nga kwarta"),
    (2.5, r"no (?:official )?receipts?|without (?:any )?(?:an )?(?:official )?receipts?|"
          r"walang (?:opisyal na )?resibo|wala namang resibo|walang ibinigay na resibo|"
          r"walang binigay na resibo|hindi (?:ako |po |kami |naman |man lang |niya ako |nila ako |"
          r"sila )*(?:binigyan|nag ?issue|inisyuhan|nagbigay|nagbibigay|nag iissue|nag isyu|"
          r"nagisyu)(?: (?:ng|ako|kami|po|sila|nila|opisyal|na|ang))* resibo|"
          r"wala (?:po |ring |rin |pong |naman |akong |silang )*(?:resibo|official receipt|or)|"
          r"di binigyan ng resibo|ayaw (?:mag ?(?:bigay|issue)|magbigay) ng resibo|refused to (?:give|"
          r"issue)(?: me| us)? (?:a |an )?(?:official )?receipt|"
          r"(?:did not|didn t|didnt|never|won t|wouldn t|would not|didn) (?:give|issue|gave|issued)(?: me|"
          r" us)?(?: a| an| any)?(?: official)? receipt|ni resibo wala|scratch paper|kapirasong papel|"
          r"acknowledg\w+ (?:receipt )?only"),
    (2.2, r"demand\w*|hinihing\w+|hiningi\w*|hiningan\w*|humingi|humihingi|nanghing\w*|nanghihingi|"
          r"nanghingi|hingian|pinilit|forced|ask(?:ed|ing|s)?(?: (?:me|us|my|him|her|them|mother|father|"
          r"husband|wife|to|pay|give|for|an|a|extra|another|additional|about)){0,6} for|"
          r"asked(?: me| us)? (?:to|if i)|asking|nagpapabayad|pinagbabayad|pinabayad|wanted|wants|"
          r"gusto (?:niya|nila|nyang|niyang)|kailangan daw|daw|kung magbibigay|kung magdadagdag|"
          r"if i (?:add|give|pay|gave|paid|just)|if we (?:add|give|pay|gave)"),
    (2.2, r"para (?:bumilis|mapabilis|mabilis|mapadali|madali|mauna|mailabas|lumabas|maayos|umusad|"
          r"pirmahan|ma ?approve|ma ?release|maaprubahan|hindi na|di na|makalusot|pumasa|makapasa|mauuna)|"
          r"to (?:speed|expedite|fast ?track|rush|hurry|prioriti[sz]e|hasten|release|skip|"
          r"make it (?:faster|go)|pass|move|get it done|settle|facilitate|fix)|"
          r"(?:faster|same day|bukas makukuha|ngayon din|walang pila|hindi na pipila|no need to (?:line|"
          r"queue)|without (?:lining|queue|appearance|exam|test)|no appearance|non appearance|sure pass)|"
          r"fast ?track|rush|express|priority|ilakad|lalakarin|aayusin|areglo\w*|ayusin na lang|i ?areglo"),
    (2.0, r"extra|additional(?: (?:fee|charge|payment|cost)s?)?|dagdag(?: na bayad)?|not (?:in|listed|"
          r"part|on|posted|shown)(?: \w+){0,4} (?:charter|list|fees|board)|"
          r"wala(?: naman)? sa (?:citizens )?(?:charter|listahan|nakapaskil)|overcharg\w*|sobra\w*|"
          r"unofficial|service (?:fee|charge)|processing fee|illegal|ilegal|donation|donasyon|voluntary|"
          r"contribution|kontribusyon|tip|patong|pinatong\w*|unexplained|hidden|unauthorized|"
          r"convenience fee|assistance fee|"
          r"hindi (?:po )?(?:nakasulat|nakalista|nakapaskil)|in cash|personal (?:na )?gcash|own gcash|"
          r"his gcash|her gcash|gcash number|inabot\w*|pinocket|ibinulsa|binulsa|pocket\w*|inipit|isingit|"
          r"inserted|nilagay sa (?:folder|sobre|drawer)|envelope|sobre"),
    (1.4, r"siningil|sinisingil|naniningil|maningil|pinagbayad|charged|charging|collected|collecting|"
          r"collects|kinolekta\w*|nangongolekta|nangolekta|kinuha|kinuhanan|kinukuha|took|taking|"
          r"tinanggap|accepted|made (?:me|us) pay|offered|alok|inalok\w*|"
          r"nag ?offer|quoted|presyo (?:niya|nila)|each|bawat isa|per head|kada tao|tig|magbigay|nagbigay|"
          r"binigay\w*|gave (?:him|her|them)|handed"),
)  # fmt: skip
_PROPER: Final = (
    (3.0, r"official(?:ly)? (?:fee|rate|price|amount|payment|is)?|posted|nakapaskil|nakasulat|nakalagay|"
          r"ayon sa (?:citizens )?charter|(?:according to|in|under|on|per|says) (?:the |their |"
          r"their own )?(?:citizens )?charter|the charter says|citizens charter|"
          r"regular(?: na)? (?:fee|bayad|rate|price|presyo)|legal fee|standard|prescribed|"
          r"original(?: na)? (?:bayad|fee|price|presyo)|actual fee|tamang (?:bayad|presyo|halaga)|"
          r"totoong (?:bayad|presyo|fee)|"
          r"dapat(?: lang| ay| naman| po)*|should (?:only )?(?:be|have|cost|pay)|supposed to|is only|"
          r"was only|ang (?:bayad|fee|singil) (?:lang|ay|daw ay)|instead of|imbes na|sa halip na|"
          r"rather than|sa resibo|on the receipt|receipt (?:says|shows|only|for|said)|sa or|"
          r"resibo (?:ay|na|lang)|nakalagay sa resibo|statutory|by law|website"),
    (3.0, r"fares?|pamasahe|taxi|tricycle|jeep|bus|grab|gas(?:olina)? (?:namin|ko)|transportation|"
          r"travel(?:l?ed)?|hotel|lodging|photocop\w*|xerox|notar\w+|pagkain|food|lunch|absent|kita|"
          r"kinikita|income|sweldo|sahod|salary|salaries|"
          r"daily wage|earnings?|earn|nawala\w*|lost|loss|losses|lugi|nalugi|gastos|gumastos|ginastos|"
          r"nagastos|spent|loan|inutang|utang|hiniram|borrowed|pension|pensyon|benefits?|benepisyo|claim|"
          r"ayuda|allowance|assistance|cash aid|scholarship|stipend|"
          r"capital|puhunan|worth|nagkakahalaga|price of|presyo ng|market|balance|refund|premium|"
          r"matrikula|tuition|bill|kuryente|tubig|medicine|gamot|hospital bill|damages?|deposit|savings|"
          r"ipon|rent|renta|upa|amelyar|real property tax|amilyar|"
          r"hulog|contributions?|budget|contract|kontrata|retirement|separation pay|backpay|back pay|"
          r"medical|checkup|ticket costs?|airfare|placement|membership"),
    (1.5, r"nagbayad(?: na)? (?:po )?(?:ako|kami) ng|i paid the|paid (?:the |my )?(?:official|required|"
          r"filing|application|renewal|registration|processing|permit)? ?(?:fees?|amount)|may resibo|"
          r"with (?:an )?(?:official )?receipt|with or|(?:gave|issued) (?:me )?(?:a |"
          r"an )?(?:official )?receipt|binigyan (?:naman )?(?:ako|kami) ng resibo|"
          r"(?:filing|application|renewal|registration|permit|passport|license|clearance|exam) fee|"
          r"tax(?:es)?|buwis|penalty|multa|fine"),
)  # fmt: skip
_IMPROPER_CUES: Final = tuple((weight, re.compile(rf"\b(?:{words})\b")) for weight, words in _IMPROPER)
_PROPER_CUES: Final = tuple((weight, re.compile(rf"\b(?:{words})\b")) for weight, words in _PROPER)
_TURN: Final = re.compile(
    r"\b(?:but|pero|instead|kaso|however|ngunit|subalit|imbes|tapos|then|apan|kundi|"
    r"although|kahit|even though|while|whereas|samantalang)\b"
)
_WINDOW: Final = 14
"""Words on each side in which a cue speaks of a sum."""


class Sum(NamedTuple):
    """A sum at words [first, last)."""

    php: float
    first: int
    last: int


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


def _sums(words: Words, numbers: tuple[Number, ...], claimed: set[int]) -> list[Sum]:
    free = [n for n in numbers if not claimed.intersection(range(n.first, n.last))]
    sums: list[Sum] = []
    index = 0
    while index < len(free):
        number, index = _pair(words, free, index)
        found = _money(words, number)
        if found:
            sums.append(found)
    return sums


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
        if cents[1:2] and cents[1] in {"centavos", "sentimos", "centavo"} and cents[0].isdigit():
            value, last = value + float(cents[0]) / 100, last + 2
    if marked:
        return Sum(value, first - 1 if glued else first, last)
    if _COUNTED.match(after) or _COUNTING_LEAD.search(before) or words.gap(last).startswith((":", "/", "%")):
        return None
    if ":" in words.gap(first) or "/" in words.gap(first):
        return None
    if number.scale >= 1000:
        return Sum(value, first, last)
    plain_year = (
        number.digits and 1900 <= value <= 2035 and last == first + 1 and "," not in words.norm[first]
    )
    if number.scale == 100 and value >= 100:
        near = (
            _MONEY_NEAR.search(before)
            or _MONEY_NEAR.search(words.after(last, 6))
            or words.at(first - 1) in {"tig", "p"}
        )
        return Sum(value, first, last) if near else None
    if plain_year or value < 20 or (number.digits and words.norm[first].startswith("0")):
        return None
    lead = _MONEY_NEAR.search(words.before(first, 6)) or (
        number.digits and value >= 100 and _MONEY_NEAR.search(words.after(last, 5))
    )
    small = value < 100 and number.digits is False
    if not lead and number.scale != 0:
        return None
    if small and not _MONEY_NEAR.search(words.before(first, 3)):
        return None
    return Sum(value, first, last) if lead or _MONEY_NEAR.search(before) else None


def _score(words: Words, one: Sum, sums: list[Sum]) -> float:
    """How much speaks for a sum being improper; negative where more speaks for an ordinary one."""
    floor = max((s.last for s in sums if s.last <= one.first), default=0)
    ceiling = min((s.first for s in sums if s.first >= one.last), default=len(words))
    before = words.before(one.first, min(_WINDOW, one.first - floor))
    after = words.after(one.last, min(_WINDOW, ceiling - one.last), across=True)
    turn = None
    for turn in _TURN.finditer(before):
        pass
    if turn and turn.group() not in ("then", "tapos"):
        keep = before[turn.start() :]
        # "instead of 500" judges the 500 itself; any other turn cuts off what was said before it
        before = keep
    turned = _TURN.search(after)
    if turned and ceiling < len(words):
        after = after[: turned.start()]
    score = 0.0
    for cues, sign in ((_IMPROPER_CUES, 1.0), (_PROPER_CUES, -1.0)):
        for weight, cue in cues:
            near = [len(before[m.end() :].split()) for m in cue.finditer(before)]
            near += [len(after[: m.start()].split()) + 1 for m in cue.finditer(after)]
            if near:
                score += sign * weight * (1.0 - 0.05 * min(min(near), _WINDOW))
    return score


_NO_RECEIPT: Final = _IMPROPER_CUES[1][1]
_EXTORTION: Final = _IMPROPER_CUES[0][1]


def find_amounts(words: Words, numbers: tuple[Number, ...], claimed: set[int]) -> list[tuple[Sum, bool]]:
    """The sums of a text in order, each once, and whether it is improper."""
    sums = _sums(words, numbers, claimed)
    kept = [
        one
        for index, one in enumerate(sums)
        if not (index + 1 < len(sums) and takes_back(words, one.last, sums[index + 1].first))
        and not denied(words, one.first, one.last)
    ]
    prior = 0.6 * bool(_EXTORTION.search(words.line)) + 0.6 * bool(_NO_RECEIPT.search(words.line))
    found: dict[float, tuple[Sum, float]] = {}
    for one in kept:
        score = _score(words, one, kept) + prior
        known = found.get(one.php)
        if known is None:
            found[one.php] = (one, score)
        elif score > known[1]:
            found[one.php] = (known[0], score)
    return [(one, score > 0.9) for one, score in found.values()]


def _find(doc: Any) -> Any:
    words = words_of(doc)
    claimed = {index for first, last in doc._.claimed for index in range(first, last)}
    doc._.amounts = tuple(
        Amount(php=one.php, improper=improper, **words.place(one.first, one.last))
        for one, improper in find_amounts(words, doc._.numbers, claimed)
    )
    return doc


def _make(nlp: Any, name: str) -> Any:
    return _find


Language.factory(FACTORY, func=_make)
