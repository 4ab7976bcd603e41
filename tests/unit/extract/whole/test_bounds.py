"""Texts nobody speaks are read as fast as any other, with offsets kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tala.extract.bounds import readable


@given(st.text(alphabet="ab1(.' \n", max_size=400))
def test_the_length_and_every_place_stay(text: str) -> None:
    calmed = readable(text)
    assert len(calmed) == len(text)
    assert all(new == old or new == " " for new, old in zip(calmed, text, strict=True))


@pytest.mark.parametrize("run", ["(", "'", "(.", "5", "a@", "…"])
def test_endless_runs_are_cut(run: str) -> None:
    assert max(len(word) for word in readable(run * 10_000).split()) <= 120


def test_speech_is_left_alone() -> None:
    text = "Nagbayad po ako ng P1,500.50... sa LTO (Pasig), wala pong resibo!!! juan.dela.cruz@example.com"
    assert readable(text) == text
