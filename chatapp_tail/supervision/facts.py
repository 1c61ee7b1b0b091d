"""What is told about a run while it lasts."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from chatapp_tail.statistics import Summary


class Facts(NamedTuple):
    """A run so far. ``unwritten`` records wait for stdout; ``round_trip`` is a ping's, in seconds.

    ``connections`` were opened, ``subscribed`` of ``channels`` are watched now.
    """

    summary: Summary
    channels: int
    subscribed: int
    connections: int
    last_event_at: datetime | None
    round_trip: float | None
    unwritten: int

    @property
    def words(self) -> str:
        """One line for whoever watches the process."""
        total = self.summary.total
        return (
            f"{self.subscribed} of {self.channels} channels subscribed, "
            f"{total.seen} events received, {total.shown} shown, {self.summary.gaps} gaps"
        )


Tell = Callable[[], Facts]
