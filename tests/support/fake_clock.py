"""A clock that only a test moves."""

from collections import deque
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FakeClock:
    """A ``Clock``: ``advance`` moves both times, ``jump`` the wall clock alone.

    ``uniform`` returns the scripted ``fractions`` of its range, one a call, and then ``fraction``.
    """

    def __init__(
        self, now: float = 1000.0, *, utc: datetime = BEGINNING, fraction: float = 1.0
    ) -> None:
        self._started_at = now
        self._now = now
        self._utc = utc
        self._ahead = 0.0
        self.fraction = fraction
        self.fractions: deque[float] = deque()

    def now(self) -> float:
        return self._now

    def utcnow(self) -> datetime:
        """Return the wall clock: its beginning, what has passed since, and all jumps."""
        return self._utc + timedelta(seconds=self._now - self._started_at + self._ahead)

    def uniform(self, low: float, high: float) -> float:
        fraction = self.fractions.popleft() if self.fractions else self.fraction
        return low + (high - low) * fraction

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def advance_to(self, instant: float) -> None:
        self._now = max(self._now, instant)

    def jump(self, seconds: float) -> None:
        self._ahead += seconds
