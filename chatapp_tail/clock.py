"""The only module that touches time, sleep and chance, so that tests can hold all three."""

import random
import sys
import time
from datetime import UTC, datetime
from functools import partial
from typing import Protocol


class Clock(Protocol):
    """What the tail needs to know of time."""

    def now(self) -> float:
        """Return monotonic seconds, those of sleep included; only differences mean something."""

    def utcnow(self) -> datetime:
        """Return the wall clock, aware, in UTC."""

    def uniform(self, low: float, high: float) -> float:
        """Return a random number between ``low`` and ``high``."""


# The clock that goes on while the machine sleeps: on Linux CLOCK_BOOTTIME, on macOS
# CLOCK_MONOTONIC. Windows has neither, and sleep isn't seen.
if sys.platform == "win32":
    _seconds = time.monotonic
else:
    _seconds = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return the seconds since the machine started."""
        return _seconds()

    def utcnow(self) -> datetime:
        """Return the wall clock in UTC."""
        return datetime.now(UTC)

    def uniform(self, low: float, high: float) -> float:
        """Return a random number; spread is wanted here, not secrecy."""
        return random.uniform(low, high)  # noqa: S311


def seeded_random(seed: int) -> random.Random:
    """Return a generator that repeats itself, for the emulator's stories."""
    return random.Random(seed)  # noqa: S311
