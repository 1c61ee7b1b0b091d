"""Output for a source that can wait: written where it is handed over.

A recorded file loses nothing when the reader of stdout is slow, so there is no thread and no
backlog; what is written blocks, and a signal ends that.
"""

from chatapp_tail.errors import OutputError
from chatapp_tail.output.unbuffered import RawStream, write_all
from chatapp_tail.signals import Signals

_CHUNK_BYTES = 64 * 1024


class DirectOutput:
    """A buffer that is written when it is full, and at ``flush``; ``header`` comes first."""

    def __init__(self, stream: RawStream, signals: Signals, *, header: bytes = b"") -> None:
        self._stream = stream
        self._signals = signals
        self._texts = [header]
        self._size = len(header)

    def put(self, lines: bytes, records: int, /) -> bool:  # noqa: ARG002 (nothing is counted here)
        """Take the lines of ``records``, which belong together; there is always room.

        Raises ``BrokenPipeError`` when the reader left, ``OutputError`` for any other fault, and
        ``InterruptedBySignal``.
        """
        self._texts.append(lines)
        self._size += len(lines)
        if self._size >= _CHUNK_BYTES:
            self.flush()
        return True

    def flush(self) -> None:
        """Write what is there. Raises as ``put``."""
        data, self._texts, self._size = b"".join(self._texts), [], 0
        try:
            with self._signals.interruptible():
                write_all(self._stream, data)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OutputError(f"standard output can't be written: {exc.strerror or exc}") from exc
