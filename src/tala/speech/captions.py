"""A transcript as captions and as plain text."""

import html

from tala.transcript import Segment, Transcript, Word

_LONGEST_MS = 6_000
_LONGEST_LETTERS = 84
_LINE_LETTERS = 42


def to_text(transcript: Transcript) -> str:
    """Plain text; each turn of a call on a line of its own, after the name of its channel."""
    if len(transcript.channels) < 2:
        return transcript.text + "\n" if transcript.text else ""
    lines: list[str] = []
    last: int | None = None
    for segment in transcript.segments:
        if segment.channel == last:
            lines[-1] += " " + segment.text
        else:
            lines.append(f"{_speaker(transcript, segment)}: {segment.text}")
        last = segment.channel
    return "".join(line + "\n" for line in lines)


def to_vtt(transcript: Transcript) -> str:
    """WebVTT; without words it is the header alone, which players take."""
    blocks = ["WEBVTT\n"]
    many = len(transcript.channels) > 1
    for segment in transcript.segments:
        voice = f"<v {html.escape(_speaker(transcript, segment), quote=False)}>" if many else ""
        for start, end, text in _cues(segment):
            written = "\n".join(html.escape(line, quote=False) for line in _lines(text))
            blocks.append(f"{_clock(start, '.')} --> {_clock(end, '.')}\n{voice}{written}\n")
    return "\n".join(blocks)


def to_srt(transcript: Transcript) -> str:
    """SubRip."""
    many = len(transcript.channels) > 1
    blocks: list[str] = []
    for segment in transcript.segments:
        voice = f"{_speaker(transcript, segment)}: " if many else ""
        for start, end, text in _cues(segment):
            written = "\n".join(_lines(voice + text))
            blocks.append(f"{len(blocks) + 1}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{written}\n")
    return "\n".join(blocks)


def _speaker(transcript: Transcript, segment: Segment) -> str:
    if segment.channel < len(transcript.channels):
        return transcript.channels[segment.channel]
    return f"channel {segment.channel + 1}"


def _cues(segment: Segment) -> list[tuple[int, int, str]]:
    """A segment cut between words into captions that can be read in their time."""
    if not segment.words:
        return (
            [(segment.start_ms, max(segment.end_ms, segment.start_ms + 1), segment.text)]
            if segment.text
            else []
        )
    groups: list[list[Word]] = [[]]
    for word in segment.words:
        group = groups[-1]
        letters = sum(len(w.text) + 1 for w in group) + len(word.text)
        if group and (letters > _LONGEST_LETTERS or word.end_ms - group[0].start_ms > _LONGEST_MS):
            groups.append([])
        groups[-1].append(word)
    return [
        (group[0].start_ms, max(group[-1].end_ms, group[0].start_ms + 1), " ".join(w.text for w in group))
        for group in groups
    ]


def _lines(text: str) -> list[str]:
    """A caption on one line, or on two of like length."""
    if len(text) <= _LINE_LETTERS:
        return [text]
    spaces = [i for i, letter in enumerate(text) if letter == " "]
    if not spaces:
        return [text]
    middle = min(spaces, key=lambda i: abs(i - len(text) // 2))
    return [text[:middle], text[middle + 1 :]]


def _clock(ms: int, comma: str) -> str:
    seconds, rest = divmod(max(0, ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{comma}{rest:03d}"
