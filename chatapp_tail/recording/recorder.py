"""``--record``: everything received, appended to a file, whatever becomes of the disk.

Lines are with the operating system when ``put`` returns. In a ``.gz`` they are compressed
together, 64 KB or a second of them at a time, and each time makes a gzip member of its own: a
process that is killed loses that second, and what is in the file can be read by any gunzip.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import Clock
from chatapp_tail.recording.growing import GrowingFile
from chatapp_tail.units import format_duration

# How much a gzip member holds before compression, and how long it may wait for that, in seconds.
_MEMBER_BYTES = 64 * 1024
_MEMBER_DELAY = 1.0
# How long a file that can't be written is left alone, in seconds.
_RETRY_DELAY = 10.0
_GZIP = 16 + zlib.MAX_WBITS


class Recorder:
    """Appends records to a file. Never raises once it is open; ``missing`` counts what it lost."""

    def __init__(self, path: Path, *, clock: Clock, warn: Callable[[str], None]) -> None:
        """Open ``path``; ``warn`` takes sentences. Raises ``UsageError`` if it can't be opened."""
        self._path = path
        self._clock = clock
        self._warn = warn
        self._file: GrowingFile | None = GrowingFile(path)
        self._is_gzip = self._file.is_gzip
        self._lines: list[bytes] = []
        self._size = 0
        self._retry_at: float | None = None
        self._missing_before = 0
        self.deadline = math.inf
        self.missing = 0

    def put(self, records: Sequence[Record]) -> None:
        """Append ``records``, which belong together, or count them as missing."""
        if self._file is None or (self._retry_at or 0.0) > self._clock.now():
            self.missing += len(records)
            return
        lines = [record.line() for record in records]
        if not self._lines:
            self.deadline = self._clock.now() + _MEMBER_DELAY
        self._lines += lines
        self._size += sum(map(len, lines))
        if not self._is_gzip or self._size >= _MEMBER_BYTES:
            self._flush()
        else:
            self.handle_timeout(self._clock.now())

    def handle_timeout(self, now: float) -> None:
        """Write what has waited long enough: to be called at ``deadline``, which is monotonic."""
        if now >= self.deadline:
            self._flush()

    @property
    def lack(self) -> str:
        """What the file lacks of this run, in a sentence; empty if nothing."""
        return f"{self._path} lacks {_records(self.missing)} of this run" if self.missing else ""

    def close(self) -> None:
        """Write what waits; once more changes nothing. ``missing`` is final after that."""
        if self._file is None:
            return
        self._flush()
        try:
            self._file.close()
        except OSError as exc:
            self._warn(f"{self._path} may have lost its end: {exc.strerror or exc}")
        self._file = None

    def _flush(self) -> None:
        lines, self._lines, self._size, self.deadline = self._lines, [], 0, math.inf
        if not lines or self._file is None:
            return
        pieces = [_member(lines)] if self._is_gzip else lines
        written, error = self._file.append(pieces)
        whole = written * len(lines) // len(pieces)
        self.missing += len(lines) - whole
        if error is None:
            self._say_written_again()
        else:
            self._say_not_written(error)

    def _say_not_written(self, error: OSError) -> None:
        if self._retry_at is None:
            self._warn(
                f"{self._path} can't be written: {error.strerror or error}; events aren't "
                f"recorded until it can, next try in {format_duration(_RETRY_DELAY)}"
            )
        self._retry_at = self._clock.now() + _RETRY_DELAY

    def _say_written_again(self) -> None:
        if self._retry_at is None:
            return
        lost, self._retry_at = self.missing - self._missing_before, None
        self._missing_before = self.missing
        self._warn(f"{self._path} can be written again; it lacks {_records(lost)}")


def _member(lines: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(b"".join(lines)) + packer.flush()


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"
