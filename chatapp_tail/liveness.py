"""Two things that only time tells: that nothing came for long, and that the machine slept. Pure."""

from datetime import datetime, timedelta

# The wall clock ahead of the monotonic one by so much means suspend: Linux and macOS stop the
# latter meanwhile. A correction of the clock by network time is smaller.
_SUSPENDED = timedelta(seconds=60)


class Heartbeat:
    """Says when it is time to say that nothing came. Monotonic seconds."""

    def __init__(self, interval: float | None, now: float) -> None:
        """``interval`` None: never."""
        self._interval = interval or float("inf")
        self._said_at = now

    def deadline(self, event_at: float) -> float:
        """Return when it is time to speak, if the last event came at ``event_at``."""
        return max(event_at, self._said_at) + self._interval

    def silence(self, event_at: float, now: float) -> float | None:
        """Return the seconds without an event when it is time to say so, else None."""
        if now < self.deadline(event_at):
            return None
        self._said_at = now
        return now - event_at


class WallClock:
    """Where monotonic zero lies on the wall clock: turns instants into times of day."""

    def __init__(self, now: float, utcnow: datetime) -> None:
        self._zero = utcnow - timedelta(seconds=now)

    def time(self, instant: float) -> datetime:
        """Return the time of a monotonic ``instant``, by the clocks at the last ``update``."""
        return self._zero + timedelta(seconds=instant)

    def update(self, now: float, utcnow: datetime) -> float:
        """Compare the clocks; return how many seconds the machine slept since the last time.

        After a sleep, ``time`` keeps speaking of the time before it until the next call.
        """
        zero = utcnow - timedelta(seconds=now)
        slept = zero - self._zero
        if slept >= _SUSPENDED:
            return slept.total_seconds()
        self._zero = zero
        return 0.0
