"""Messages on stderr: one a line, cleaned, without secrets; repeated warnings are counted."""

import os
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Protocol

from chatapp_tail.clock import Clock, SystemClock
from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.masking import Secrets
from chatapp_tail.output import ColorMode, terminal_width, use_color
from chatapp_tail.output.text import broken, clean, colored, rule
from chatapp_tail.output.unbuffered import RawStream, unbuffered, write_all
from chatapp_tail.units import counted, format_duration
from chatapp_tail.wakeup import file_descriptor

PROGRAM = "chatapp-tail"
_BOLD_YELLOW = "1;33"
# Shorter values are no tokens; masking them would garble ordinary words.
_SHORTEST_SECRET = 8
# In characters. A frame can have 8 MB; its beginning is enough.
_LONGEST_SENTENCE = 10_000
# How many characters wait for a stopped terminal, and how long close() waits for it, in seconds.
_MOST_CHARACTERS = 1_000_000
_CLOSE_TIMEOUT = 0.1
# For how many seconds a warning is counted before the count is written.
_WINDOW = 5.0
# How many different warnings of a kind are written meanwhile.
_MOST_OF_A_KIND = 10
_CLOCK = SystemClock()


class LineStream(Protocol):
    """Where messages are written."""

    def write(self, text: str, /) -> object:
        """Write one line."""
        ...

    def flush(self) -> None:
        """Pass on what was written."""
        ...


class BackgroundStream:
    """A stream that a thread writes to; what exceeds a limit is dropped and counted."""

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
        """Wait for the thread, but not for a stopped terminal."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(_CLOSE_TIMEOUT)

    def _run(self) -> None:
        while text := self._take():
            with suppress(OSError, ValueError):  # nobody reads stderr; events matter more
                write_all(self._stream, text.encode(self._encoding, "backslashreplace"))

    def _take(self) -> str:
        """Wait for lines and return all of them; "" after ``close`` when all are taken."""
        with self._ready:
            while not (self._lines or self._closed):
                self._ready.wait()
            lines, self._lines, self._room = self._lines, [], _MOST_CHARACTERS
            if self._skipped:
                skipped = counted(self._skipped, "line")
                lines.append(f"{PROGRAM}: {skipped} left out: stderr wasn't read\n")
                self._skipped = 0
            return "".join(lines)


@dataclass(slots=True)
class _Counted:
    """Equal warnings, or those of one kind: the ``texts`` written, and how many ``more`` came."""

    since: float
    texts: set[str]
    last: str = ""
    more: int = 0


class _Repeats:
    """Decides which warnings are written: a server may cause a million a minute.

    An equal warning is a repeat if nothing else was written between, or if both have the same kind.
    Of the different warnings of one kind, the first ten are written.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # By kind, or by their text for those without a kind.
        self._counted: dict[tuple[str, str], _Counted] = {}

    @property
    def deadline(self) -> float:
        """When ``due`` returns something, in monotonic seconds; infinite for never."""
        known = tuple(self._counted.values())  # another thread may add some
        return min((one.since + _WINDOW for one in known if one.more), default=float("inf"))

    def take(self, sentence: str, kind: str) -> list[str]:
        """Return what to write now: counts that are due, then ``sentence`` unless it is counted.

        ``kind`` is "" for a warning without a kind.
        """
        told = self.due()
        key = (kind, "" if kind else sentence)
        same = self._counted.get(key)
        if same is not None and (sentence in same.texts or len(same.texts) >= _MOST_OF_A_KIND):
            same.last = sentence
            same.more += 1
            return told
        told += self.all()
        self._counted.setdefault(key, _Counted(self._clock.now(), set())).texts.add(sentence)
        return [*told, sentence]

    def due(self) -> list[str]:
        """Return the counts that are due, each with the last warning that it counts."""
        return list(self._told(_WINDOW))

    def all(self) -> list[str]:
        """Return all counts, because something else is to be written."""
        told = list(self._told(0.0))
        self._counted = {key: one for key, one in self._counted.items() if key[0]}
        return told

    def _told(self, after: float) -> Iterator[str]:
        """Yield counts that are at least ``after`` seconds old; forget warnings that ceased."""
        now = self._clock.now()
        for key, one in list(self._counted.items()):
            if one.more and now >= one.since + after:
                span = format_duration(now - one.since)
                yield f"{one.last} (and {one.more:,} more in {span})"
                one.since, one.more = now, 0
            elif now >= one.since + _WINDOW:
                del self._counted[key]


class Verbosity(IntEnum):
    """How much is written to stderr."""

    QUIET = -1
    NORMAL = 0
    VERBOSE = 1
    FRAMES = 2


