"""The evaluation texts say what their card says: complete, consistent labels, and no text twice."""

import datetime as dt
import re
from collections import Counter

from benchmarks.language.items import Item, read
from benchmarks.language.score import DEFAULT

from tala.cases import taxonomy

ITEMS = read(DEFAULT)
HONORIFICS = {
    "sir",
    "maam",
    "mam",
    "mr",
    "mrs",
    "ms",
    "miss",
    "engr",
    "atty",
    "dr",
    "doc",
    "kap",
    "mang",
    "aling",
}


def named(item: Item) -> list[str]:
    """Names of the people the label speaks of."""
    return [person["name"] for person in item.gold["people"]]


def test_ids_and_texts_are_unique() -> None:
    assert len({item.id for item in ITEMS}) == len(ITEMS) >= 240
    assert len({re.sub(r"\W+", " ", item.text.casefold()) for item in ITEMS}) == len(ITEMS)


def test_languages_forms_and_categories_are_balanced() -> None:
    assert (
        min(Counter(item.language for item in ITEMS)[language] for language in ("en", "fil", "taglish")) >= 80
    )
    heard = sum("asr" in item.style for item in ITEMS)
    assert 0.4 <= heard / len(ITEMS) <= 0.6
    mains = Counter(item.gold["categories"][0] for item in ITEMS)
    assert min(mains[ground.code] for ground in taxonomy.load().category) >= 10


def test_categories_are_known_and_agree_with_complaint_or_not() -> None:
    grounds = {ground.code: ground.complaint for ground in taxonomy.load().category}
    for item in ITEMS:
        codes = item.gold["categories"]
        assert set(codes) <= set(grounds), item.id
        assert len(set(codes)) == len(codes), item.id
        assert item.gold["is_complaint"] == grounds[codes[0]], item.id


def test_no_incident_lies_after_the_call() -> None:
    for item in ITEMS:
        if item.gold.get("incident_date"):
            assert dt.date.fromisoformat(item.gold["incident_date"]) <= item.filed_at.date(), item.id


def test_people_are_named_as_spoken_and_without_titles() -> None:
    for item in ITEMS:
        for name in named(item):
            assert name.casefold() in item.text.casefold(), item.id
            assert name.casefold().split()[0] not in HONORIFICS, item.id


def test_texts_as_heard_have_no_capitals_and_marks() -> None:
    for item in ITEMS:
        if "asr" in item.style:
            assert item.text == item.text.lower(), item.id
            assert not re.search(r"[.,;:?!\"]", item.text), item.id


def test_places_have_psgc_codes_of_ten_digits() -> None:
    for item in ITEMS:
        place = item.gold.get("location")
        assert place is None or (place["name"] and re.fullmatch(r"\d{10}", place["psgc"])), item.id
