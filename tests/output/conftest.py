from collections.abc import Iterator
from contextlib import ExitStack

import pytest


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Yield what closes at the end of the test all that was put on it."""
    with ExitStack() as stack:
        yield stack
