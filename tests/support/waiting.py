"""Time in tests: waiting with a deadline, and the proof that work is linear."""

import threading
import time  # noqa: TID251 (a thread's own clock)
from collections.abc import Callable

from chatapp_tail.clock import SystemClock

POLL_PAUSE = 0.05
# Quadratic work takes sixteen times as long for four times the size.
_SLACK = 10
# The error of a single measurement, in seconds.
_NOISE = 0.05


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 10.0) -> None:
    """Poll ``condition`` until it holds; raises ``TimeoutError`` naming ``what`` after a while."""
    clock = SystemClock()
    deadline = clock.now() + timeout
    while not condition():
        if clock.now() > deadline:
            raise TimeoutError(f"waited {timeout:g} s in vain: {what}")
        threading.Event().wait(POLL_PAUSE)


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail if ``work`` of four times ``size`` takes more than ten times the processor's time."""
    once = _seconds(work, size)
    assert _seconds(work, 4 * size) < _SLACK * once + _NOISE


def _seconds(work: Callable[[int], object], size: int) -> float:
    began_at = time.thread_time()
    work(size)
    return time.thread_time() - began_at
