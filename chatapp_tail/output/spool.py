"""Items of bytes, first in, first out: in memory up to a limit, above it in a temporary file.

The file has no name. It is a ring, so it never outgrows its limit however long the two ends go
round, and it is not buffered, so what a full disk refuses leaves no trace.
"""

import struct
from collections import deque
from collections.abc import Iterator
from io import FileIO
from tempfile import TemporaryFile

_LENGTH = struct.Struct(">I")
# What Python takes for an item in memory besides its bytes.
_OVERHEAD = 50


class Spool:
    """A queue of two parts: what comes while something is in the file goes to the file."""

    def __init__(self, memory_bytes: int, file_bytes: int) -> None:
        self._items: deque[bytes] = deque()
        self._room = memory_bytes
        self._ring = _Ring(file_bytes)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return not self._items and self._ring.is_empty

    def append(self, item: bytes) -> bool:
        """Add ``item``; False if there is no room, or the disk has none."""
        cost = len(item) + _OVERHEAD
        if not self._ring.is_empty or cost > self._room:
            return self._ring.append(item)
        self._items.append(item)
        self._room -= cost
        return True

    def take(self, size: int) -> list[bytes]:
        """Return the next items, of about ``size`` bytes in all. Raises ``OSError``."""
        items: list[bytes] = []
        while size > 0 and not self.is_empty:
            items.append(self._take_one())
            size -= len(items[-1])
        return items

    def close(self) -> None:
        """Free memory and disk."""
        self._items.clear()
        self._ring.close()

    def _take_one(self) -> bytes:
        if not self._items:
            return self._ring.take()
        item = self._items.popleft()
        self._room += len(item) + _OVERHEAD
        return item


class _Ring:
    """Items behind their lengths, in a file that is written and read around its end."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._file: FileIO | None = None
        # Where what waits begins and ends, as if the file had no end.
        self._begin = self._end = 0

    @property
    def is_empty(self) -> bool:
        return self._begin == self._end

    def append(self, item: bytes) -> bool:
        content = _LENGTH.pack(len(item)) + item
        if self._end + len(content) - self._begin > self._size:
            return False
        try:
            self._write(content)
        except OSError:
            return False
        self._end += len(content)
        return True

    def take(self) -> bytes:
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        item = self._read(length)
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

    def _parts(self, at: int, size: int) -> Iterator[tuple[FileIO, int]]:
        """Yield the file at the right position, and how much to read or write there."""
        self._file = self._file or TemporaryFile(buffering=0)  # noqa: SIM115 (closed by close)
        while size:
            position = at % self._size
            part = min(size, self._size - position)
            self._file.seek(position)
            yield self._file, part
            at, size = at + part, size - part
