"""Small private files: read with limits, replaced atomically, locked by one process or thread.

The system releases a lock when its holder ends. Source: flock(2). It has no timeout, so a lock is
waited for by trying again.
"""

import errno
import os
import re
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Self

from chatapp_tail.clock import SystemClock

# Seconds between two attempts to lock.
_PAUSE = 0.05

if sys.platform == "win32":
    import msvcrt

    def _is_mine(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _is_mine(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # some file systems say EACCES
            return False
        return True


class FileLock:
    """A lock on ``path``, an empty file, never deleted: processes that wait have it open."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises ``OSError``, also if it is a symbolic link."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._fd = os.open(path, flags, 0o600)

    def acquire(self, timeout: float) -> bool:
        """Lock; return whether that succeeded within ``timeout`` seconds.

        Raises ``OSError`` on a file system that has no locks.
        """
        clock = SystemClock()
        deadline = clock.now() + timeout
        while not _is_mine(self._fd):
            if clock.now() >= deadline:
                return False
            Event().wait(_PAUSE)
        return True

    def close(self) -> None:
        """Release the lock."""
        os.close(self._fd)


# In bytes. Disks allocate whole blocks: a reserved one can be written even when the disk is full.
_BLOCK = 4096


def read_bounded(path: Path, largest: int) -> bytes:
    """Return the content. Raises ``OSError``, and ``ValueError`` over ``largest`` bytes.

    A named pipe is an error: reading it would wait for a writer.
    """
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(fd, "rb") as file:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            raise OSError(errno.ESPIPE, "it is a pipe")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"more than {largest} bytes")
    return content


def is_open_to_others(path: Path) -> bool:
    """Return whether other users of this machine may read or write ``path``; POSIX only."""
    return os.name == "posix" and bool(path.stat().st_mode & 0o077)


def is_replaceable_by_others(path: Path) -> bool:
    """Return whether every user may replace ``path`` by another file; POSIX only."""
    try:
        mode = Path(os.path.realpath(path)).parent.stat().st_mode
    except OSError:  # no folder yet: it will be made with mode 0700
        return False
    return os.name == "posix" and bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def remove_unfinished(path: Path) -> None:
    """Remove the temporary files of processes that were killed while replacing ``path``.

    Call it only while no other process can replace ``path``: its temporary file looks the same.
    """
    whole = Path(os.path.realpath(path))
    ours = re.compile(re.escape(f".{whole.name}.") + r"[a-z0-9_]{8}")  # mkstemp's form
    with suppress(OSError):
        for beside in whole.parent.iterdir():
            if ours.fullmatch(beside.name) and stat.S_ISREG(beside.lstat().st_mode):
                beside.unlink(missing_ok=True)


def keep_beside(path: Path, content: bytes) -> Path | None:
    """Write ``content`` to a new file beside ``path``, else in the folder for temporary files.

    Only its owner can read it. Returns its path, or None if neither place has room.
    """
    for folder in (Path(os.path.realpath(path)).parent, None):
        with suppress(OSError):
            fd, name = tempfile.mkstemp(prefix=f"{path.name}.kept-", dir=folder)
            os.close(fd)
            place = Path(name)
            try:
                replace_file(place, content)
            except OSError:
                place.unlink(missing_ok=True)
            else:
                return place
    return None


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file ``path`` at once. Raises ``OSError``."""
    with Replacement(path) as replacement:
        replacement.commit(content)


class Replacement:
    """New content for ``path``, in a temporary file that takes its place at ``commit``.

    Only the owner can read it. Without ``commit`` the context manager's end removes the temporary
    file. All methods raise ``OSError``.
    """

    def __init__(self, path: Path) -> None:
        """Create the folder if it is missing, and a temporary file beside ``path``."""
        self._path = Path(os.path.realpath(path))  # keeps a dotfile manager's link
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)  # 0600
        self._file = os.fdopen(fd, "wb")
        self._name = Path(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        with suppress(OSError):  # unwritten data that fails again
            self._file.close()
        self._name.unlink(missing_ok=True)

    def reserve(self, size: int) -> None:
        """Reserve ``size`` bytes on the disk."""
        blocks = size // _BLOCK + 1
        self._file.write(b"\n" * blocks * _BLOCK)
        self._write_through()
        self._file.seek(0)

    def commit(self, content: bytes) -> None:
        """Write ``content`` and put it in the old file's place."""
        self._file.write(content)
        self._file.truncate()
        self._write_through()
        self._file.close()
        self._name.replace(self._path)

    def _write_through(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
