"""A blocking call in a thread of its own, so that the caller can stop waiting for it.

Name resolution has no timeout, and no timeout of a library covers a whole exchange: a server that
sends a byte a second passes every timeout between two bytes. A signal doesn't end such a call,
but it ends the wait for it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """One call. Its result goes to ``discard``, in its thread, if it was abandoned before."""

    def __init__(
        self,
        call: Callable[[], T],
        *,
        wake: Callable[[], None] = lambda: None,
        discard: Callable[[T], object] = lambda _result: None,
    ) -> None:
        """``wake`` is called in the call's thread when it is over."""
        self._call = call
        self._wake = wake
        self._discard = discard
        self._future: Future[T] = Future()

    def start(self) -> Self:
        """Start the call. A signal's handler may raise in here: the call can then be abandoned."""
        threading.Thread(target=self.run, name="call", daemon=True).start()
        return self

    def run(self) -> None:
        """Make the call in this thread."""
        try:
            result = self._call()
        except BaseException as exc:  # noqa: BLE001 (handed to the caller)
            with suppress(InvalidStateError):
                self._future.set_exception(exc)
        else:
            try:
                self._future.set_result(result)
            except InvalidStateError:
                self._discard(result)
        self._wake()

    @property
    def is_over(self) -> bool:
        """Whether there is a result, or an error."""
        return self._future.done()

    def result(self, timeout: float = 0.0) -> T:
        """Return what the call returned, or raise what it raised.

        Raises ``TimeoutError`` if that takes more than ``timeout`` seconds.
        """
        return self._future.result(timeout)

    def abandon(self) -> bool:
        """Stop waiting; return whether the call was still under way."""
        return self._future.cancel()
