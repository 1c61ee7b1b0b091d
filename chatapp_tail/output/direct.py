"""Output for a source that can wait: rendered and written where it is handed over.

A recorded file loses nothing when the reader of stdout is slow, so there is no thread and no
backlog; what is written blocks, and a signal ends that.
"""

from chatapp_tail.errors import OutputError
from chatapp_tail.output.backlog import Batch
from chatapp_tail.output.sink import Sink
from chatapp_tail.output.unbuffered import RawStream, write_all
from chatapp_tail.signals import Signals

_CHUNK_BYTES = 64 * 1024


class DirectOutput:
    """Renders into a buffer that is written when it is full, and at ``flush``."""

    dropped = 0

    def __init__(self, sink: Sink, stream: RawStream, signals: Signals) -> None:
        self._sink = sink
        self._stream = stream
        self._signals = signals
        self._lines = [sink.header()]
        self._size = len(self._lines[0])

    def put(self, batch: Batch) -> bool:
        """Take what belongs together; there is always room.

        Raises ``BrokenPipeError`` when the reader left, ``OutputError`` for any other fault, and
        ``InterruptedBySignal``.
        """
        for entry in batch.entries:
            line = entry if isinstance(entry, bytes) else self._sink.render(entry)
            self._lines.append(line)
            self._size += len(line)
        if self._size >= _CHUNK_BYTES:
            self.flush()
        return True

    def flush(self) -> None:
        """Write what is there. Raises as ``put``."""
        data, self._lines, self._size = b"".join(self._lines), [], 0
        try:
            with self._signals.interruptible():
                write_all(self._stream, data)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OutputError(f"standard output can't be written: {exc.strerror or exc}") from exc
