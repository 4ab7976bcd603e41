"""The real engine on the real weights, one for the whole run."""

from collections.abc import Iterator

import pytest

from tala.settings import Settings
from tala.speech.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    made = Engine(Settings())
    yield made
    made.close()
