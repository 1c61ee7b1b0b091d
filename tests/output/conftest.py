from collections.abc import Iterator
from contextlib import ExitStack

import pytest


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Yield a stack that is closed at the end of the test."""
    with ExitStack() as stack:
        yield stack
