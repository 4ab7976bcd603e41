"""How the facts of a conversation change with a turn: what it answers, adds, corrects and takes back."""

import datetime as dt
import re
from typing import Any, Final

from tala.cases import assistant
from tala.cases.utterance import heard
from tala.extract.answers import NAMES, SINGLE, back
from tala.extract.pipeline import Understander
from tala.facts import Agency, Amount, DateFact, Facts, Location, Person, Span

_FEW_WORDS: Final = 6  # of a turn that names another value and hardly anything else
_TRIES: Final = 3
_DENIED: Final = re.compile(
    # "hindi po, sa Pasig" answers with no; "hindi po sa Pasig" denies.
    r"(?:\bnot|\bhindi|\bhinde|\bdi|\bdili|\binstead of|\bimbes na)"
    r"(?: +(?:po|ho|in|on|at|the|sa|si|kay|ang|yung|noong|nung|naman|from))* *$",
    re.IGNORECASE,
)


def settle(
    understander: Understander,
    last: str,
    alone: Facts,
    whole: Facts,
    before: Facts,
    pending: str | None,
    offset: int,
    *,
    filed_at: dt.datetime,
) -> Facts:
    """The facts after a turn.

    Args:
        last: the turn.
        alone: what the turn alone says, by its own characters.
        whole: what all turns together say.
        before: what was settled before the turn.
        pending: the field that was asked for.
        offset: where the turn begins in the text of all turns.
    """
    turn = heard(last)
    corrects = assistant.intent_of(last) == "correction" or "correction" in turn.acts
    update: dict[str, Any] = {}
    for field in SINGLE:
        old, new = getattr(before, field), getattr(alone, field)
        if old is None:
            denied = False
            if new is not None:
                new, denied = _undenied(understander, last, field, new, filed_at)
            # Read together with the story where the turn alone tells nothing.
            update[field] = back(new, offset) if new is not None or denied else getattr(whole, field)
            continue
        update[field] = old  # what was settled is not unsettled by talk of other things
        if new is None and corrects and old.text:
            # Two values of a kind in one breath may cancel out; without the old one the new one stands.
            rest = last
            for word in old.text.split():
                rest = _without(rest, Span(text=word))
            if rest != last:
                new = getattr(understander.understand(rest, filed_at=filed_at), field)
        if new is None:
            if corrects and _denied(last, old.model_copy(update={"start": 0})):
                update[field] = None
            continue
        if corrects or (field != pending and turn.words <= _FEW_WORDS):
            new, denied = _instead(understander, last, field, old, new, filed_at)
            if new is not None or denied:
                update[field] = back(new, offset)
        elif field == pending and not _denied(last, new):
            update[field] = back(new, offset)
    update["people"] = _people(last, alone, whole, before, offset, corrects=corrects)
    update["amounts"] = _amounts(last, alone, whole, before, pending, offset, corrects=corrects)
    for field in ("phones", "emails"):
        update[field] = _contacts(field, alone, whole, before, offset, corrects=corrects)
    update["respondent_description"] = (
        back(alone.respondent_description, offset)
        if pending == "respondent" and alone.respondent_description
        else before.respondent_description
        or whole.respondent_description
        or back(alone.respondent_description, offset)
    )
    if any(person.role == "respondent" for person in update["people"]):
        update["respondent_description"] = None
    update["emergency"] = whole.emergency or alone.emergency
    return whole.model_copy(update=update)


def _value(fact: Any) -> Any:
    """What two facts of a kind must share to be the same."""
    match fact:
        case Agency():
            return fact.code
        case Location():
            return fact.psgc or fact.candidates
        case DateFact():
            return fact.date
        case Amount():
            return fact.php
        case _:
            return fact.text.casefold() if fact.text else None


def _denied(text: str, fact: Any) -> bool:
    """Whether a value is named, somewhere, only to be denied: "not Pasay"."""
    if fact.start is None or not fact.text:
        return False
    places = re.finditer(re.escape(fact.text), text, re.IGNORECASE)
    return any(_DENIED.search(text[: place.start()]) for place in places)


def _without(text: str, fact: Span) -> str:
    """The text with the words of a fact blanked out wherever they stand."""
    words = rf"(?<!\w){re.escape(fact.text or '')}(?!\w)"
    return re.sub(words, lambda m: " " * len(m[0]), text, flags=re.IGNORECASE)


def _undenied(
    understander: Understander, text: str, field: str, new: Any, filed_at: dt.datetime
) -> tuple[Any, bool]:
    """The value of a turn that it does not deny itself, and whether it denies one."""
    denied = False
    for _ in range(_TRIES):
        if new is None or not _denied(text, new):
            break
        denied, text = True, _without(text, new)
        new = getattr(understander.understand(text, filed_at=filed_at), field)
    return new, denied


