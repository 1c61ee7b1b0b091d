"""Asserts that work is linear, on a machine of any speed and load."""

import time  # noqa: TID251 (the clock of this thread alone, which no Clock has)
from collections.abc import Callable

# Quadratic work takes sixteen times as long for four times the size.
_SLACK = 10
# The error of a single measurement, in seconds.
_NOISE = 0.05


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail if ``work`` of four times ``size`` takes more than ten times the processor's time."""
    once = _seconds(work, size)
    assert _seconds(work, 4 * size) < _SLACK * once + _NOISE


def _seconds(work: Callable[[int], object], size: int) -> float:
    began_at = time.thread_time()
    work(size)
    return time.thread_time() - began_at
