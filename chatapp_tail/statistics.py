"""What a run has seen so far, counted: by event and channel, by second, and the silences. Pure.

Called for every event, so it does little: one dictionary look-up for all the items of one.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from math import floor
from typing import NamedTuple

from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.chatapp.record import Record

OTHERS = "(others)"
# Names come from the server. More pairs than this, and names longer than Pusher allows
# (pusher.com/docs/channels: 200 characters), share the row of the others.
_MOST_PAIRS = 1_000
_LONGEST_NAME = 200
# The rate is taken over this many seconds; right at the start, over one at least.
_RATE_SECONDS = 10
_LEAST_RATE_SECONDS = 1.0


class Tally(NamedTuple):
    """Items of one event on one channel. ``channel`` is a spec, or "" where there is none."""

    event: str
    channel: str
    seen: int
    shown: int
    dropped: int

    @property
    def filtered(self) -> int:
        """How many the filters left out."""
        return self.seen - self.shown - self.dropped


class Summary(NamedTuple):
    """A run so far: ``rows`` by number of items, most first, the others last; times in seconds.

    ``longest_silence`` counts from the start to the first event and from the last to now, too.
    """

    rows: tuple[Tally, ...]
    total: Tally
    seconds: float
    longest_silence: float
    gaps: int
    gap_seconds: float

    @property
    def rate(self) -> float:
        """The items a second of the whole run."""
        return self.total.seen / self.seconds if self.seconds > 0 else 0.0


class Counts:
    """The items of one pair; ``channel`` None both for no channel and for the others.

    The delivery adds to ``shown`` what it has shown, and to ``dropped`` what found no room.
    """

    __slots__ = ("channel", "dropped", "event", "seen", "shown")

    def __init__(self, event: str, channel: Channel | None) -> None:
        self.event = event
        self.channel = channel
        self.seen = self.shown = self.dropped = 0

    def tally(self) -> Tally:
        spec = "" if self.channel is None else self.channel.spec
        return Tally(self.event, spec, self.seen, self.shown, self.dropped)


class Statistics:
    """Counts items."""

    last_received_at: datetime | None = None
    """When the last event came, by the wall clock, aware."""

    def __init__(self, now: float) -> None:
        """``now`` is the start of the run, in monotonic seconds as everywhere here."""
        self._started_at = now
        self.event_at = now
        """When the last event came, or the run began."""
        self._longest_silence = 0.0
        self._counts: dict[tuple[str, str | None], Counts] = {}
        self._others = Counts(OTHERS, None)
        # (second, items): those that are over; and the one that the last event fell in.
        self._seconds: deque[tuple[int, int]] = deque(maxlen=_RATE_SECONDS)
        self._second = int(now)
        self._in_second = 0

    def received(self, records: Sequence[Record], now: float) -> Counts:
        """Count the records of one event, before any filter; return where they are counted."""
        envelope, count = records[0].envelope, len(records)
        event, channel = envelope.event, envelope.channel
        key = (event, None if channel is None else channel.name)
        counts = self._counts.get(key) or self._begin(key, channel)
        counts.seen += count
        self.last_received_at = envelope.received_at
        if now - self.event_at > self._longest_silence:  # noqa: PLR1730 (max takes longer)
            self._longest_silence = now - self.event_at
        self.event_at = now
        if now >= self._second + 1:
            self._seconds.append((self._second, self._in_second))
            self._second, self._in_second = int(now), 0
        self._in_second += count
        return counts

    def rate(self, now: float) -> float:
        """Return the items a second of the last ten seconds, or of the run if it is younger."""
        since = now - _RATE_SECONDS
        oldest = floor(since)
        items = 0.0
        for second, number in (*self._seconds, (self._second, self._in_second)):
            if second > oldest:
                items += number
            elif second == oldest:  # as if they had come evenly: the part that is within reach
                items += number * (oldest + 1 - since)
        return items / min(max(now - self._started_at, _LEAST_RATE_SECONDS), _RATE_SECONDS)

    def longest_silence(self, now: float) -> float:
        """Return the most seconds without an event, those until now included."""
        return max(self._longest_silence, now - self.event_at)

    def snapshot(self, now: float, gaps: int = 0, gap_seconds: float = 0.0) -> Summary:
        """Return the counts as they are now, with the gaps that the caller knows."""
        rows = sorted(
            (counts.tally() for counts in list(self._counts.values())),
            key=lambda row: (-row.seen, row.event, row.channel),
        )
        if self._others.seen:
            rows.append(self._others.tally())
        return Summary(
            rows=tuple(rows),
            total=_total(rows),
            seconds=now - self._started_at,
            longest_silence=self.longest_silence(now),
            gaps=gaps,
            gap_seconds=gap_seconds,
        )

    def _begin(self, key: tuple[str, str | None], channel: Channel | None) -> Counts:
        """Return the counts of a new pair: its own, or those of the others."""
        longest = max(len(name) for name in key if name is not None)
        if len(self._counts) >= _MOST_PAIRS or longest > _LONGEST_NAME:
            return self._others
        counts = self._counts[key] = Counts(key[0], channel)
        return counts


def _total(rows: Sequence[Tally]) -> Tally:
    return Tally(
        "total",
        "",
        sum(row.seen for row in rows),
        sum(row.shown for row in rows),
        sum(row.dropped for row in rows),
    )


def format_rate(rate: float) -> str:
    """Return ``1,234/s``, ``1.5/s``; ``3.0/min`` and ``0.4/h`` for what is rare."""
    for unit, seconds in (("s", 1), ("min", 60)):
        if rate == 0 or rate * seconds >= 9.95:
            return f"{rate * seconds:,.0f}/{unit}"
        if rate * seconds >= 0.095:
            return f"{rate * seconds:.1f}/{unit}"
    return f"{rate * 3600:.1f}/h"
