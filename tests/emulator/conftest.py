"""One emulator for all tests that leave it as it was."""

from collections.abc import Iterator

import pytest

from tests.emulator.given import SILENT
from tests.support.emulated import Emulator, running_emulator


@pytest.fixture(scope="package")
def emulator() -> Iterator[Emulator]:
    """Return a local ChatApp without a story."""
    with running_emulator(SILENT) as running:
        yield running
