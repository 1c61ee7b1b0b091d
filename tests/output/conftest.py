from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.output.given import Pipe
from tests.support.pipes import opened_pipe


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe, unbuffered: the end to read from, and the end to write to."""
    with ExitStack() as closing:
        yield opened_pipe(closing)
