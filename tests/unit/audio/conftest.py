from pathlib import Path

import pytest

from tala.audio.decode import DecodeLimits


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """An empty folder for the decoder."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def limits() -> DecodeLimits:
    """Limits that no ordinary recording of a test meets."""
    return DecodeLimits(
        max_bytes=50_000_000, max_seconds=600, max_channels=2, timeout_seconds=60, memory_bytes=1 << 30
    )
