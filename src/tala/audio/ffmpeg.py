"""How the decoder is called and how its log is read. It sees one open file and may open nothing else."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import imageio_ffmpeg

from tala.audio.pcm import SAMPLE_RATE
from tala.audio.sniff import Container

# What people's devices write. Anything else, video and pictures included, is never given to a decoder.
_CODECS = (
    "aac,aac_fixed,alac,mp3,mp3float,mp2,mp2float,flac,opus,libopus,vorbis,libvorbis,amrnb,amrwb,"
    "libopencore_amrnb,libopencore_amrwb,gsm,gsm_ms,adpcm_ms,adpcm_ima_wav,adpcm_g726,adpcm_g722,g729,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,"
    "pcm_f64le,pcm_f64be,pcm_mulaw,pcm_alaw"
)
_AUDIO = re.compile(r"^  Stream #0:\d+\S*: Audio: (?P<codec>\w+).*?, (?P<rate>\d+) Hz, (?P<layout>[^,]+)")
_NO_RATE = re.compile(r"^  Stream #0:\d+\S*: Audio: ")
_TAG = re.compile(r"\((?:drms|enca|drmi)\b|\bencrypted\b", re.IGNORECASE)
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_CUT = re.compile(r"moov atom not found|ended prematurely|partial file|truncated", re.IGNORECASE)
_LEVEL = re.compile(r"^(?P<where>(?:\[[^\]]*\] )?)\[(?P<level>info|warning|error|fatal|panic|verbose)\] ?")
_LOG_BYTES = 256 * 1024


@cache
def executable() -> Path:
    """The ffmpeg binary that came with Tala's dependencies."""
    return Path(imageio_ffmpeg.get_ffmpeg_exe())


def command(container: Container, *, memory_bytes: int, cpu_seconds: int) -> list[str]:
    """Arguments that decode standard input to a WAV stream of 16 kHz on standard output."""
    confine = [sys.executable, "-I", "-S", str(Path(__file__).with_name("confine.py"))]
    source = [
        *("-protocol_whitelist", "fd", "-format_whitelist", container.demuxer, "-codec_whitelist", _CODECS),
        *("-threads", "1", "-f", container.demuxer, "-fd", "0", "-i", "fd:"),
    ]
    target = [
        *(
            "-map",
            "0:a:0",
            "-vn",
            "-sn",
            "-dn",
            "-map_metadata",
            "-1",
            "-threads",
            "1",
            "-filter_threads",
            "1",
        ),
        *("-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le", "-bitexact", "-f", "wav", "pipe:1"),
    ]
    options = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"]
    return [*confine, str(memory_bytes), str(cpu_seconds), str(executable()), *options, *source, *target]


@dataclass(slots=True)
class Log:
    """What the decoder said about the file, kept to a bounded size however much it complains."""

    codec: str = ""
    rate: int = 0
    streams: int = 0
    seconds: float | None = None
    """Length the file claims for itself; None where it claims none."""
    errors: int = 0
    cut: bool = False
    encrypted: bool = False
    out_of_memory: bool = False
    no_sound: bool = False
    last_error: str = ""
    _rest: bytes = field(default=b"", repr=False)
    _seen: int = 0
    _input: bool = True

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the log."""
        self._seen += len(data)
        if self._seen > _LOG_BYTES:
            # A file that fills the log is damaged; what matters was said at the beginning.
            self.errors += data.count(b"\n")
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.read(line.decode("utf-8", "replace") for line in lines)

    def read(self, lines: Iterable[str]) -> None:
        """Take whole lines of the log."""
        for line in lines:
            prefix = _LEVEL.match(line)
            text = line[prefix.end() :] if prefix else line
            if prefix and prefix["level"] in ("error", "fatal", "panic"):
                self.errors += 1
                self.last_error = text
            self._read(text)

    def _read(self, text: str) -> None:
        if text.startswith(("Stream mapping:", "Output #0")):
            self._input = False
        self.cut |= _CUT.search(text) is not None
        self.out_of_memory |= "Cannot allocate memory" in text
        self.no_sound |= "matches no streams" in text
        if not self._input:
            return
        if duration := _DURATION.match(text):
            hours, minutes, seconds = duration.groups()
            self.seconds = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        if not _NO_RATE.match(text):
            return
        self.encrypted |= _TAG.search(text) is not None
        self.streams += 1
        if (audio := _AUDIO.match(text)) and not self.codec:
            self.codec, self.rate = audio["codec"], int(audio["rate"])
