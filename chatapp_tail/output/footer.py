"""One live line below the rows: the state of the connection, while a table is tailed.

One thread writes rows to stdout, another writes messages to stderr, and both streams are the same
terminal. So both are wrapped: each write erases the line, writes, and draws the line again, in one
system call under one lock. Between writes, a thread of the footer draws the updates: a stopped
terminal (Ctrl-S) blocks its writer, and the main thread must not block.

The line is plain text without a newline: no cursor is hidden, no mode set, no part of the screen
reserved, so a process that is killed leaves nothing worse behind than its last footer.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from math import ceil

from chatapp_tail.clock import Clock
from chatapp_tail.output import OutputFormat
from chatapp_tail.output.text import colored
from chatapp_tail.output.unbuffered import RawStream, write_all
from chatapp_tail.statistics import format_rate
from chatapp_tail.units import counted

# The minimum redraw interval, and the refresh interval of rate and countdown, in seconds.
_LEAST_INTERVAL = 0.25
_TICK = 1.0
# How long the end waits for a terminal that is stopped, in seconds.
_CLOSE_TIMEOUT = 0.1
# The cursor rests at the beginning of the line. Where a window gets narrower, terminals that break
# the line anew keep the cursor there: all that it is broken into is from there to the end.
_REST = b"\r"
_ERASE = b"\r\x1b[J"
_SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class FooterState:
    """What the line shows. ``rate`` in items a second, ``round_trip`` of the last ping in seconds.

    A change of the rate alone is drawn once a second only.
    ``retry_at`` is when the next try to connect is due (monotonic), None unless one is waited for.
    ``received`` and ``shown`` count items; ``last_at`` is the last event's time, aware.
    """

    channels: int
    subscribed: int = 0
    is_connected: bool = False
    retry_at: float | None = None
    received: int = 0
    shown: int = 0
    rate: float = field(default=0.0, compare=False)
    last_at: datetime | None = None
    round_trip: float | None = None


class LiveLine:
    """The footer as the tail sees it; this one shows nothing. Instants are monotonic seconds."""

    due_at = float("inf")
    """The earliest time of the next drawing; updates before it wait until then."""

    @property
    def deadline(self) -> float:
        """When to call ``update`` although nothing has happened; may be infinite."""
        return float("inf")

    def wrap(self, raw: RawStream) -> RawStream:
        """Return a stream to the same terminal that keeps the line below its output."""
        return raw

    def update(self, state: FooterState) -> None:
        """Show ``state``. Never waits for the terminal."""

    def close(self) -> None:
        """Remove the line for good, without waiting for a stopped terminal."""


class Footer(LiveLine):
    """The line at the bottom of a terminal. The main thread calls ``update`` and ``close``."""

    def __init__(
        self,
        terminal: RawStream,
        *,
        clock: Clock,
        width: Callable[[], int],
        zone: tzinfo | None = None,
        color: bool = True,
    ) -> None:
        """Draw nothing yet.

        ``terminal`` takes what is drawn between writes; ``width`` returns its columns and is
        called for each drawing; ``zone`` is for the last event's time (None: local).
        """
        self._terminal = terminal
        self._clock = clock
        self._width = width
        self._zone = zone
        self._color = color
        self._state: FooterState | None = None
        # Whether an update waits to be drawn, and whether the drawn one changes with time.
        self._is_pending = self._is_ticking = False
        self._tick_at = self.due_at = clock.now()
        # Held during a write to the terminal, which may block: the main thread never takes it.
        self._screen = threading.Lock()
        self._drawn = b""
        self._is_line_open = False
        self._is_requested = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="footer", daemon=True)
        self._thread.start()

    @property
    def deadline(self) -> float:
        """When ``update`` is due: for an update that waits, or a line that changes with time.

        Infinite for neither: an idle tail isn't woken for its footer.
        """
        if self._is_pending:
            return self.due_at
        return self._tick_at if self._is_ticking else float("inf")

    def wrap(self, raw: RawStream) -> RawStream:
        """Return a stream to the same terminal that keeps the line below its output."""
        return _AboveFooter(self, raw)

    def update(self, state: FooterState) -> None:
        """Show ``state``: now if the last drawing is long enough ago, else at ``deadline``."""
        now = self._clock.now()
        is_tick = self._is_ticking and now >= self._tick_at
        begins_to_tick = _ticks(state) and not self._is_ticking
        is_changed = state != self._state
        self._state = state
        self._is_pending = self._is_pending or is_changed or is_tick or begins_to_tick
        if self._is_pending and now >= self.due_at:
            self._is_pending, self._is_ticking = False, _ticks(state)
            self.due_at, self._tick_at = now + _LEAST_INTERVAL, now + _TICK
            self._is_requested.set()

    def close(self) -> None:
        """Remove the line; the wrapped streams still work."""
        self._is_closed = True
        self._is_requested.set()
        self._thread.join(_CLOSE_TIMEOUT)

    def write_above(self, raw: RawStream, data: memoryview) -> None:
        """Write all of ``data``, and the line below it where ``data`` ends a line.

        The lock is held until all is written, so that rows and messages don't mix. Raises
        ``OSError``.
        """
        with self._screen:
            erase = _ERASE if self._drawn else b""
            # Set before writing: after a failed write the state of the screen is unknown.
            self._drawn = b""
            self._is_line_open = bytes(data[-1:]) != b"\n"
            line = self._line()
            write_all(raw, b"".join((erase, data, line)))
            self._drawn = line

    def _run(self) -> None:
        """Draw at each request; the last one, from ``close``, erases the line."""
        is_last = False
        try:
            while not is_last:
                self._is_requested.wait()
                self._is_requested.clear()
                is_last = self._is_closed  # after clear(): close() may come at any time
                self._draw()
        except (OSError, ValueError):  # the writer of rows reports it
            self._is_closed = True

    def _draw(self) -> None:
        with self._screen:
            line = self._line()
            if line != self._drawn:
                write_all(self._terminal, _ERASE + line)
                self._drawn = line

    def _line(self) -> bytes:
        """Return what to draw now: b"" inside a row, before the first update and after close."""
        state = self._state
        if state is None or self._is_closed or self._is_line_open:
            return b""
        # One column stays free: in the last one, terminals differ about where the cursor is.
        text = _fitted(state_words(state, self._clock.now(), self._zone), self._width() - 1)
        line = colored(text, "2") if self._color else text
        return line.encode() + _REST if text else b""


class _AboveFooter:
    """A stream to the terminal that the footer is on."""

    def __init__(self, footer: Footer, raw: RawStream) -> None:
        self._footer = footer
        self._raw = raw

    def fileno(self) -> int:
        """Return the terminal's descriptor."""
        return self._raw.fileno()

    def write(self, data: memoryview, /) -> int:
        """Write all of ``data``, never a part; return its size. Raises ``OSError``."""
        self._footer.write_above(self._raw, data)
        return len(data)


