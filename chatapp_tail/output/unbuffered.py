"""The streams of a process without their buffers, which a thread of its own writes to.

A buffered stream has a lock. A write that is stuck, because a terminal is stopped or a pipe is
full, would hold it at exit, too, and the interpreter waits for it there without end.
"""

import select
from typing import Protocol


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


def write_all(stream: RawStream, data: bytes) -> None:
    """Write all of ``data``, however long it takes. Raises ``OSError``."""
    rest = memoryview(data)
    while rest:
        written = stream.write(rest)
        if written is None:  # somebody who shares the stream has made it non-blocking
            select.select([], [stream], [])
        rest = rest[written or 0 :]
