"""Run a blocking call with a deadline; Ctrl-C ends the wait for it."""

from collections.abc import Callable
from typing import TypeVar

from chatapp_tail.background import BackgroundCall
from chatapp_tail.clock import Clock
from chatapp_tail.wakeup import Wakeup

T = TypeVar("T")


class TookTooLongError(Exception):
    """The call wasn't done in ``seconds``; its daemon thread is left behind."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no end in {seconds:g} s")


class Bounded:
    """Runs calls in threads, while the main thread waits where signals can wake it."""

    def __init__(self, seconds: float, *, wakeup: Wakeup, clock: Clock) -> None:
        """``seconds`` is what a call may take."""
        self._seconds = seconds
        self._wakeup = wakeup
        self._clock = clock

    def run(
        self, call: Callable[[], T], *, discard: Callable[[T], object] = lambda _result: None
    ) -> T:
        """Return what ``call`` returns, or raise what it raises, or ``TookTooLongError``.

        What comes too late, or after Ctrl-C, goes to ``discard``, in the call's thread.
        """
        deadline = self._clock.now() + self._seconds
        running = BackgroundCall(call, wake=self._wakeup.wake, discard=discard)
        try:
            running.start()
            while not running.is_over and (left := deadline - self._clock.now()) > 0:
                self._wakeup.wait(None, left)
        finally:
            is_unfinished = running.abandon()
        if is_unfinished:
            raise TookTooLongError(self._seconds)
        return running.result()
