import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.wakeup import Wakeup, file_descriptor
from tests.support.pipes import opened_pipe

# Ends a wait only when the test has failed, in seconds.
FOREVER = 5.0
CLOCK = SystemClock()

Pair = tuple[socket.socket, socket.socket]
Pipe = tuple[io.FileIO, io.FileIO]


@pytest.fixture
def wakeup() -> Iterator[Wakeup]:
    """Return a wakeup that watches no stdout."""
    with closing(Wakeup()) as made:
        yield made


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Return two ends of a connection: what is waited for, and who writes to it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@dataclass
class Awaited:
    """A connection, which may have something to send."""

    connection: socket.socket
    has_unsent: bool = False

    def fileno(self) -> int:
        return self.connection.fileno()


def waited(
    wakeup: Wakeup, awaited: socket.socket | None, timeout: float, *, has_unsent: bool = False
) -> float:
    """Return how long the wait took, in seconds."""
    began = CLOCK.now()
    wakeup.wait(None if awaited is None else Awaited(awaited, has_unsent), timeout)
    return CLOCK.now() - began


@contextmanager
def soon(action: Callable[[], object]) -> Iterator[None]:
    """Call ``action`` in another thread a moment after the block has begun."""
    timer = threading.Timer(0.01, action)
    timer.start()
    yield
    timer.join()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Yield the reading and the writing end of a pipe."""
    with ExitStack() as closing_both:
        yield opened_pipe(closing_both)


def test_wait_ends_when_the_time_is_over(wakeup: Wakeup) -> None:
    assert 0.02 <= waited(wakeup, None, 0.02) < FOREVER


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("-inf")])
def test_wait_for_no_time_returns_at_once(wakeup: Wakeup, timeout: float) -> None:
    assert waited(wakeup, None, timeout) < FOREVER


@pytest.mark.parametrize("timeout", [FOREVER, 1e9, float("inf")])
def test_wait_ends_when_another_thread_wakes_it(wakeup: Wakeup, timeout: float) -> None:
    with soon(wakeup.wake):
        assert waited(wakeup, None, timeout) < FOREVER


def test_wait_ends_when_the_socket_can_be_read(wakeup: Wakeup, pair: Pair) -> None:
    ours, theirs = pair
    with soon(lambda: theirs.send(b"x")):
        assert waited(wakeup, ours, FOREVER) < FOREVER
    assert waited(wakeup, ours, FOREVER) < FOREVER, "it wasn't read yet"
    assert ours.recv(10) == b"x"


def test_wait_ends_when_the_socket_is_closed_by_the_peer(wakeup: Wakeup, pair: Pair) -> None:
    ours, theirs = pair
    theirs.close()
    assert waited(wakeup, ours, FOREVER) < FOREVER


def test_connection_that_has_something_to_send_ends_the_wait_when_it_can(
    wakeup: Wakeup, pair: Pair
) -> None:
    ours, _ = pair
    assert waited(wakeup, ours, FOREVER, has_unsent=True) < FOREVER


def test_many_wakes_neither_block_nor_linger(wakeup: Wakeup) -> None:
    for _ in range(100_000):
        wakeup.wake()
    assert waited(wakeup, None, FOREVER) < FOREVER
    assert waited(wakeup, None, 0.02) >= 0.02


def test_wake_after_the_end_does_nothing() -> None:
    wakeup = Wakeup()
    wakeup.close()
    wakeup.wake()
    wakeup.close()


def test_reader_of_stdout_that_leaves_ends_the_wait(pipe: Pipe) -> None:
    reader, writer = pipe
    with closing(Wakeup(writer.fileno())) as wakeup:
        with soon(reader.close):
            assert waited(wakeup, None, FOREVER) < FOREVER
        assert wakeup.reader_left
        assert waited(wakeup, None, 0.02) >= 0.02, "it is reported once"
        assert wakeup.reader_left


def test_reader_that_only_reads_slowly_has_not_left(pipe: Pipe) -> None:
    _, writer = pipe
    with closing(Wakeup(writer.fileno())) as wakeup:
        os.set_blocking(writer.fileno(), False)
        while writer.write(bytes(1 << 16)):
            pass
        assert waited(wakeup, None, 0.02) >= 0.02
        assert not wakeup.reader_left


def test_file_on_stdout_is_no_reader_that_left(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file, closing(Wakeup(file.fileno())) as wakeup:
        assert waited(wakeup, None, 0.02) >= 0.02
        assert not wakeup.reader_left


# Descriptors


def test_file_has_a_descriptor(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as file:
        assert file_descriptor(file) == file.fileno()


def test_stream_without_an_open_descriptor_has_none(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as closed:
        pass

    class Unopened:
        def fileno(self) -> int:
            return 1 << 20

    streams = [io.StringIO(), io.BytesIO(), closed, Unopened(), object(), None]
    assert [file_descriptor(stream) for stream in streams] == [None] * 6
