"""What waits for stdout: lines in memory, then in a temporary file.

A reader that stops (``| less``) must not stop the reading of the socket. Above the limit of the
file there is no room. Order is kept throughout.
"""

import threading
from collections.abc import Callable
from typing import IO

from chatapp_tail.errors import OutputError
from chatapp_tail.output.spool import Lines, Spool, unnamed_file

FILE_BYTES = 1024 * 1024 * 1024
# How much is taken at a time, in bytes.
_CHUNK_BYTES = 64 * 1024


class Backlog:
    """A queue between one putting and one taking thread, bounded by bytes."""

    def __init__(
        self,
        *,
        memory_bytes: int,
        file_bytes: int = FILE_BYTES,
        open_file: Callable[[], IO[bytes]] = unnamed_file,
    ) -> None:
        """Keep up to ``memory_bytes`` in memory, and up to ``file_bytes`` more on disk."""
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._written = threading.Condition(self._lock)
        self._spool = Spool(memory_bytes, file_bytes, open_file)
        self._last: Lines | None = None
        self._finished = False
        self._closed = False
        self.waiting = 0

    def put(self, lines: Lines) -> bool:
        """Add ``lines``, which are written together; False if there is no room for them."""
        with self._lock:
            if not (self._closed or self._spool.append(lines)):
                return False
            self.waiting += lines.records
            self._ready.notify()
            return True

    def take(self) -> Lines | None:
        """Wait for something and return it, in order; None after ``finish`` and the last.

        Raises ``OutputError`` if the temporary file can't be read.
        """
        with self._lock:
            while self._spool.is_empty and not self._finished:
                self._ready.wait()
            if self._spool.is_empty:
                last, self._last = self._last, None
                return last
            try:
                return self._spool.take(_CHUNK_BYTES)
            except OSError as exc:
                reason = exc.strerror or exc
                raise OutputError(
                    f"the buffer's temporary file can't be read: {reason}",
                    hint="Check the disk of the temporary folder; TMPDIR names another.",
                ) from exc

    def written(self, count: int) -> None:
        """Note that ``count`` records of what was taken are on their way to the reader."""
        with self._lock:
            self.waiting -= count
            self._written.notify()

    def settle(self, seconds: float) -> None:
        """Wait until everything is on its way to the reader, but no longer than ``seconds``."""
        with self._lock:
            self._written.wait_for(lambda: self._closed or not self.waiting, seconds)

    def finish(self, last: Lines | None) -> None:
        """Let ``take`` return None once everything is taken, and ``last``, room for it or not."""
        with self._lock:
            if last is not None:
                self.waiting += last.records
            self._last, self._finished = last, True
            self._ready.notify()

    def close(self) -> None:
        """Free everything: nobody takes any more. Later puts are discarded but counted."""
        with self._lock:
            self._closed = True
            self._spool.close()
            self._written.notify()
