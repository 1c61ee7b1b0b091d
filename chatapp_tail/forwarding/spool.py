"""``--forward-spool FILE``: what waits to be forwarded, over restarts, in an SQLite database.

Kept without waiting for the disk: a process that is killed loses nothing, a power failure may.
"""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatapp_tail import jsontext
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.request import Request
from chatapp_tail.forwarding.waiting import Waiting

MOST_BYTES = 256 * 1024 * 1024
_OPTION = "forward-spool"
_TABLE = """
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL, seq INTEGER NOT NULL, about TEXT NOT NULL, headers BLOB NOT NULL,
    body BLOB NOT NULL
)
"""


class Spool:
    """One database for all targets of a run. Threads may share it."""

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        """Open ``path``. Raises ``UsageError`` where that can't be, or another run uses it."""
        self.path = path
        self.most_bytes = most_bytes
        self.lock = threading.Condition()
        try:
            self._database = sqlite3.connect(
                path, timeout=0.0, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(_TABLE)
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("COMMIT")
        except sqlite3.Error as exc:
            raise UsageError(
                f"{path}: {exc}",
                hint="Name a file of its own for each tail, on a disk that may be written to.",
                option=_OPTION,
            ) from exc

    def room(self, target: str, *, warn: Callable[[str], object]) -> "SpooledRoom":
        """Return what waits for ``target``, which is its URL."""
        return SpooledRoom(self, target, warn)

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows. To be called with the lock. Raises ``sqlite3.Error``."""
        return list(self._database.execute(statement, values))

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self._database.close()


class SpooledRoom:
    """A queue as ``WaitingRoom``. What is in it when it is closed stays in the file."""

    def __init__(self, spool: Spool, target: str, warn: Callable[[str], object]) -> None:
        self._spool = spool
        self._target = target
        self._warn = warn
        self._finished = False
        self._closed = False
        self._has_failed = False
        with spool.lock:
            ((count, size),) = spool.execute(
                "SELECT count(*), total(length(body)) FROM waiting WHERE target = ?", target
            )
        self._events: int = count
        self._bytes = int(size)
        self.left_over = self._events
        """What earlier runs have left."""
        self.given_up = 0
        """Events that made room for newer ones."""

    @property
    def events(self) -> int:
        """How many events are here, the one that was taken included."""
        return self._events

    def put(self, one: Waiting) -> bool:
        """Add ``one`` as the last; the oldest make room. False if the disk has none."""
        request = one.request
        with self._spool.lock:
            if self._closed or self._finished:
                return False
            try:
                self._spool.execute(
                    "INSERT INTO waiting (target, seq, about, headers, body)"
                    " VALUES (?, ?, ?, ?, ?)",
                    self._target,
                    request.seq,
                    request.about,
                    jsontext.dumps(dict(request.headers)),
                    request.body,
                )
                self._events += 1
                self._bytes += len(request.body)
                self._make_room()
            except sqlite3.Error as exc:
                if not self._has_failed:
                    self._warn(f"{self._spool.path} can't be written: {exc}")
                self._has_failed = True
                return False
            self._has_failed = False
            self._spool.lock.notify_all()
            return True

    def take(self) -> Waiting | None:
        """Wait for the first and return it; None after ``finish`` and the last, or ``close``."""
        with self._spool.lock:
            while not self._closed:
                if found := self._first():
                    return found
                if self._finished:
                    break
                self._spool.lock.wait()
            return None

    def done(self, one: Waiting) -> None:
        """Remove ``one``, which was taken."""
        with self._spool.lock:
            self._remove(one.number, len(one.request.body))

    def finish(self) -> None:
        """Let ``take`` return None once everything is taken."""
        with self._spool.lock:
            self._finished = True
            self._spool.lock.notify_all()

    def close(self) -> None:
        """Give nothing out and let nothing in any more."""
        with self._spool.lock:
            self._closed = True
            self._spool.lock.notify_all()

    def _first(self) -> Waiting | None:
        rows = self._spool.execute(
            "SELECT number, seq, about, headers, body FROM waiting WHERE target = ?"
            " ORDER BY number LIMIT 1",
            self._target,
        )
        for number, seq, about, headers, body in rows:
            found = jsontext.loads(headers)
            named = (
                {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
            )
            return Waiting(Request(seq, about, named, body), number=number)
        return None

    def _make_room(self) -> None:
        while self._bytes > self._spool.most_bytes and self._events > 1:
            ((number, size),) = self._spool.execute(
                "SELECT number, length(body) FROM waiting WHERE target = ? ORDER BY number LIMIT 1",
                self._target,
            )
            self._remove(number, size)
            self.given_up += 1

    def _remove(self, number: int, size: int) -> None:
        before = self._spool.execute("SELECT count(*) FROM waiting WHERE number = ?", number)
        if before == [(1,)]:  # it may have made room for a newer one while it was under way
            self._spool.execute("DELETE FROM waiting WHERE number = ?", number)
            self._events -= 1
            self._bytes -= size
