"""Lines, first in, first out: in memory up to a limit, above it in a temporary file.

The file has no name. It is a ring, so it never outgrows its limit, and it is unbuffered, so a write
that a full disk refuses leaves nothing behind.
"""

import struct
from collections import deque
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, NamedTuple

_HEAD = struct.Struct(">II")
# What Python takes for an item in memory besides its bytes.
_OVERHEAD = 110


def unnamed_file() -> IO[bytes]:
    """Open a temporary file that is gone once it is closed."""
    return TemporaryFile(buffering=0)


class Lines(NamedTuple):
    """Whole lines, and the number of records in them."""

    text: bytes
    records: int


class Spool:
    """A queue of two parts: what comes while something is in the file goes to the file."""

    def __init__(
        self,
        memory_bytes: int,
        file_bytes: int,
        open_file: Callable[[], IO[bytes]] = unnamed_file,
    ) -> None:
        self._items: deque[Lines] = deque()
        self._room = memory_bytes
        self._ring = _Ring(file_bytes, open_file)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._items and self._ring.is_empty

    def append(self, item: Lines) -> bool:
        """Add ``item``; False if there is no room, or the disk has none.

        An item above all limits is accepted if the queue is empty.
        """
        cost = len(item.text) + _OVERHEAD
        if not self._ring.is_empty or cost > self._room:
            if self._ring.append(item):
                return True
            if not self.is_empty:
                return False
        self._items.append(item)
        self._room -= cost
        return True

    def take(self, size: int) -> Lines:
        """Return the next items in one, of about ``size`` bytes. Raises ``OSError``."""
        texts: list[bytes] = []
        count = 0
        while size > 0 and not self.is_empty:
            text, records = self._take_one()
            texts.append(text)
            count += records
            size -= len(text) + _OVERHEAD
        return Lines(b"".join(texts), count)

    def close(self) -> None:
        """Free memory and disk."""
        self._items.clear()
        self._ring.close()

    def _take_one(self) -> Lines:
        if not self._items:
            return self._ring.take()
        item = self._items.popleft()
        self._room += len(item.text) + _OVERHEAD
        return item


class _Ring:
    """Items behind their lengths and counts, in a file that is written and read around its end."""

    def __init__(self, size: int, open_file: Callable[[], IO[bytes]]) -> None:
        self._size = size
        self._open_file = open_file
        self._file: IO[bytes] | None = None
        # Where what waits begins and ends, as if the file had no end.
        self._begin = self._end = 0

    @property
    def is_empty(self) -> bool:
        return self._begin == self._end

    def append(self, item: Lines) -> bool:
        content = _HEAD.pack(len(item.text), item.records) + item.text
        if self._end + len(content) - self._begin > self._size:
            return False
        try:
            self._write(content)
        except OSError:
            return False
        self._end += len(content)
        return True

    def take(self) -> Lines:
        length, count = _HEAD.unpack(self._read(_HEAD.size))
        item = Lines(self._read(length), count)
        if self.is_empty:
            self.close()
        return item

    def close(self) -> None:
        """Give the room on the disk back; the next item makes a new file."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._begin = self._end = 0

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
        """Yield the file at the right position, and how much to read or write there."""
        self._file = self._file or self._open_file()
        while size:
            position = at % self._size
            part = min(size, self._size - position)
            self._file.seek(position)
            yield self._file, part
            at, size = at + part, size - part
