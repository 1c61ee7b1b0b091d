"""What waits to be forwarded to one target: in memory, or in an SQLite file over restarts."""

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from chatapp_tail import jsontext
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.post import Request
from chatapp_tail.forwarding.result import Overflow

# Limits in memory for a slow or unreachable target: about an hour of a busy account.
_MOST_BYTES = 16 * 1024 * 1024
_MOST_EVENTS = 10_000
_LARGEST_SPOOL = 256 * 1024 * 1024
_OPTION = "forward-spool"
_TABLE = """
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL, seq INTEGER NOT NULL, about TEXT NOT NULL, headers BLOB NOT NULL,
    body BLOB NOT NULL
)
"""


class Queued(NamedTuple):
    """One event's request; ``lost`` are the events before it for which there was no room.

    ``number`` identifies it in a file; it is 0 in memory.
    """

    request: Request
    lost: Overflow | None = None
    number: int = 0


class Queue(ABC):
    """Events that wait. One thread puts, another one takes.

    What was taken still counts until it is ``done``.
    """

    def __init__(self, changed: threading.Condition) -> None:
        """``changed`` guards what waits, and what queues share."""
        self._changed = changed
        self._events = 0
        self._bytes = 0
        self._is_finished = False
        self._is_closed = False

    @property
    def events(self) -> int:
        """The number of events that aren't done."""
        return self._events

    @abstractmethod
    def put(self, one: Queued) -> bool:
        """Add ``one`` as the last; False if there is no room for it."""

    def take(self) -> Queued | None:
        """Wait for the first and return it; None after ``finish`` and the last, or ``close``."""
        with self._changed:
            while not self._is_closed:
                first = self._first()
                if first is not None or self._is_finished:
                    return first
                self._changed.wait()
            return None

    @abstractmethod
    def done(self, one: Queued) -> None:
        """Free the room of ``one``, which was taken."""

    def finish(self) -> None:
        """Refuse further events, and let ``take`` return None after the last one."""
        with self._changed:
            self._is_finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse further events, and let ``take`` return None at once; ``events`` stays."""
        with self._changed:
            self._is_finished = self._is_closed = True
            self._changed.notify_all()

    @abstractmethod
    def _first(self) -> Queued | None:
        """Return the first event that wasn't taken; None if there is none."""


class MemoryQueue(Queue):
    """A queue in memory. It refuses the newest event when it is full."""

    def __init__(self, *, most_bytes: int = _MOST_BYTES, most_events: int = _MOST_EVENTS) -> None:
        super().__init__(threading.Condition())
        self._queue: deque[Queued] = deque()
        self._most_bytes = most_bytes
        self._most_events = most_events

    def put(self, one: Queued) -> bool:
        size = len(one.request.body)
        with self._changed:
            if self._is_finished or self._events >= self._most_events:
                return False
            # A body above the limit is accepted if the queue is empty.
            if self._events and self._bytes + size > self._most_bytes:
                return False
            self._queue.append(one)
            self._bytes += size
            self._events += 1
            self._changed.notify_all()
            return True

    def done(self, one: Queued) -> None:
        with self._changed:
            self._bytes -= len(one.request.body)
            self._events -= 1

    def _first(self) -> Queued | None:
        return self._queue.popleft() if self._queue else None


class Spool:
    """The SQLite file of ``--forward-spool``, shared by the targets of a run and their threads.

    It isn't synced to the disk: a process that is killed loses nothing, a power failure may.
    """

    def __init__(self, path: Path, *, most_bytes: int = _LARGEST_SPOOL) -> None:
        """Open ``path``, which keeps ``most_bytes`` of bodies for each target.

        Raises ``UsageError`` if it can't be opened or written, or if another run uses it.
        """
        self.path = path
        self.most_bytes = most_bytes
        self.changed = threading.Condition()
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

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Run one statement while ``changed`` is held. Raises ``sqlite3.Error``."""
        return self._database.execute(statement, values)

    def close(self) -> None:
        """Close the database."""
        with self.changed:
            self._database.close()


class SpoolQueue(Queue):
    """A queue in a file. Its oldest events make room for new ones; the rest outlives the run.

    An error of the disk is reported once and ends nothing; the file then lacks new events.
    """

    def __init__(self, spool: Spool, target: str, warn: Callable[[str], object]) -> None:
        """``target`` is a URL; ``warn`` takes sentences."""
        super().__init__(spool.changed)
        self._spool = spool
        self._target = target
        self._warn = warn
        self._has_failed = False
        self._taken = 0
        self._lost: dict[int, Overflow] = {}
        with spool.changed:
            count, size = spool.execute(
                "SELECT count(*), total(length(body)) FROM waiting WHERE target = ?", target
            ).fetchone()
        self._events, self._bytes = int(count), int(size)
        self.left_over = self._events
        """The number of events that earlier runs have left."""
        self.given_up = 0
        """The number of events that made room for newer ones."""

    def put(self, one: Queued) -> bool:
        request = one.request
        with self._changed:
            if self._is_finished:
                return False
            try:
                row = self._spool.execute(
                    "INSERT INTO waiting (target, seq, about, headers, body)"
                    " VALUES (?, ?, ?, ?, ?)",
                    self._target,
                    request.seq,
                    request.about,
                    jsontext.dumps(dict(request.headers)),
                    request.body,
                )
                if one.lost is not None:
                    self._lost[row.lastrowid or 0] = one.lost
                self._events += 1
                self._bytes += len(request.body)
                self._make_room()
            except sqlite3.Error as exc:
                self._say_failed(f"can't be written: {exc}; new events aren't forwarded until")
                return False
            self._has_failed = False
            self._changed.notify_all()
            return True

    def done(self, one: Queued) -> None:
        with self._changed:
            try:
                self._remove(one.number, len(one.request.body))
            except sqlite3.Error as exc:  # it isn't taken again in this run
                self._say_failed(f"can't be written: {exc}; the next run repeats some events until")

    def _say_failed(self, what: str) -> None:
        if not self._has_failed:
            self._warn(f"{self._spool.path} {what} its disk has room and can be written")
        self._has_failed = True

    def _first(self) -> Queued | None:
        try:
            row: Any = self._spool.execute(
                "SELECT number, seq, about, headers, body FROM waiting"
                " WHERE target = ? AND number > ? ORDER BY number LIMIT 1",
                self._target,
                self._taken,
            ).fetchone()
        except sqlite3.Error as exc:
            self._say_failed(f"can't be read: {exc}; nothing of it is forwarded until")
            self._is_finished = True
            return None
        if row is None:
            return None
        self._taken, seq, about, headers, body = row
        found = jsontext.loads(headers)
        named = {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
        lost = self._lost.pop(self._taken, None)
        return Queued(Request(seq, about, named, body), lost, self._taken)

    def _make_room(self) -> None:
        while self._bytes > self._spool.most_bytes and self._events > 1:
            number, size = self._spool.execute(
                "SELECT number, length(body) FROM waiting WHERE target = ? ORDER BY number LIMIT 1",
                self._target,
            ).fetchone()
            self._remove(number, size)
            self.given_up += 1

    def _remove(self, number: int, size: int) -> None:
        # Nothing is removed where it has made room for a newer one while it was under way.
        removed = self._spool.execute("DELETE FROM waiting WHERE number = ?", number).rowcount
        self._events -= removed
        self._bytes -= size * removed
