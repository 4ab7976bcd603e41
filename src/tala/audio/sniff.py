"""What a file is by its first bytes; its name and declared type are never believed.

Only the demuxers named here are ever started, each forced by name: a playlist or a concatenation script that
poses as sound cannot make the decoder open anything else.
"""

from dataclasses import dataclass
from typing import BinaryIO

from tala.errors import TalaError

HEAD_BYTES = 4096
_GSM_FRAME_BYTES = 33
_ID3_HEADER_BYTES = 10


@dataclass(frozen=True, slots=True)
class Container:
    """A container: the name people use and the demuxer that reads it."""

    name: str
    demuxer: str


_WAV = Container("wav", "wav")
_MP3 = Container("mp3", "mp3")
_AAC = Container("aac", "aac")
_MAGIC: tuple[tuple[int, bytes, Container], ...] = (
    (0, b"fLaC", Container("flac", "flac")),
    (0, b"OggS", Container("ogg", "ogg")),
    (0, b"\x1a\x45\xdf\xa3", Container("webm", "matroska")),
    (0, b"#!AMR\n", Container("amr", "amr")),
    (0, b"#!AMR-WB\n", Container("amr", "amr")),
    (0, b"caff", Container("caf", "caf")),
    (0, b".snd", Container("au", "au")),
)
_MOV = Container("m4a", "mov")
# QuickTime files may begin with any of these boxes; those made by phones begin with ftyp.
_MOV_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

_ENCRYPTED: tuple[tuple[bytes, str], ...] = (
    (b"Salted__", "an encrypted file"),
    (b"-----BEGIN PGP MESSAGE", "a PGP message"),
    (b"age-encryption.org/", "an encrypted file"),
    (b"LUKS\xba\xbe", "an encrypted disk"),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"#EXTM3U", "a playlist"),
    (b"[playlist]", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"MThd", "a music score (MIDI), which has no voice in it"),
)
_KNOWN = "wav, mp3, m4a, aac, ogg, opus, webm, flac, amr, gsm, aiff and caf"


def sniff(file: BinaryIO, size: int) -> Container:
    """What the file holds. It is left at its beginning.

    Raises:
        TalaError: `recording_empty`, `recording_encrypted` or `recording_not_audio`, saying what the file is.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        if not head.strip(b"\0"):
            raise TalaError("recording_empty", "The file is empty. Record again, or choose another file.")
        return _by_magic(head) or _behind_id3(file, head) or _gsm(head, size) or _refuse(head)
    finally:
        file.seek(0)


def _by_magic(head: bytes) -> Container | None:
    for offset, magic, container in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return container
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _WAV
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Container("aiff", "aiff")
    if head[4:8] in _MOV_BOXES:
        return _MOV
    return _mpeg(head)


def _mpeg(head: bytes) -> Container | None:
    """MPEG audio by its frame header: eleven set bits, then fields that must not be reserved values."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return _AAC
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return _MP3 if version != 1 and layer != 0 and bitrate != 15 and rate != 3 else None


def _behind_id3(file: BinaryIO, head: bytes) -> Container | None:
    """What stands behind an ID3 tag, whose size is written in four bytes of seven bits; usually MP3."""
    if head[:3] != b"ID3" or len(head) < _ID3_HEADER_BYTES:
        return None
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    file.seek(_ID3_HEADER_BYTES + size)
    behind = file.read(HEAD_BYTES).lstrip(b"\0")
    return _by_magic(behind) or _MP3


def _gsm(head: bytes, size: int) -> Container | None:
    """GSM 06.10 has no header: every frame of 33 bytes begins with the four bits 1101."""
    frames = head[: len(head) // _GSM_FRAME_BYTES * _GSM_FRAME_BYTES : _GSM_FRAME_BYTES]
    whole = size >= 10 * _GSM_FRAME_BYTES
    return Container("gsm", "gsm") if whole and all(byte >> 4 == 0xD for byte in frames) else None


def _refuse(head: bytes) -> Container:
    if head[:4] == b"PK\x03\x04" and len(head) > 6 and head[6] & 1:
        raise TalaError(
            "recording_encrypted",
            "This is a ZIP archive with a password. Unpack it and send the recording inside.",
        )
    for magic, what in _ENCRYPTED:
        if head.startswith(magic):
            raise TalaError("recording_encrypted", f"This is {what}. Send the recording without encryption.")
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise TalaError(
                "recording_not_audio", f"This looks like {what}, not a recording. Send one of {_KNOWN}."
            )
    if _is_text(head):
        raise TalaError(
            "recording_not_audio",
            f"This looks like text, not a recording. Type the complaint instead, or send one of {_KNOWN}.",
        )
    raise TalaError("recording_not_audio", f"This is not a recording that can be read. Send one of {_KNOWN}.")


def _is_text(head: bytes) -> bool:
    try:
        text = (
            head.decode("utf-8", errors="strict")
            if len(head) < HEAD_BYTES
            else head[:-4].decode("utf-8", "ignore")
        )
    except UnicodeDecodeError:
        return False
    return sum(c.isprintable() or c in "\r\n\t" for c in text) > 0.95 * len(text)
