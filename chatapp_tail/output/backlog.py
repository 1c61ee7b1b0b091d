"""What waits for stdout: records in memory, then events as they came, then a temporary file.

The first mebibyte waits decoded, ready to be rendered. A reader that stops for longer turns
the rest into a spool: each event as it came, in memory up to a limit, above it in a file, decoded
a second time when its turn comes. Above the file's limit events are dropped and counted. Order is
kept throughout.
"""

import marshal
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chatapp_tail.chatapp.decode import decode_event
from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import OutputError
from chatapp_tail.output.spool import Spool
from chatapp_tail.pusher.protocol import PusherEvent

FILE_BYTES = 1024 * 1024 * 1024
# Decoded objects take several times the room of their text; more than this waits as text.
_DECODED_BYTES = 1024 * 1024
# From here on the taking thread is woken without being asked to.
_WAKE_BYTES = 64 * 1024
# How much is taken from the spool at a time.
_CHUNK_BYTES = 256 * 1024

Entry = Record | bytes


class Batch(NamedTuple):
    """What is written together: accepted records of one event, or, without one, lines.

    ``size`` is about the bytes of its text.
    """

    entries: Sequence[Entry]
    size: int
    event: PusherEvent | None = None


class Backlog:
    """A queue between one putting and one taking thread, bounded by bytes."""

    def __init__(self, *, memory_bytes: int, file_bytes: int = FILE_BYTES) -> None:
        """``memory_bytes`` bounds the spool in memory, ``file_bytes`` the spool on disk."""
        self._ready = threading.Condition()
        self._decoded: list[Batch] = []
        self._decoded_bytes = 0
        self._spool = Spool(memory_bytes, file_bytes)
        self._finished = False
        self._closed = False
        self.waiting = 0
        self.dropped = 0

    def put(self, batch: Batch) -> bool:
        """Add ``batch``; False if there is no room for it and its entries were dropped.

        Who waits in ``take`` gets it when there is much, or at ``flush``: to wake a thread for each
        event costs more than all the rest.
        """
        with self._ready:
            fits = self._closed or self._add(batch)
            if fits:
                self.waiting += len(batch.entries)
                if self._decoded_bytes >= _WAKE_BYTES or not self._spool.is_empty:
                    self._ready.notify()
            else:
                self.dropped += len(batch.entries)
            return fits

    def flush(self) -> None:
        """Let ``take`` return what there is."""
        with self._ready:
            self._ready.notify()

    def take(self) -> list[Batch]:
        """Wait for something and return it, in order; nothing after ``finish`` and the last.

        Raises ``OutputError`` if the temporary file can't be read.
        """
        with self._ready:
            while not (self._decoded or self._finished or not self._spool.is_empty):
                self._ready.wait()
            batches, self._decoded, self._decoded_bytes = self._decoded, [], 0
            try:
                items = [] if batches else self._spool.take(_CHUNK_BYTES)
            except OSError as exc:
                reason = exc.strerror or exc
                raise OutputError(f"the buffer's temporary file can't be read: {reason}") from exc
        return batches or [_unpack(item) for item in items]

    def written(self, entries: int) -> None:
        """Note that ``entries`` of what was taken are on their way to the reader."""
        with self._ready:
            self.waiting -= entries

    def finish(self) -> None:
        """Let ``take`` return nothing once everything is taken."""
        with self._ready:
            self._finished = True
            self._ready.notify()

    def close(self) -> None:
        """Free everything: nobody takes any more. What is put from now on just counts."""
        with self._ready:
            self._closed = True
            self._decoded.clear()
            self._spool.close()

    def _add(self, batch: Batch) -> bool:
        is_small = self._decoded_bytes + batch.size <= _DECODED_BYTES
        if not (self._spool.is_empty and is_small):
            if self._spool.append(_pack(batch)):
                return True
            if self._decoded or not self._spool.is_empty:
                return False
            # One event is larger than all limits, or there is no disk; but nothing else waits.
        self._decoded.append(batch)
        self._decoded_bytes += batch.size
        return True


def _pack(batch: Batch) -> bytes:
    """Write what ``_unpack`` needs to make the same batch again.

    Not as JSON, which can't tell all pairs of surrogates from one character, nor all integers
    from floats.
    """
    if batch.event is None:
        return marshal.dumps(list(batch.entries))
    records = [entry for entry in batch.entries if isinstance(entry, Record)]
    first = records[0].envelope
    head = (first.seq, first.received_at.isoformat(), first.backfill)
    event = tuple[Any, ...](batch.event)
    return marshal.dumps((head, event, [record.index for record in records]))


def _unpack(item: bytes) -> Batch:
    match marshal.loads(item):  # noqa: S302 (we wrote it, into memory or a file without a name)
        case list(lines):
            return Batch(lines, 0)
        case (seq, at, backfill), (name, channel, data), indexes:
            event = PusherEvent(name, channel, data)
            records = decode_event(
                event, seq=seq, received_at=datetime.fromisoformat(at), backfill=backfill
            )
            return Batch([records[index] for index in indexes], 0, event)
        case other:
            raise AssertionError(f"not an item of the spool: {type(other).__name__}")
