from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("hiningan ako ng limang libo para bumilis", "5000!"),
        ("the official fee is 500 pesos but they charged me 1,500 without receipt", "500 1500!"),
        ("siningil ako ng dos singkwenta walang resibo", "250!"),
        ("he asked for one five to speed up the process", "1500!"),
        ("P1,500 ang hiningi niya pang merienda", "1500!"),
        ("nagbayad ako ng 300 pesos may resibo naman", "300"),
        ("five thousand no wait three thousand ang hiningi", "3000!"),
        ("hindi 5,000 kundi 3,000 ang hiningi niya", "3000!"),
        ("there were two hundred people in line for 3 hours", ""),
        ("tig limang daan kami bawat isa", "500!"),
        ("window 3 at 2 pm i paid the 1,200 fee", "1200"),
        ("isang libo lang dapat pero dalawang libo ang siningil", "1000 2000!"),
        ("they refused to issue a receipt for the 750 pesos i paid", "750!"),
        ("inalok ako ng fixer ng tatlong libo pero tumanggi ako", "3000!"),
        ("he wanted 10,000 pesos, yes ten thousand pesos, under the table", "10000!"),
        ("since 2019 i have been paying", ""),
        ("my pension of 8,000 pesos has not been released", "8000"),
        ("an extra 200 that is not in the citizens charter", "200!"),
        ("call me at 0917 123 4567 about plate ABC 1234", ""),
        ("noong march 15 2026 alas dos", ""),
    ],
)
def test_sums_and_which_are_improper(read: Callable[..., Any], text: str, sums: str) -> None:
    found = " ".join(f"{a.php:g}{'!' if a.improper else ''}" for a in read(text).amounts)
    assert found == sums
