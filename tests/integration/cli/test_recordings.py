"""`tala file` and `tala transcribe` on good and bad recordings, as processes."""

import json
import random
import re
import struct
import subprocess
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Answer

from tala.cases import ctn

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

Tala = Callable[..., Answer]


def silence(path: Path, seconds: float = 6) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(round(seconds * 16_000) * 2))
    return path


def noise(path: Path) -> Path:
    chance = random.Random(7)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"".join(struct.pack("<h", round(chance.gauss(0, 2500))) for _ in range(16_000 * 6)))
    return path


def text(path: Path) -> Path:
    path.write_text("I am no sound, only words in a file with the wrong name.\n" * 20)
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def bomb(path: Path) -> Path:
    """Two megabytes that unpack to over five hours of silence."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono"]
    subprocess.run([*command, "-t", "20000", "-c:a", "flac", "-y", str(path)], check=True)
    assert path.stat().st_size * 100 < 20_000 * 16_000
    return path


def truncated(path: Path, spoken: Path) -> Path:
    """An m4a whose index, written at the end, is missing."""
    import imageio_ffmpeg

    whole = path.with_name("whole.m4a")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(spoken),
        "-c:a",
        "aac",
        "-y",
        str(whole),
    ]
    subprocess.run(command, check=True)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


def left_behind(folder: Path) -> list[Path]:
    return [p for name in ("recordings", "scratch") for p in (folder / name).rglob("*") if p.is_file()]


def test_a_recording_becomes_a_case_with_no_server_running(tala: Tala, spoken: Path, data_dir: Path) -> None:
    done = tala("file", spoken, "--json")
    assert done.code == 0, done.err
    (filed,) = done.lines
    assert ctn.is_valid(filed.get("ctn", "")), filed
    assert re.fullmatch(r"\d{16}", filed["receipt_secret"])
    assert filed["facts"]["agency"]["code"] == "LTO"
    assert filed["consent"] == "self"
    assert filed["attested_by"]
    span = filed["facts"]["agency"]
    assert filed["transcript"]["text"][span["start"] : span["end"]] == span["text"]
    shown = tala("cases", "list", "--json").lines
    assert [case["ctn"] for case in shown] == [filed["ctn"]]
    assert tala("cases", "show", filed["ctn"], "--json").lines[0]["agency_code"] == "LTO"
    verified = tala("ledger", "verify", "--json").lines[0]
    assert verified["ok"]
    assert verified["events"] >= 1
    assert data_dir.stat().st_mode & 0o077 == 0
    for path in data_dir.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path


def test_for_people_it_says_number_secret_and_what_was_understood(tala: Tala, spoken: Path) -> None:
    done = tala("file", spoken)
    assert done.code == 0, done.err
    for expected in ("TALA-", "Receipt secret", "Land Transportation Office", "Heard"):
        assert expected in done.out


def test_bad_files_are_refused_one_line_each_and_the_rest_goes_on(
    tala: Tala, spoken: Path, data_dir: Path, tmp_path: Path
) -> None:
    files = {
        silence(tmp_path / "silence.wav"): "no_speech",
        noise(tmp_path / "noise.wav"): "no_speech",
        text(tmp_path / "text.wav"): "recording_not_audio",
        truncated(tmp_path / "cut.m4a", spoken): "recording_truncated",
        empty(tmp_path / "empty.wav"): "recording_empty",
        bomb(tmp_path / "bomb.flac"): "recording_too_long",
        tmp_path / "nowhere.wav": "not_found",
        tmp_path: "bad_request",
    }
    begun = time.monotonic()
    done = tala("file", *files, spoken, "--json")
    assert done.code == 1
    assert time.monotonic() - begun < 200
    *refused, filed = done.lines
    assert [line["error"]["code"] for line in refused] == list(files.values())
    assert [line["file"] for line in refused] == [str(path) for path in files]
    assert all(len(line["error"]["message"]) > 20 for line in refused)
    assert ctn.is_valid(filed.get("ctn", "")), filed
    # the filed recording, and what a person may still want back: where nobody was heard
    assert len(left_behind(data_dir)) <= 3
    assert not list((data_dir / "scratch").iterdir())
    heard = tala("transcribe", *files, spoken, "--format", "json")
    assert heard.code == 1
    codes = [line["error"]["code"] for line in heard.lines if "error" in line]
    assert [code for code in files.values() if code != "no_speech"] == codes


def test_over_a_limit_of_the_settings(tala: Tala, tmp_path: Path, data_dir: Path, spoken: Path) -> None:
    done = tala("file", spoken, "--json", TALA_MAX_RECORDING_SECONDS="5")
    assert done.lines[0]["error"]["code"] == "recording_too_long"
    assert "5 seconds" in done.lines[0]["error"]["message"]
    done = tala("file", spoken, TALA_MAX_UPLOAD_BYTES="10000")
    assert done.code == 1
    assert "larger than" in done.err
    assert done.out == ""
    assert left_behind(data_dir) == []


def test_a_call_is_set_aside_until_all_parties_agreed(tala: Tala, two_channels: Path) -> None:
    for consent in ([], ["--consent", "unknown"], ["--consent", "self"]):
        done = tala("file", two_channels, "--json", *consent)
        assert done.code == 1
        assert done.lines[0]["error"]["code"] == "recording_quarantined"
        assert "RA 4200" in done.lines[0]["error"]["message"]
    done = tala("file", two_channels, "--consent", "all-parties", "--json")
    assert done.code == 0, done.out
    assert done.lines[0]["consent"] == "all-parties"


def test_words_in_every_format_and_nothing_stored(tala: Tala, spoken: Path, data_dir: Path) -> None:
    heard = tala("transcribe", spoken, "--format", "json").lines[0]
    assert heard["file"] == str(spoken)
    assert heard["language"] == "en"
    assert heard["segments"][0]["words"][0].keys() >= {"start_ms", "end_ms", "text", "confidence"}
    assert "transportation" in heard["text"].lower()
    plain = tala("transcribe", spoken, "--language", "en")
    assert "transportation" in plain.out.lower()
    assert tala("transcribe", spoken, "--format", "vtt").out.startswith("WEBVTT\n")
    assert tala("transcribe", spoken, "--format", "srt").out.startswith("1\n00:00:0")
    two = tala("transcribe", spoken, spoken)
    assert [line.startswith(f"{spoken}: ") for line in two.out.splitlines()] == [True, True]
    assert tala("transcribe", spoken, spoken, "--format", "vtt").code == 2
    assert not data_dir.exists()


def test_what_cannot_be_filed_now_leaves_nothing_waiting(
    tala: Tala, spoken: Path, data_dir: Path, tmp_path: Path
) -> None:
    done = tala("file", spoken, "--json", "--model", str(tmp_path))
    assert done.code == 1
    assert done.lines[0]["error"]["code"] in ("model_missing", "model_damaged")
    assert left_behind(data_dir) == []
    assert json.loads(tala("ledger", "verify", "--json").out)["events"] == 0