def _instead(
    understander: Understander, text: str, field: str, old: Any, new: Any, filed_at: dt.datetime
) -> tuple[Any, bool]:
    """The value that a correction puts in the place of the old one, and whether it denies the old one.

    A value that is denied, or is the one already there, is blanked out and the rest read again.
    """
    taken_back = False
    other = None
    for _ in range(_TRIES):
        denied = _denied(text, new)
        same = _value(new) == _value(old)
        if not denied and not same:
            return new, taken_back
        taken_back = taken_back or (denied and same)
        other = other or (new if denied and not same else None)
        if not new.text:
            break
        text = _without(text, new)
        new = getattr(understander.understand(text, filed_at=filed_at), field)
        if new is None:
            break
    # "Hindi po sa Pasig po" where nobody spoke of Pasig before: "no, in Pasig".
    return other, taken_back


def _people(
    last: str, alone: Facts, whole: Facts, before: Facts, offset: int, *, corrects: bool
) -> tuple[Person, ...]:
    """Everybody named so far; a name given again, fuller or in an answer, is the same person."""
    people = list(before.people)
    said = [back(person, offset) for person in alone.people if not _denied(last, person)]
    known = [_parts(person) for person in [*before.people, *said]]
    # Names that only the context of earlier turns shows to be names.
    said += [
        person
        for person in whole.people
        if (person.start or 0) >= offset and not any(_same(_parts(person), parts) for parts in known)
    ]
    denied = [_parts(person) for person in alone.people if _denied(last, person)]
    people = [
        person
        for person in people
        if not any(_same(_parts(person), parts) for parts in denied)
        and not _denied(last, Span(start=0, text=person.name))
    ]
    gone = [person for person in before.people if person not in people]
    corrects = corrects or bool(gone)
    if len(gone) == len(said) == 1:  # "not Ben, Dan": the one stands where the other stood
        said = [said[0].model_copy(update={"role": gone[0].role})]
    for person in said:
        place = next((n for n, one in enumerate(people) if _same(_parts(one), _parts(person))), None)
        if place is None and corrects and person.role in NAMES.values():
            place = next((n for n, one in enumerate(people) if one.role == person.role), None)
            if place is not None:
                people[place] = person
                continue
        if place is None:
            people.append(person)
            continue
        fuller = max(people[place], person, key=lambda one: len(_parts(one)))
        role = person.role if person.role != "other" else people[place].role
        people[place] = fuller.model_copy(update={"role": role})
    return tuple(people)


def _parts(person: Person) -> frozenset[str]:
    return frozenset(person.name.casefold().split())


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return one <= other or other <= one


def _amounts(
    last: str, alone: Facts, whole: Facts, before: Facts, pending: str | None, offset: int, *, corrects: bool
) -> tuple[Amount, ...]:
    """All sums; what a correction denies or replaces is gone and stays so."""
    said = [back(amount, offset) for amount in alone.amounts if not _denied(last, amount)]
    denied = {amount.php for amount in alone.amounts if _denied(last, amount)}
    replaced = [amount for amount in before.amounts if amount.php not in {a.php for a in said}]
    if corrects and said and len(replaced) == 1:
        # The new sum was asked for as the old one was.
        denied.add(replaced[0].php)
        said = [_improper(amount, or_not=amount.improper or replaced[0].improper) for amount in said]
    in_context = {amount.php: amount for amount in whole.amounts}
    heard_now = [amount for amount in whole.amounts if (amount.start or 0) >= offset]
    earlier = [in_context.get(amount.php, amount) for amount in before.amounts]
    found: dict[float, Amount] = {}
    for amount in (*earlier, *heard_now, *said):
        if amount.php not in denied:
            known = found.setdefault(amount.php, amount)
            asked = pending == "amount" and any(one.php == amount.php for one in said)
            found[amount.php] = _improper(known, or_not=known.improper or amount.improper or asked)
    return tuple(sorted(found.values(), key=lambda amount: amount.start or 0))


def _improper(amount: Amount, *, or_not: bool) -> Amount:
    return amount.model_copy(update={"improper": or_not})


def _contacts(
    field: str, alone: Facts, whole: Facts, before: Facts, offset: int, *, corrects: bool
) -> tuple[Any, ...]:
    """Numbers and addresses; a corrected one takes the place of those before."""
    said = back(getattr(alone, field), offset)
    if corrects and said:
        return tuple(said)
    heard_now = [contact for contact in getattr(whole, field) if (contact.start or 0) >= offset]
    found: dict[str, Any] = {}
    for contact in (*getattr(before, field), *heard_now, *said):
        found.setdefault(contact.value, contact)
    return tuple(found.values())
