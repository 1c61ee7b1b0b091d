"""The terminal: in order after whatever ends the program, and after Ctrl-Z and fg.

Textual takes every SIGCONT for the end of its own Ctrl-Z and starts the terminal's mode anew, also
when it was never ended: after ``kill -STOP`` two threads would read the keys.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from chatapp_tail.signals import Signals

_NAMES = ("SIGTSTP", "SIGCONT", "SIGWINCH")
# Windows has none of them.
_NUMBERS = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
# What Textual asks a terminal for, taken back: the mouse, pasted text in brackets, reports of the
# focus and of all keys, the other screen, no cursor, no wrapping.
_LEAVE = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[<u"
    "\x1b[?1049l\x1b[?25h\x1b[?7h"
)


@contextmanager
def terminal_kept(signals: Signals) -> Iterator[None]:
    """Leave the terminal as it is now, also when a second signal ends the process on the spot.

    The handlers that Textual sets are afterwards as they are now, too.
    """
    handlers = [(number, signal.getsignal(number)) for number in _NUMBERS]
    try:
        with signals.restoring(_restorer()):
            yield
    finally:
        for number, handler in handlers:
            signal.signal(number, handler)


def _restorer() -> Callable[[], None]:
    """Return what leaves the screen, and gives the terminal the modes that it has now."""
    if sys.platform == "win32":
        return lambda: None
    else:  # noqa: RET505 (mypy checks each platform)
        import termios  # noqa: PLC0415 (Windows has none)

        terminal = sys.stdin.fileno()
        modes = termios.tcgetattr(terminal)

        def restore() -> None:
            with suppress(OSError, termios.error):  # the window was closed
                os.write(terminal, _LEAVE.encode())
                termios.tcsetattr(terminal, termios.TCSANOW, modes)

        return restore


def watch_stops(signals: Signals, redraw: Callable[[], object]) -> None:
    """Let Textual begin anew only what it has ended; ``redraw`` is called otherwise.

    To be called when Textual has set its handlers, in the main thread. ``signals`` notes that the
    process was stopped, for the loop.
    """
    if not _NUMBERS:
        return
    stopping, continuing, _ = _NUMBERS
    end, begin = signal.getsignal(stopping), signal.getsignal(continuing)
    if not (callable(end) and callable(begin)):
        return
    has_ended = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal has_ended
        has_ended = True
        end(number, frame)

    def go_on(number: int, frame: FrameType | None) -> None:
        nonlocal has_ended
        signals.was_stopped = True
        if has_ended:
            has_ended = False
            begin(number, frame)
        else:
            redraw()

    signal.signal(stopping, stop)
    signal.signal(continuing, go_on)
