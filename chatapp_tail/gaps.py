"""Gaps: until when nothing was missed, and from when on a channel is watched again. Pure.

Nothing in the protocol replays what was sent meanwhile, so each gap is said, with its length. It is
measured in monotonic seconds that go on in sleep: the wall clock may be set meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.units import WEEKDAYS, format_duration

# Up to this many channels are named one by one.
_FEW_CHANNELS = 10
# When the loop returns so much later than planned, in seconds, the process was paused.
_LATE = 1.0
# laravel-websockets forgets a client after 120 s without a ping, so a connection isn't trusted
# after a pause of more than a ping's interval. After less than this, in seconds, it always is.
_LEAST_PAUSE = 5.0
# A server skips events for a client that doesn't read (soketi: from 1 MB on, in addition to the
# buffers of both systems). If less than this came in a pause, in bytes, nothing was skipped.
_MOST_BACKLOG = 128 * 1024
# How long to read what came during a pause before the connection is given up, in seconds.
_LONGEST_READING = 5.0


class Gap(NamedTuple):
    """Events of ``channels`` sent from ``start`` to ``end`` (aware, UTC) may be missing."""

    start: datetime
    end: datetime
    channels: tuple[str, ...]
    reason: str

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return (self.end - self.start).total_seconds()

    def words(self, channels: str, meaning: str) -> str:
        """Return a sentence: which ``channels`` have the gap, and what that means."""
        times = f"{_time(self.start, self.end)}–{_time(self.end, self.end)}"
        length = format_duration(self.seconds)
        return f"gap of {length} ({times}) in {channels}: {meaning} ({self.reason})"


def specs(channels: Sequence[str]) -> str:
    """Return channels as a user types them: a few by name, and how many more there are."""
    named = [parse_name(name).spec for name in channels[:_FEW_CHANNELS]]
    more = len(channels) - len(named)
    return f"{', '.join(named)} and {more} more" if more else ", ".join(named)


def _time(instant: datetime, now: datetime) -> str:
    """Return a local time of day, with the weekday where it isn't that of ``now``."""
    local = instant.astimezone()
    is_today = local.date() == now.astimezone().date()
    return f"{'' if is_today else f'{WEEKDAYS[local.weekday()]} '}{local:%H:%M:%S}"


class GapTracker:
    """Follows which channels are ``watched``; several losses in a row are one gap.

    ``count`` and ``seconds`` sum up the gaps that are over.
    """

    def __init__(self) -> None:
        self.watched: set[str] = set()
        self._missing: set[str] = set()
        self._lost: set[str] = set()
        self._start: float | None = None
        self._reason = ""
        self.count = 0
        self.seconds = 0.0

    @property
    def open_since(self) -> float | None:
        """The beginning of the gap that isn't over yet."""
        return self._start

    def resumed(self, channels: Iterable[str], certain_at: float, reason: str) -> None:
        """Note that an earlier run watched ``channels``, and missed nothing until ``certain_at``.

        To be called before anything is watched.
        """
        self._lost = set(channels)
        self._missing = set(self._lost)
        if self._lost:
            self._start, self._reason = certain_at, reason

    def lost(self, certain_at: float, reason: str) -> None:
        """Note that the connection ended; until ``certain_at`` nothing was missed."""
        if self._start is None and self.watched:
            self._start, self._reason, self._lost = certain_at, reason, set()
        self._lost |= self.watched  # in a gap, too: those that came back before the others
        self._missing = set(self._lost)
        self.watched.clear()

    def subscribed(self, channel: str, now: float, utcnow: datetime) -> Gap | None:
        """Note that ``channel`` is watched from now on; return the gap that this ends.

        ``now`` and ``utcnow`` are the same instant.
        """
        self.watched.add(channel)
        return self._found(channel, now, utcnow)

    def refused(self, channel: str, now: float, utcnow: datetime) -> Gap | None:
        """Note that ``channel`` won't come back; return the gap that this ends for the others."""
        self._lost.discard(channel)
        return self._found(channel, now, utcnow)

    def _found(self, channel: str, now: float, utcnow: datetime) -> Gap | None:
        self._missing.discard(channel)
        if self._start is None or self._missing:
            return None
        start = utcnow - timedelta(seconds=now - self._start)
        gap = Gap(start, utcnow, tuple(sorted(self._lost)), self._reason)
        self._start = None
        if not gap.channels:  # all of them were refused: nothing is watched, nothing is missed
            return None
        self.count += 1
        self.seconds += gap.seconds
        return gap


class Attention:
    """Until when nothing can have been missed. Monotonic seconds that go on in sleep.

    ``certain_at`` is the last instant at which this process was awake and had read everything.
    After a pause (it was stopped, frozen, asleep) it reads what is there first; then ``give_up``
    tells whether the connection can still be trusted.
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
        """Note that the loop returns at ``until`` at the latest."""
        self.late_at = until + _LATE

    def all_read(self, now: float) -> None:
        """Note that everything that had come by ``now`` was read."""
        if self.is_certain:
            self.certain_at = now

    def paused(self, now: float) -> None:
        """Note a pause that ended at ``now``."""
        self._paused_for = now - self.certain_at
        if self.is_certain:
            self._read_until, self._backlog = now + _LONGEST_READING, 0
        self.is_certain = False

    def give_up(self, now: float, size: int) -> float | None:
        """Note that ``size`` bytes were read after the pause; 0 when no more are there.

        Returns the seconds of the pause if events may have been missed in it, else None.
        """
        self._backlog += size
        if size and now < self._read_until:
            return None
        if self._paused_for > self._longest_pause or self._backlog > _MOST_BACKLOG:
            return self._paused_for
        self.is_certain, self.certain_at = True, now
        return None
