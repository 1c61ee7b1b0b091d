"""Waiting for a socket, without polling, until it can be read or something else happens.

The main thread sleeps in one place only, ``Wakeup.wait``: until the socket can be read, a deadline
is due, another thread calls ``wake``, a signal arrives (the interpreter writes to our socket, see
``signal.set_wakeup_fd``), or the reader of stdout leaves. An idle tail thus uses no CPU at all.
"""

import os
import select
import socket
import sys
from contextlib import suppress
from typing import Protocol


class HasFileno(Protocol):
    """Anything the operating system can wait for."""

    def fileno(self) -> int:
        """Return the file descriptor."""

    @property
    def has_unsent(self) -> bool:
        """Whether it also waits to be written to."""


class Wakeup:
    """The wait of the main thread. ``reader_left`` turns True when stdout has no reader left."""

    def __init__(self, stdout_fd: int | None = None) -> None:
        """``stdout_fd`` is watched for a reader that leaves, where the system reports that."""
        self._receiver, self._sender = socket.socketpair()
        self._receiver.settimeout(0)
        self._sender.settimeout(0)
        self._stdout_fd = stdout_fd
        self.reader_left = False

    @property
    def signal_fd(self) -> int:
        """The descriptor for ``signal.set_wakeup_fd``."""
        return self._sender.fileno()

    def wake(self) -> None:
        """End the current wait, or the next one. Safe from any thread."""
        # The socket can be full of wake-ups already, or closed because the tail is over.
        with suppress(OSError):
            self._sender.send(b"\0")

    def wait(self, awaited: HasFileno | None, timeout: float) -> None:
        """Return when ``awaited`` can be read, when woken, or after ``timeout`` seconds.

        Also when it can be written to, if it has something to send.
        """
        if self._poll(awaited, timeout):
            with suppress(BlockingIOError):
                while len(self._receiver.recv(4096)) == 4096:
                    pass

    def close(self) -> None:
        """Free both sockets."""
        self._receiver.close()
        self._sender.close()

    def _poll(self, awaited: HasFileno | None, timeout: float) -> bool:
        """Return whether ``wake`` was called."""
        woken = False
        if sys.platform == "win32":  # where select() knows sockets only
            sockets: list[HasFileno | socket.socket] = [self._receiver]
            sockets += [awaited] if awaited else []
            woken = self._receiver in select.select(sockets, [], [], _finite(timeout))[0]
        else:
            poll = select.poll()
            poll.register(self._receiver, select.POLLIN)
            if awaited is not None:
                unsent = select.POLLOUT if awaited.has_unsent else 0
                poll.register(awaited, select.POLLIN | unsent)
            if self._stdout_fd is not None and not self.reader_left:
                poll.register(self._stdout_fd, 0)  # errors are reported without being asked for
            for fd, event in poll.poll(_finite(timeout) * 1000):
                if fd == self._receiver.fileno():
                    woken = True
                elif fd == self._stdout_fd and event & (select.POLLERR | select.POLLHUP):
                    self.reader_left = True
                elif fd == self._stdout_fd:  # macOS can't poll every device: POLLNVAL
                    self._stdout_fd = None
        return woken


def _finite(timeout: float) -> float:
    """Return a timeout that the operating system takes: at most an hour, at least none."""
    return max(0.0, min(timeout, 3600.0))


def file_descriptor(stream: object) -> int | None:
    """Return the stream's file descriptor, or None if it has none (a stream in memory)."""
    try:
        fd = stream.fileno()  # type: ignore[attr-defined]
        os.fstat(fd)
    except (AttributeError, OSError, ValueError):
        return None
    return int(fd)
