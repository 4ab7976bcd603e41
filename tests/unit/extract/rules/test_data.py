"""The data files hold together."""

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from tala.extract.names import name_words

DATA = files("tala.data")
AGENCIES = tomllib.loads(DATA.joinpath("agencies.toml").read_text("utf-8"))["agency"]
PLACES = [line.split("\t") for line in DATA.joinpath("places.tsv").read_text("utf-8").splitlines()]
SERVICES = tomllib.loads(DATA.joinpath("services.toml").read_text("utf-8"))["service"]


def test_enough_agencies_each_with_a_source() -> None:
    assert sum("code" in row for row in AGENCIES) >= 250
    assert all(row["source"] and row["name"] and row["heard"] for row in AGENCIES)


def test_no_two_agencies_are_heard_alike() -> None:
    heard = Counter(name for row in AGENCIES for name in row["heard"])
    assert [name for name, count in heard.items() if count > 1] == []
    assert all(name == name.lower() for name in heard)


def test_every_city_and_municipality_has_a_code_of_ten_digits() -> None:
    kinds = Counter(row[2] for row in PLACES)
    assert kinds["city"] == 149
    assert kinds["municipality"] == 1493
    assert kinds["province"] >= 82
    assert all(len(row[0]) == 10 and row[0].isdigit() for row in PLACES)


@pytest.mark.parametrize("section", ["names", "preferred", "regions", "around"])
def test_spoken_names_lead_to_places(section: str) -> None:
    said = tomllib.loads(DATA.joinpath("places.toml").read_text("utf-8"))
    codes = {row[0] for row in PLACES} | {""}
    assert set(said[section].values()) <= codes
    if section == "around":
        assert set(said[section]) <= codes


def test_services_are_given_by_known_agencies() -> None:
    codes = {row.get("code") for row in AGENCIES}
    assert all(row["agency"] in codes for row in SERVICES)
    assert {row["class"] for row in SERVICES} == {"simple", "complex", "highly_technical"}


def test_weak_names_are_names() -> None:
    lists = name_words()
    assert len(lists.given) > 800
    assert len(lists.surnames) > 600
    assert lists.given.isdisjoint({"po", "ang", "sa"})
