"""Waiting for something with a deadline."""

import threading
from collections.abc import Callable

from chatapp_tail.clock import SystemClock

POLL_PAUSE = 0.05


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 10.0) -> None:
    """Poll ``condition`` until it holds; raises ``TimeoutError`` naming ``what`` after a while."""
    clock = SystemClock()
    deadline = clock.now() + timeout
    while not condition():
        if clock.now() > deadline:
            raise TimeoutError(f"waited {timeout:g} s in vain: {what}")
        threading.Event().wait(POLL_PAUSE)
