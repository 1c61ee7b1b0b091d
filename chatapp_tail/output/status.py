"""Sentences about the connection, on stderr: one a line, cleaned, without secrets."""

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import ClassVar, Protocol

from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.masking import Secrets
from chatapp_tail.output.sanitize import clean
from chatapp_tail.output.unbuffered import RawStream, unbuffered, write_all

PROGRAM = "chatapp-tail"
# Shorter ones are no tokens; to mask an "x" would only garble every sentence.
_SHORTEST_SECRET = 8
# A frame can be 8 MB; on a terminal its beginning is enough.
_LONGEST_SENTENCE = 10_000
# How much waits for a terminal that is stopped, and how long the end waits for it in seconds.
_MOST_CHARACTERS = 1_000_000
_CLOSE_TIMEOUT = 0.1


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
                skipped = "1 line" if self._skipped == 1 else f"{self._skipped} lines"
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

    # The process has one set of them: what reports an error last knows no settings.
    _secrets: ClassVar[Secrets] = Secrets()

    def __init__(self, stream: LineStream, verbosity: int = Verbosity.NORMAL) -> None:
        self._stream = stream
        self._verbosity = verbosity

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
            background.close()
            self._stream = stream

    def hide(self, secret: str) -> None:
        """Replace ``secret`` by *** in everything that this process says from now on."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def masked(self, text: str) -> str:
        """Return the beginning of ``text`` without secrets: known ones, and what looks like one."""
        return self._secrets.masked(text, _LONGEST_SENTENCE)

    def error(self, error: ChatAppTailError) -> None:
        """Say what went wrong, and the next step below it."""
        self._write(f"{PROGRAM}: error: ", error.message)
        self._hint(error.hint or error.next_step)

    def warn(self, sentence: str, hint: str = "") -> None:
        """Say what the user should know; silent with -q."""
        if self._verbosity >= Verbosity.NORMAL:
            self._write(f"{PROGRAM}: warning: ", sentence)
            self._hint(hint)

    def say(self, sentence: str) -> None:
        """Say what happens; silent with -q."""
        if self._verbosity >= Verbosity.NORMAL:
            self._write(f"{PROGRAM}: ", sentence)

    def detail(self, sentence: str) -> None:
        """Say it with -v."""
        if self._verbosity >= Verbosity.VERBOSE:
            self._write(f"{PROGRAM}: ", sentence)

    def block(self, lines: str) -> None:
        """Show whole lines as they are, colours included: who made them has cleaned them."""
        if self._verbosity >= Verbosity.NORMAL:
            with suppress(OSError, ValueError):  # as below
                self._stream.write(self._secrets.masked(lines))
                self._stream.flush()

    def frame(self, direction: str, text: str) -> None:
        """Show one websocket message with -vv, signatures masked; ``direction`` is < or >."""
        if self.shows_frames:
            self._write(f"{direction} ", text)

    @property
    def shows_frames(self) -> bool:
        """Return whether ``frame`` shows anything."""
        return self._verbosity >= Verbosity.FRAMES

    def trace(self, error: BaseException) -> None:
        """Show where ``error`` comes from."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self._write("", line)

    def _hint(self, hint: str) -> None:
        for line in hint.splitlines():
            self._write("  ", line)

    def _write(self, prefix: str, text: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads stderr; the events matter
            self._stream.write(f"{prefix}{clean(self.masked(text))}\n")
            self._stream.flush()
