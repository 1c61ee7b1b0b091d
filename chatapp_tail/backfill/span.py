"""What is to be backfilled: one channel from one moment on. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from chatapp_tail.chatapp.channels import Channel


@dataclass(frozen=True, slots=True)
class Span:
    """The messages of ``channel`` (its name) sent after ``since``, and none from before ``floor``.

    Both are aware times of our clock. After a gap ``since`` is its start and ``floor`` the run's;
    for the time before the run they are the same.
    """

    channel: str
    license: int
    messenger: str
    since: datetime
    floor: datetime

    def joined(self, other: "Span") -> "Span":
        """Return the span of the same channel that covers both."""
        return replace(self, since=min(self.since, other.since), floor=min(self.floor, other.floor))


def span_of(channel: Channel, since: datetime, floor: datetime) -> Span | None:
    """Return the span of a licence's channel; None for others, of which REST keeps nothing."""
    if channel.license is None or channel.messenger is None:
        return None
    return Span(channel.name, channel.license, channel.messenger, since, floor)
