"""The one thread that owns stdout, behind a queue bounded by bytes.

The reader of stdout may stop for minutes (``| less``); the socket must be read all the same, or
the server skips events and the pings are late. So the main thread only hands records over. What
doesn't fit any more is dropped, counted and said, never silently.
"""

import select
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from chatapp_tail.chatapp.record import Record
from chatapp_tail.errors import OutputError
from chatapp_tail.output.sink import Sink

DEFAULT_BUFFER_BYTES = 64 * 1024 * 1024
# How much is rendered before it is written, when more is waiting.
_CHUNK_BYTES = 256 * 1024


class RawStream(Protocol):
    """An unbuffered stream: a buffered one has a lock that a stuck write holds at exit, too."""

    def fileno(self) -> int:
        """Return its file descriptor, if it has one."""
        ...

    def write(self, data: memoryview, /) -> int | None:
        """Write a part of ``data`` and return its size; None when it would have to wait."""
        ...


class _Batch(NamedTuple):
    records: Sequence[Record]
    size: int


class Writer:
    """Renders and writes records in the order given. One thread puts, one thread writes."""

    def __init__(
        self,
        sink: Sink,
        stream: RawStream,
        *,
        wake: Callable[[], None],
        buffer_bytes: int = DEFAULT_BUFFER_BYTES,
    ) -> None:
        """``wake`` is called when the writer ends by itself, or has written everything."""
        self._sink = sink
        self._stream = stream
        self._wake = wake
        self._buffer_bytes = buffer_bytes
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        # Each counter has one writing thread; their differences are what is under way.
        self._put_bytes = self._done_bytes = 0
        self._put_records = self._done_records = 0
        self.dropped = 0
        self.reader_left = False
        self.error: OutputError | None = None
        self.finished = False
        self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Return whether the writer can't write any more: reader_left, or error, says why."""
        return self.reader_left or self.error is not None

    @property
    def unwritten(self) -> int:
        """Return how many records were handed over and not written yet."""
        return self._put_records - self._done_records

    def put(self, records: Sequence[Record], size: int) -> bool:
        """Hand over the records of one event, of about ``size`` bytes; False if they don't fit."""
        if self._put_bytes - self._done_bytes + size > self._buffer_bytes:
            self.dropped += len(records)
            return False
        self._put_bytes += size
        self._put_records += len(records)
        self._queue.put(_Batch(records, size))
        return True

    def finish(self) -> None:
        """Let the writer end after what it has; ``finished`` tells when."""
        self._queue.put(None)

    def _run(self) -> None:
        try:
            self._write(self._sink.header())
            while self._write_waiting():
                pass
        except BrokenPipeError:
            self.reader_left = True
        except OSError as exc:
            self.error = OutputError(f"standard output can't be written: {exc.strerror or exc}")
        except Exception as exc:  # noqa: BLE001 (a dead thread would leave a tail that shows nothing)
            self.error = OutputError(f"unexpected {type(exc).__name__} while writing: {exc}")
        finally:
            self.finished = True
            self._wake()

    def _write_waiting(self) -> bool:
        """Write what waits, at least one batch; False after the last."""
        batch: _Batch | None = self._queue.get()
        chunk: list[bytes] = []
        size = records = rendered = 0
        while batch is not None:
            lines = [self._sink.render(record) for record in batch.records]
            chunk += lines
            rendered += sum(map(len, lines))
            size += batch.size
            records += len(batch.records)
            if rendered >= _CHUNK_BYTES:
                break
            try:
                batch = self._queue.get_nowait()
            except Empty:
                break
        self._write(b"".join(chunk))
        self._done_bytes += size
        self._done_records += records
        return batch is not None

    def _write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            written = self._stream.write(rest)
            if written is None:  # somebody who shares stdout has made it non-blocking
                select.select([], [self._stream], [])
            rest = rest[written or 0 :]
