"""A call that can't be hurried, held to a time: name resolution, a server that drips.

No timeout of a library's covers a whole call: getaddrinfo has none, and what sends a byte a second
passes every timeout between two bytes. Nor does Ctrl-C end such a call, but it ends this wait.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from functools import partial
from typing import TypeVar

from chatapp_tail.clock import Clock
from chatapp_tail.wakeup import Wakeup

T = TypeVar("T")


class TookTooLongError(Exception):
    """The call wasn't done in ``seconds``; it goes on in a thread that nobody waits for."""

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
        future: Future[T] = Future()
        thread = threading.Thread(
            target=self._run, args=(future, call, discard), name="step", daemon=True
        )
        deadline = self._clock.now() + self._seconds
        try:
            thread.start()
            while not future.done() and (left := deadline - self._clock.now()) > 0:
                self._wakeup.wait(None, left)
        finally:
            is_unfinished = future.cancel()
        if is_unfinished:
            raise TookTooLongError(self._seconds)
        return future.result()

    def _run(
        self, future: Future[T], call: Callable[[], T], discard: Callable[[T], object]
    ) -> None:
        try:
            result = call()
        except BaseException as exc:  # noqa: BLE001 (it belongs to the caller)
            _hand_over(partial(future.set_exception, exc))
        else:
            if not _hand_over(partial(future.set_result, result)):
                discard(result)
        self._wakeup.wake()


def _hand_over(done: Callable[[], None]) -> bool:
    """Return whether somebody still waits for it."""
    try:
        done()
    except InvalidStateError:
        return False
    return True
