"""A file that grows by whole pieces, even if the disk fills up in the middle of one.

Several processes may append to one file: each write is one system call with ``O_APPEND``.
"""

import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from chatapp_tail.errors import UsageError

_GZIP_MAGIC = b"\x1f\x8b"
# Without O_BINARY Windows would write \r\n.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class GrowingFile:
    """The file at ``path``, created 0600. Pieces are lines, or gzip members in ``*.gz``."""

    def __init__(self, path: Path) -> None:
        """Open for appending. Raises ``UsageError`` if that isn't possible."""
        self.is_gzip = path.suffix.lower() == ".gz"
        try:
            self._fd = os.open(path, _FLAGS, 0o600)
        except OSError as exc:
            raise UsageError(
                f"{path}: {exc.strerror or exc}", hint=_hint(exc, path), option="record"
            ) from exc
        self._is_regular = stat.S_ISREG(os.fstat(self._fd).st_mode)
        self._may_be_torn = self._is_regular
        if self._is_regular:
            self._check_kind(path)
        elif sys.platform != "win32":  # an unread pipe must not block the tail
            os.set_blocking(self._fd, False)

    def append(self, pieces: Sequence[bytes]) -> tuple[int, OSError | None]:
        """Write ``pieces``; return how many are in the file, and the error if not all."""
        start = self._line_end()
        data = b"".join((start, *pieces))
        written, error = _write(self._fd, data)
        if error is None:
            self._may_be_torn = False
            return len(pieces), None
        count, whole = 0, min(written, len(start))
        while whole + len(pieces[count]) <= written:
            whole += len(pieces[count])
            count += 1
        self._take_back(written - whole)
        return count, error

    @property
    def size(self) -> int | None:
        """The size in bytes; None for a pipe."""
        return os.fstat(self._fd).st_size if self._is_regular else None

    def is_at(self, path: Path) -> bool:
        """Return whether ``path`` is still this file, neither moved nor removed."""
        if not self._is_regular:
            return True
        try:
            return os.path.samestat(path.stat(), os.fstat(self._fd))
        except OSError:
            return False

    def close(self) -> None:
        """Close the file. Raises ``OSError`` if the system finds only now that the disk is full."""
        os.close(self._fd)

    def _check_kind(self, path: Path) -> None:
        """Raise ``UsageError`` rather than mix lines and gzip in one file."""
        begin = self._read(0, os.SEEK_SET, 2)
        if begin and self.is_gzip != (begin == _GZIP_MAGIC):
            self.close()
            name = path.with_suffix("") if self.is_gzip else f"{path}.gz"
            raise UsageError(
                f"{path}: its content is {'not ' if self.is_gzip else ''}compressed",
                hint=f"Record into another file, or rename this one to {name}.",
                option="record",
            )

    def _line_end(self) -> bytes:
        """Return the newline that is missing behind an unfinished line, or b""."""
        if self.is_gzip or not self._may_be_torn:
            return b""
        is_whole = self._is_regular and self._read(-1, os.SEEK_END, 1) in (b"", b"\n")
        return b"" if is_whole else b"\n"

    def _read(self, offset: int, whence: int, size: int) -> bytes:
        try:
            os.lseek(self._fd, offset, whence)
            return os.read(self._fd, size)
        except OSError:  # the file is empty
            return b""

    def _take_back(self, size: int) -> None:
        """Remove the incomplete piece just written, unless another process wrote behind it."""
        self._may_be_torn |= self._is_regular or size > 0
        if size and self._is_regular:
            with suppress(OSError):
                end = os.lseek(self._fd, 0, os.SEEK_CUR)
                if end == os.fstat(self._fd).st_size:
                    os.ftruncate(self._fd, end - size)


def _write(fd: int, data: bytes) -> tuple[int, OSError | None]:
    """Write ``data``; return how many bytes were written, and the error if not all."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError as exc:
        return len(data) - len(rest), exc
    return len(data), None


def _hint(error: OSError, path: Path) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return f"The folder {path.parent} has to be there already."
        case IsADirectoryError():
            return f"That is a folder; name a file in it, such as {path / 'events.jsonl'}."
        case _:
            return "Name a file that you may read and write, such as events.jsonl."
