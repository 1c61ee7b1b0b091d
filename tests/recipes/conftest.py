"""A kitchen for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recipes.kitchen import Kitchen
from tests.support.emulated import EmulatorSettings, running_emulator


@pytest.fixture
def kitchen(tmp_path: Path) -> Iterator[Kitchen]:
    """Yield a kitchen with a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as emulator:
        yield Kitchen(tmp_path, emulator)
