"""What follows from time alone: a long silence, and a pause of this process. Pure."""

# A loop that comes back so much later than it meant to was stopped, in seconds.
_LATE = 1.0
# laravel-websockets forgets a client after 120 s without a ping, so a pause of more than a ping's
# interval isn't trusted; a shorter one than this always is, in seconds.
_LEAST_PAUSE = 5.0
# A server skips events for a client that doesn't read (soketi: from 1 MB on, behind the buffers of
# both systems). Less than this after a pause, in bytes, means that nothing was skipped.
_MOST_BACKLOG = 128 * 1024
# How long what came during a pause is read before the connection is given up, in seconds.
_LONGEST_READING = 5.0


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


class Attention:
    """Until when nothing can have been missed. Monotonic seconds that go on in sleep.

    ``certain_at`` is the last instant at which this process was awake and had read all that had
    come. After a pause (it was stopped, frozen, asleep) it reads what is there first, and
    ``give_up`` then says whether the connection can still be trusted.
    """

    def __init__(self, now: float, *, longest_pause: float) -> None:
        """After a pause of more than ``longest_pause`` seconds no connection is trusted."""
        self._longest_pause = max(longest_pause, _LEAST_PAUSE)
        self._paused_for = 0.0
        self._read_until = 0.0
        self._backlog = 0
        self.certain_at = now
        self.late_at = now + _LATE
        """The instant after which a return of the loop means a pause."""
        self.is_certain = True

    def expect(self, until: float) -> None:
        """Note that the loop comes back at ``until`` at the latest."""
        self.late_at = until + _LATE

    def paused(self, now: float) -> None:
        """Note that there was a pause, which is over at ``now``."""
        self._paused_for = now - self.certain_at
        if self.is_certain:
            self._read_until, self._backlog = now + _LONGEST_READING, 0
        self.is_certain = False

    def give_up(self, now: float, size: int) -> float | None:
        """Take ``size`` bytes that were there after the pause; 0 when all is read.

        Returns the length of the pause if it can't be known what was missed in it.
        """
        self._backlog += size
        if size and now < self._read_until:
            return None
        if self._paused_for > self._longest_pause or self._backlog > _MOST_BACKLOG:
            return self._paused_for
        self.is_certain, self.certain_at = True, now
        return None
