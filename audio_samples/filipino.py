"""Filipino spelling to IPA, for synthesisers that have no Filipino voice but can read phonemes.

Filipino is written nearly as it is spoken: one letter is one sound, and vowels in a row are parted by a
glottal stop. Stress is left out on purpose: told where it lies, the Japanese voices part the consonants
around it with vowels of their own, and a recogniser then hears half as many words right.
"""

import re

_SPECIAL = {
    "ng": "naŋ",
    "mga": "maŋa",
    "ñ": "enje",
    "jose": "hose",
    "juan": "hwan",
    "san": "san",
}
# Words that end in a glottal stop, which only dictionaries write.
_STOPPED = frozenset(
    ("hindi", "wala", "sampu", "bata", "salita", "tama", "mali", "puti", "suka", "punta", "gawa", "bigla")
)
# Longest first: what is spelled with several letters.
_SPELLINGS = (
    ("ngg", "ŋɡ"),
    ("ngk", "ŋk"),
    ("tiy", "ʧ"),
    ("diy", "ʤ"),
    ("siy", "ʃ"),
    ("niy", "nj"),
    ("ng", "ŋ"),
    ("nk", "ŋk"),
    ("ts", "ʧ"),
    ("ty", "ʧ"),
    ("ch", "ʧ"),
    ("dy", "ʤ"),
    ("sy", "ʃ"),
    ("sh", "ʃ"),
    ("ny", "nj"),
    ("ll", "lj"),
    ("qu", "k"),
    ("ph", "f"),
    ("rr", "ɾ"),
    ("ce", "se"),
    ("ci", "si"),
    ("ñ", "nj"),
)
_LETTERS = {
    **{letter: letter for letter in "abdefhiklmnopstuvw"},
    **{"c": "k", "g": "ɡ", "j": "ʤ", "q": "k", "r": "ɾ", "x": "ks", "y": "j", "z": "s"},
}
_VOWEL = "[aeiou]"


def word_to_ipa(word: str) -> str:
    """Pronunciation of one Filipino word; what is no letter is left out."""
    word = word.lower().replace("’", "").replace("'", "")
    if word in _SPECIAL:
        return _SPECIAL[word]
    # A hyphen before a vowel is a glottal stop ("nag-aral"), elsewhere it joins ("araw-araw").
    parts = [_sounds(part) for part in word.split("-") if part]
    joined = "".join(
        ("ʔ" if index and re.match(_VOWEL, part) else "") + part for index, part in enumerate(parts)
    )
    return joined + ("ʔ" if word in _STOPPED else "")


def _sounds(word: str) -> str:
    sounds, position = "", 0
    while position < len(word):
        spelling = next((s for s in _SPELLINGS if word.startswith(s[0], position)), None)
        letters, sound = spelling or (word[position], _LETTERS.get(word[position], ""))
        sounds += sound
        position += len(letters)
    return re.sub(f"(?<={_VOWEL})(?={_VOWEL})", "ʔ", sounds)
