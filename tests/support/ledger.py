"""Compares what a tail writes with what was published: no event twice, none lost silently."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from chatapp_tail.chatapp.record import Record
from tests.support.fakes import FakeWriter

_MILLISECOND = timedelta(milliseconds=1)


class Ledger(FakeWriter):
    """A writer of numbered events, which are published on ``channels`` in turn.

    ``published`` returns the last number so far, ``sent_at`` the wall clock's time of a number.
    Counts what was delivered, what was lost in reported gaps, and the gaps.
    """

    def __init__(
        self,
        channels: Sequence[str],
        published: Callable[[], int],
        sent_at: Callable[[int], datetime],
    ) -> None:
        super().__init__()
        self._channels = channels
        self._published = published
        self._sent_at = sent_at
        self._last = 0
        self._seen: dict[str, int] = dict.fromkeys(channels, 0)
        self._missing: dict[str, set[int]] = {channel: set() for channel in channels}
        self.delivered = 0
        self.lost = 0
        self.gaps = 0

    def render(self, record: Record) -> bytes:
        return f"{record.data}\n".encode()

    def put(self, lines: bytes, records: int, /) -> bool:
        assert lines.count(b"\n") == records
        for line in lines.splitlines():
            value = json.loads(line)
            if isinstance(value, int):
                self._deliver(value)
            elif value["type"] == "gap":
                self._settle(value)
        return True

    def settle_the_end(self) -> None:
        """Assert that every missing event is inside a reported gap."""
        for channel in self._channels:
            self._miss_until(channel, self._published() + 1)
        assert self._missing == {channel: set() for channel in self._channels}

    def _deliver(self, number: int) -> None:
        channel = self._channel_of(number)
        assert number > max(self._last, self._seen[channel]), f"{number} came twice, or too late"
        self._miss_until(channel, number)
        self._last = self._seen[channel] = number
        self.delivered += 1

    def _miss_until(self, channel: str, number: int) -> None:
        numbers = range(self._seen[channel] + 1, number)
        self._missing[channel] |= {one for one in numbers if self._channel_of(one) == channel}

    def _settle(self, gap: dict[str, str]) -> None:
        """Remove the missing events of the gap's channels, which must all be inside it."""
        start = datetime.fromisoformat(gap["from"]) - _MILLISECOND
        end = datetime.fromisoformat(gap["to"]) + _MILLISECOND
        for channel in gap["channels"]:
            self._miss_until(channel, self._published() + 1)
            for number in self._missing[channel]:
                assert start <= self._sent_at(number) <= end, f"{number} was lost silently"
            self.lost += len(self._missing[channel])
            self._missing[channel].clear()
            self._seen[channel] = max(self._seen[channel], self._published())
        self.gaps += 1

    def _channel_of(self, number: int) -> str:
        return self._channels[number % len(self._channels)]
