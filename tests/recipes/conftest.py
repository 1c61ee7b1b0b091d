"""A sandbox for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recipes.sandbox import Sandbox
from tests.support.emulated import EmulatorSettings, running_emulator


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Yield a sandbox with a local ChatApp in which nothing happens by itself."""
    with running_emulator(EmulatorSettings(pace=None)) as emulator:
        yield Sandbox(tmp_path, emulator)
