"""Sentences about the connection, on stderr: one a line, cleaned, without secrets.

A warning that comes again and again is said once, and then counted.
"""

import os
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import ClassVar, Protocol

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.masking import Secrets
from chatapp_tail.output import ColorMode, use_color
from chatapp_tail.output.repeats import Repeats
from chatapp_tail.output.sanitize import clean
from chatapp_tail.output.unbuffered import RawStream, unbuffered, write_all
from chatapp_tail.output.wrapping import broken, rule
from chatapp_tail.units import counted

PROGRAM = "chatapp-tail"
_WARNING = f"{PROGRAM}: warning: "
_BOLD_YELLOW, _RESET = "\x1b[1;33m", "\x1b[0m"
# Of a terminal that doesn't say how wide it is.
_USUAL_COLUMNS = 80
# Shorter ones are no tokens; to mask an "x" would only garble every sentence.
_SHORTEST_SECRET = 8
# A frame can be 8 MB; on a terminal its beginning is enough.
_LONGEST_SENTENCE = 10_000
# How much waits for a terminal that is stopped, and how long the end waits for it in seconds.
_MOST_CHARACTERS = 1_000_000
_CLOSE_TIMEOUT = 0.1
_CLOCK = SystemClock()


class LineStream(Protocol):
    """What sentences are written to."""

    def write(self, text: str, /) -> object:
        """Write one line."""
        ...

    def flush(self) -> None:
        """Pass on what was written."""
        ...


