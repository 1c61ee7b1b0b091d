"""The queue of lines for stdout: in memory, then in a temporary file, in order.

A reader that stops (``| less``) must not stop the reading of the socket, so lines wait here. What
would exceed the file's limit is refused.

The file has no name. It is a ring, so it never outgrows its limit, and it is unbuffered, so a write
that a full disk refuses leaves nothing behind.
"""

import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from chatapp_tail.errors import OutputError

FILE_BYTES = 1024 * 1024 * 1024
# How much one ``take`` returns, in bytes.
_CHUNK_BYTES = 64 * 1024
_HEAD = struct.Struct(">II")
# The memory that Python needs for an item besides its bytes.
_OVERHEAD = 110


def unnamed_file() -> IO[bytes]:
    """Open a temporary file that is gone once it is closed."""
    return TemporaryFile(buffering=0)


class Lines(NamedTuple):
    """Whole lines, and the number of records in them."""

    text: bytes
    records: int


class Backlog:
    """A queue between a thread that puts and one that takes, bounded by bytes."""

    def __init__(
        self,
        *,
        memory_bytes: int,
        file_bytes: int = FILE_BYTES,
        open_file: Callable[[], IO[bytes]] = unnamed_file,
    ) -> None:
        """Hold up to ``memory_bytes`` in memory, and up to ``file_bytes`` more on disk."""
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._written = threading.Condition(self._lock)
        self._spool = Spool(memory_bytes, file_bytes, open_file)
        self._last: Lines | None = None
        self._finished = False
        self._closed = False
        self.waiting = 0

    def put(self, lines: Lines) -> bool:
        """Add ``lines``, which are written together; return False if there is no room for them."""
        with self._lock:
            if not (self._closed or self._spool.append(lines)):
                return False
            self.waiting += lines.records
            self._ready.notify()
            return True

    def take(self) -> Lines | None:
        """Wait for lines and return the next ones; None after ``finish`` when all are taken.

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
        """Note that ``count`` of the taken records were written."""
        with self._lock:
            self.waiting -= count
            self._written.notify()

    def settle(self, seconds: float) -> None:
        """Wait until everything is written, but no longer than ``seconds``."""
        with self._lock:
            self._written.wait_for(lambda: self._closed or not self.waiting, seconds)

    def finish(self, last: Lines | None) -> None:
        """End the queue after ``last``, which needs no room: then ``take`` returns None."""
        with self._lock:
            if last is not None:
                self.waiting += last.records
            self._last, self._finished = last, True
            self._ready.notify()

    def close(self) -> None:
        """Free memory and disk. Later puts are discarded but counted."""
        with self._lock:
            self._closed = True
            self._spool.close()
            self._written.notify()


class Spool:
    """A queue in memory and then in a file; while the file holds items, new ones go there.

    The file is a ring; before each item stand its length and its number of records.
    """

    def __init__(
        self,
        memory_bytes: int,
        file_bytes: int,
        open_file: Callable[[], IO[bytes]] = unnamed_file,
    ) -> None:
        self._items: deque[Lines] = deque()
        self._room = memory_bytes
        self._file_bytes = file_bytes
        self._open_file = open_file
        self._file: IO[bytes] | None = None
        # Where the bytes in the file begin and end, counted as if it were endless.
        self._begin = self._end = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._items and self._begin == self._end

    def append(self, item: Lines) -> bool:
        """Add ``item``; return False if there is no room, or the disk is full.

        An item above all limits is accepted if the queue is empty.
        """
        cost = len(item.text) + _OVERHEAD
        if self._begin < self._end or cost > self._room:
            if self._append_to_file(item):
                return True
            if not self.is_empty:
                return False
        self._items.append(item)
        self._room -= cost
        return True

    def take(self, size: int) -> Lines:
        """Return the next items joined into one of about ``size`` bytes. Raises ``OSError``."""
        texts: list[bytes] = []
        count = 0
        while size > 0 and not self.is_empty:
            text, records = self._take_one()
            texts.append(text)
            count += records
            size -= len(text) + _OVERHEAD
        return Lines(b"".join(texts), count)

    def close(self) -> None:
        """Free memory and disk; the next item in the file makes a new one."""
        self._items.clear()
        if self._file is not None:
            self._file.close()
        self._file = None
        self._begin = self._end = 0

    def _take_one(self) -> Lines:
        if self._items:
            item = self._items.popleft()
            self._room += len(item.text) + _OVERHEAD
            return item
        length, count = _HEAD.unpack(self._read(_HEAD.size))
        item = Lines(self._read(length), count)
        if self.is_empty:
            self.close()
        return item

    def _append_to_file(self, item: Lines) -> bool:
        content = _HEAD.pack(len(item.text), item.records) + item.text
        if self._end + len(content) - self._begin > self._file_bytes:
            return False
        try:
            self._write(content)
        except OSError:
            return False
        self._end += len(content)
        return True

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        for file, size in self._parts(self._end, len(content)):
            part, rest = rest[:size], rest[size:]
            while part:
                part = part[file.write(part) :]

    def _read(self, size: int) -> bytes:
        content = b"".join(file.read(part) for file, part in self._parts(self._begin, size))
        if len(content) != size:
            raise OSError("its end is missing")
        self._begin += size
        return content

    def _parts(self, at: int, size: int) -> Iterator[tuple[IO[bytes], int]]:
        """Yield the file, positioned, and how many bytes to read or write there."""
        self._file = self._file or self._open_file()
        while size:
            position = at % self._file_bytes
            part = min(size, self._file_bytes - position)
            self._file.seek(position)
            yield self._file, part
            at, size = at + part, size - part
