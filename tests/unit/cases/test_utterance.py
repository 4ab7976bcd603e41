"""What a turn does beside the facts it tells."""

import re

import pytest

from tala.cases.utterance import data, heard, plain


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("can I talk to a person please", "human"),
        ("I want to speak with a real human being", "human"),
        ("gusto ko po makausap ng tao", "human"),
        ("ayoko po sa makina, tao po sana", "human"),
        ("operator", "human"),
        ("ipasa nyo po ako sa tao", "human"),
        ("what happened to the complaint i filed in march", "status"),
        ("ano na po ang lagay ng reklamo ko", "status"),
        ("follow up ko lang po yung sumbong ko", "status"),
        ("Stop.", "stop"),
        ("huwag na lang po", "stop"),
        ("hindi na po ako magrereklamo, tama na", "stop"),
        ("start over", "again"),
        ("ulitin natin mula sa umpisa", "again"),
        ("read it back to me", "read_back"),
        ("pakibasa po ulit", "read_back"),
        ("ano na po ang naitala ninyo", "read_back"),
        ("what was your question", "repeat"),
        ("ano po ulit", "repeat"),
        ("hindi ko po narinig", "repeat"),
        ("are you a robot", "machine"),
        ("sino po ba kayo", "machine"),
        ("is this being recorded", "machine"),
        ("what is the hotline of the government", "hotline"),
        ("what happens next", "afterwards"),
        ("may bayad po ba ito", "afterwards"),
        ("this is not a complaint", "question"),
        ("magtatanong lang po", "question"),
        ("hindi po gobyerno, pribado po", "private"),
        ("It's a private company.", "private"),
        ("May reklamo po ako", "complaint"),
        ("I want to stay anonymous", "unnamed"),
        ("ayoko pong magpakilala", "unnamed"),
        ("wag nyo po banggitin ang pangalan ko", "unnamed"),
        ("that's all, please file it", "submit"),
        ("ipasa na po ninyo", "submit"),
        ("pa-submit na", "submit"),
        ("skip", "skip"),
        ("i skip na lang po", "skip"),
        ("ayoko pong sabihin", "skip"),
        ("wala po akong cellphone", "skip"),
        ("I don't know", "unknown"),
        ("diko alam", "unknown"),
        ("ewan ko po", "unknown"),
        ("di ko po matandaan kung kailan eh, basta matagal na", "unknown"),
        ("oo", "yes"),
        ("Opo, tama po lahat.", "yes"),
        ("No.", "no"),
        ("hindi po", "no"),
        ("No, in Pasig, not Pasay", "correction"),
        ("ay mali, Martes pala", "correction"),
        ("ang ibig kong sabihin ay LTFRB", "correction"),
        ("magandang umaga po", "greeting"),
        ("maraming salamat po", "thanks"),
    ],
)
def test_acts(text: str, act: str) -> None:
    assert act in heard(text).acts


@pytest.mark.parametrize(
    "text",
    [
        "The guard told me to talk to the person at window three and she only laughed at me in front of all",
        "They told me to stop coming back because they did not know where my papers were",
        "The clerk said skip the line if you pay and I did not know what to do about that kind of thing",
        "Sinabihan po ako ng empleyado na magsimula ulit sa umpisa kahit kumpleto na ang papeles ko roon",
        "The cashier refused to read my form and sent me home without an explanation that afternoon",
        "ayaw nilang ibigay ang resibo kahit ilang beses ko nang hiningi sa kanila noong isang linggo",
        "hiningan ako ng dagdag na dalawang daan",
    ],
)
def test_a_story_that_holds_such_words_is_a_story(text: str) -> None:
    ruling = {"human", "stop", "again", "read_back", "submit", "status", "machine", "repeat"}
    assert not heard(text).acts & ruling


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Yes, that's right. File it.", True),
        ("opo tama yan ipadala na po", True),
        ("skip", True),
        ("I don't know", True),
        ("thank you", True),
        ("No, in Pasig, not Pasay", False),
        ("I don't know exactly, maybe last Monday in the morning", False),
        ("Pasig", False),
        ("", False),
    ],
)
def test_bare_turns_tell_nothing(text: str, bare: bool) -> None:
    assert heard(text).bare is bare


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("I don't know his name", "respondent"),
        ("hindi ko po alam kung kailan", "incident_date"),
        ("skip my name", "complainant"),
        ("laktawan na po yung pangalan ko", "complainant"),
        ("no phone", "contact"),
        ("hindi ko na maalala kung magkano", "amount"),
        ("hindi ko alam ang pangalan", "name"),
    ],
)
def test_fields_named_while_not_answering(text: str, field: str) -> None:
    assert field in heard(text).fields


def test_both_languages_say_the_same_things() -> None:
    replies, labels = data()["replies"], data()["labels"]
    assert replies["en"].keys() == replies["fil"].keys()
    assert labels["en"].keys() == labels["fil"].keys()
    for language in ("en", "fil"):
        assert len(labels[language]["months"].split()) == 12
        assert all(text.strip() for text in replies[language].values())
    for key, text in replies["en"].items():
        assert text.count("{") == replies["fil"][key].count("{"), key


def test_no_phrase_waits_for_a_word_that_is_never_heard() -> None:
    phrases = [phrase for lists in data()["says"].values() for kind in lists.values() for phrase in kind]
    phrases += [phrase for kind in data()["named"].values() for phrase in kind]
    for phrase in phrases:
        words = re.findall(r"[^\s()\[\]|*~]+", phrase)
        assert all(plain(word) == word for word in words), phrase


def test_the_opening_tells_that_it_is_a_machine_what_is_recorded_and_why() -> None:
    english, filipino = data()["replies"]["en"]["opening"], data()["replies"]["fil"]["opening"]
    assert all(word in english for word in ("machine", "recorded", "so that", "unnamed", "person", "stop"))
    assert all(word in filipino for word in ("Makina", "Nirerekord", "para", "magpakilala", "tao", "tumigil"))