class BackgroundStream:
    """A stream written by a thread of its own; what piles up beyond a limit is counted."""

    def __init__(self, stream: RawStream, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._ready = threading.Condition()
        self._lines: list[str] = []
        self._room = _MOST_CHARACTERS
        self._skipped = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="stderr", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Queue one line."""
        with self._ready:
            if self._skipped or len(text) > self._room:
                self._skipped += 1
                return
            self._lines.append(text)
            self._room -= len(text)
            self._ready.notify()

    def flush(self) -> None:
        """Do nothing: the thread writes without a buffer."""

    def close(self) -> None:
        """Wait for the thread, but not for a terminal that is stopped."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(_CLOSE_TIMEOUT)

    def _run(self) -> None:
        while text := self._take():
            with suppress(OSError, ValueError):  # nobody reads stderr; the events matter
                write_all(self._stream, text.encode(self._encoding, "backslashreplace"))

    def _take(self) -> str:
        """Wait for lines and return all of them; nothing after ``close`` and the last."""
        with self._ready:
            while not (self._lines or self._closed):
                self._ready.wait()
            lines, self._lines, self._room = self._lines, [], _MOST_CHARACTERS
            if self._skipped:
                skipped = counted(self._skipped, "line")
                lines.append(f"{PROGRAM}: {skipped} left out: stderr wasn't read\n")
                self._skipped = 0
            return "".join(lines)


class Verbosity(IntEnum):
    """How much is said."""

    QUIET = -1
    NORMAL = 0
    VERBOSE = 1
    FRAMES = 2


class Status:
    """Says what happens. Remote text may be part of any sentence: all of it is cleaned here."""

    # Shared by the process: main() reports through a Status of its own.
    _secrets: ClassVar[Secrets] = Secrets()

    def __init__(
        self,
        stream: LineStream,
        verbosity: int = Verbosity.NORMAL,
        clock: Clock = _CLOCK,
        *,
        is_dated: bool = False,
    ) -> None:
        """On a terminal sentences are broken at its edge; ``clock`` is for those that repeat.

        ``is_dated`` puts the local time before each sentence.
        """
        self._stream = stream
        self._verbosity = verbosity
        self._terminal = _terminal_fd(stream)
        self._is_colored = self._terminal is not None and use_color(
            ColorMode.AUTO, os.environ, is_terminal=True
        )
        self._clock = clock
        self._is_dated = is_dated
        self._repeats = Repeats(clock)
        # Another thread may warn, too.
        self._warning = threading.Lock()

    @contextmanager
    def in_background(
        self, wrap: Callable[[RawStream], RawStream] = lambda raw: raw
    ) -> Iterator[None]:
        """Let a thread write inside: a stopped terminal must not stop the one who speaks.

        ``wrap`` puts something around the stream that the thread writes to, a Footer's for one.
        """
        stream, raw = self._stream, None
        with suppress(OSError, ValueError):  # it is broken or closed: then it blocks nobody
            raw = unbuffered(stream)
        if raw is None:
            yield
            return
        self._stream = background = BackgroundStream(
            wrap(raw), getattr(stream, "encoding", None) or "utf-8"
        )
        try:
            yield
        finally:
            self._tell_all_counted()
            background.close()
            self._stream = stream

    @contextmanager
    def redirected(self, stream: LineStream) -> Iterator[None]:
        """Have ``stream`` take everything inside, one sentence a line and without colours."""
        before = self._stream, self._terminal, self._is_colored
        self._stream, self._terminal, self._is_colored = stream, None, False
        try:
            yield
        finally:
            self._stream, self._terminal, self._is_colored = before

    def hide(self, secret: str) -> None:
        """Replace ``secret`` by *** in everything that this process says from now on."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def masked(self, text: str) -> str:
        """Return the beginning of ``text`` without secrets: known ones, and what looks like one."""
        return self._secrets.masked(text, _LONGEST_SENTENCE)

    def error(self, error: ChatAppTailError) -> None:
        """Say what went wrong, and the next step below it."""
        self._tell_all_counted()
        self._write(f"{PROGRAM}: error: ", error.message)
        self._hint(error.hint or error.next_step)

    def warn(self, sentence: str, hint: str = "", *, kind: str = "") -> None:
        """Say what the user should know; silent with -q.

        One that is repeated within seconds is counted, and so is what comes too often of a
        ``kind``. How many there were is said with the next sentence, and at the end.
        """
        if self._verbosity < Verbosity.NORMAL:
            return
        sentence = self.masked(sentence)
        with self._warning:
            told = self._repeats.take(sentence, kind)
        self._say_each(told)
        if told and told[-1] == sentence:
            self._hint(hint)

    def rule(self, sentence: str) -> None:
        """Warn in a line across the terminal, which stands out between rows."""
        width = self._width()
        if width is None:
            self.warn(sentence)
        elif self._verbosity >= Verbosity.NORMAL:
            self._tell_all_counted()
            line = rule(clean(self.masked(sentence)), width)
            self._put(f"{self._warning_colors(broken(line, width))}\n")

    def tell_counted(self) -> None:
        """Say how many warnings weren't said, where it is time for that."""
        with self._warning:
            told = self._repeats.due()
        self._say_each(told)

    def _tell_all_counted(self) -> None:
        with self._warning:
            told = self._repeats.all()
        self._say_each(told)

    def say(self, sentence: str) -> None:
        """Say what happens; silent with -q."""
        if self._verbosity >= Verbosity.NORMAL:
            self._tell_all_counted()
            self._write(f"{PROGRAM}: ", sentence)

    def detail(self, sentence: str) -> None:
        """Say it with -v."""
        if self._verbosity >= Verbosity.VERBOSE:
            self._tell_all_counted()
            self._write(f"{PROGRAM}: ", sentence)

    def block(self, lines: str) -> None:
        """Show whole lines as they are, colours included: who made them has cleaned them."""
        if self._verbosity >= Verbosity.NORMAL:
            self._tell_all_counted()
            self._put(self._secrets.masked(lines))

    def frame(self, direction: str, text: str) -> None:
        """Show one websocket message with -vv, signatures masked; ``direction`` is < or >."""
        if self.shows_frames:
            self._put(f"{direction} {clean(self.masked(text))}\n")

    @property
    def shows_frames(self) -> bool:
        """Whether ``frame`` shows anything."""
        return self._verbosity >= Verbosity.FRAMES

    @property
    def deadline(self) -> float:
        """When ``tell_counted`` has something to say, in monotonic seconds; infinite for never."""
        return self._repeats.deadline

    def trace(self, error: BaseException) -> None:
        """Show where ``error`` comes from."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self._put(f"{clean(self.masked(line))}\n")

    def _say_each(self, warnings: Iterable[str]) -> None:
        for warning in warnings:
            self._put(f"{self._warning_colors(self._sentence(_WARNING, warning))}\n")

    def _hint(self, hint: str) -> None:
        for line in hint.splitlines():
            self._put(f"{self._in_lines(f'  {clean(self.masked(line))}')}\n")

    def _write(self, prefix: str, text: str) -> None:
        self._put(f"{self._sentence(prefix, text)}\n")

    def _sentence(self, prefix: str, text: str) -> str:
        """Return one sentence, over several lines where a terminal is narrower."""
        date = f"{self._local_time()} " if self._is_dated else ""
        sentence = f"{date}{prefix}{clean(self.masked(text))}"
        return self._in_lines(sentence)

    def _local_time(self) -> str:
        return self._clock.utcnow().astimezone().isoformat(timespec="seconds")

    def _in_lines(self, sentence: str) -> str:
        width = self._width()
        return sentence if width is None else broken(sentence, width)

    def _warning_colors(self, lines: str) -> str:
        return f"{_BOLD_YELLOW}{lines}{_RESET}" if self._is_colored else lines

    def _put(self, lines: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads stderr; the events matter
            self._stream.write(lines)
            self._stream.flush()

    def _width(self) -> int | None:
        """Return the terminal's columns as they are now; None where it isn't one."""
        if self._terminal is None:
            return None
        try:
            return os.get_terminal_size(self._terminal).columns or _USUAL_COLUMNS
        except OSError:  # it is gone
            return None


def _terminal_fd(stream: LineStream) -> int | None:
    try:
        fd: int = stream.fileno()  # type: ignore[attr-defined]
        return fd if os.isatty(fd) else None
    except (AttributeError, OSError, ValueError):  # in memory, or closed
        return None
