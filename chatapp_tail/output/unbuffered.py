"""The streams of a process without their buffers, which a thread of its own writes to.

A buffered stream has a lock. A write that is stuck, because a terminal is stopped or a pipe is
full, would hold it at exit, too, and the interpreter waits for it there without end.
"""

import os
import select
import stat
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Protocol

if sys.platform == "linux":
    import fcntl

# The largest pipe that Linux allows without privileges, in bytes.
_PIPE_BYTES = 1024 * 1024
# Where Linux lets a process open again what it has open.
_OPEN_FILES = Path("/proc/self/fd")


class RawStream(Protocol):
    """An unbuffered stream."""

    def fileno(self) -> int:
        """Return its file descriptor, if it has one."""
        ...

    def write(self, data: memoryview, /) -> int | None:
        """Write a part of ``data`` and return its size; None when it would have to wait."""
        ...


def unbuffered(stream: object) -> RawStream | None:
    """Return what is below a text stream's buffer, flushed; None if there is no such thing.

    Raises ``OSError`` or ``ValueError`` where the stream is broken or closed.
    """
    binary = getattr(stream, "buffer", None)
    if binary is None:
        return None
    stream.flush()  # type: ignore[attr-defined]
    raw: RawStream = getattr(binary, "raw", binary)
    return raw


def reopen_nonblocking(stream: RawStream) -> FileIO | None:
    """Open the file or pipe of ``stream`` anew, so that no write waits for a reader; if possible.

    A pipe is opened a second time for that: to make the first non-blocking would be felt by
    everybody who shares it. Nothing is returned for terminals, sockets, and what isn't Linux.
    """
    try:
        fd = stream.fileno()
        mode = os.fstat(fd).st_mode
        if stat.S_ISREG(mode):
            return FileIO(os.dup(fd), "wb")
        if sys.platform == "linux" and stat.S_ISFIFO(mode):
            pipe = FileIO(os.open(_OPEN_FILES / str(fd), os.O_WRONLY | os.O_NONBLOCK), "wb")
            _widen(pipe)
            return pipe
    except (AttributeError, OSError, ValueError):  # there is no such file
        pass
    return None


def _widen(pipe: FileIO) -> None:
    """Let a pipe hold what comes while its reader is busy; 64 KB are 2 ms of a full stream."""
    if sys.platform == "linux":
        with suppress(OSError):  # not allowed, or larger already and full
            size = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, max(size, _PIPE_BYTES))


def write_all(stream: RawStream, data: bytes) -> None:
    """Write all of ``data``, however long it takes. Raises ``OSError``."""
    rest = memoryview(data)
    while rest:
        written = stream.write(rest)
        if written is None:  # somebody who shares the stream has made it non-blocking
            select.select([], [stream], [])
        rest = rest[written or 0 :]
