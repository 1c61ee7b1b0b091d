"""A queue of bodies, bounded in bytes and in number; put() refuses what has no room."""

import threading
from collections import deque
from typing import NamedTuple, Protocol

from chatapp_tail.forwarding.request import Request
from chatapp_tail.forwarding.result import Overflow


class Waiting(NamedTuple):
    """One event's request; ``lost`` are the events before it that found no room.

    ``number`` is its own in a file, 0 in memory.
    """

    request: Request
    lost: Overflow | None = None
    number: int = 0


class Room(Protocol):
    """What a forwarder needs of what waits for it."""

    @property
    def events(self) -> int:
        """How many events are here, the one that was taken included."""
        ...

    def put(self, one: Waiting) -> bool:
        """Add ``one`` as the last; False if there is no room for it."""
        ...

    def take(self) -> Waiting | None:
        """Wait for the first and return it; None after ``finish`` and the last, or ``close``."""
        ...

    def done(self, one: Waiting) -> None:
        """Free the room of ``one``, which was taken."""
        ...

    def finish(self) -> None:
        """Let ``take`` return None once everything is taken."""
        ...

    def close(self) -> None:
        """Give nothing out and let nothing in any more."""
        ...


class WaitingRoom:
    """A queue between one putting and one taking thread.

    What was taken keeps its room until it is ``done``: it is still in memory.
    """

    def __init__(self, *, most_bytes: int, most_events: int) -> None:
        self._changed = threading.Condition()
        self._queue: deque[Waiting] = deque()
        self._most_bytes = most_bytes
        self._most_events = most_events
        self._bytes = 0
        self._events = 0
        self._finished = False
        self._closed = False

    @property
    def events(self) -> int:
        """How many events are here, the one that was taken included."""
        return self._events

    def put(self, one: Waiting) -> bool:
        """Add ``one`` as the last; False if there is no room for it."""
        with self._changed:
            if not self._has_room(len(one.request.body)):
                return False
            self._queue.append(one)
            self._bytes += len(one.request.body)
            self._events += 1
            self._changed.notify()
            return True

    def take(self) -> Waiting | None:
        """Wait for the first and return it; None after ``finish`` and the last, or ``close``."""
        with self._changed:
            while not (self._queue or self._finished or self._closed):
                self._changed.wait()
            return None if self._closed or not self._queue else self._queue.popleft()

    def done(self, one: Waiting) -> None:
        """Free the room of ``one``, which was taken."""
        with self._changed:
            self._bytes -= len(one.request.body)
            self._events -= 1

    def finish(self) -> None:
        """Let ``take`` return None once everything is taken."""
        with self._changed:
            self._finished = True
            self._changed.notify()

    def close(self) -> None:
        """Refuse further put() and take(); the remaining events still count."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify()

    def _has_room(self, size: int) -> bool:
        if self._closed or self._finished:
            return False
        # A body above the limit is accepted if the queue is empty.
        fits = self._bytes + size <= self._most_bytes or not self._events
        return fits and self._events < self._most_events
