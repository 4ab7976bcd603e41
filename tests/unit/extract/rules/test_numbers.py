import pytest

from tala.extract.numbers import read_numbers
from tala.extract.words import Words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("limang libo", [5000]),
        ("singko mil", [5000]),
        ("kinse mil ang hingi", [15000]),
        ("dalawang libo't limang daan", [2500]),
        ("isang libo at limang daan", [1500]),
        ("dos mil kinyentos", [2500]),
        ("isang libo't kalahati", [1500]),
        ("apat na libo", [4000]),
        ("anim na raan", [600]),
        ("siyam na pu", [90]),
        ("apat na pu't lima", [45]),
        ("dalawampu't isa", [21]),
        ("labing lima", [15]),
        ("disisyete", [17]),
        ("bente singko", [25]),
        ("sanlibo", [1000]),
        ("dalawandaan", [200]),
        ("fifteen hundred", [1500]),
        ("two hundred and fifty", [250]),
        ("1 thousand 5 hundred", [1500]),
        ("three hundred fifty thousand", [350000]),
        ("5k", [5000]),
        ("1.5k", [1500]),
        ("P1,500.50", [1500.5]),
        ("sinkwinta", [50]),
        ("kuwarinta", [40]),
        ("five thousand and two ids", [5000, 2]),
        ("maraming daan ang sarado", []),
        ("libo-libo ang pumila", []),
    ],
)
def test_numbers_as_people_say_them(text: str, values: list[float]) -> None:
    assert [number.value for number in read_numbers(Words(text))] == values


def test_a_number_knows_its_words() -> None:
    words = Words("humingi siya ng limang libo kahapon")
    (number,) = read_numbers(words)
    assert words.slice(number.first, number.last) == "limang libo"