def is_wanted(
    chosen: OutputFormat | None,
    *,
    on_one_terminal: bool,
    environment: Mapping[str, str],
    is_allowed: bool,
    is_quiet: bool,
) -> bool:
    """Return whether to show a footer. ``is_allowed`` is False with --no-footer.

    Only below a table (the format that is ``chosen``, or None for the one that suits a terminal),
    where rows and sentences share one terminal that knows how to erase a line: TERM is there, and
    isn't dumb. Never with -q, which asks for errors only.
    """
    knows_sequences = environment.get("TERM", "") not in ("", "dumb")
    is_table = chosen in (None, OutputFormat.TABLE)
    return on_one_terminal and is_table and knows_sequences and is_allowed and not is_quiet


def share_terminal(stdout_fd: int | None, stderr_fd: int | None) -> bool:
    """Return whether two descriptors are the same terminal; None is no terminal."""
    if stdout_fd is None or stderr_fd is None:
        return False
    try:
        # On Windows a process has no more than one.
        if sys.platform != "win32" and os.fstat(stdout_fd).st_rdev != os.fstat(stderr_fd).st_rdev:
            return False
        return os.isatty(stdout_fd) and os.isatty(stderr_fd)
    except OSError:
        return False


def _fitted(parts: Iterator[str], width: int) -> str:
    """Return as many ``parts`` as fit into ``width`` cells; the first is cut if it doesn't fit."""
    text = f" {next(parts)}"
    for part in parts:
        longer = f"{text}{_SEPARATOR}{part}"
        if len(longer) > width:  # each of their characters takes one cell
            break
        text = longer
    return text[: max(width, 0)]


def _ticks(state: FooterState) -> bool:
    """Return whether the line changes with time alone."""
    return state.retry_at is not None or round(state.rate, 1) > 0


def state_words(state: FooterState, now: float, zone: tzinfo | None) -> Iterator[str]:
    """Yield the parts of the line, the most important first."""
    yield _connection(state, now)
    events = counted(state.received, "event")
    yield events if state.shown == state.received else f"{events}, {state.shown:,} shown"
    yield format_rate(round(state.rate, 1))
    if state.last_at is not None:
        yield f"last {state.last_at.astimezone(zone):%H:%M:%S}"
    if state.round_trip is not None:
        yield f"ping {state.round_trip * 1000:,.0f} ms"


def _connection(state: FooterState, now: float) -> str:
    if state.retry_at is not None:
        seconds = ceil(state.retry_at - now)
        return f"reconnecting in {seconds} s" if seconds > 0 else "reconnecting"
    channels = counted(state.channels, "channel")
    if not state.is_connected:
        return "connecting"
    if state.subscribed == 0:
        return f"subscribing to {channels}"
    if state.subscribed == state.channels:
        return f"subscribed {channels}"
    return f"subscribed {state.subscribed:,} of {channels}"
