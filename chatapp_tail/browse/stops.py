"""Ctrl-Z and fg, and what else stops the process and lets it go on.

Textual takes every SIGCONT for the end of its own Ctrl-Z and starts the terminal's mode anew, also
when it was never ended: after ``kill -STOP`` two threads would read the keys.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from chatapp_tail.signals import Signals

_NAMES = ("SIGTSTP", "SIGCONT", "SIGWINCH")
# Windows has none of them.
_NUMBERS = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]


@contextmanager
def handlers_kept() -> Iterator[None]:
    """Have the handlers that Textual sets as they were, after what is inside."""
    before = [(number, signal.getsignal(number)) for number in _NUMBERS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


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
