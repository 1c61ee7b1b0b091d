"""Reading recordings, also damaged ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from chatapp_tail.clock import Clock
from chatapp_tail.errors import ChatAppTailError, UsageError
from chatapp_tail.recording.frame import Part, decode_raw
from chatapp_tail.recording.lines import (
    LONGEST_LINE,
    BadLineError,
    NoticeLine,
    RawLine,
    RecordLine,
    parse_line,
    split_lines,
)
from chatapp_tail.recording.unpack import unpack

_BLOCK_BYTES = 256 * 1024
MADE_BY = "Name a file that was made with --record or --json; - reads stdin."
# How many bad lines are reported one by one.
_NAMED = 10
_TORN = "it is cut off, and no line follows"


class Readable(Protocol):
    """A buffered binary stream."""

    def read1(self, size: int, /) -> bytes:
        """Return what is available, up to ``size`` bytes; b"" only at the end."""
        ...


@dataclass(slots=True)
class Stats:
    """The number of lines read so far, of bad ones, and of notices."""

    lines: int = 0
    bad: int = 0
    notices: int = 0


def open_recording(path: Path) -> BufferedReader:
    """Open a recording. Raises ``UsageError``."""
    try:
        return path.open("rb")
    except OSError as exc:
        raise UsageError(
            f"{path} can't be read: {exc.strerror or exc}",
            hint=MADE_BY,
        ) from exc


class RecordingReader:
    """Iterates over the parts of a stream, compressed or not; ``stats`` counts them."""

    def __init__(
        self,
        stream: Readable,
        *,
        clock: Clock,
        warn: Callable[[str], None],
        longest_line: int = LONGEST_LINE,
        before_read: Callable[[], object] = lambda: None,
    ) -> None:
        """``warn`` takes a message about what can't be replayed; ``longest_line`` is in bytes.

        ``before_read`` is called before each read, which may block: the caller has all parts then.
        """
        self._stream = stream
        self._before_read = before_read
        self._clock = clock
        self._warn = warn
        self._longest_line = longest_line
        self._raw = 0
        self.stats = Stats()

    def __iter__(self) -> Iterator[Part]:
        """Yield each part in order. Raises ``ChatAppTailError`` if the stream can't be read."""
        stats = self.stats
        for line in split_lines(unpack(self._blocks(), self._warn), self._longest_line):
            stats.lines += 1
            if (part := self._part(line)) is not None:
                yield part
        if stats.bad > _NAMED:
            self._warn(f"{stats.bad} of {stats.lines} lines were skipped")

    def _part(self, line: bytes | None) -> Part | None:
        """Return the part in a line; None for a blank line and for a bad one, which is counted."""
        try:
            return self._parse(line)
        except BadLineError as exc:
            self._count_bad(str(exc) if line is None or line.endswith(b"\n") else _TORN)
            return None

    def _parse(self, line: bytes | None) -> Part | None:
        if line is None:
            raise BadLineError(f"it is longer than {self._longest_line} bytes")
        if line.isspace():
            return None
        match parse_line(line):
            case RecordLine() as record:
                return record
            case RawLine() as raw:
                self._raw += 1
                return decode_raw(raw, seq=self._raw, clock=self._clock)
            case NoticeLine() as notice:
                self.stats.notices += 1
                return notice

    def _count_bad(self, reason: str) -> None:
        self.stats.bad += 1
        if self.stats.bad <= _NAMED:
            more = "; further ones are only counted" if self.stats.bad == _NAMED else ""
            self._warn(f"line {self.stats.lines} is skipped: {reason}{more}")

    def _blocks(self) -> Iterator[bytes]:
        while block := self._read():
            yield block

    def _read(self) -> bytes:
        self._before_read()
        try:
            return self._stream.read1(_BLOCK_BYTES)
        except OSError as exc:
            raise ChatAppTailError(
                f"the recording can't be read: {exc.strerror or exc}",
                hint="Check its disk, or replay a copy of it.",
            ) from exc
