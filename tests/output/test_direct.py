import os
from io import BytesIO, FileIO
from pathlib import Path

import pytest

from chatapp_tail.errors import OutputError
from chatapp_tail.output.writer import DirectOutput
from chatapp_tail.signals import Signals
from tests.support.records import lines

FULL_DISK = Path("/dev/full")


def test_header_comes_first_and_once_and_also_without_records() -> None:
    stream = BytesIO()
    output = DirectOutput(stream, Signals(), header=b"header\n")
    output.flush()
    assert stream.getvalue() == b"header\n"
    assert output.put(*lines("a", "b"))
    output.flush()
    assert stream.getvalue() == b"header\na\nb\n"


def test_lines_are_written_when_there_are_many_and_else_at_a_flush() -> None:
    stream = BytesIO()
    output = DirectOutput(stream, Signals())
    for number in range(100):
        assert output.put(*lines(f"{number:999}"))
    assert len(stream.getvalue()) == 66_000
    output.flush()
    assert len(stream.getvalue()) == 100_000


@pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full")
def test_full_disk_is_an_error_in_words() -> None:
    with FileIO(FULL_DISK, "wb") as stream:
        output = DirectOutput(stream, Signals())
        with pytest.raises(
            OutputError, match=r"^standard output can't be written: No space left on device$"
        ):
            output.put(*lines("x" * 100_000))


def test_reader_that_left_is_no_error_of_the_output() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with FileIO(write_end, "wb") as stream:
        output = DirectOutput(stream, Signals(), header=b"header\n")
        with pytest.raises(BrokenPipeError):
            output.flush()
