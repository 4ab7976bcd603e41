"""Days as people name them, turned into dates against the day they are said, in Asia/Manila.

Pure: words in, dated mentions out. Which of them is the day of the incident is for `dates` to say.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from tala.extract.datafiles import word_list
from tala.extract.daynames import MONTHS, ORDINALS, WEAK_MONTHS, WEEKDAYS, by_sound, count_in, day_number
from tala.extract.numbers import TEENS, TENS, UNITS, Number, kind_of
from tala.extract.words import Words


class Day(NamedTuple):
    """A day named at words [first, last). `certain` is false where the words leave room ("about three weeks
    ago")."""

    date: dt.date
    first: int
    last: int
    certain: bool = True
    weekday: bool = False


_FEASTS: Final = {
    "christmas": (12, 25), "pasko": (12, 25), "christmas eve": (12, 24), "new years day": (1, 1),
    "bagong taon": (1, 1),
    "new years eve": (12, 31), "valentines day": (2, 14), "valentines": (2, 14), "labor day": (5, 1),
    "independence day": (6, 12), "araw ng kalayaan": (6, 12), "all saints day": (11, 1),
    "all souls day": (11, 2), "undas": (11, 1),
    "bonifacio day": (11, 30), "rizal day": (12, 30), "araw ng kagitingan": (4, 9),
}  # fmt: skip

_PAST_LEAD: Final = re.compile(
    r"\b(?:last|past|previous|noong|nung|nuong|nong|noon|nitong|nakaraang|nakaraan|nagdaang|nakalipas na|"
    r"noong nakaraang|this past)(?: (?:last|nakaraang|nakaraan|nagdaang|na|araw ng|ng|the|isang))?$"
)
_NEXT_LEAD: Final = re.compile(r"\b(?:next|coming|darating na|susunod na|sunod na|kasunod na|this coming)$")
_FUTURE_LEAD: Final = re.compile(
    r"\b(?:next|coming|darating na|susunod na|sa darating na|this coming|by|"
    r"until|till|hanggang|before|bago ang|bago mag)(?: (?:this|the|ng|na|"
    r"sa))?$"
)
_EVERY_LEAD: Final = re.compile(
    r"\b(?:every|each|tuwing|twing|kada|bawat|pag|kapag|pagka)(?: (?:araw ng|single))?$"
)
_WEEK_BEFORE: Final = re.compile(
    r"^(?:of |noong |nung |ng |nitong )?(?:last week|nakaraang linggo|isang linggo|nakaraan linggo|"
    r"nagdaang linggo|the week before)\b"
)
_LEAD_WEEK: Final = re.compile(
    r"\b(?:last week|nakaraang linggo|noong isang linggo|nung isang linggo|nagdaang linggo|"
    r"isang linggo)(?: (?:of|on|noong|nung|ng|na|"
    r"every|yung|sa|the|araw ng|i think|mga))?$"
)
_WEEKS_AGO: Final = re.compile(
    r"^(\S+(?: \S+)?) (?:weeks?|linggo) (?:ago|na ang nak(?:ak)?araan|"
    r"na ang nakalipas|ang nak(?:ak)?araan|before)\b"
)
_THIS_WEEK: Final = re.compile(r"\b(?:this|itong|ngayong|nitong)(?: (?:week|linggo))?$")

_FIXED: Final = (
    (re.compile(r"\b(?:the )?day before yesterday\b|\b(?:noong |nung |kama)makalawa\b|\bkamakalawa\b"), -2),
    (re.compile(r"\b(?:noong|nung|nuong|nong) isang araw\b"), -2),
    (
        re.compile(
            r"\b(?:kahapon|kahapong|yesterday|kagahapon|kahpon|kagabi|last night|kagabing|"
            r"yesterday's)\b"
        ),
        -1,
    ),
    (
        re.compile(
            r"\b(?:right now|ngayon (?:po )?(?:mismo|nasa|nandito|andito|dito)|"
            r"(?:calling|here) (?:right )?now|nandito (?:po )?(?:ako|kami) ngayon|today|kanina|kaninang|"
            r"kanila lang umaga|ngayong (?:araw|umaga|hapon|tanghali|gabi)|"
            r"this (?:morning|afternoon|"
            r"evening|noon)|earlier today|tonight|just now|kani kanina)\b"
        ),
        0,
    ),
    (re.compile(r"\b(?:day after tomorrow|sa makalawa)\b"), 2),
    (
        re.compile(
            r"\b(?:tomorrow|bukas ng (?:umaga|hapon|tanghali)|kinabukasan pa|hanggang bukas|sa bukas|"
            r"bukas na|bukas po|bukas)\b"
        ),
        1,
    ),
)
_NOT_TODAY: Final = re.compile(
    r"\b(?:until|till|up to|hanggang|as of|to|pa rin|hanggang sa)(?: (?:this|"
    r"now))?$"
)
_OPEN_TOMORROW: Final = re.compile(r"\b(?:ay|naka|nang|pa|laging|palaging|always)$")

_UNIT_OF_TIME: Final = {
    **dict.fromkeys(("day", "days", "araw", "adlaw"), "day"),
    **dict.fromkeys(("week", "weeks", "linggo", "linggong", "semana"), "week"),
    **dict.fromkeys(("month", "months", "buwan", "buwang"), "month"),
    **dict.fromkeys(("year", "years", "taon", "taong"), "year"),
}
_AGO: Final = re.compile(
    r"^(?:ago|na ang nak(?:ak)?al[iy]pas|na ang nak(?:ak)?araan|ang nak(?:ak)?al[iy]pas|ang nak(?:ak)?araan|"
    r"na nakalipas|na nak(?:ak)?araan|"
    r"nang nakalipas|na pong nak(?:ak)?araan|na po "
    r"ang nak(?:ak)?araan|na po ang nakalipas|nakalipas|nak(?:ak)?araan|back)\b"
)
_BEFORE_NOW: Final = re.compile(r"\b(?:nakaraang|nakalipas na|nagdaang)$")
_ABOUT: Final = re.compile(
    r"\b(?:about|around|almost|nearly|mga|halos|roughly|some|more than|over|mahigit|higit|lagpas|"
    r"less than|maybe|siguro|mag|a couple of|"
    r"approximately|past|at least)(?: (?:siguro|mga|na))?$"
)
_NUMERIC: Final = re.compile(r"(?<![\d/-])(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?![\d/-])")
_FIRST_DAYS: Final = frozenset({"unang araw ng", "unang araw nang", "first day of"})
_YEAR: Final = re.compile(r"^(?:19|20)\d{2}$")


class Calendar:
    """Reads the days named in one text said on `said`."""

    def __init__(self, words: Words, numbers: tuple[Number, ...], said: dt.date) -> None:
        self.words = words
        self.numbers = {number.first: number for number in numbers}
        self.said = said

    def read(self) -> list[Day]:
        """All days, in order, the longest reading where two overlap."""
        readers: tuple[Callable[[], Iterator[Day]], ...] = (
            self._numeric, self._months, self._ago, self._weekdays, self._fixed, self._feasts,
            self._days_of_month,
        )  # fmt: skip
        days: list[Day] = []
        taken: set[int] = set()
        for reader in readers:
            for day in reader():
                span = set(range(day.first, day.last))
                if span & taken:
                    continue
                taken |= span
                days.append(day)
        return sorted(days, key=lambda day: day.first)

    def _numeric(self) -> Iterator[Day]:
        for match in _NUMERIC.finditer(self.words.text):
            a, _, b, c = match.groups()
            if len(a) == 4:
                year, month, day = int(a), int(b), int(c)
            elif len(c) in (2, 4):
                month, day, year = int(a), int(b), int(c) + (2000 if len(c) == 2 else 0)
                if month > 12:
                    month, day = day, month
            else:
                continue
            date = _date(year, month, day)
            if date and abs((self.said - date).days) < 45_000:
                yield Day(date, *self.words.by_index(*match.span()))

    def _months(self) -> Iterator[Day]:
        words = self.words
        for index, word in enumerate(words.norm):
            month = MONTHS.get(word) or by_sound(word, "month")
            if month is None:
                continue
            found = self._day_before(index) or self._day_after(index, weak=word in WEAK_MONTHS)
            if found is None:
                continue
            day, first, last = found
            year, last = self._year(last)
            if first < index and not year:
                year, last = self._year(last)
            date = _date(year, month, day) if year else self._nearest(month, day, first)
            if date:
                yield Day(date, first, last)

    def _day_before(self, index: int) -> tuple[int, int, int] | None:
        """ "3 May", "3rd of May", "ika-tres ng Mayo", "a-kinse ng Marso", "unang araw ng Hunyo"."""
        words = self.words
        if words.slice(index - 3, index) in _FIRST_DAYS and not words.stops_before(index):
            return 1, index - 3, index + 1
        link = words.at(index - 1) in {"of", "ng", "de", "nang", "sa"}
        end = index - 1 if link else index
        for length in (4, 3, 2, 1):
            first = end - length
            if first < 0 or any(words.stops_before(i) for i in range(first + 1, index + 1)):
                continue
            day, last = day_number(words, first)
            if day and last == end and (link or self._marked_day(first)):
                return day, first - (words.at(first - 1) in {"ika", "a"} and first > 0), index + 1
        return None

    def _marked_day(self, first: int) -> bool:
        word = self.words.at(first)
        return word.isdecimal() or word in ORDINALS or word in {"ika", "a"}

    def _day_after(self, index: int, *, weak: bool) -> tuple[int, int, int] | None:
        """ "May 3", "March the third", "Mayo a-tres", "Marso kinse"."""
        words = self.words
        first = index + 1
        if (words.at(first) in {"the", "ng", "na", "day", "araw"} and not weak) or words.at(first) == "the":
            first += 1
        if words.stops_before(index + 1):
            return None
        day, last = day_number(words, first)
        if not day:
            return None
        following = words.at(last)
        if weak and words.norm[index] in {"may", "mar"}:
            # "may tatlong tao", "may 3 requirements" say that there are three, not the third
            written = words.text[words.start[index] : words.end[index]][:1].isupper()
            plain = words.norm[first].isdecimal() or words.norm[first] in ORDINALS or words.at(first) == "a"
            follows = following and words.gap(last) == " " and not _YEAR.match(following)
            noun = follows and following not in _AFTER_DATE
            if not plain or (noun and not written):
                return None
        if words.norm[first].isdecimal() and words.at(last) in {
            "percent",
            "am",
            "pm",
            "pesos",
            "piso",
            "k",
            "libo",
            "thousand",
        }:
            return None
        return day, index, last

    def _year(self, index: int) -> tuple[int, int]:
        word = self.words.at(index)
        if _YEAR.match(word) and not self.words.stops_before(index):
            return int(word), index + 1
        if word in {"of", "ng", "taong", "year"} and _YEAR.match(self.words.at(index + 1)):
            return int(self.words.at(index + 1)), index + 2
        if word in {"this", "last", "ngayong"} and self.words.at(index + 1) in {"year", "taon"}:
            return self.said.year - (word == "last"), index + 2
        if word == "twenty" and self.words.at(index + 1) in {*TEENS, *TENS}:
            number = kind_of(self.words.at(index + 1))
            unit = UNITS.get(self.words.at(index + 2), 0) if number and number[0] == "ten" else 0
            if number and 2000 + number[1] + unit <= self.said.year + 5:
                return 2000 + number[1] + unit, index + (3 if unit else 2)
        return 0, index

    def _nearest(self, month: int, day: int, first: int) -> dt.date | None:
        """The year is not said: the latest such day, or the next one where the words look ahead."""
        before = self.words.before(first, 4)
        this_year = _date(self.said.year, month, day)
        if _FUTURE_LEAD.search(before) or _LOOKS_AHEAD.search(self.words.before(first, 7)):
            if this_year and (this_year >= self.said or (self.said - this_year).days < 120):
                return this_year
            return _date(self.said.year + 1, month, day)
        if this_year and this_year <= self.said:
            return this_year
        if this_year and (this_year - self.said).days <= 45 and not _PAST_LEAD.search(before):
            return this_year
        return _date(self.said.year - 1, month, day)

    def _ago(self) -> Iterator[Day]:
        words = self.words
        for index, word in enumerate(words.norm):
            unit = _UNIT_OF_TIME.get(word)
            if unit is None:
                continue
            number = self._count_before(index)
            if number is None:
                continue
            count, first = number
            ago = _AGO.match(words.after(index + 1, 4))
            lead = _BEFORE_NOW.search(words.before(first, 2))
            if not ago and not lead:
                continue
            last = index + 1 + (len(ago.group().split()) if ago else 0)
            about = _ABOUT.search(words.before(first, 3))
            days = {"day": 1, "week": 7}.get(unit)
            if days is None:
                date = _months_before(self.said, count * (12 if unit == "year" else 1))
                certain = False
            else:
                date = self.said - dt.timedelta(days=int(count * days))
                certain = not about or unit == "day"
            start = first - (1 if words.at(first - 1) in {"a", "noong", "nung"} and not lead else 0)
            yield Day(date, max(start, 0), last, certain=certain)

    def _count_before(self, index: int) -> tuple[int, int] | None:
        words = self.words
        for first in range(index - 1, max(index - 4, -1), -1):
            number = self.numbers.get(first)
            if number and (
                number.last == index
                or (number.last == index - 1 and words.at(index - 1) in {"na", "ng", "full"})
            ):
                return (
                    (int(number.value), first)
                    if number.value == int(number.value) and number.value < 400
                    else None
                )
        if words.at(index - 1) in {"a", "one", "isang", "an"}:
            return 1, index - 1
        if words.slice(index - 3, index) == "a couple of":
            return None
        return None

    def _weekdays(self) -> Iterator[Day]:
        words = self.words
        for index, word in enumerate(words.norm):
            weekday = WEEKDAYS.get(word)
            if weekday is None:
                weekday = by_sound(word, "weekday")
            if weekday is None:
                weekday = self._linggo(index)
            if weekday is None or (
                word in {"mon", "wed", "thu", "fri", "sat"} and words.norm[index - 1] != "last"
            ):
                continue
            before = words.before(index, 5)
            if _EVERY_LEAD.search(before) or word == "mondays" or self._in_range(index):
                continue
            after = words.after(index + 1, 6, across=False)
            last = index + 1
            monday = self.said - dt.timedelta(days=self.said.weekday())
            weeks = _WEEKS_AGO.match(after)
            first = index
            lead_week = _LEAD_WEEK.search(words.before(index, 5, across=True))
            following = _WEEK_BEFORE.match(after)
            count = count_in(weeks.group(1)) if weeks else 0
            if weeks and count:
                date = monday - dt.timedelta(days=7 * count - weekday)
                last = index + 1 + len(weeks.group().split())
            elif following:
                date = monday - dt.timedelta(days=7 - weekday)
                last = index + 1 + len(following.group().split())
            elif lead_week:
                date = monday - dt.timedelta(days=7 - weekday)
                first = index - len(lead_week.group().split())
            elif _NEXT_LEAD.search(before):
                date = (
                    monday + dt.timedelta(days=7 + weekday)
                    if before.endswith("next")
                    else self._coming(weekday)
                )
                first = index - 1
            elif self._ahead(index):
                date = self._coming(weekday)
            elif _THIS_WEEK.search(before) and not _PAST_LEAD.search(before):
                date = monday + dt.timedelta(days=weekday)
                if date > self.said and not before.endswith(("this", "week")):
                    date -= dt.timedelta(days=7)
                first = index - 1
            else:
                date = self._latest(weekday)
                lead = _PAST_LEAD.search(before)
                first = index - (len(lead.group().split()) if lead else 0)
            yield Day(date, first, last, weekday=True)

    def _linggo(self, index: int) -> int | None:
        """ "linggo" is a week or Sunday: Sunday only after words that name days."""
        words = self.words
        if words.norm[index] != "linggo":
            return None
        before = words.before(index, 3)
        if re.search(r"\b(?:araw ng|noong|nung|nitong|tuwing)$", before):
            following = words.at(index + 1)
            if following not in {"na"}:
                return 6
        return None

    def _in_range(self, index: int) -> bool:
        """ "Monday to Friday", "Lunes hanggang Biyernes", "lunes at martes": days of opening, not a date."""
        words = self.words
        ahead, behind = words.at(index + 2) in WEEKDAYS, words.at(index - 2) in WEEKDAYS
        through = {"to", "hanggang", "through", "thru"}
        return (ahead and words.at(index + 1) in through) or (behind and words.at(index - 1) in through)

    def _ahead(self, index: int) -> bool:
        before = self.words.before(index, 4)
        if _PAST_LEAD.search(before):
            return False
        if before.endswith(" sa") or before == "sa":
            return not re.search(r"\b(?:noon|kahapon|nakaraang|nakaraan)\b", before)
        return bool(_FUTURE_LEAD.search(before) or _LOOKS_AHEAD.search(self.words.before(index, 7)))

    def _latest(self, weekday: int) -> dt.date:
        return self.said - dt.timedelta(days=(self.said.weekday() - weekday - 1) % 7 + 1)

    def _coming(self, weekday: int) -> dt.date:
        return self.said + dt.timedelta(days=(weekday - self.said.weekday() - 1) % 7 + 1)

    def _fixed(self) -> Iterator[Day]:
        words = self.words
        for pattern, days in _FIXED:
            for match in pattern.finditer(words.line):
                first = words.word_at(match.start())
                last = words.word_at(match.end() - 1) + 1
                before = words.before(first, 3)
                if days == 0 and _NOT_TODAY.search(before):
                    continue
                if days == 1 and (
                    _OPEN_TOMORROW.search(before)
                    or re.match(r"bukas (?:ang|pa|sila|yung|daw sila|na bukas)\b", words.after(first, 3))
                ):
                    continue
                yield Day(
                    self.said + dt.timedelta(days=days), first, last, certain="isang" not in match.group()
                )

    def _feasts(self) -> Iterator[Day]:
        words = self.words
        for name, (month, day) in _FEASTS.items():
            if name not in words.line:
                continue
            for match in re.finditer(
                rf"\b(?:on|noong|nung|last|nitong) (?:the |araw ng )?{name}\b", words.line
            ):
                first, last = words.word_at(match.start()), words.word_at(match.end() - 1) + 1
                date = _date(self.said.year, month, day)
                if date and date > self.said:
                    date = _date(self.said.year - 1, month, day)
                if date:
                    yield Day(date, first, last)

    def _days_of_month(self) -> Iterator[Day]:
        """ "noong a-kinse", "nung ika-15", "on the 15th": the latest such day."""
        words = self.words
        for match in _DAY_OF_MONTH.finditer(words.line):
            first = words.word_at(match.start())
            index = words.word_at(match.end() - 1) + 1
            day, last = day_number(words, index)
            lead = match.group().split()
            marked = words.at(index) in {"ika", "a"} or bool(
                re.match(r"ika|a(?:kin|tre|dos|uno|ono|sin|sai|siy|ots|nuw|diy)", words.at(index))
            )
            ordinal = words.at(index) in ORDINALS or words.slice(last - 1, last) in {"st", "nd", "rd", "th"}
            digits = words.at(index).isdecimal() and lead[0] in {"noong", "nung", "nong", "nuong"}
            if (
                not day
                or not (marked or ordinal or digits)
                or words.at(last) in _NOT_DAYS
                or words.at(last) in MONTHS
            ):
                continue
            if ordinal and not marked and not self._closes(last):
                continue
            if words.slice(last, last + 2) in {"of the", "ng buwan"} and words.at(last + 2) == "month":
                last += 3
            date = self._latest_day(day, ahead=bool(_LOOKS_AHEAD.search(words.before(first, 6))))
            if date:
                yield Day(date, first, last)

    def _closes(self, index: int) -> bool:
        """ "on the third" closes a phrase; "on the third floor" does not."""
        following = self.words.at(index)
        return not following or self.words.gap(index).strip() != "" or following in _AFTER_DATE

    def _latest_day(self, day: int, *, ahead: bool) -> dt.date | None:
        date = _date(self.said.year, self.said.month, day)
        if ahead:
            return date if date and date >= self.said else _date_in(self.said, 1, day)
        if date and date <= self.said:
            return date
        return _date_in(self.said, -1, day)


_DAY_OF_MONTH: Final = re.compile(
    r"\b(?:noong|nung|nong|nuong|on the|last|nitong|since the|since)(?= )|"
    r"\b(?:petsa|araw na)(?= a )"
)
_NOT_DAYS: Final = word_list("calendar_not_days")
_AFTER_DATE: Final = word_list("calendar_after_date")
_LOOKS_AHEAD: Final = re.compile(
    r"\b(?:flight|deadline|due|appointment|schedule|naka schedule|come back|comeback|return|balik|bumalik|"
    r"babalik|will be|expires?|"
    r"until|hanggang|by|before|leaving|alis|aalis|interview|hearing|exam|surgery|operation|release|"
    r"ilalabas|enrollment|balikan|"
    r"mag e expire|mapapaso|lipad|byahe|biyahe|ibalik|magbalik|promised|pangako|kukunin|makukuha|pick up|"
    r"claim|ready)\b(?!.*\b(?:was|noong|nung|last)\b)"
)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _date_in(said: dt.date, months: int, day: int) -> dt.date | None:
    index = said.year * 12 + said.month - 1 + months
    return _date(index // 12, index % 12 + 1, day)


def _months_before(said: dt.date, months: int) -> dt.date:
    for day in range(said.day, 27, -1):
        date = _date_in(said, -months, day)
        if date:
            return date
    return _date_in(said, -months, min(said.day, 28)) or said
