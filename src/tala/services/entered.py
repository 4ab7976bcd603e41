"""Whether a value that a person entered can be one: a telephone number, an address, a day that has been."""

import datetime as dt
import re
from typing import Any, Final

import phonenumbers

from tala.cases import taxonomy

SENTENCES: Final = {
    "phone": "This is no phone number. Write it like 0917 123 4567 or +63 2 8123 4567.",
    "email": "This is no e-mail address. Write it like name@example.com.",
    "agency": "No agency has this short name. Choose one from the list, or write its usual short name, such "
    "as LTO.",
    "category": "There is no such ground of complaint. Choose one from the list.",
    "place": "There is no city or municipality of this code. Begin to type its name, then choose.",
    "amount": "This is no amount of money. Write pesos as a number from 0 to 1,000,000,000,000.",
    "date": "This day cannot be. Choose one between the year 1900 and today.",
}
"""What to tell, by the code that goes with it for translation."""

OF_MEMBER: Final = {"date": "date", "php": "amount"}
"""Codes for members that the model itself refuses."""

_MOST_PESOS: Final = 1e12
_FIRST_DAY: Final = dt.date(1900, 1, 1)
_EMAIL: Final = re.compile(r"[^\s@<>(),;:\"\[\]]{1,64}@(?=.{4,253}$)(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62}")


def problem(pointer: str, code: str) -> dict[str, str]:
    """An entry of a refusal's `errors`."""
    return {"pointer": pointer, "code": code, "detail": SENTENCES[code]}


def phone(value: str) -> str | None:
    """E.164 of a telephone number as people write it here, None where it is none."""
    try:
        number = phonenumbers.parse(value, "PH")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def wrong(name: str, value: Any, *, today: dt.date, agencies: frozenset[str]) -> list[tuple[str, str]]:
    """What is wrong with one value of a fact, as (member, code); empty where it can be.

    Args:
        name: a member of Facts; of a list, `value` is one item of it.
        agencies: codes that the directory knows.
    """
    if not isinstance(value, dict):
        return []
    match name:
        case "phones" if phone(str(value["value"])) is None:
            return [("value", "phone")]
        case "emails" if not _EMAIL.fullmatch(str(value["value"])):
            return [("value", "email")]
        case "agency" if value["code"] not in agencies:
            return [("code", "agency")]
        case "categories" if value["code"] not in taxonomy.load():
            return [("code", "category")]
        case "amounts" if not 0 <= value["php"] <= _MOST_PESOS:
            return [("php", "amount")]
        case "incident_date" if not _FIRST_DAY <= dt.date.fromisoformat(value["date"]) <= today:
            return [("date", "date")]
    return []
