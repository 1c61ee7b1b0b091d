import os
from collections.abc import Iterator
from io import FileIO

import pytest

from tests.output.given import Pipe


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe, unbuffered: the end to read from, and the end to write to."""
    read_end, write_end = os.pipe()
    with FileIO(read_end, "rb") as reader, FileIO(write_end, "wb") as writer:
        yield reader, writer
