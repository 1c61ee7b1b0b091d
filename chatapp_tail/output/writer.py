"""The one thread that owns stdout, behind a bounded backlog.

The reader of stdout may stop for minutes (``| less``); the socket must be read all the same, or
the server skips events and the pings are late. So the main thread only hands records over.
"""

import threading
from collections.abc import Callable, Iterator, Sequence

from chatapp_tail.errors import OutputError
from chatapp_tail.output.backlog import Backlog, Batch
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.unbuffered import RawStream, write_all

# How much is rendered before it is written, when more is waiting.
_CHUNK_BYTES = 64 * 1024


class Writer:
    """Renders and writes what it is given, in order. One thread puts, one thread writes."""

    def __init__(
        self,
        sink: Sink,
        stream: RawStream,
        backlog: Backlog,
        *,
        wake: Callable[[], None],
    ) -> None:
        """``wake`` is called when the writer ends: by ``finish``, or by itself."""
        self._sink = sink
        self._stream = stream
        self._backlog = backlog
        self._wake = wake
        self.reader_left = False
        self.error: OutputError | None = None
        self.finished = False
        self._thread = threading.Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    @property
    def unwritten(self) -> int:
        """Return how many records were handed over and not written yet."""
        return self._backlog.waiting

    @property
    def dropped(self) -> int:
        """Return how many records there was no room for."""
        return self._backlog.dropped

    def put(self, batch: Batch) -> bool:
        """Hand over what belongs together; False if there is no room and it was dropped."""
        return self._backlog.put(batch)

    def flush(self) -> None:
        """Have written what was handed over so far; without it, that waits for more."""
        self._backlog.flush()

    def finish(self) -> None:
        """Let the writer end after what it has; ``finished`` tells when."""
        self._backlog.finish()

    def _run(self) -> None:
        try:
            header = self._sink.header()  # with the first row, not among the sentences before it
            while batches := self._backlog.take():
                for chunk, entries in self._chunks(batches):
                    write_all(self._stream, header + chunk)
                    self._backlog.written(entries)
                    header = b""
        except BrokenPipeError:
            self.reader_left = True
        except OutputError as exc:
            self.error = exc
        except OSError as exc:
            self.error = OutputError(f"standard output can't be written: {exc.strerror or exc}")
        except Exception as exc:  # noqa: BLE001 (a dead thread would leave a tail that shows nothing)
            self.error = OutputError(f"unexpected {type(exc).__name__} while writing: {exc}")
        finally:
            self._backlog.close()
            self.finished = True
            self._wake()

    def _chunks(self, batches: Sequence[Batch]) -> Iterator[tuple[bytes, int]]:
        """Yield rendered lines, of a good size for a write, and how many entries they are."""
        lines: list[bytes] = []
        size = 0
        for batch in batches:
            for entry in batch.entries:
                lines.append(entry if isinstance(entry, bytes) else self._sink.render(entry))
                size += len(lines[-1])
                # Inside an event, too: each of its items brings all that they share.
                if size >= _CHUNK_BYTES:
                    yield b"".join(lines), len(lines)
                    lines, size = [], 0
        yield b"".join(lines), len(lines)
