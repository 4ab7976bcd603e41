"""Agencies and places as heard and misheard, and everyday words that must not be taken for them."""

from collections.abc import Callable
from typing import Any

import pytest

HEARD = {
    "SSS": "ess ess ess|s.s.s.|triple s|es es ess",
    "DFA": "dee ef ey|d f a|di ep ay",
    "PhilHealth": "filhealth|feel health|filled health|pilhelth|phil helt|philhelf",
    "Pag-IBIG": "pagibig|pag ebig|pag i big|pagibeg",
    "DepEd": "dep ed|deep ed|deped",
    "TESDA": "tes da|tisda|tesdah",
    "COMELEC": "com elec|comelek|komelec",
    "NBI": "en bi ay|n.b.i.|en bee eye",
    "BIR": "bee ai ar|b i r|bi ay ar",
    "LTO": "el tee oh|l-t-o|el ti o",
    "DSWD": "d s w d|dee es double u dee",
    "DMW": "poea|d m w|philippine overseas employment administration",
    "PSA": "nso|pi es ay|national statistics office",
    "LRA": "registry of deeds|register of deeds|rejistry of deeds|registry of these",
    "LGU": "munisipyo|munisipiyo|city hall|sity hall|kapitolyo|baranggay hall|assessors office|bplo",
}


@pytest.mark.parametrize(
    ("code", "heard"), [(code, one) for code, all_ in HEARD.items() for one in all_.split("|")]
)
def test_agencies_as_heard(read: Callable[..., Any], code: str, heard: str) -> None:
    agency = read(f"pumunta ako sa {heard} kahapon").agency
    assert agency is not None
    assert agency.code == code


@pytest.mark.parametrize(
    "text",
    [
        "i went up to the bar at the dot",
        "dito po sa amin maingay ang aso gabi gabi",
        "ang apo ko ay may sakit",
        "sa bago pong bahay iba ang real na presyo parang bay lang",
        "pagasa na lang ang meron kami",
    ],
)
def test_everyday_words_are_no_agencies_or_places(read: Callable[..., Any], text: str) -> None:
    found = read(text)
    assert found.agency is None
    assert found.location is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sa lto passig", "City of Pasig"),
        ("sss mareekina", "City of Marikina"),
        ("the dfa in Paranyake", "City of Parañaque"),
        ("psa in las pinyas", "City of Las Piñas"),
        ("philhealth office in Davow", "City of Davao"),
        ("deped division office ng batangas siti", "Batangas City"),
        ("lto dagopan", "City of Dagupan"),
        ("psa muntinlopa", "City of Muntinlupa"),
        ("dfa in QC", "Quezon City"),
        ("gensan lto", "City of General Santos"),
        ("bir cdo", "City of Cagayan De Oro"),
        ("city hall ng san fernando pampanga", "City of San Fernando"),
        ("munisipyo ng bay laguna", "Bay"),
    ],
)
def test_places_as_heard(read: Callable[..., Any], text: str, name: str) -> None:
    assert read(text).location.name == name


def test_a_name_many_towns_bear_stays_open(read: Callable[..., Any]) -> None:
    location = read("sa munisipyo ng santa maria ako nag apply").location
    assert location.name is None
    assert location.psgc is None
    assert len(location.candidates) >= 5


def test_barangay_is_kept_as_text(read: Callable[..., Any]) -> None:
    location = read("sa barangay san roque sa antipolo").location
    assert (location.name, location.barangay) == ("City of Antipolo", "san roque")


@pytest.mark.parametrize(
    "text", ["sss along quezon avenue", "dfa sa roxas boulevard", "si santiago po ang kahera sa bir"]
)
def test_streets_and_people_are_no_places(read: Callable[..., Any], text: str) -> None:
    assert read(text).location is None
