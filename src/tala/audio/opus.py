"""Opus packets of a live microphone to 16 kHz samples.

Each packet gives exactly the samples that its first byte announces, so that sound keeps its place in time
whatever becomes of a packet.
"""

from typing import Any

import numpy as np

from tala.audio.pcm import SAMPLE_RATE, Floats, Pcm

_DECODED_RATE = 48_000
_DOWN = _DECODED_RATE // SAMPLE_RATE
_TAPS = 96
_CUT_HZ = 7_600
LONGEST_MS = 120
"""Longest packet the format allows."""
_FRAME_MS = (10, 20, 40, 60) * 3 + (10, 20) * 2 + (2.5, 5, 10, 20) * 4


def packet_samples(packet: bytes) -> int:
    """Samples at 16 kHz that a packet holds, by its first bytes (RFC 6716, section 3.1).

    Raises:
        ValueError: this is no Opus packet.
    """
    if not packet:
        raise ValueError("an empty packet")
    configuration, code = packet[0] >> 3, packet[0] & 3
    if code == 3 and len(packet) < 2:
        raise ValueError("a packet without its count of frames")
    frames = packet[1] & 63 if code == 3 else (1, 2, 2)[code]
    milliseconds = _FRAME_MS[configuration] * frames
    if not 0 < milliseconds <= LONGEST_MS:
        raise ValueError(f"a packet of {milliseconds} ms")
    return round(milliseconds * SAMPLE_RATE / 1000)


class OpusDecoder:
    """Decodes the packets of one stream, in order."""

    def __init__(self) -> None:
        self._codec: Any = _open()
        # What the filter still needs of the packet before.
        self._before = np.zeros(_TAPS - 1, np.float32)

    def decode(self, packet: bytes) -> Pcm:
        """Samples of one packet; silence where it is damaged.

        Raises:
            ValueError: this is no Opus packet.
        """
        import av

        wanted = packet_samples(packet)
        try:
            frames = self._codec.decode(av.Packet(packet))
        except (av.FFmpegError, ValueError):
            self._codec = _open()  # a decoder that failed may be left in any state
            frames = []
        sound = np.zeros(wanted * _DOWN, np.float32)
        at = 0
        for frame in frames:
            piece = frame.to_ndarray().reshape(-1)[: len(sound) - at]
            sound[at : at + len(piece)] = piece
            at += len(piece)
        return self._thinned(sound)

    def _thinned(self, sound: Floats) -> Pcm:
        """One sample of three, what 16 kHz cannot hold filtered out before."""
        joined = np.concatenate([self._before, sound])
        self._before = joined[len(joined) - (_TAPS - 1) :]
        filtered = np.convolve(joined, _FILTER, "valid")[::_DOWN]
        return np.clip(np.rint(filtered), -32_768, 32_767).astype(np.int16)


def _open() -> Any:
    import av  # when the first stream of Opus comes: it is a large library

    codec: Any = av.CodecContext.create("libopus", "r")
    codec.sample_rate = _DECODED_RATE
    codec.layout = "mono"
    return codec


def _low_pass() -> Floats:
    at = np.arange(_TAPS) - (_TAPS - 1) / 2
    shape = np.sinc(2 * _CUT_HZ / _DECODED_RATE * at) * np.blackman(_TAPS)
    taps: Floats = (shape / shape.sum()).astype(np.float32)
    return taps


_FILTER = _low_pass()
