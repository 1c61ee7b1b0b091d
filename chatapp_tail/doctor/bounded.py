"""A call that can't be hurried, held to a time: name resolution, a server that drips.

No timeout of a library's covers a whole call: getaddrinfo has none, and what sends a byte a second
passes every timeout between two bytes. Nor does Ctrl-C end such a call, but it ends this wait.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, wait
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class TookTooLongError(Exception):
    """The call wasn't done in ``seconds``; it goes on in a thread that nobody waits for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no end in {seconds:g} s")


def within(
    seconds: float, call: Callable[[], T], *, discard: Callable[[T], object] = lambda _result: None
) -> T:
    """Return what ``call`` returns, or raise what it raises, or ``TookTooLongError``.

    What comes too late, or after Ctrl-C, goes to ``discard``, in the call's thread.
    """
    future: Future[T] = Future()
    thread = threading.Thread(target=_run, args=(future, call, discard), name="step", daemon=True)
    try:
        thread.start()
        wait([future], seconds)
    finally:
        is_unfinished = future.cancel()
    if is_unfinished:
        raise TookTooLongError(seconds)
    return future.result()


def _run(future: Future[T], call: Callable[[], T], discard: Callable[[T], object]) -> None:
    try:
        result = call()
    except BaseException as exc:  # noqa: BLE001 (it belongs to the caller)
        _hand_over(partial(future.set_exception, exc))
    else:
        if not _hand_over(partial(future.set_result, result)):
            discard(result)


def _hand_over(done: Callable[[], None]) -> bool:
    """Return whether somebody still waits for it."""
    try:
        done()
    except InvalidStateError:
        return False
    return True
