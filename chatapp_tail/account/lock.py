"""A lock on a file, which one process or thread holds at a time, and which ends with its holder.

Source: flock(2). It has no timeout, so waiting is asking again and again.
"""

import os
import sys
from pathlib import Path
from threading import Event

from chatapp_tail.clock import SystemClock

# Seconds between two tries.
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
    """The lock of ``path``. The file is empty and never deleted: waiting processes have it open."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises ``OSError``, also for a link: it may lead anywhere."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._fd = os.open(path, flags, 0o600)

    def acquire(self, timeout: float) -> bool:
        """Return whether the lock was free within ``timeout`` seconds.

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
