"""SIGINT, SIGTERM and SIGHUP end a run, SIGUSR1 asks for a report; none interrupts a write.

A handler that raises could do so anywhere. So a signal is only noted, and wakes the main thread's
wait, after which the note is read. A signal raises only where no such wait follows: inside
``interruptible`` (reading a file, writing stdout, the calls of doctor and trigger), and in
functions marked as ``endless`` (the user's regular expressions). A second signal ends the process
immediately.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
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
# The code of functions in which signals raise.
_ENDLESS: set[CodeType] = set()

F = TypeVar("F", bound=Callable[..., object])
_Handler = Callable[[int, FrameType | None], object]


class InterruptedBySignal(BaseException):
    """Ends a blocking call. Not an Exception, so no ``except Exception`` catches it."""


def endless(function: F) -> F:
    """Let signals raise ``InterruptedBySignal`` in ``function``, which is pure and may never end.

    They do so while its own code runs, or C code that it calls, but in no Python function below it.
    """
    if isinstance(function, FunctionType):
        _ENDLESS.add(function.__code__)
    return function


class Signals:
    """The signals that came: ``received`` is the number of the one that ends the run, or None."""

    def __init__(self, *, raises: bool = True) -> None:
        """Without ``raises`` a signal is only ever noted.

        That is for a main thread that draws a screen, while another thread does what can wait.
        """
        self._raises = raises
        self.received: int | None = None
        self._raising = False
        self._is_report_wanted = False
        self.was_stopped = False
        """Whether the process was stopped (Ctrl-Z, SIGSTOP) and continued; the reader resets it."""
        self._restore: Callable[[], object] = int

    @contextmanager
    def installed(self, wakeup_fd: int) -> Iterator["Signals"]:
        """Handle the signals inside; each also writes a byte to ``wakeup_fd``.

        One that was ignored at the start stays ignored, as nohup and a script's ``&`` want it.
        """
        handlers: dict[signal.Signals, _Handler] = dict.fromkeys(_ENDING, self.receive)
        handlers |= dict.fromkeys(_REPORTING, self._ask_for_report)
        handlers |= dict.fromkeys(_CONTINUING, self._continue)
        with _handled_by(handlers):
            previous_fd = signal.set_wakeup_fd(wakeup_fd, warn_on_full_buffer=False)
            try:
                yield self
            finally:
                signal.set_wakeup_fd(previous_fd)

    @contextmanager
    def restoring(self, restore: Callable[[], object]) -> Iterator[None]:
        """Have ``restore`` called inside, before a second signal ends the process."""
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
        """Note a signal that came in ``frame``; this is the handler of those that end the run."""
        if self.received is not None:
            self._restore()
            os._exit(128 + number)
        self.received = number
        is_endless = frame is not None and frame.f_code in _ENDLESS
        if self._raises and (self._raising or is_endless):
            raise InterruptedBySignal

    def _ask_for_report(self, _number: int, _frame: FrameType | None) -> None:
        self._is_report_wanted = True

    def _continue(self, _number: int, _frame: FrameType | None) -> None:
        self.was_stopped = True


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Have what is ``endless`` raise ``TimeoutError`` inside if one call takes over ``seconds``.

    It is interrupted after twice that time at the latest. Only in the main thread, which alone
    receives signals, and not on Windows; elsewhere nothing is limited.
    """
    interrupted: FrameType | None = None

    def interrupt(_number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if frame is not None and frame is interrupted and frame.f_code in _ENDLESS:
            raise TimeoutError
        interrupted = frame  # kept, so that no later call can get the same one

    is_main = threading.current_thread() is threading.main_thread()
    if sys.platform != "win32" and is_main:
        handler = signal.signal(signal.SIGALRM, interrupt)
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

    A second one ends it on the spot. Only in the main thread, which alone receives signals.
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

    try:
        with _handled_by(dict.fromkeys(_ENDING, hold)):
            yield
    finally:
        for number, patience in received.items():
            patience.cancel()
            signal.raise_signal(number)


@contextmanager
def _handled_by(handlers: Mapping[signal.Signals, _Handler]) -> Iterator[None]:
    """Handle signals inside. One that ends the process stays ignored if it was ignored before."""
    previous = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if number not in _ENDING or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
