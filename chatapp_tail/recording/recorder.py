"""``--record``: everything received, appended to a file; a full disk doesn't end the run.

The operating system has the lines when ``put`` returns. In a ``.gz`` they are compressed together,
at most 64 KB or a second of them, each time into a gzip member of its own: a killed process loses
that second, and any gunzip can read the file.

The file's name may contain the date. Once a second the recorder checks whether the file is still
the right one: the date may have changed, or logrotate may have moved the file.
"""

import math
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from chatapp_tail.chatapp.record import Record
from chatapp_tail.clock import Clock
from chatapp_tail.errors import UsageError
from chatapp_tail.recording.growing import GrowingFile
from chatapp_tail.units import counted, format_duration

# How many bytes a gzip member holds before compression, and how long it waits for them, in seconds.
_MEMBER_BYTES = 64 * 1024
_MEMBER_DELAY = 1.0
# The time between tries to write a file that can't be written, in seconds.
_RETRY_DELAY = 10.0
# The time between checks whether the file is still the right one, in seconds.
_CHECK_INTERVAL = 1.0
_GZIP = 16 + zlib.MAX_WBITS
# A percent sign that begins none of the directives of strftime that file names may have.
_UNKNOWN_DIRECTIVE = re.compile(r"%(?![YmdHMjyVGu])")
_EVENT = b'{"v":1,"kind":"event"'
# Notices that are recorded: they tell when events may be missing, and why.
_RECORDED_NOTICES = frozenset({"lost", "gap", "refused", "subscribed", "summary"})


class Recorder:
    """Appends records to a file. Never raises once it is open; ``missing`` counts what it lost."""

    def __init__(self, path: Path, *, clock: Clock, warn: Callable[[str], None]) -> None:
        """Open ``path``, which may contain the date; ``warn`` takes messages.

        Raises ``UsageError`` if it can't be opened.
        """
        _check_name(path)
        self._name = path
        self._clock = clock
        self._warn = warn
        self._path = _dated(path, clock.utcnow())
        self._file: GrowingFile | None = GrowingFile(self._path)
        self._check_at = clock.now() + _CHECK_INTERVAL
        self._is_closed = False
        self._lines: list[bytes] = []
        self._size = 0
        self._retry_at: float | None = None
        self._missing_before = 0
        self.deadline = math.inf
        self.missing = 0

    def put(self, records: Sequence[Record]) -> None:
        """Append ``records``, which belong together, or count them as missing."""
        self._put([record.line() for record in records])

    def put_notice(self, notice: str, line: bytes) -> None:
        """Append the line of a notice, if notices of its type are recorded."""
        if notice in _RECORDED_NOTICES:
            self._put([line])

    def handle_timeout(self, now: float) -> None:
        """Write what has waited long enough; to be called at ``deadline`` (monotonic)."""
        if now >= self.deadline:
            self._flush()

    @property
    def lack(self) -> str:
        """How many records of this run the file lacks, in words; "" if none."""
        lacks = counted(self.missing, "record")
        return f"{self._path} lacks {lacks} of this run" if self.missing else ""

    def sync(self) -> Mapping[str, int]:
        """Write what waits; return the file's size in bytes by its path."""
        self._flush()
        if self._file is None or (size := self._file.size) is None:
            return {}
        return {str(self._path.absolute()): size}

    def close(self) -> None:
        """Write what waits, and close. May be called twice. ``missing`` is final then."""
        if not self._is_closed:
            self._flush()
            self._close_file()
            self._is_closed = True

    def _put(self, lines: Sequence[bytes]) -> None:
        now = self._clock.now()
        if self._is_closed or (self._retry_at or 0.0) > now:
            self.missing += _events(lines)
            return
        if now >= self._check_at:
            self._check_file(now)
        if not self._lines:
            self.deadline = now + _MEMBER_DELAY
        self._lines += lines
        self._size += sum(map(len, lines))
        if self._file is None or not self._file.is_gzip or self._size >= _MEMBER_BYTES:
            self._flush()
        else:
            self.handle_timeout(now)

    def _check_file(self, now: float) -> None:
        """Change to another file if the name's date has changed or the file was moved."""
        self._check_at = now + _CHECK_INTERVAL
        path = _dated(self._name, self._clock.utcnow())
        if self._file is not None and path == self._path and self._file.is_at(path):
            return
        self._flush()
        self._close_file()
        self._path = path

    def _close_file(self) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as exc:
            self._warn(f"{self._path} may have lost its end: {exc.strerror or exc}")
        self._file = None

    def _flush(self) -> None:
        lines, self._lines, self._size, self.deadline = self._lines, [], 0, math.inf
        if not lines:
            return
        try:
            file = self._file = self._file or GrowingFile(self._path)
        except UsageError as exc:
            self.missing += _events(lines)
            self._say_not_written(exc.message)
            return
        pieces = [_member(lines)] if file.is_gzip else lines
        written, error = file.append(pieces)
        whole = written * len(lines) // len(pieces)
        self.missing += _events(lines[whole:])
        if error is None:
            self._say_written_again()
        else:
            self._say_not_written(f"{self._path} can't be written: {error.strerror or error}")

    def _say_not_written(self, problem: str) -> None:
        if self._retry_at is None:
            delay = format_duration(_RETRY_DELAY)
            self._warn(f"{problem}; events aren't recorded meanwhile; next try in {delay}")
        self._retry_at = self._clock.now() + _RETRY_DELAY

    def _say_written_again(self) -> None:
        if self._retry_at is None:
            return
        lost, self._retry_at = self.missing - self._missing_before, None
        self._missing_before = self.missing
        self._warn(f"{self._path} can be written again; it lacks {counted(lost, 'record')}")


def _check_name(name: Path) -> None:
    """Raise ``UsageError`` for a percent sign that is no part of a date."""
    if _UNKNOWN_DIRECTIVE.search(str(name).replace("%%", "")):
        raise UsageError(
            f"{name}: a % in the name is no part of a date",
            hint="Use %Y, %m, %d, %H or %M, and %% for a percent sign.",
            option="record",
        )


def _dated(name: Path, instant: datetime) -> Path:
    """Return the path that ``name`` means at the local time of ``instant``, which is aware."""
    text = str(name)
    return Path(instant.astimezone().strftime(text)) if "%" in text else name


def _events(lines: Sequence[bytes]) -> int:
    """Return how many of ``lines`` are events, not notices."""
    return sum(line.startswith(_EVENT) for line in lines)


def _member(lines: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(b"".join(lines)) + packer.flush()
