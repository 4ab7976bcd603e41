"""Captions that players take."""

from tala.speech.captions import to_srt, to_text, to_vtt
from tala.transcript import Segment, Transcript, Word


def segment(channel: int, start: int, *texts: str, step: int = 500) -> Segment:
    words = tuple(
        Word(start_ms=start + i * step, end_ms=start + (i + 1) * step, text=text, confidence=0.9)
        for i, text in enumerate(texts)
    )
    return Segment(
        channel=channel, start_ms=start, end_ms=words[-1].end_ms, text=" ".join(texts), words=words
    )


def transcript(*segments: Segment, channels: tuple[str, ...] = ("mono",)) -> Transcript:
    return Transcript.of(segments, seconds=5000, language="en", language_probability=1.0, channels=channels)


def test_nothing_said_is_still_a_caption_file() -> None:
    assert to_vtt(transcript()) == "WEBVTT\n"
    assert to_srt(transcript()) == ""
    assert to_text(transcript()) == ""


def test_a_call_names_its_channels() -> None:
    call = transcript(
        segment(0, 0, "Good", "morning."), segment(1, 3_600_000, "R&D", "<po>."), channels=("left", "right")
    )
    assert to_vtt(call) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v left>Good morning.\n"
        "\n01:00:00.000 --> 01:00:01.000\n<v right>R&amp;D &lt;po&gt;.\n"
    )
    assert to_srt(call) == (
        "1\n00:00:00,000 --> 00:00:01,000\nleft: Good morning.\n"
        "\n2\n01:00:00,000 --> 01:00:01,000\nright: R&D <po>.\n"
    )
    assert to_text(call) == "left: Good morning.\nright: R&D <po>.\n"


def test_a_long_turn_becomes_captions_that_can_be_read() -> None:
    long = transcript(segment(0, 0, *["complaint"] * 40, step=400))
    cues = to_srt(long).strip().split("\n\n")
    assert len(cues) > 3
    assert sum(cue.count("complaint") for cue in cues) == 40
    for cue in cues:
        lines = cue.split("\n")[2:]
        assert 1 <= len(lines) <= 2
        assert max(map(len, lines)) <= 50


def test_one_word_without_spaces_is_one_line() -> None:
    assert "x" * 60 in to_vtt(transcript(segment(0, 0, "x" * 60)))
