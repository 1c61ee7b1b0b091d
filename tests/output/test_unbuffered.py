import os
import pty
import socket
import sys
from contextlib import ExitStack
from io import BytesIO, FileIO
from pathlib import Path

import pytest

from chatapp_tail.output.unbuffered import reopen_nonblocking
from tests.support.pipes import opened_pipe

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/fd")


@ON_LINUX
def test_pipe_is_opened_a_second_time_and_never_waits(closing: ExitStack) -> None:
    reader, pipe = opened_pipe(closing)
    again = reopen_nonblocking(pipe)
    assert again is not None
    closing.enter_context(again)
    while again.write(b"x" * 100_000) is not None:
        pass
    assert os.get_blocking(pipe.fileno())
    assert reader.read(1) == b"x"


@ON_LINUX
def test_named_pipe_is_a_pipe(closing: ExitStack, tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    reader = closing.enter_context(FileIO(read_end, "rb"))
    again = reopen_nonblocking(closing.enter_context(FileIO(path, "wb")))
    assert again is not None
    with again:
        again.write(b"hello")
    assert reader.read(10) == b"hello"


@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_file_is_written_on_where_it_is(closing: ExitStack, tmp_path: Path, mode: str) -> None:
    path = tmp_path / "out"
    stream = closing.enter_context(FileIO(path, mode))
    stream.write(b"one ")
    again = reopen_nonblocking(stream)
    assert again is not None
    again.write(b"two ")
    stream.write(b"three ")
    again.close()
    stream.write(b"four")
    assert path.read_bytes() == b"one two three four"


def test_nothing_is_opened_for_what_may_wait_or_is_no_file(closing: ExitStack) -> None:
    ours, theirs = socket.socketpair()
    closing.enter_context(ours)
    closing.enter_context(theirs)
    master, terminal = pty.openpty()
    closing.callback(os.close, master)
    connection = FileIO(ours.fileno(), "wb", closefd=False)
    screen = closing.enter_context(FileIO(terminal, "wb"))
    nowhere = closing.enter_context(FileIO(os.devnull, "wb"))
    assert [reopen_nonblocking(one) for one in (connection, screen, nowhere, BytesIO())] == [
        None
    ] * 4


def test_nothing_is_opened_of_what_is_closed(tmp_path: Path) -> None:
    stream = FileIO(tmp_path / "out", "wb")
    stream.close()
    assert reopen_nonblocking(stream) is None