class Status:
    """Writes messages. Any of them may hold remote text: all are cleaned and masked here."""

    # Shared by the process: main() reports a command's error through its own Status, and the error
    # may quote a secret that only the command knew.
    _secrets: ClassVar[Secrets] = Secrets()

    def __init__(
        self,
        stream: LineStream,
        verbosity: int = Verbosity.NORMAL,
        clock: Clock = _CLOCK,
        *,
        is_dated: bool = False,
    ) -> None:
        """Write to ``stream``; on a terminal long messages are wrapped.

        ``clock`` times repeated warnings; ``is_dated`` puts the local time before each message.
        """
        self._stream = stream
        self._verbosity = verbosity
        self._terminal = _terminal_fd(stream)
        self._is_colored = self._terminal is not None and use_color(
            ColorMode.AUTO, os.environ, is_terminal=True
        )
        self._clock = clock
        self._is_dated = is_dated
        self._repeats = _Repeats(clock)
        # Other threads may warn, too.
        self._warning = threading.Lock()

    @contextmanager
    def in_background(
        self, wrap: Callable[[RawStream], RawStream] = lambda raw: raw
    ) -> Iterator[None]:
        """Let a thread write inside the context, so that a stopped terminal blocks no caller.

        ``wrap`` wraps the raw stream that the thread writes to, as a Footer does.
        """
        stream, raw = self._stream, None
        with suppress(OSError, ValueError):  # a broken or closed stream blocks nobody
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
            self._tell(self._repeats.all)
            background.close()
            self._stream = stream

    @contextmanager
    def redirected(self, stream: LineStream) -> Iterator[None]:
        """Write to ``stream`` inside the context, one message a line and without colours."""
        before = self._stream, self._terminal, self._is_colored
        self._stream, self._terminal, self._is_colored = stream, None, False
        try:
            yield
        finally:
            self._stream, self._terminal, self._is_colored = before

    def hide(self, secret: str) -> None:
        """Replace ``secret`` by *** in everything that this process writes from now on."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def masked(self, text: str) -> str:
        """Return the beginning of ``text`` with *** for secrets and for what looks like one."""
        return self._secrets.masked(text, _LONGEST_SENTENCE)

    def error(self, error: ChatAppTailError) -> None:
        """Write what went wrong, and the next step below it."""
        self._tell(self._repeats.all)
        self._put(self._sentence("error: ", error.message))
        self._hint(error.hint or error.next_step)

    def warn(self, sentence: str, hint: str = "", *, kind: str = "") -> None:
        """Write what the user should know; nothing with -q.

        A warning that is repeated within seconds is counted, as are too many of one ``kind``. The
        count is written before the next message, when it is due, and at the end.
        """
        if self._verbosity < Verbosity.NORMAL:
            return
        sentence = self.masked(sentence)
        told = self._tell(lambda: self._repeats.take(sentence, kind))
        if told and told[-1] == sentence:
            self._hint(hint)

    def rule(self, sentence: str) -> None:
        """Warn in a line across the terminal, which stands out between rows."""
        width = self._width()
        if width is None:
            self.warn(sentence)
        elif self._verbosity >= Verbosity.NORMAL:
            self._tell(self._repeats.all)
            line = rule(clean(self.masked(sentence)), width)
            self._put(self._as_warning(broken(line, width)))

    def tell_counted(self) -> None:
        """Write the counts of repeated warnings that are due."""
        self._tell(self._repeats.due)

    def say(self, sentence: str) -> None:
        """Write what happens; nothing with -q."""
        if self._verbosity >= Verbosity.NORMAL:
            self._tell(self._repeats.all)
            self._put(self._sentence("", sentence))

    def detail(self, sentence: str) -> None:
        """Write a detail; with -v only."""
        if self._verbosity >= Verbosity.VERBOSE:
            self.say(sentence)

    def block(self, lines: str) -> None:
        """Write whole lines with their colours: the caller has cleaned them."""
        if self._verbosity >= Verbosity.NORMAL:
            self._tell(self._repeats.all)
            self._put(self._secrets.masked(lines).removesuffix("\n"))

    def frame(self, direction: str, text: str) -> None:
        """Write one websocket message, masked, with -vv; ``direction`` is < or >."""
        if self.shows_frames:
            self._put(f"{direction} {clean(self.masked(text))}")

    @property
    def shows_frames(self) -> bool:
        """Whether ``frame`` writes anything."""
        return self._verbosity >= Verbosity.FRAMES

    @property
    def deadline(self) -> float:
        """When ``tell_counted`` is due, in monotonic seconds; infinite for never."""
        return self._repeats.deadline

    def trace(self, error: BaseException) -> None:
        """Write the traceback of ``error``."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self._put(clean(self.masked(line)))

    def _tell(self, take: Callable[[], list[str]]) -> list[str]:
        """Write the warnings that ``take`` returns, and return them."""
        with self._warning:
            told = take()
        for warning in told:
            self._put(self._as_warning(self._sentence("warning: ", warning)))
        return told

    def _hint(self, hint: str) -> None:
        for line in hint.splitlines():
            self._put(self._wrapped(f"  {clean(self.masked(line))}"))

    def _sentence(self, prefix: str, text: str) -> str:
        """Return one message, wrapped where the terminal is narrower."""
        sentence = f"{PROGRAM}: {prefix}{clean(self.masked(text))}"
        if self._is_dated:
            now = self._clock.utcnow().astimezone()
            sentence = f"{now.isoformat(timespec='seconds')} {sentence}"
        return self._wrapped(sentence)

    def _wrapped(self, sentence: str) -> str:
        width = self._width()
        return sentence if width is None else broken(sentence, width)

    def _as_warning(self, lines: str) -> str:
        return colored(lines, _BOLD_YELLOW) if self._is_colored else lines

    def _put(self, lines: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads stderr; events matter more
            self._stream.write(f"{lines}\n")
            self._stream.flush()

    def _width(self) -> int | None:
        """Return the terminal's columns as they are now; None where there is no terminal."""
        return None if self._terminal is None else terminal_width(self._terminal, {})


def _terminal_fd(stream: LineStream) -> int | None:
    fd = file_descriptor(stream)
    return fd if fd is not None and os.isatty(fd) else None
