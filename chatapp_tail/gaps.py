"""Gaps: when a channel wasn't watched between a loss and the next subscription. Pure.

Nothing in the protocol replays what was sent meanwhile, so each gap is said, with its length. It is
measured in monotonic seconds: the wall clock may be set meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chatapp_tail.chatapp.channels import parse_name
from chatapp_tail.units import WEEKDAYS, format_duration

# Up to this many channels are named one by one.
_FEW_CHANNELS = 10


class Gap(NamedTuple):
    """Events of ``channels`` sent from ``start`` to ``end`` (aware, UTC) may be missing."""

    start: datetime
    end: datetime
    channels: tuple[str, ...]
    reason: str

    @property
    def seconds(self) -> float:
        """The length."""
        return (self.end - self.start).total_seconds()

    def words(self, channels: str, meaning: str) -> str:
        """Return a sentence; ``channels`` says in which, ``meaning`` what follows from it."""
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
    """Follows which channels are watched; several losses in a row are one gap.

    ``count`` and ``seconds`` sum up the gaps that are over.
    """

    def __init__(self) -> None:
        self._watched: set[str] = set()
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
        if self._start is None and self._watched:
            self._start, self._reason, self._lost = certain_at, reason, set()
        self._lost |= self._watched  # in a gap, too: those that came back before the others
        self._missing = set(self._lost)
        self._watched.clear()

    def subscribed(self, channel: str, now: float, utcnow: datetime) -> Gap | None:
        """Note that ``channel`` is watched from now on; return the gap that this ends.

        ``now`` and ``utcnow`` are the same instant.
        """
        self._watched.add(channel)
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
