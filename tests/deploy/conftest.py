"""A local ChatApp in which nothing happens by itself."""

from collections.abc import Iterator

import pytest

from tests.support.emulated import Emulator, EmulatorSettings, running_emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Yield it."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running
