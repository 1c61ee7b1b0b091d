"""The server that several tests of this folder talk to."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.hostile.babbler import Babbler


@pytest.fixture
def babbler() -> Iterator[Babbler]:
    """Yield the server."""
    with closing(Babbler()) as server:
        yield server
