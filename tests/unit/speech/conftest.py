"""The real engine on the real weights, one for the whole run."""

from collections.abc import Iterator

import hypothesis
import pytest

from tala.settings import Settings
from tala.speech.engine import Engine

# A busy machine is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    made = Engine(Settings())
    yield made
    made.close()
