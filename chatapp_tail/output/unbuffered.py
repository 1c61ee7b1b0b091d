"""The streams of a process without their buffers, for threads that write.

A buffered stream has a lock. A write that is stuck, because a terminal is stopped or a pipe is
full, holds it, and the interpreter would wait for it at exit forever.
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
# Where Linux lets a process reopen its open files.
_OPEN_FILES = Path("/proc/self/fd")


class RawStream(Protocol):
    """An unbuffered stream."""

    def fileno(self) -> int:
        """Return its file descriptor, if it has one."""
        ...

    def write(self, data: memoryview, /) -> int | None:
        """Write a part of ``data`` and return its size; None if it would block."""
        ...


def unbuffered(stream: object) -> RawStream | None:
    """Flush a text stream and return its raw stream; None if it has none.

    Raises ``OSError`` or ``ValueError`` for a broken or closed stream.
    """
    binary = getattr(stream, "buffer", None)
    if binary is None:
        return None
    stream.flush()  # type: ignore[attr-defined]
    raw: RawStream = getattr(binary, "raw", binary)
    return raw


def reopen_nonblocking(stream: RawStream) -> FileIO | None:
    """Return the file or pipe of ``stream``, opened again so that no write blocks.

    A pipe is opened a second time, because O_NONBLOCK on the first would affect all processes that
    share it. None for terminals and sockets, and for pipes on other systems than Linux.
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
    except (AttributeError, OSError, ValueError):  # no descriptor, or not reopenable
        pass
    return None


def _widen(pipe: FileIO) -> None:
    """Enlarge a pipe for times when its reader is busy; 64 KB are 2 ms of a full stream."""
    if sys.platform == "linux":
        with suppress(OSError):  # not allowed, or larger already and full
            size = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, max(size, _PIPE_BYTES))


def write_all(stream: RawStream, data: bytes) -> None:
    """Write all of ``data``; may block. Raises ``OSError``."""
    rest = memoryview(data)
    while rest:
        written = stream.write(rest)
        if written is None:  # another process made the shared stream non-blocking
            select.select([], [stream], [])
        rest = rest[written or 0 :]
