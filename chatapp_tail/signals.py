"""SIGINT, SIGTERM and SIGHUP, and SIGUSR1 for a report, without surprises in the middle of a write.

A handler that raises can strike anywhere; so a signal is only noted, and the wait that it wakes
looks at the note. It raises only where nothing looks at the note: inside ``interruptible``
(reading a file, writing stdout, the calls of doctor and trigger), and in what is ``endless`` (the
user's regular expressions). A second signal ends the process on the spot. SIGUSR1 ends nothing: it
is noted, and wakes the wait, too.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType
from typing import TypeVar

# Windows lacks some.
_ENDING = (
    signal.SIGINT,
    signal.SIGTERM,
    *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()),
)
_REPORTING = (signal.SIGUSR1,) if hasattr(signal, "SIGUSR1") else ()
_CONTINUING = (signal.SIGCONT,) if hasattr(signal, "SIGCONT") else ()
# What signals raise in.
_ENDLESS: set[CodeType] = set()

F = TypeVar("F", bound=Callable[..., object])


class InterruptedBySignal(BaseException):
    """Ends a blocking call; not an Exception, so that no handler of errors takes it for one."""


def endless(function: F) -> F:
    """Let signals raise ``InterruptedBySignal`` in ``function``: it is pure, and may never end.

    Only while its own code runs, or C that it calls, as a regular expression's.
    """
    if isinstance(function, FunctionType):
        _ENDLESS.add(function.__code__)
    return function


class Signals:
    """What has arrived so far: ``received`` is the signal's number, or None."""

    def __init__(self, *, raises: bool = True) -> None:
        """Without ``raises`` a signal is only noted, wherever it strikes.

        So it is where the main thread draws a screen, and all that waits is in another one.
        """
        self._raises = raises
        self.received: int | None = None
        self._raising = False
        self._is_report_wanted = False
        self.was_stopped = False
        """Whether the process was stopped (Ctrl-Z, SIGSTOP) and goes on; who reads it resets it."""
        self._restore: Callable[[], object] = int

    @contextmanager
    def installed(self, wakeup_fd: int) -> Iterator["Signals"]:
        """Handle the signals inside; each also writes a byte to ``wakeup_fd``.

        One that was ignored at the start stays ignored: nohup and a script's & mean it.
        """
        handlers = {
            number: signal.signal(number, self.receive)
            for number in _ENDING
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        handlers |= {number: signal.signal(number, self._receive_wish) for number in _REPORTING}
        handlers |= {number: signal.signal(number, self._continue) for number in _CONTINUING}
        previous_fd = signal.set_wakeup_fd(wakeup_fd, warn_on_full_buffer=False)
        try:
            yield self
        finally:
            signal.set_wakeup_fd(previous_fd)
            for number, handler in handlers.items():
                signal.signal(number, handler)

    @contextmanager
    def restoring(self, restore: Callable[[], object]) -> Iterator[None]:
        """Have ``restore`` called inside, before a second signal ends the process on the spot."""
        before, self._restore = self._restore, restore
        try:
            yield
        finally:
            self._restore = before

    def take_report(self) -> bool:
        """Return whether a report was asked for (SIGUSR1) since the last call."""
        is_wanted, self._is_report_wanted = self._is_report_wanted, False
        return is_wanted

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal raise ``InterruptedBySignal`` inside; also one that came just before."""
        self._raising = True
        try:
            if self.received is not None:
                raise InterruptedBySignal
            yield
        finally:
            self._raising = False

    def receive(self, number: int, frame: FrameType | None = None) -> None:
        """Note a signal that struck in ``frame``; this is the handler of those that end the run."""
        if self.received is not None:
            self._restore()
            os._exit(128 + number)
        self.received = number
        is_endless = frame is not None and frame.f_code in _ENDLESS
        if self._raises and (self._raising or is_endless):
            raise InterruptedBySignal

    def _receive_wish(self, _number: int, _frame: FrameType | None) -> None:
        self._is_report_wanted = True

    def _continue(self, _number: int, _frame: FrameType | None) -> None:
        self.was_stopped = True


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Have what is ``endless`` raise ``TimeoutError`` inside if one call takes over ``seconds``.

    It is interrupted after twice that time at the latest. Only in the main thread, which alone is
    struck by signals, and not on Windows; elsewhere nothing is limited.
    """
    struck: FrameType | None = None

    def strike(_number: int, frame: FrameType | None) -> None:
        nonlocal struck
        if frame is not None and frame is struck and frame.f_code in _ENDLESS:
            raise TimeoutError
        struck = frame  # kept, so that no later call can get the same one

    is_main = threading.current_thread() is threading.main_thread()
    if sys.platform != "win32" and is_main:
        handler = signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
    else:
        yield


@contextmanager
def held_back(seconds: float) -> Iterator[None]:
    """Have a signal that would end the process do so after what is inside, or after ``seconds``.

    A second one ends it on the spot. Only in the main thread, which alone is struck by signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: dict[int, threading.Timer] = {}

    def hold(number: int, _frame: FrameType | None) -> None:
        if received:
            os._exit(128 + number)
        received[number] = threading.Timer(seconds, os._exit, (128 + number,))
        received[number].daemon = True
        received[number].start()

    handlers = {
        number: signal.signal(number, hold)
        for number in _ENDING
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, patience in received.items():
            patience.cancel()
            signal.raise_signal(number)
