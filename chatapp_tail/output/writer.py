"""Writing to stdout: without blocking for a tail, directly for ``replay``.

The reader of stdout may stop for minutes (``| less``), but the socket must be read, or the server
skips events and pings are late. So a tail's main thread never waits for stdout: what a file or pipe
doesn't take at once, and everything for a terminal, goes through a queue to a thread.
"""

import threading
from collections.abc import Callable
from io import FileIO

from chatapp_tail.errors import OutputError
from chatapp_tail.output.backlog import Backlog, Lines
from chatapp_tail.output.unbuffered import RawStream, reopen_nonblocking, write_all
from chatapp_tail.signals import Signals

# How many bytes are gathered for one write.
_CHUNK_BYTES = 64 * 1024


class Writer:
    """Writes lines in order, without blocking the thread that puts."""

    def __init__(
        self,
        stream: RawStream,
        backlog: Backlog,
        *,
        header: bytes = b"",
        wake: Callable[[], None],
    ) -> None:
        """``wake`` is called when there is room again, and when the writer has ended.

        ``header`` is written with the first lines, so that messages don't come after it.
        """
        # Gathered, because one write for each event would cost more than everything else.
        self._texts = [header]
        self._size = 0
        self._records = 0
        self._stream = stream
        self._backlog = backlog
        self._direct = reopen_nonblocking(stream)
        # put() was refused: wake the main thread when there is room.
        self._is_refused = False
        self._wake = wake
        self.reader_left = False
        self.error: OutputError | None = None
        self.finished = False
        self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    @property
    def unwritten(self) -> int:
        """The number of records that were put and aren't written yet."""
        return self._backlog.waiting + self._records

    def put(self, lines: bytes, records: int, /) -> bool:
        """Take the lines of ``records``, which belong together; False if there is no room."""
        if self._size >= _CHUNK_BYTES:
            self.flush()
            if self._size:
                return False
        self._texts.append(lines)
        self._size += len(lines)
        self._records += records
        return True

    def flush(self) -> None:
        """Write or queue what was put; what the queue refuses stays for the next flush."""
        if not self._size:
            return
        lines = self._gathered()
        if self._direct is not None and not self._backlog.waiting:
            lines = self._written_directly(lines, self._direct)
        if lines.text:
            self._is_refused = True  # set before the thread can make room
            self._is_refused = not self._backlog.put(lines)
        if self._is_refused:
            self._texts, self._size = [lines.text], len(lines.text)
        else:
            self._clear()

    def settle(self, seconds: float) -> None:
        """Flush, and wait at most ``seconds`` until everything is written."""
        self.flush()
        self._backlog.settle(seconds)

    def finish(self) -> None:
        """End the writer after what was put; ``finished`` tells when it has ended."""
        self._backlog.finish(self._gathered() if self._size else None)
        self._clear()
        if self._direct is not None:
            self._direct.close()
            self._direct = None

    def _written_directly(self, lines: Lines, direct: FileIO) -> Lines:
        """Write as much of ``lines`` as doesn't block; return the rest, for the thread."""
        try:
            written = direct.write(memoryview(lines.text)) or 0
        except OSError:  # the thread meets and reports the same error
            self._direct = None
            direct.close()
            return lines
        return Lines(lines.text[written:], lines.records)

    def _gathered(self) -> Lines:
        return Lines(b"".join(self._texts), self._records)

    def _clear(self) -> None:
        self._texts, self._size, self._records = [], 0, 0

    def _run(self) -> None:
        try:
            while (lines := self._backlog.take()) is not None:
                write_all(self._stream, lines.text)
                self._backlog.written(lines.records)
                if self._is_refused:
                    self._is_refused = False
                    self._wake()
        except BrokenPipeError:
            self.reader_left = True
        except OutputError as exc:
            self.error = exc
        except OSError as exc:
            self.error = OutputError(f"standard output can't be written: {exc.strerror or exc}")
        except Exception as exc:  # noqa: BLE001 (report, not die)
            self.error = OutputError(f"unexpected {type(exc).__name__} while writing: {exc}")
        finally:
            self._backlog.close()
            self.finished = True
            self._wake()


class DirectOutput:
    """Output of a source that can wait: a buffer, written when it is full and at ``flush``.

    A recording loses nothing while stdout blocks, so there is no thread. A signal ends the wait.
    """

    def __init__(self, stream: RawStream, signals: Signals, *, header: bytes = b"") -> None:
        self._stream = stream
        self._signals = signals
        self._texts = [header]
        self._size = len(header)

    def put(self, lines: bytes, records: int, /) -> bool:  # noqa: ARG002 (protocol's parameter)
        """Take lines; return True, as there is always room.

        Raises ``BrokenPipeError`` if the reader left, ``OutputError`` for other errors, and
        ``InterruptedBySignal``.
        """
        self._texts.append(lines)
        self._size += len(lines)
        if self._size >= _CHUNK_BYTES:
            self.flush()
        return True

    def flush(self) -> None:
        """Write what was put. Raises as ``put``."""
        data, self._texts, self._size = b"".join(self._texts), [], 0
        try:
            with self._signals.interruptible():
                write_all(self._stream, data)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OutputError(f"standard output can't be written: {exc.strerror or exc}") from exc
