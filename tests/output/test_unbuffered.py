import os
import pty
import socket
from contextlib import ExitStack
from io import BytesIO, FileIO
from pathlib import Path

import pytest

from chatapp_tail.output.unbuffered import reopen_nonblocking
from tests.output.given import ON_LINUX, Pipe


@ON_LINUX
def test_pipe_is_opened_a_second_time_and_never_waits(pipe: Pipe) -> None:
    reader, writer = pipe
    again = reopen_nonblocking(writer)
    assert again is not None
    with again:
        while again.write(b"x" * 100_000) is not None:
            pass
    assert os.get_blocking(writer.fileno())
    assert reader.read(1) == b"x"


@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_file_that_is_opened_again_is_written_at_the_same_place(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "out"
    with FileIO(path, mode) as stream:
        stream.write(b"one ")
        again = reopen_nonblocking(stream)
        assert again is not None
        with again:
            again.write(b"two ")
            stream.write(b"three ")
        stream.write(b"four")
    assert path.read_bytes() == b"one two three four"


def test_terminals_sockets_and_what_has_no_file_are_not_opened_again(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    master, terminal = pty.openpty()
    closed = FileIO(tmp_path / "out", "wb")
    closed.close()
    with ExitStack() as stack:
        for end in (ours, theirs):
            stack.enter_context(end)
        stack.callback(os.close, master)
        connection = FileIO(ours.fileno(), "wb", closefd=False)
        screen = stack.enter_context(FileIO(terminal, "wb"))
        nowhere = stack.enter_context(FileIO(os.devnull, "wb"))
        for stream in (connection, screen, nowhere, BytesIO(), closed):
            assert reopen_nonblocking(stream) is None
