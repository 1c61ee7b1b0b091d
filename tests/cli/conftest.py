"""What the tests of the command line share."""

from collections.abc import Iterator

import pytest

from tests.support.emulated import Emulator, EmulatorSettings, running_emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Yield a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as running:
        yield running
